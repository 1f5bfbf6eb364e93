//! `approve`: sends exactly the proposed bytes, by the action's id.

use super::approver::require_current;
use super::args::{ApproveArgs, ReviewArgs};
use super::check_options::CheckOptions;
use super::effects::{Effects, Governed};
use super::judge::{Approver, judge_as_approver, send};
use super::kept;
use super::pending::{proposal_event, resolve_action};
use super::prelude::*;
use crate::governance::signed::calldata_digest;
use crate::governance::{
    Call, CallOutcome, GovernedCall, Reviewed, executed_already, is_approver,
    outcome_of_ended_action,
};

/// Sends exactly the proposed bytes. With `reviewed`, only if they and their decoded text equal
/// that file.
pub(super) async fn approve(context: &Context, args: &ApproveArgs) -> Result<Outcome> {
    let session = Session::sending(context, "approve").await?;
    let registry = session.registry;
    let action = resolve_action(session, &args.action).await?;
    let event = proposal_event(session, action).await?;
    let mut governed = GovernedCall::decode(registry.address, event.call.clone(), U256::ZERO)?;
    governed.approves = Some(action);
    require_current(registry, &governed.call).await?;
    if let Some(file) = &args.reviewed {
        Reviewed::read(file, action)?.require_same_call(&event.call, &context.names())?;
        context.note(format!("the action matches {}", file.display()));
    }
    if session.registry.action_of(&event.call).await? != action {
        let executed = outcome_of_ended_action(registry, action).await?;
        let call = &governed.call;
        let may_approve = is_approver(registry, call).await?;
        let compared = args.reviewed.is_some();
        return report_executed(
            session,
            (executed, call),
            &args.review,
            (may_approve, compared),
        )
        .await;
    }
    governed.require_approver(registry.client, action).await?;
    let digest = calldata_digest(&event.call);
    context.note(format!("calldata digest  {digest}"));
    let subject = Approval {
        proposer: event.proposer,
        calldata_digest: digest,
    };
    let approver = registry.client.caller("approve").ok();
    let approver = Approver {
        review: &args.review,
        account: approver,
    };
    let effects = check_and_send_as_approver(session, governed, approver).await?;
    Ok(context.outcome(&Governed { subject, effects }))
}

/// What is approved.
#[derive(Serialize)]
pub(super) struct Approval {
    proposer: Address,
    calldata_digest: B256,
}

impl CommandReport for Approval {}

/// Checks a call for its approver, and sends it.
pub(super) async fn check_and_send_as_approver(
    session: Session<'_>,
    governed: GovernedCall,
    approver: Approver<'_>,
) -> Result<Effects> {
    let judged = judge_as_approver(session, &governed, approver).await?;
    let options = CheckOptions::approver(approver.review, approver.account);
    send(session, (governed, judged), options).await
}

/// Reports an action that was executed already: there is nothing left to approve.
///
/// # Errors
/// `ExecutedAlready` if the command has a comparison flag or `--export`, or may not approve.
pub(super) async fn report_executed(
    session: Session<'_>,
    (executed, call): (CallOutcome, &Call),
    review: &ReviewArgs,
    (may_approve, compared): (bool, bool),
) -> Result<Outcome> {
    let context = session.context;
    let by = executed.by(&context.names());
    let is_asked = *review != ReviewArgs::default() || context.is_export();
    if is_asked || !may_approve {
        let found = match is_asked {
            true => "comparison flags and --export need an open action",
            false => "this key is not an approver of it, and nothing was compared",
        };
        return Err(executed_already(executed.action, &by, found).into());
    }
    // An execution in a browser or on another machine leaves no folder here.
    let kept = match call.version() {
        Some((version, ..)) => kept::keep(session, call.definition(), version).await,
        None => None,
    };
    let report = AlreadyExecuted {
        submitted: executed,
        compared,
        kept,
        by,
    };
    Ok(context.outcome(&report))
}

/// What `approve` reports of an action that was executed already.
#[derive(Serialize)]
pub(super) struct AlreadyExecuted {
    #[serde(flatten)]
    submitted: CallOutcome,
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
            true => "its call matches the reviewed file; nothing was sent",
            false => "nothing was compared, and nothing was sent",
        };
        vec![
            format!("{action} was executed already, {by}"),
            compared.into(),
        ]
    }
}
