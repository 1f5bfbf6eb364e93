//! `approve`: the very bytes that were proposed, by the action's id.

use super::approver::{check_as_approver, require_current};
use super::args::{ApproveArgs, ReviewArgs};
use super::context::Context;
use super::facts::Place;
use super::kept;
use super::pause;
use super::pending::named;
use super::propose::Sending;
use super::storage;
use crate::app_error::Error;
use crate::governance::signed::calldata_digest;
use crate::governance::{
    Call, GovernedCall, Reviewed, Submitted, executed_already, instead, is_approver, proposed,
};
use crate::ids::ActionId;
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::{Address, B256, U256};
use serde::Serialize;

/// Sends the very bytes that were proposed. With `reviewed`, only if they and what they say are
/// what stands in that file.
pub(super) async fn approve(context: &Context, args: &ApproveArgs) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("approve").await?;
    let place = Place::of(context, &client, registry);
    let action = named(&client, registry, &args.action).await?;
    let event = proposed(&client, registry, action).await?;
    let mut governed = GovernedCall::decode(registry, event.call.clone(), U256::ZERO)?;
    governed.approves = Some(action);
    require_current(&client, registry, &governed.call).await?;
    if let Some(file) = &args.reviewed {
        Reviewed::read(file, action)?.require(&event.call, &context.names())?;
        let same = format!("{} says the same", file.display());
        context.output.note(&same);
    }
    if client.registry(registry).action_of(&event.call).await? != action {
        return already_executed(place, action, &governed.call, args).await;
    }
    governed.require_part(&client).await?;
    let digest = calldata_digest(&event.call);
    context.output.note(&format!("calldata digest  {digest}"));
    let mut outcome = Outcome::default();
    outcome.fields(&Approval {
        proposer: event.proposer,
        calldata_digest: digest,
    });
    let said = (&args.review, client.caller("approve").ok());
    send(place, governed, said, outcome).await
}

/// What is approved.
#[derive(Serialize)]
struct Approval {
    proposer: Address,
    calldata_digest: B256,
}

/// Checks a call as its approver does, sends it, and ends a pause or a resumption that it executes.
pub(super) async fn send(
    place: Place<'_>,
    governed: GovernedCall,
    said: (&ReviewArgs, Option<Address>),
    mut outcome: Outcome,
) -> Result<Outcome, Error> {
    let call = governed.call.clone();
    let checks = check_as_approver(place, (&call, &governed.bytes), said).await?;
    storage::report(&mut outcome, &checks);
    let sending = Sending {
        rollout: Some((&said.0.storage, checks)),
        ..Sending::of(governed)
    };
    let mut outcome = sending.propose(place, outcome).await?;
    if outcome.exit.is_none() && !place.context.is_export() {
        pause::finish(place, &call, &mut outcome).await?;
    }
    Ok(outcome)
}

/// What came of an action that is not open any more, where it was executed: there is nothing left to
/// approve.
///
/// # Errors
/// `ExecutedAlready` where a comparison was asked for that is not made any more, or by a key
/// that had nothing to approve.
async fn already_executed(
    place: Place<'_>,
    action: ActionId,
    call: &Call,
    args: &ApproveArgs,
) -> Result<Outcome, Error> {
    let (context, client, registry) = place.parts();
    let executed = instead(client, registry, action).await?;
    let by = executed.by(&context.names());
    let is_asked = args.review != ReviewArgs::default() || context.is_export();
    if is_asked || !is_approver(client, registry, call).await? {
        let found = match is_asked {
            true => "it is not compared any more, and no file is written",
            false => "this key is none of its approvers, and nothing was compared",
        };
        return Err(executed_already(action, &by, found).into());
    }
    // An execution in a browser or on another machine leaves no folder here.
    let kept = match call.version() {
        Some((version, ..)) => kept::keep(place, call.definition(), version).await,
        None => None,
    };
    let report = AlreadyExecuted {
        submitted: executed,
        compared: args.reviewed.is_some(),
        kept,
        by,
    };
    Ok(Outcome::of(&report, &context.names()))
}

/// What `approve` reports of an action that was executed already.
#[derive(Serialize)]
struct AlreadyExecuted {
    #[serde(flatten)]
    submitted: Submitted,
    /// Whether its call was compared with the one that was reviewed.
    compared: bool,
    /// The folder in which its version is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    /// Who executed it, in which transaction.
    #[serde(skip)]
    by: String,
}

impl CommandReport for AlreadyExecuted {
    fn lines(&self, _: &Names) -> Vec<String> {
        let (action, by) = (self.submitted.action, &self.by);
        let compared = match self.compared {
            true => "its call is the one that was reviewed; nothing was sent",
            false => "nothing was compared, and nothing was sent",
        };
        vec![
            format!("{action} was executed already, {by}"),
            compared.into(),
        ]
    }
}
