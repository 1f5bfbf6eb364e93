//! What callers can use of some code, and whose word that is.

use super::{Asked, Before, Place};
use crate::app_error::Error;
use crate::assess::{Fact, Origin, Role};
use crate::checks::{Callers, Code, Stage, Version};
use crate::commands::adopt::BEFORE;
use crate::commands::context::KnownInterface;
use crate::error::{Exit, Explain};
use crate::ids::CodeHash;
use crate::interface::{Callable, NOT_DECLARED};

impl Asked<'_> {
    /// What callers had, and have.
    pub(super) async fn callers(
        self,
        version: &Version<'_>,
        before: &Before,
        role: Role,
    ) -> Result<Callers, Error> {
        let code = version.code;
        if before.code == Some(code.code.codehash) {
            return Ok(Callers::Same(before.callable.clone().into()));
        }
        let doubtful = word_on(code, role);
        let mut after = match self {
            Self::Chain(place) => {
                let codehash = code.code.codehash;
                place.callable(version.name, codehash, doubtful).await?
            }
            Self::Kept(context, _) => match context.interface_of(code.code.codehash) {
                Some(interface) => Fact::of(interface, Origin::Build),
                None => Fact::unknown(""),
            },
        };
        if after.value().is_none() && version.stage != Stage::Registered && version.from != BEFORE {
            let proposed = code.layout.value().and_then(KnownInterface::proposed);
            after = proposed.map_or(after, |known| known.fact(doubtful));
        }
        if after.value().is_none() && code.artifact.is_some() {
            after = Fact::unknown(NOT_DECLARED);
        }
        Ok(Callers::Of {
            old: before.callable.clone().into(),
            new: after.into(),
        })
    }

    /// Later upgrades are compared with what the document of a version says of its functions: where nobody
    /// here built the code, and no version has that document already, it is not proven.
    pub(super) async fn published(
        self,
        version: &Version<'_>,
        callers: &Callers,
        role: Role,
    ) -> Result<Option<Fact<()>>, Error> {
        let code = version.code;
        let is_compared =
            matches!(callers, Callers::Of { .. }) || version.stage == Stage::Registered;
        let document = code.layout.value();
        let (Some(said), Self::Chain(place), false) = (
            document.and_then(|known| known.interface.as_ref()),
            self,
            is_compared || version.from == BEFORE,
        ) else {
            return Ok(None);
        };
        let built = place.context.built_callable(code.code.codehash)?;
        let is_built = built.is_some_and(|built| built.is_published_as(said));
        let all = place.reader().versions(version.name).await?;
        let is_recorded = |one: &crate::model::Version| {
            one.code.codehash == code.code.codehash && one.code.layout == code.code.layout
        };
        if is_built || all.iter().any(is_recorded) {
            return Ok(None);
        }
        let why = format!(
            "what the layout document says of the functions of {} is not proven, and later upgrades are compared \
             with it; a build tells (--source)",
            version.to
        );
        Ok(Some(Fact::doubted((), word_on(code, role), why)))
    }
}

impl Place<'_> {
    pub(super) async fn callable(
        self,
        name: &str,
        codehash: CodeHash,
        doubtful: Origin,
    ) -> Result<Fact<Callable>, Error> {
        let place = (self.client, self.registry);
        Ok(
            match self.context.callable_of(place, name, codehash).await {
                Ok(Some(known)) => known.fact(doubtful),
                Ok(None) => Fact::unknown("are neither published nor kept here"),
                Err(error @ Error::Refusal(_)) if error.exit() != Exit::Chain => {
                    Fact::unknown(format!("cannot be read: {error}"))
                }
                Err(error) => return Err(error),
            },
        )
    }
}

impl KnownInterface {
    /// The same as a fact, which proves no more than a proposer's word where there is a doubt.
    fn fact(self, doubtful: Origin) -> Fact<Callable> {
        match self.doubt {
            Some(why) => Fact::doubted(self.callable, doubtful, why),
            None => Fact::of(self.callable, Origin::Chain),
        }
    }
}

/// What the proposer can have written: to himself his own word, to who judges it the change's.
pub(super) fn of_proposer(role: Role) -> Origin {
    match role.proposes() {
        true => Origin::Remembered,
        false => Origin::Change,
    }
}

/// The same of what the document of some code says, which may be that of a file of who judges it.
fn word_on(code: &Code, role: Role) -> Origin {
    match code.layout.origin() {
        Origin::Remembered => Origin::Remembered,
        _ => of_proposer(role),
    }
}
