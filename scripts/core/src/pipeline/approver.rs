//! The checks that an approver makes of an action before approving it, on chain or offline.

use super::verifiable::implementation;
use crate::build::Artifact;
use crate::context::prelude::*;
use crate::governance::{BuildFacts, Call, obstacle};
use crate::layout::Build;
use crate::options::ReviewArgs;
use crate::registry::Registry;
use std::path::Path;

/// Refuses an action if its code, or the program of its migration, is not what the given sources build to.
pub(crate) fn compare_builds(session: Session<'_>, call: &Call, args: &ReviewArgs) -> Result<()> {
    let (context, chain) = (session.context, session.registry.client.chain_id());
    if let Some(source) = &args.source {
        compare_build(context, ("--source", source), call, "code", |source| {
            implementation(context, chain, source, true)
        })?;
    }
    if let Some(source) = &args.script_source {
        let named = ("--script-source", source.as_str());
        compare_build(context, named, call, "script", |source| {
            context.rebuilt_artifact(source)
        })?;
    }
    Ok(())
}

/// Refuses an action of which nothing ever comes any more: its version is registered with other code, or the instance
/// that it is about has changed since.
pub async fn require_current(registry: Registry<'_>, call: &Call) -> Result<()> {
    match obstacle(registry, call).await? {
        Some(obstacle) if obstacle.ends => Err(obstacle.refusal().into()),
        _ => Ok(()),
    }
}

/// Builds the sources again: they must build to the code that `call` names as `what`.
fn compare_build(
    context: &Context,
    (flag, source): (&str, &str),
    call: &Call,
    what: &'static str,
    build: impl FnOnce(&str) -> Result<Artifact>,
) -> Result<()> {
    if !call.subjects().iter().any(|(other, ..)| *other == what) {
        return Err(Error::Usage {
            message: format!("{flag} for an action without {what}"),
            expected: format!("an action that names {what}, which sources can be compared with"),
            found: "none".into(),
            next: format!("leave {flag} out"),
        });
    }
    require_sources(flag, source)?;
    let build = Build::from(&build(source)?);
    BuildFacts::of(call, what, &build, true)?;
    let build_of_code = what == "code";
    let what = match what {
        "script" => "same migration code",
        _ => "same code",
    };
    context.note(format!("{source} builds to the {what} as in the action"));
    let code = call.version().and_then(|(_, code, _)| code);
    if build_of_code && code.is_some_and(|code| code.sourceHash.is_zero()) {
        context.note(format!(
            "the action names no source hash: nobody says which commit has {source}"
        ));
    }
    Ok(())
}

/// A .wasm file does not prove which sources it was built from.
fn require_sources(flag: &str, source: &str) -> Result<()> {
    if !Path::new(source).is_file() {
        return Ok(());
    }
    Err(Error::Usage {
        message: format!("{source} is a file, so nothing can be built from it"),
        expected: format!("{flag}: the folder of a crate, or a contract of this workspace"),
        found: "a file".into(),
        next: "give the folder that contains its Cargo.toml".into(),
    })
}
