//! What callers of a version lose with the next one. The interface of code is known where its sources
//! were built, from the layout document of a registered version, or kept when it was registered.

use super::{Subject, Work};
use crate::app_error::Error;
use crate::assess::{Coverage, Evidence, Finding, Origin, Part};
use crate::client::Client;
use crate::commands::context::{Context, KnownInterface};
use crate::commands::storage;
use crate::ids::CodeHash;
use crate::interface::{Callable, Change, compare};
use alloy::primitives::Address;

impl Work<'_> {
    /// Checks that callers of `from` find every function, event and error of it in the code of `version`.
    /// What is not known here was not compared.
    pub(super) async fn check_callers(
        &mut self,
        (version, from): (&str, &str),
        new: &Subject,
    ) -> Result<(), Error> {
        if from.is_empty() {
            return Ok(()); // nobody calls a version before it
        }
        let Some((before, _)) = self.registered(from).await? else {
            let why = format!("{from} is not registered, so nobody knows its functions");
            let absent = Evidence::whole(Part::Interface, Origin::NotKnown, why);
            self.checks.coverage.add(absent);
            return Ok(());
        };
        let place = (&self.client, self.registry);
        let pair = [(from, before.codehash), (version, new.code.codehash)];
        let proposed = new.layout.document().and_then(KnownInterface::proposed);
        let found = interfaces(self.context, place, &self.name, pair, proposed);
        match found.await? {
            Ok(Some(both)) => {
                let doubtful = self.of_proposer();
                both.note(&mut self.checks.coverage, doubtful);
                self.refuse_lost(from, both.lost());
            }
            Ok(None) => {
                self.checks.coverage.seen(Part::Interface, Origin::Chain);
                self.note_published(version, new).await?;
            }
            Err(why) => {
                let absent = Evidence::whole(Part::Interface, Origin::NotKnown, why);
                self.checks.coverage.add(absent);
            }
        }
        Ok(())
    }

    /// Later upgrades are compared with what the document of a version says of its functions: where nobody
    /// here built the code, and no version has that document already, it is not proven.
    pub(super) async fn note_published(
        &mut self,
        version: &str,
        new: &Subject,
    ) -> Result<(), Error> {
        let document = new.layout.document();
        let Some(said) = document.and_then(|known| known.interface.as_ref()) else {
            return Ok(());
        };
        let codehash = new.code.codehash;
        let built = self.context.built_callable(codehash)?;
        if built.is_some_and(|built| built.is_published_as(said)) {
            return Ok(());
        }
        let all = storage::all_recorded(&self.client, self.registry, &self.name, codehash);
        let mut all = all.await?.into_iter();
        if all.any(|code| code.layout == new.code.layout) {
            return Ok(());
        }
        let why = format!(
            "what the layout document says of the functions of {version} is not proven, and later upgrades \
             are compared with it; a build tells (--source)"
        );
        let said = Evidence::whole(Part::Interface, self.of_proposer(), why);
        self.checks.coverage.add(said);
        Ok(())
    }

    /// What the proposer can have written: to himself his own word, to who judges it the change's.
    fn of_proposer(&self) -> Origin {
        match self.checks.role.proposes() {
            true => Origin::Remembered,
            false => Origin::Change,
        }
    }

    /// Notes that a version which is reached by creation alone is compared with none before it.
    pub(super) fn note_not_compared(&mut self, version: &str) {
        if !self.current.is_empty() && self.current != version {
            let why = format!(
                "{version} begins anew, so its functions were not compared with those of {}",
                self.current
            );
            let some = Evidence::some(Part::Interface, Origin::NotKnown, why);
            self.checks.coverage.add(some);
        }
    }

    fn refuse_lost(&mut self, from: &str, mut lost: Vec<Change>) {
        let found: Vec<Finding> = lost.iter().map(Change::finding).collect();
        let refused = self.checks.refused(&self.context.accepted(), &found);
        lost.retain(|change| refused.iter().any(|one| one.id == change.id()));
        if !lost.is_empty() {
            self.refuse(Error::InterfaceLost {
                from: from.to_owned(),
                ids: lost.iter().map(Change::id).collect(),
                changes: lost.into_iter().map(|change| change.message).collect(),
            });
        }
    }
}

/// The interfaces of two versions.
pub(in crate::commands) struct Interfaces {
    old: Callable,
    new: Callable,
    /// Why what is known of them is no proof.
    doubts: Vec<String>,
}

impl Interfaces {
    /// What callers lose.
    pub(in crate::commands) fn lost(&self) -> Vec<Change> {
        compare(&self.old, &self.new)
    }

    /// Notes what was compared, what the sources did not show, and where from what is known is no proof.
    pub(in crate::commands) fn note(&self, coverage: &mut Coverage, doubtful: Origin) {
        coverage.seen(Part::Interface, Origin::Chain);
        for why in self.old.unseen.iter().chain(&self.new.unseen) {
            let why = format!("not read from the sources: {why}");
            coverage.add(Evidence::some(Part::Interface, Origin::NotKnown, why));
        }
        for why in &self.doubts {
            coverage.add(Evidence::whole(Part::Interface, doubtful, why));
        }
    }
}

/// The interfaces of two versions of `name` on that chain in that registry, by their labels and code
/// hashes; nothing where both have the same code. Else why they cannot be compared, in words.
/// `proposed` is what the document of the new one says, where nobody else knows better.
///
/// # Errors
/// What the chain says.
pub(in crate::commands) async fn interfaces(
    context: &Context,
    place: (&Client, Address),
    name: &str,
    [(from, old), (version, new)]: [(&str, CodeHash); 2],
    proposed: Option<KnownInterface>,
) -> Result<Result<Option<Interfaces>, String>, Error> {
    if old == new {
        return Ok(Ok(None));
    }
    let of = async |codehash| match context.callable_of(place, name, codehash).await {
        Ok(Some(known)) => Ok(Ok(known)),
        Ok(None) => Ok(Err("are neither published nor kept here".to_owned())),
        Err(error @ (Error::Layout(_) | Error::Versions(_))) => {
            Ok(Err(format!("cannot be read: {error}")))
        }
        Err(error) => Err(error),
    };
    let (old, new) = (of(old).await?, of(new).await?);
    Ok(match (old, new.or_else(|why| proposed.ok_or(why))) {
        (Ok(old), Ok(new)) => {
            let doubts = [(from, old.doubt), (version, new.doubt)].into_iter();
            let doubts = doubts.filter_map(|(label, why)| {
                Some(format!("the interface of {label} is not proven: {}", why?))
            });
            Ok(Some(Interfaces {
                doubts: doubts.collect(),
                old: old.callable,
                new: new.callable,
            }))
        }
        (old, new) => {
            let sides = [(from, old.err()), (version, new.err())].into_iter();
            let missing = sides.filter_map(|(label, why)| Some(format!("of {label} {}", why?)));
            Err(format!(
                "the functions, events and errors {}: nobody compared what callers lose",
                missing.collect::<Vec<_>>().join(", ")
            ))
        }
    })
}
