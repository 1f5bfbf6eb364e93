//! `approve`: sends exactly the proposed bytes, by the action's id.

use super::sign::{self, OfflineArgs};
use super::spec::{Governs, Group, Spec, report_type};
use crate::assess::Role;
use crate::context::prelude::*;
use crate::governance::signed::calldata_digest;
use crate::governance::{Call, CallOutcome, GovernedCall, Reviewed, executed_already, is_approver};
use crate::options::ReviewArgs;
use crate::pipeline::action::{ProposedCall, outcome_of_ended, proposed_call};
use crate::pipeline::approver::require_current;
use crate::pipeline::effects::{Effects, Governed};
use crate::pipeline::judge::{Approver, judge_as_approver};
use crate::pipeline::kept;
use clap::Args;
use std::path::PathBuf;

/// `approve`.
pub(crate) static SPEC: Spec<ApproveArgs> = Spec {
    name: "approve",
    about: "Approve an action by its id: sends exactly the proposed bytes; --offline signs a file",
    group: Group::Approve,
    examples: &[
        "approve 0x1f2e3d4c --account ben",
        "approve 0x1f2e3d4c --source . --account ben",
        "approve 0x1f2e3d4c --offline --out ben.json --account ben",
    ],
    writes: |args| args.offline.offline.then_some("--offline"),
    governed: Governs::When("approve", |args| !args.offline.offline),
    reports: || {
        vec![
            report_type::<Governed<Approval>>(),
            report_type::<AlreadyExecuted>(),
            report_type::<sign::SignedOffline>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// An approval.
#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// The action, or its first digits: 8 or more. With --offline also the calldata of a governed call, or a
    /// file that --offline or --export wrote (json, text)
    #[arg(value_name = "ACTION|CALLDATA|FILE")]
    pub action: String,
    /// Approve only if the action equals this file, which `pending --json` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    pub reviewed: Option<PathBuf>,
    /// Comparisons before the approval.
    #[command(flatten)]
    pub review: ReviewArgs,
    /// A signature in a file.
    #[command(flatten)]
    pub offline: OfflineArgs,
}

/// Sends an approval, or signs one into a file.
async fn run(context: &Context, args: &ApproveArgs) -> Result<Outcome> {
    if args.offline.offline {
        sign::run(context, &args.action, &args.review, &args.offline).await
    } else {
        approve(context, args).await
    }
}

/// Sends exactly the proposed bytes. With `reviewed`, only if they and their decoded text equal
/// that file.
async fn approve(context: &Context, args: &ApproveArgs) -> Result<Outcome> {
    let session = Session::sending(context, "approve").await?;
    let registry = session.registry;
    let ProposedCall {
        action,
        proposer,
        governed,
    } = proposed_call(session, &args.action).await?;
    require_current(registry, &governed.call).await?;
    if let Some(file) = &args.reviewed {
        Reviewed::read(file, action)?.require_same_call(&governed.bytes, &context.names())?;
        context.note(format!("the action matches {}", file.display()));
    }
    if session.registry.action_of(&governed.bytes).await? != action {
        let executed = outcome_of_ended(session, action).await?;
        require_nothing_asked(context, &args.review, &executed)?;
        if !is_approver(registry, &governed.call).await? {
            let found = "this key is not an approver of it, and nothing was compared";
            let by = executed.by(&context.names());
            return Err(executed_already(action, &by, found).into());
        }
        let compared = args.reviewed.is_some();
        return report_executed(session, executed, &governed.call, compared).await;
    }
    governed.require_approver(registry.client, action).await?;
    let digest = calldata_digest(&governed.bytes);
    context.note(format!("calldata digest  {digest}"));
    let subject = Approval {
        proposer,
        calldata_digest: digest,
    };
    let approver = registry.client.caller("approve").ok();
    let approver = Approver {
        review: &args.review,
        account: approver,
        role: Role::Approver,
    };
    let effects = check_and_send_as_approver(session, governed, approver).await?;
    Ok(context.outcome(&Governed { subject, effects }))
}

/// The call that is approved.
#[derive(Serialize)]
pub(crate) struct Approval {
    proposer: Address,
    calldata_digest: B256,
}

impl CommandReport for Approval {}

/// Checks a call for its approver, and sends it.
pub(crate) async fn check_and_send_as_approver(
    session: Session<'_>,
    governed: GovernedCall,
    approver: Approver<'_>,
) -> Result<Effects> {
    let cleared = judge_as_approver(session, &governed, approver).await?;
    cleared
        .send(session, governed, Vec::new(), approver.options())
        .await
}

/// Refuses a comparison flag and `--export` for an action that was executed already.
///
/// # Errors
/// `ExecutedAlready`.
pub(crate) fn require_nothing_asked(
    context: &Context,
    review: &ReviewArgs,
    executed: &CallOutcome,
) -> Result<()> {
    if *review == ReviewArgs::default() && !context.is_export() {
        return Ok(());
    }
    let found = "comparison flags and --export need an open action";
    let by = executed.by(&context.names());
    Err(executed_already(executed.action, &by, found).into())
}

/// Reports an action that was executed already: there is nothing left to approve.
pub(crate) async fn report_executed(
    session: Session<'_>,
    executed: CallOutcome,
    call: &Call,
    compared: bool,
) -> Result<Outcome> {
    let context = session.context;
    let by = executed.by(&context.names());
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

/// The report of `approve` for an action that was executed already.
#[derive(Serialize)]
pub(crate) struct AlreadyExecuted {
    #[serde(flatten)]
    submitted: CallOutcome,
    /// True if its call was compared with the one that was reviewed.
    compared: bool,
    /// The folder in which its version is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    /// The account that executed it, and the transaction.
    #[serde(skip)]
    by: String,
}

impl CommandReport for AlreadyExecuted {
    fn lines(&self, _: &Names) -> Vec<String> {
        let (action, by) = (self.submitted.action, &self.by);
        let compared = if self.compared {
            "its call matches the reviewed file; nothing was sent"
        } else {
            "nothing was compared, and nothing was sent"
        };
        vec![
            format!("{action} was executed already, {by}"),
            compared.into(),
        ]
    }
}
