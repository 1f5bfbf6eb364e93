//! `approve` and `cancel`: an action by its id.

mod executed;

use super::args::{ApproveArgs, ReviewArgs};
use super::confirm;
use super::context::Context;
use super::export;
use super::facts::Place;
use super::pause;
use super::pending::named;
use super::propose::Sending;
use super::storage;
use super::transfer;
use super::verifiable::implementation;
use super::work::check_action;
use crate::app_error::Error;
use crate::assess::{Finding, Part, Refused, Role};
use crate::build::Artifact;
use crate::checks::Assessment;
use crate::client::Client;
use crate::governance::signed::calldata_digest;
use crate::governance::{
    self, BuildFacts, Call, Display, GovernanceError, Names, action_of, instead, not_an_approver,
    proposed, superseded_by,
};
use crate::ids::ActionId;
use crate::layout::Build;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::{CommandReport, Transactions};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use executed::already_executed;
use serde::{Deserialize, Serialize};
use std::path::Path;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Sends the very bytes that were proposed. With `reviewed`, only if they and what they say are
/// what stands in that file.
pub(super) async fn approve(context: &Context, args: &ApproveArgs) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("approve").await?;
    let names = context.names();
    let action = named(&client, registry, &args.action).await?;
    let event = proposed(&client, registry, action).await?;
    let decoded = Call::decode(&event.call)?;
    require_current(&client, registry, &decoded).await?;
    if let Some(file) = &args.reviewed {
        let reviewed = Reviewed::read(file, action)?;
        if reviewed.call != event.call {
            return Err(GovernanceError::PayloadDiffers {
                reviewed: reviewed.call,
                proposed: event.call,
            }
            .into());
        }
        reviewed.display.require(&event.call, &names)?;
        context
            .output
            .note(&format!("{} says the same", file.display()));
    }
    if action_of(&client, registry, &event.call).await? != action {
        return already_executed(context, &client, (registry, action), &decoded, args).await;
    }
    require_part(&client, registry, &event.call).await?;
    let said = (&args.review, client.caller("approve").ok());
    let place = Place::of(context, &client, registry);
    let checks = check_as_approver(place, &decoded, said).await?;
    let digest = calldata_digest(&event.call);
    context.output.note(&format!("calldata digest  {digest}"));
    let mut outcome = Outcome::default();
    outcome.fields(&Approval {
        proposer: event.proposer,
        calldata_digest: digest,
    });
    storage::report(&mut outcome, &checks);
    let overrides = args.review.storage.clone();
    let sending = Sending::of(&event.call).approving(action);
    let sending = sending.rolling(&overrides, checks);
    let mut outcome = sending.propose(place, outcome).await?;
    if outcome.exit.is_none() && !context.is_export() {
        pause::finish(place, &decoded, &mut outcome).await?;
    }
    Ok(outcome)
}

/// What is approved.
#[derive(Serialize)]
struct Approval {
    proposer: Address,
    calldata_digest: B256,
}

/// What an approver checks of an action before he approves it, whichever way: that the code is what his
/// sources build to, what the command that proposed it checked, and that what is final is meant. Of `approver`, if
/// it is known, also that his own part ends.
pub(super) async fn check_as_approver(
    place: Place<'_>,
    decoded: &Call,
    (args, approver): (&ReviewArgs, Option<Address>),
) -> Result<Assessment, Error> {
    let (context, client, _) = place.parts();
    if args.source.is_some() || args.script_source.is_some() {
        // What a build cannot change is reported before it.
        let found = check_action(place, decoded, (args, Role::Approver)).await?;
        let mut refused = found.decision().refused;
        refused.retain(|one| one.part == Part::LiveInstances);
        if let Some(refused) = Refused::of(refused) {
            return Err(refused.into());
        }
    }
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
    let (checks, notices) = look_as_approver(place, decoded, (args, approver)).await?;
    storage::require(&checks)?;
    confirm::require(context, &notices)?;
    confirm::gaps(context, &checks.coverage)?;
    Ok(checks)
}

/// What was found out about an action for who approves it, and what has to be meant.
pub(super) async fn look_as_approver(
    place: Place<'_>,
    decoded: &Call,
    (args, approver): (&ReviewArgs, Option<Address>),
) -> Result<(Assessment, Vec<Finding>), Error> {
    let checks = check_action(place, decoded, (args, Role::Approver)).await?;
    let (client, registry) = (place.client, place.registry);
    let mut notices = confirm::notices_of_approver(client, registry, decoded, approver).await?;
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
        Some(registered) => Err(GovernanceError::Superseded {
            definition: call.definition().into(),
            registered,
        }
        .into()),
        None => Ok(()),
    }
}

