//! The interface of some code, and who vouches for it.

use super::{Asked, Before};
use crate::assess::{Fact, Origin, Role, Writer};
use crate::checks::{BEFORE, Callers, Code, Stage, Version};
use crate::context::declared;
use crate::context::prelude::*;
use crate::functions::Functions;
use crate::ids::CodeHash;
use crate::interface::{Callable, NOT_DECLARED};

/// The reason why the document of a proposed version proves nothing.
const PROPOSED: &str = "only its layout document says so, which its proposer wrote; \
                        a build proves it (--source)";

/// The reason why documents that disagree prove nothing.
const DISPUTED: &str = "layout documents of versions with its code disagree about its functions; \
                        a build shows which is right (--source)";

impl Asked<'_> {
    /// The interfaces before and after.
    pub(crate) async fn callers(
        self,
        version: &Version<'_>,
        before: &Before,
        role: Role,
    ) -> Result<Callers> {
        let code = version.code;
        if before.code == Some(code.code.codehash) {
            return Ok(Callers::Same(before.callable.clone().into()));
        }
        let doubtful = word_on(code, role);
        let mut after = match self {
            Self::Chain(session) => {
                let codehash = code.code.codehash;
                session.callable(version.name, codehash, doubtful).await?
            }
            Self::Kept(context, _) => match context.interface_of(code.code.codehash) {
                Some(interface) => Fact::of(interface, Origin::Build),
                None => Fact::unknown(""),
            },
        };
        if after.value().is_none() && version.stage != Stage::Registered && version.from != BEFORE {
            let proposed = code.layout.value().and_then(Callable::of_document);
            after = proposed.map_or(after, |callable| match doubtful {
                Origin::Build => Fact::of(declared(callable), Origin::Build),
                _ => Fact::doubted(declared(callable), doubtful, PROPOSED),
            });
        }
        if after.value().is_none() && code.artifact.is_some() {
            after = Fact::unknown(NOT_DECLARED);
        }
        Ok(Callers::Of {
            old: before.callable.clone().into(),
            new: after.into(),
        })
    }

    /// The finding that the functions of a version are not known, or not proven, because the code was not built here
    /// and no version has that document. Later upgrades are compared with them, and a trial calls them.
    pub(crate) async fn published(
        self,
        version: &Version<'_>,
        callers: &Callers,
        role: Role,
    ) -> Result<Option<Fact<()>>> {
        let code = version.code;
        let is_compared =
            matches!(callers, Callers::Of { .. }) || version.stage == Stage::Registered;
        let document = code.layout.value();
        if let (Callers::None, Self::Chain(session), false) =
            (callers, self, code.is_old || is_compared)
            && document.is_none_or(|known| known.interface.is_none())
            && session
                .context
                .built_callable(code.code.codehash)?
                .is_none()
        {
            let why = format!(
                "nobody described the functions, events and errors of {}",
                version.to
            );
            return Ok(Some(Fact::unknown(why)));
        }
        let (Some(said), Self::Chain(session), false) = (
            document.and_then(|known| known.interface.as_ref()),
            self,
            is_compared || version.from == BEFORE,
        ) else {
            return Ok(None);
        };
        let built = session.context.built_callable(code.code.codehash)?;
        let is_built = built.is_some_and(|built| built.is_published_as(said));
        let all = session.registry.versions(version.name).await?;
        let is_recorded = |one: &crate::model::Version| {
            one.code.codehash == code.code.codehash && one.code.layout == code.code.layout
        };
        let origin = word_on(code, role);
        if is_built || origin == Origin::Build || all.iter().any(is_recorded) {
            return Ok(None);
        }
        let why = format!(
            "the functions of {} in its layout document are not proven, and later upgrades are compared \
             with them; a build proves them (--source)",
            version.to
        );
        Ok(Some(Fact::doubted((), origin, why)))
    }
}

impl Session<'_> {
    /// The interface of the code of a version of `name`: of a build by this machine, else of documents of registered
    /// versions with that code. If those prove nothing, its origin is `doubtful`.
    pub(crate) async fn callable(
        self,
        name: &str,
        codehash: CodeHash,
        doubtful: Origin,
    ) -> Result<Fact<Callable>> {
        let known = match self.context.built_callable(codehash) {
            Ok(Some(callable)) => Ok(Fact::of(callable, Origin::Chain)),
            Ok(None) => self.published_callable(name, codehash, doubtful).await,
            Err(error) => Err(error),
        };
        match known {
            Err(error @ Error::Refusal(_)) if error.exit() != Exit::Chain => {
                Ok(Fact::unknown(format!("cannot be read: {error}")))
            }
            known => known,
        }
    }

    /// The functions, events and errors of such code, to name calls; `None` if they are not known. Arguments have names
    /// only if these are proven: another name for the same bytes could mislead.
    ///
    /// # Errors
    /// Errors of the chain, and a file that cannot be read.
    pub(crate) async fn functions(
        self,
        name: &str,
        codehash: CodeHash,
    ) -> Result<Option<Functions>> {
        if let Some(callable) = self.context.built_callable(codehash)? {
            return Ok(Some(Functions::of_abi(&callable.abi)));
        }
        let known = self
            .published_callable(name, codehash, Origin::Change)
            .await?;
        let functions = known.value().map(|one| Functions::of_abi(&one.abi));
        Ok(functions.map(Functions::unnamed))
    }

    /// The interface of some code in the documents of the registered versions of a definition. Its approvers
    /// approved the hash of the document together with the code. If one of several differs or has none,
    /// none of them is proof: the account that registered the code again can have written it.
    async fn published_callable(
        self,
        name: &str,
        codehash: CodeHash,
        doubtful: Origin,
    ) -> Result<Fact<Callable>> {
        let (mut seen, mut said) = (Vec::new(), Vec::new());
        let documents = self.documents();
        for version in self.registry.with_code(name, codehash).await? {
            let layout = version.code.layout;
            if seen.contains(&layout) {
                continue;
            }
            seen.push(layout);
            let known = documents.get(layout).await?;
            let callable = known.value().and_then(Callable::of_document);
            said.push(callable.map(declared));
        }
        let is_disputed = said.iter().any(|one| Some(one) != said.first());
        Ok(match said.into_iter().flatten().next() {
            None => Fact::unknown("are neither published nor kept here"),
            Some(callable) if is_disputed => Fact::doubted(callable, doubtful, DISPUTED),
            Some(callable) => Fact::of(callable, Origin::Chain),
        })
    }
}

/// The origin of the document of some code, which may come from a build here or a file of the approver.
fn word_on(code: &Code, role: Role) -> Origin {
    match code.layout.origin() {
        origin @ (Origin::Build | Origin::Remembered) => origin,
        _ => role.believes(Writer::Proposer),
    }
}
