//! What callers of a version lose with the next one. No chain has the interface of code: it is known
//! where the sources were built, or kept when they were registered.

use super::Work;
use crate::app_error::Error;
use crate::commands::context::Context;
use crate::coverage::{Extent, Part};
use crate::ids::CodeHash;
use crate::interface::{Change, compare};
use alloy::json_abi::JsonAbi;

impl Work<'_> {
    /// Checks that callers of `from` find every function, event and error of it in the code of `version`.
    /// What is not known here was not compared.
    pub(super) async fn check_callers(
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
            let part = Part::Interface;
            self.checks.coverage.lower(part, Extent::Absent, &why);
            return Ok(());
        };
        let pair = [(from, before.codehash), (version, codehash)];
        match abis(self.context, &self.name, pair) {
            Ok(Some([old, new])) => self.compare_abis(from, (&old, &new), allowed).await,
            Ok(None) => Ok(()),
            Err(why) => {
                let part = Part::Interface;
                self.checks.coverage.lower(part, Extent::Absent, &why);
                Ok(())
            }
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

/// The interfaces of two versions of `name`, by their labels and code hashes; nothing where both have the
/// same code.
///
/// # Errors
/// Why they cannot be compared, in words.
pub(in crate::commands) fn abis(
    context: &Context,
    name: &str,
    [(from, old), (version, new)]: [(&str, CodeHash); 2],
) -> Result<Option<[JsonAbi; 2]>, String> {
    if old == new {
        return Ok(None);
    }
    let of = |codehash| match context.abi_of(name, codehash) {
        Ok(Some(abi)) => Ok(abi),
        Ok(None) => Err("are not kept here".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    };
    match (of(old), of(new)) {
        (Ok(old), Ok(new)) => Ok(Some([old, new])),
        (old, new) => {
            let sides = [(from, old.err()), (version, new.err())].into_iter();
            let missing = sides.filter_map(|(label, why)| Some(format!("of {label} {}", why?)));
            Err(format!(
                "the functions, events and errors {}: nobody compared what callers lose",
                missing.collect::<Vec<_>>().join(", ")
            ))
        }
    }
}