/// Refuses a key whose approval the registry would not take, before anything is built and judged.
pub(super) async fn require_part(
    client: &Client,
    registry: Address,
    call: &Bytes,
) -> Result<(), Error> {
    let request = TransactionRequest::default()
        .with_from(client.caller("approve")?)
        .with_to(registry)
        .with_input(call.clone());
    let tried = client.provider().call(request).await;
    let refused = tried.map_err(|error| client.error("approve", error)).err();
    match refused.filter(|error| error.is_refused_as::<abi::NotAnApprover>()) {
        Some(error) => Err(not_an_approver(client, registry, call, error).await.into()),
        None => Ok(()), // anything else is reported by what sends it
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

/// Ends an action: its proposer, or who alone satisfies its role.
pub(super) async fn cancel(context: &Context, action: &str) -> Result<Outcome, Error> {
    let (client, registry, event) = open(context, action).await?;
    let action = ActionId(event.action);
    let call = abi::cancelCall { action: action.0 };
    let place = Place::of(context, &client, registry);
    if context.is_export() {
        return export::order(place, "cancel", action, call.abi_encode().into()).await;
    }
    let sent = client.send("cancel", registry, &call, U256::ZERO).await;
    let refused = |error| GovernanceError::not_cancelled(action, event.proposer, error);
    let sent = match sent {
        Err(error) if error.is_refused_as::<abi::ActionNotFound>() => {
            return Err(why_ended(place, action, "nothing is left to cancel").await);
        }
        sent => sent.map_err(refused)?,
    };
    let cancelled = Cancelled {
        transactions: Transactions::of(std::slice::from_ref(&sent)),
        action,
        executed: false,
    };
    Ok(Outcome::of(&cancelled, &context.names()))
}

/// What `cancel` reports.
#[derive(Serialize)]
struct Cancelled {
    #[serde(flatten)]
    transactions: Transactions,
    action: ActionId,
    executed: bool,
}

impl CommandReport for Cancelled {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = self.transactions.lines();
        lines.push(format!("cancelled {}", self.action));
        lines
    }
}

/// Why `found` of an action that is not open any more: nothing is left to revoke, to cancel or to sign.
pub(super) async fn why_ended(place: Place<'_>, action: ActionId, found: &str) -> Error {
    let not_open = GovernanceError::NotOpen { action };
    match instead(place.client, place.registry, action, not_open).await {
        Ok(executed) => GovernanceError::Executed {
            action,
            by: executed.by(&place.context.names()),
            found: found.into(),
        },
        Err(error) => error,
    }
    .into()
}

/// An open action, as it was proposed; shows what it does.
async fn open(context: &Context, action: &str) -> Result<(Client, Address, abi::Proposed), Error> {
    let (client, registry) = context.verified_working("cancel").await?;
    let names = context.names();
    let action = named(&client, registry, action).await?;
    match governance::readiness(&client, registry, action).await {
        Err(GovernanceError::NotOpen { .. }) => {
            let place = Place::of(context, &client, registry);
            return Err(why_ended(place, action, "nothing is left to cancel").await);
        }
        found => found?,
    };
    let event = proposed(&client, registry, action).await?;
    for line in Display::of(&event.call, &names)?.lines() {
        context.output.note(&line);
    }
    Ok((client, registry, event))
}

/// An action as `pending --json` printed it.
#[derive(Deserialize)]
struct Reviewed {
    action: ActionId,
    call: Bytes,
    display: Display,
}

/// What `pending --json` prints, or one action of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum ReviewedFile {
    All { actions: Vec<Reviewed> },
    One(Reviewed),
}

impl Reviewed {
    fn read(file: &Path, action: ActionId) -> Result<Self, GovernanceError> {
        let refused = |reason: String| GovernanceError::Reviewed {
            file: file.display().to_string(),
            reason,
        };
        let text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
        let read: ReviewedFile =
            serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        let all = match read {
            ReviewedFile::All { actions } => actions,
            ReviewedFile::One(one) => vec![one],
        };
        let found = all.into_iter().find(|reviewed| reviewed.action == action);
        found.ok_or_else(|| refused(format!("it does not tell of {action}")))
    }
}
