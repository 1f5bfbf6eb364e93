//! `pending`: open actions, who approved, who is missing, what blocks, until when.

use super::review;
use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::governance::{
    self, CancelRights, Needed, PendingAction, deciding_policy_of, obstacle, rival,
};
use crate::options::word;
use crate::pipeline::action::is_action;
use crate::pipeline::shown::shown_call;
use crate::questions::ask_all;
use crate::review::{OpenAction, Pending};
use clap::Args;
use futures::try_join;

/// `pending`.
pub(crate) static SPEC: Spec<PendingArgs> = Spec {
    name: "pending",
    about: "List open actions: who approved, who is missing, what blocks. For one: everything that an approver reviews",
    group: Group::Approve,
    examples: &["pending", "pending Counter", "pending 0x1f2e3d4c"],
    writes: no_file,
    governed: Governs::Never,
    reports: || {
        vec![
            report_type::<Pending>(),
            report_type::<review::ReviewedAgainst>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// The open actions to list, or the one to review.
#[derive(Debug, Args)]
pub(crate) struct PendingArgs {
    /// A definition [default: all, and the registry itself]; or an action (0x and 8 or more digits): what it
    /// does, findings, storage before and after
    #[arg(value_name = "NAME|ACTION")]
    pub subject: Option<String>,
    /// Exit with 1 unless the action's state difference has this hash, which `plan` prints on any machine
    #[arg(long, value_name = "HASH", requires = "subject", value_parser = word)]
    pub against: Option<B256>,
}

/// Lists open actions, or reviews one.
pub(crate) async fn run(context: &Context, args: &PendingArgs) -> Result<Outcome> {
    let subject = args.subject.as_deref();
    if let Some(action) = subject.filter(|text| args.against.is_some() || is_action(text)) {
        return review::run(context, action, args.against).await;
    }
    let pending = pending(context, subject).await?;
    Ok(context.outcome(&pending))
}

/// The open actions of a definition, or all.
///
/// # Errors
/// Errors of the chain, and files that cannot be read.
pub async fn pending(context: &Context, name: Option<&str>) -> Result<Pending> {
    let open = async |registry| match name {
        Some(name) => governance::open(registry, name).await,
        None => governance::all_open(registry).await,
    };
    let (session, open) = Session::reading_while(context, open).await?;
    let governance::OpenActions {
        actions: mut all,
        unread_from,
    } = open;
    if let Some(block) = unread_from {
        context.note(format!(
            "warning: events from block {block} on were not read, for which this endpoint wants many requests: \
             definitions created since are not listed (`pending NAME` lists one), and who refused an action since is \
             listed as missing; `status` reads them once, and a network's logs_url names another endpoint for them"
        ));
    }
    all.sort_by_key(|one| one.unreadable.is_some());
    let actions = all.iter().map(|open| listed(session, open, &all));
    let actions = ask_all(actions).await?;
    Ok(Pending {
        registry: session.registry.address,
        events_unread_from: unread_from,
        actions,
    })
}

/// An open action with what it does, what blocks it, and the others that are about the same.
async fn listed(
    session: Session<'_>,
    open: &PendingAction,
    all: &[PendingAction],
) -> Result<OpenAction> {
    let (mut shown, mut beside) = (None, (None, Vec::new()));
    let mut narrowed = open.clone();
    let (mut needed, mut rights) = (None, None);
    if let Some(says) = &open.says {
        let obstacle = async { Ok::<_, Error>(obstacle(session.registry, says).await?) };
        let policy = async { Ok(deciding_policy_of(session.registry, says).await?) };
        let call = shown_call(session, &open.call, says, Some(all));
        let (call, obstacle, (role, text)) = try_join!(call, obstacle, policy)?;
        let (decides, proposer) = ((&*role, &*text), (open.proposer, &open.readiness));
        rights = Some(CancelRights::read(session.registry, says, decides, proposer).await?);
        shown = Some(call);
        needed = Needed::narrowing(says, &role, &text, &mut narrowed.readiness);
        let rivals = all.iter().filter_map(|other| {
            let (subject, differs) = rival((says, &open.call), other)?;
            let action = other.action;
            Some(format!(
                "another open action for {subject} {differs} (action {action})"
            ))
        });
        beside = (obstacle, rivals.collect());
    }
    let names = session.context.names();
    Ok(OpenAction::new(
        narrowed,
        shown,
        beside,
        (needed.as_ref(), rights),
        &names,
    ))
}
