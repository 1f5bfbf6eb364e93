//! `execute`: sends the call of an action that needs no approval any more, with any key.

use super::approve::{AlreadyExecuted, check_and_send_as_approver, report_executed};
use super::spec::{Governs, Group, Spec, report_type};
use crate::assess::Role;
use crate::context::prelude::*;
use crate::governance::{deciding_policy_of, narrow, not_executed, readiness, require_ripe};
use crate::options::ReviewArgs;
use crate::pipeline::action::{ProposedCall, outcome_of_ended, proposed_call};
use crate::pipeline::approver::require_current;
use crate::pipeline::effects::Governed;
use crate::pipeline::judge::Approver;
use clap::Args;

/// `execute`.
pub(crate) static SPEC: Spec<ExecuteArgs> = Spec {
    name: "execute",
    about: "Execute an action that is approved and whose delay is over, with any key",
    group: Group::Approve,
    examples: &[
        "execute 0x1f2e3d4c --account cleo",
        "execute 0x1f2e3d4c --source . --account cleo",
        "execute 0x1f2e3d4c --dry-run --account cleo",
    ],
    writes: super::spec::no_file,
    governed: Governs::Never,
    reports: || {
        vec![
            report_type::<Governed<Execution>>(),
            report_type::<AlreadyExecuted>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// An action to be executed.
#[derive(Debug, Args)]
pub(crate) struct ExecuteArgs {
    /// The action, or its first digits: 8 or more
    #[arg(value_name = "ACTION")]
    pub action: String,
    /// Comparisons before the execution.
    #[command(flatten)]
    pub review: ReviewArgs,
}

async fn run(context: &Context, args: &ExecuteArgs) -> Result<Outcome> {
    let session = Session::sending(context, "execute").await?;
    let registry = session.registry;
    let ProposedCall {
        action,
        proposer,
        governed,
    } = proposed_call(session, &args.action).await?;
    let Some(mut open) = readiness(registry, action).await? else {
        let executed = outcome_of_ended(session, action).await?;
        return report_executed(session, executed, &governed.call, false).await;
    };
    let call = &governed.call;
    let (role, text) = deciding_policy_of(registry, call).await?;
    narrow(registry, (call, action), (&role, &text), &mut open).await?;
    require_ripe(&open, action, &not_executed(&open), &context.names())?;
    require_current(registry, &governed.call).await?;
    let subject = Execution { proposer };
    // Those who approved confirmed when they did; the sender need not be one of them.
    let approver = Approver {
        review: &args.review,
        account: None,
        role: Role::Executor,
    };
    let effects = check_and_send_as_approver(session, governed, approver).await?;
    Ok(context.outcome(&Governed { subject, effects }))
}

/// The call that is executed.
#[derive(Serialize)]
pub(crate) struct Execution {
    proposer: Address,
}

impl CommandReport for Execution {}
