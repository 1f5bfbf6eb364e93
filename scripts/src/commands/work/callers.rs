//! What callers of a version lose with the next one. No chain has the interface of code: it is known
//! where the sources were built, or kept when they were registered.

use super::{Subject, Work};
use crate::app_error::Error;
use crate::coverage::{Extent, Part};
use crate::ids::CodeHash;
use crate::interface::{Change, compare};
use crate::progress::Progress;
use alloy::json_abi::JsonAbi;

impl Work<'_> {
    /// Checks that callers find every function, event and error of `from`, as far as both interfaces
    /// are known here: of what was built now, and of what was kept when it was registered.
    pub(super) async fn check_abi(
        &mut self,
        from: &str,
        new: &Subject,
        allowed: &[String],
    ) -> Result<(), Error> {
        let built = new
            .artifact
            .as_ref()
            .filter(|one| !one.source_hash().is_zero());
        let interface = built.and_then(|one| self.context.interface_of(one.codehash()));
        let (Some(interface), Some((code, _))) = (interface, self.registered(from).await?) else {
            return Ok(());
        };
        match self.context.versions().abi_of(&self.name, code.codehash) {
            Ok(Some(old)) => {
                self.compare_abis(from, (&old, &interface.abi()), allowed)
                    .await
            }
            Ok(None) => Ok(()),
            Err(error) => {
                let line = format!("warning: the interface is not compared: {error}");
                self.context.output.note(&line);
                Ok(())
            }
        }
    }

    /// The same for an approver, of code that an action names. What is not known here was not checked.
    pub(super) async fn check_abi_of_action(
        &mut self,
        (version, from): (&str, &str),
        codehash: CodeHash,
        allowed: &[String],
    ) -> Result<(), Error> {
        if from.is_empty() {
            return Ok(()); // nobody calls a version before it
        }
        let Some((before, _)) = self.registered(from).await? else {
            let why = format!("{from} is not registered, so nobody knows its functions");
            self.checks
                .coverage
                .lower(Part::Interface, Extent::Absent, &why);
            return Ok(());
        };
        if before.codehash == codehash {
            return Ok(());
        }
        match (self.abi_of(before.codehash), self.abi_of(codehash)) {
            (Ok(old), Ok(new)) => self.compare_abis(from, (&old, &new), allowed).await,
            (old, new) => {
                let sides = [(from, old.err()), (version, new.err())].into_iter();
                let missing = sides.filter_map(|(label, why)| Some(format!("of {label} {}", why?)));
                let missing = missing.collect::<Vec<_>>().join(", ");
                let why = format!(
                    "the functions, events and errors {missing}: nobody compared what callers lose"
                );
                self.checks
                    .coverage
                    .lower(Part::Interface, Extent::Absent, &why);
                Ok(())
            }
        }
    }

    /// The interface of code that was built now or is kept here, else why it is not known.
    fn abi_of(&self, codehash: CodeHash) -> Result<JsonAbi, String> {
        if let Some(interface) = self.context.interface_of(codehash) {
            return Ok(interface.abi());
        }
        match self.context.versions().abi_of(&self.name, codehash) {
            Ok(Some(abi)) => Ok(abi),
            Ok(None) => Err("are not kept here".into()),
            Err(error) => Err(format!("cannot be read: {error}")),
        }
    }

    async fn compare_abis(
        &mut self,
        from: &str,
        (old, new): (&JsonAbi, &JsonAbi),
        allowed: &[String],
    ) -> Result<(), Error> {
        let steps = self.declared_by(from).await?;
        let steps: Vec<String> = steps.into_iter().map(|one| one.signature).collect();
        let mut lost = compare(old, new, &steps);
        lost.retain(|change| !allowed.contains(&change.id()));
        if !lost.is_empty() {
            self.refuse(Error::InterfaceLost {
                from: from.to_owned(),
                ids: lost.iter().map(Change::id).collect(),
                changes: lost.into_iter().map(|change| change.message).collect(),
            });
        }
        Ok(())
    }
}
