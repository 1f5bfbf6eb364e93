//! `revoke` and `cancel`. A revocation withdraws the sender's approval of an action, or refuses the action before the
//! sender has approved it, even before it is proposed. The sender's offline signatures of it become invalid. A
//! cancellation ends the action.

use super::sign::{Subject, read};
use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::assess::{Finding, FindingKind, Part, Role, Severity};
use crate::client::{ChainError, Transactions};
use crate::context::prelude::*;
use crate::export::{ExportedFile, nothing};
use crate::governance::signed::require_here;
use crate::governance::{
    Approved, Call, Display, GovernedCall, cancellation, is_approver, is_unknown_action,
    not_cancelled, readiness,
};
use crate::ids::ActionId;
use crate::model::Readiness;
use crate::pipeline::action::{proposal_event, resolve_action, why_ended};
use crate::pipeline::confirm;
use crate::pipeline::export;
use clap::Args;
use std::path::Path;

/// `cancel`.
pub(crate) static CANCEL: Spec<CancelArgs> = Spec {
    name: "cancel",
    about: "Cancel an action, as its proposer or as an account that satisfies its role alone",
    group: Group::Approve,
    examples: &[
        "cancel 0x1f2e3d4c --account ana",
        "cancel 0x1f2e3d4c --as safe --export cancel.json",
        "cancel 0x1f2e3d4c --json --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Cancelled>(), report_type::<ExportedFile>()],
    run: |context, args| Box::pin(cancel(context, &args.action)),
};

/// An action to cancel.
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The action, or its first digits: 8 or more
    pub action: String,
}

/// `revoke`.
pub(crate) static REVOKE: Spec<RevokeArgs> = Spec {
    name: "revoke",
    about: "Withdraw your approval, or refuse an action before you approve it; your offline signatures of it become invalid",
    group: Group::Approve,
    examples: &[
        "revoke 0x1f2e3d4c --account ben",
        "revoke ben.json --account ben",
        "revoke 0x1f2e3d4c --as safe --export revoke.json",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Revoked>(), report_type::<ExportedFile>()],
    run: |context, args| Box::pin(revoke(context, &args.action)),
};

/// An approval to withdraw.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The action, or its first digits: 8 or more. Before it is proposed: all of them, or a file of --offline
    /// or --export
    #[arg(value_name = "ACTION|FILE")]
    pub action: String,
}

/// Withdraws the sender's approval of an action, or refuses it.
pub(crate) async fn revoke(context: &Context, text: &str) -> Result<Outcome> {
    let session = Session::sending(context, "revoke").await?;
    let registry = session.registry;
    let (action, known) = subject(session, text).await?;
    let before = readiness(registry, action).await?;
    if before.is_none() && proposal_event(session, action).await.is_ok() {
        return Err(why_ended(session, action, "nothing is left to revoke").await);
    }
    match &known {
        Some(call) => show(session, call)?,
        None => require_meant(session, action)?,
    }
    let call = abi::revokeCall { action: action.0 };
    let approver = registry.client.caller("revoke")?;
    // An approver of an open action who has no approval any more: an earlier command took it back, or refused.
    let is_done = async |error: Option<&ChainError>, left: Option<&Readiness>| match (left, &known)
    {
        (Some(left), Some(known)) => Ok(error
            .is_some_and(ChainError::is_refused_as::<abi::NotApproved>)
            && !left.approved.contains(&approver)
            && is_approver(registry, &Call::decode(known)?).await?),
        _ => Ok::<_, Error>(false),
    };
    if let Some(file) = context.export_file() {
        let ordered =
            export::order(session, file, "revoke", action, call.abi_encode().into()).await;
        let error = ordered.as_ref().err().and_then(Error::chain);
        return if is_done(error, before.as_ref()).await? {
            Err(nothing(&format!(
                "the action {action} is revoked or refused already"
            ))
            .into())
        } else {
            ordered
        };
    }
    let sent = registry
        .client
        .send("revoke", registry.address, &call, U256::ZERO)
        .await;
    let left = readiness(registry, action).await?;
    let sent = match sent {
        Ok(sent) => Some(sent),
        Err(error) if is_done(Some(&error), left.as_ref()).await? => None,
        Err(error) => return Err(error.into()),
    };
    let revoked = Revoked {
        transactions: Transactions::of(sent.as_slice()),
        action,
        approver,
        withdrawn: before.is_some_and(|before| before.approved.contains(&approver)),
        executed: false,
        left: left.as_ref().map(Approved::from),
    };
    Ok(context.outcome(&revoked))
}

