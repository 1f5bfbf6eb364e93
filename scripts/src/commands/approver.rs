//! What an approver checks of an action before he approves it, whichever way.

use super::args::ReviewArgs;
use super::confirm;
use super::context::Context;
use super::facts::Place;
use super::storage;
use super::transfer;
use super::verifiable::implementation;
use super::work::check_action;
use crate::app_error::Error;
use crate::assess::{Finding, Role};
use crate::build::Artifact;
use crate::checks::Assessment;
use crate::client::Client;
use crate::error::Refusal;
use crate::governance::{BuildFacts, Call, superseded_by};
use crate::layout::Build;
use crate::progress::Progress;
use alloy::primitives::{Address, Bytes};
use std::path::Path;

/// What an approver checks of an action before he approves it, whichever way: that the code is what his
/// sources build to, what the command that proposed it checked, and that what is final is meant. So is an action that
/// differs from another open one. Of `approver`, if
/// it is known, also that his own part ends.
pub(super) async fn check_as_approver(
    place: Place<'_>,
    (decoded, bytes): (&Call, &Bytes),
    (args, approver): (&ReviewArgs, Option<Address>),
) -> Result<Assessment, Error> {
    let (context, client, _) = place.parts();
    if let Some(source) = &args.source {
        let chain = client.chain_id();
        compare_build(context, ("--source", source), decoded, "code", |source| {
            implementation(context, chain, source, true)
        })?;
    }
    if let Some(source) = &args.script_source {
        compare_build(
            context,
            ("--script-source", source),
            decoded,
            "script",
            |source| context.artifact_anew(source),
        )?;
    }
    let (checks, notices) = look_as_approver(place, (decoded, bytes), (args, approver)).await?;
    storage::require(&checks)?;
    confirm::require(context, &notices)?;
    confirm::gaps(context, &checks.coverage);
    Ok(checks)
}

/// What was found out about an action for who approves it, and what has to be meant.
pub(super) async fn look_as_approver(
    place: Place<'_>,
    (decoded, bytes): (&Call, &Bytes),
    (args, approver): (&ReviewArgs, Option<Address>),
) -> Result<(Assessment, Vec<Finding>), Error> {
    let checks = check_action(place, decoded, (args, Role::Approver)).await?;
    let (client, registry) = (place.client, place.registry);
    let mut notices = confirm::notices_of_approver(client, registry, decoded, approver).await?;
    notices.extend(confirm::rivals(place.context, (client, registry), (decoded, bytes)).await?);
    if let Call::TransferProxy(call) = decoded {
        let checked = transfer::check(place, call).await?;
        for line in &checked.lines {
            place.context.output.note(line);
        }
        notices.extend(checked.notices());
    }
    Ok((checks, notices))
}

/// Refuses an action whose version has other code by now: whatever its approvers do, it ends nowhere.
pub(super) async fn require_current(
    client: &Client,
    registry: Address,
    call: &Call,
) -> Result<(), Error> {
    match superseded_by(client, registry, call).await? {
        Some(registered) => {
            let definition = call.definition();
            let message = format!(
                "{definition} {registered}: this action has ended, and never does anything"
            );
            let refusal = Refusal::new("Superseded", message).with(
                "a version that is new, or has code, layout and sources as the action names them",
                registered,
                "nothing was sent; to propose its code anew, give it a label of its own",
            );
            Err(refusal.into())
        }
        None => Ok(()),
    }
}

/// Builds the sources anew: they must build to the code that `call` names as `what`.
fn compare_build(
    context: &Context,
    (flag, source): (&str, &str),
    call: &Call,
    what: &'static str,
    build: impl FnOnce(&str) -> Result<Artifact, Error>,
) -> Result<(), Error> {
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
    let what = match what {
        "script" => "very code of the migration",
        _ => "very code",
    };
    let line = format!("{source} builds to the {what} that would be approved");
    context.output.note(&line);
    Ok(())
}

/// A file of WASM tells nothing of the sources that it was built from.
fn require_sources(flag: &str, source: &str) -> Result<(), Error> {
    if !Path::new(source).is_file() {
        return Ok(());
    }
    Err(Error::Usage {
        message: format!("{source} is a file, so nothing can be built from it"),
        expected: format!("{flag}: the folder of a crate, or a contract of this workspace"),
        found: "a file".into(),
        next: "give the folder that its Cargo.toml lies in".into(),
    })
}
