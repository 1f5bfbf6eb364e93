//! `plan --write-expect FILE`: expectations from the results of the simulation.

use crate::context::prelude::*;
use crate::expect::Getter;
use crate::functions::Functions;
use crate::ids::CodeHash;
use crate::interface::Callable;
use crate::plan::{Getters, Plan};
use alloy::dyn_abi::DynSolType;
use std::path::Path;
use stylus_layout::Document;

/// The getters without arguments that the version before and the new one have, whose layout document may not be
/// published yet.
///
/// # Errors
/// If the functions of one of them are not known; errors of the chain.
pub(crate) async fn getters(
    session: Session<'_>,
    call: &abi::migrateCall,
    document: Option<&Document>,
) -> Result<Getters> {
    let registry = session.registry;
    let current = registry.head(&call.name).await?.current;
    let before = registry.code(&call.name, &current).await?.codehash;
    let before = functions(session, (&call.name, &current), before, None).await?;
    let after = call.code.codehash.into();
    let after = functions(session, (&call.name, &call.version), after, document).await?;
    let getters = before.getters().filter_map(|function| {
        let getter = Getter::of(function)?;
        let kind = DynSolType::parse(&function.outputs.first()?.selector_type()).ok()?;
        after.has(getter.signature()).then_some((getter, kind))
    });
    Ok(getters.collect())
}

async fn functions(
    session: Session<'_>,
    (name, version): (&str, &str),
    codehash: CodeHash,
    document: Option<&Document>,
) -> Result<Functions> {
    let known = session.functions(name, codehash).await?;
    let said = || Some(Functions::of_abi(&Callable::of_document(document?)?.abi));
    let unknown = || not_derived(format!("the functions of {version} are not known"));
    Ok(known.or_else(said).ok_or_else(unknown)?)
}

/// Writes what a plan suggests.
///
/// # Errors
/// If nothing can be derived, or written.
pub(crate) fn write(plan: &Plan, path: &Path) -> Result<()> {
    let none = || not_derived("the simulation upgraded no instance".into());
    Ok(plan.suggested.as_ref().ok_or_else(none)?.write(path)?)
}

/// Nothing can be derived.
fn not_derived(why: String) -> Refusal {
    Refusal::new(
        "ExpectationsNotDerived",
        format!("no expectations can be written: {why}"),
    )
    .with(
        "an upgrade that succeeds on the copy, and the functions of both versions",
        why,
        "write the file by hand, or correct what plan reports",
    )
}