/// Requires that an id is meant that nobody has proposed. The transaction publishes it, and a private key has the same
/// form.
///
/// # Errors
/// [`Error::Unconfirmed`].
fn require_meant(session: Session<'_>, action: ActionId) -> Result<()> {
    let words = format!(
        "{action} has not been proposed, so its call is not known here; the file of its payload shows it. The \
         transaction publishes this number: make sure that it is no private key"
    );
    let id = FindingKind::NotProposed.id();
    let finding = Finding::new(Part::Action, Severity::Danger, id, words);
    let context = session.context;
    confirm::require_accepted(context, Role::Proposer, &context.accepted(), &[finding])
}

/// Cancels an action, as its proposer or as an account that satisfies its role alone.
pub(crate) async fn cancel(context: &Context, action: &str) -> Result<Outcome> {
    let session = Session::sending(context, "cancel").await?;
    let registry = session.registry;
    let action = resolve_action(session, action).await?;
    if readiness(registry, action).await?.is_none() {
        let Some(how) = cancellation(registry, action).await? else {
            return Err(why_ended(session, action, "nothing is left to cancel").await);
        };
        let what = format!("the action {action} {how} already");
        if context.is_export() {
            return Err(nothing(&what).into());
        }
        return Ok(context.outcome(&Cancelled {
            transactions: Transactions::default(),
            action,
            executed: false,
            already: Some(what),
        }));
    }
    let event = proposal_event(session, action).await?;
    show(session, &event.call)?;
    let call = abi::cancelCall { action: action.0 };
    if let Some(file) = context.export_file() {
        return export::order(session, file, "cancel", action, call.abi_encode().into()).await;
    }
    let sent = registry
        .client
        .send("cancel", registry.address, &call, U256::ZERO)
        .await;
    let refused = |error| not_cancelled(action, event.proposer, error);
    let cancelled = Cancelled {
        transactions: Transactions::of(&[sent.map_err(refused)?]),
        action,
        executed: false,
        already: None,
    };
    Ok(context.outcome(&cancelled))
}

/// Shows in a line what a proposed call does, and with `--full` all of it.
fn show(session: Session<'_>, call: &Bytes) -> Result<()> {
    let (context, registry) = (session.context, session.registry);
    if context.global.full {
        let lines = Display::of(call, &context.names())?.lines();
        lines.into_iter().for_each(|line| context.note(line));
    } else {
        let governed = GovernedCall::decode(registry.address, call.clone(), U256::ZERO)?;
        context.note(governed.what());
    }
    Ok(())
}

/// The report of `cancel`.
#[derive(Serialize)]
pub(crate) struct Cancelled {
    #[serde(flatten)]
    transactions: Transactions,
    action: ActionId,
    executed: bool,
    /// A line that says who cancelled it before this command; absent if nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    already: Option<String>,
}

impl CommandReport for Cancelled {
    fn lines(&self, _: &Names) -> Vec<String> {
        let cancelled = || format!("cancelled {}", self.action);
        let mut lines = vec![self.already.clone().unwrap_or_else(cancelled)];
        lines.extend(self.transactions.lines());
        lines
    }
}

/// The report of `revoke`.
#[derive(Serialize)]
pub(crate) struct Revoked {
    #[serde(flatten)]
    transactions: Transactions,
    action: ActionId,
    approver: Address,
    /// True if an approval existed and was withdrawn.
    withdrawn: bool,
    executed: bool,
    /// The number of its approvals; `None` if it was not proposed.
    #[serde(flatten)]
    left: Option<Approved>,
}

impl CommandReport for Revoked {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = vec![match self.left {
            Some(left) if self.withdrawn => format!("revoked: now {}", approvals(left)),
            Some(left) if self.transactions.count() == 0 => {
                format!("revoked or refused already: still {}", approvals(left))
            }
            Some(left) => format!("refused: still {}", approvals(left)),
            None => "refused before anybody proposed it".into(),
        }];
        lines.extend(self.transactions.lines());
        lines.push(format!(
            "offline signatures of {} no longer count for it; that account can still run stylus-upgrades approve",
            names.short(self.approver)
        ));
        lines
    }
}

/// Says how many approvals an action has.
fn approvals(left: Approved) -> String {
    format!("{} of {} approvals", left.approvals, left.required)
}

/// The action that an id, or a file with a payload or a signature, names; and its call, if that is known.
async fn subject(session: Session<'_>, text: &str) -> Result<(ActionId, Option<Bytes>)> {
    let registry = session.registry;
    let path = Path::new(text);
    if !path.is_file() {
        let action = resolve_action(session, text).await?;
        return match proposal_event(session, action).await {
            Ok(event) => Ok((action, Some(event.call))),
            Err(error) if is_unknown_action(&error) => Ok((action, None)),
            Err(error) => Err(error.into()),
        };
    }
    match read(path, (registry.client.chain_id(), registry.address))? {
        Subject::Approval(file) => {
            require_here(registry, &file).await?;
            Ok((file.approval.action(), Some(file.approval.call)))
        }
        Subject::Call(call) | Subject::Action(_, call) => {
            let action = registry.action_of(&call).await?;
            Ok((action, Some(call)))
        }
    }
}
