//! The identical call that each approver sends: it approves, or it completes the policy and
//! executes. Sent again by the same approver it changes nothing and reports how far the action is.
//!
//! Others act at the same moment. What came of a call is read from the registry's logs, its own and
//! those behind it, and never from what a call before it returned.

use super::dry_run::DryRun;
use super::ended::{Cancelled, Executed, cancelled, ended, instead, last_approval, same_call};
use super::error::GovernanceError;
use super::gas;
use super::governed::GovernedCall;
use super::pending::readiness;
use super::revert_cause::with_cause;
use crate::client::{ChainError, Client, Sent, with_margin};
use crate::ids::ActionId;
use crate::model::Readiness;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolEvent, SolValue};
use serde::Serialize;
use std::fmt;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Progress;

/// What came of an action after one's own call.
#[derive(Debug, Clone)]
pub enum Submitted {
    /// One's own transaction executed it.
    Executed {
        /// The action.
        action: ActionId,
        /// How many approved it.
        approved: Approved,
        /// The transaction.
        sent: Sent,
    },
    /// Somebody else's transaction executed it.
    ExecutedByAnother {
        /// That one.
        by: Box<Executed>,
        /// One's own approval, where it was sent now.
        sent: Option<Sent>,
    },
    /// It is open.
    Open {
        /// The action.
        action: ActionId,
        /// One's own approval; `None` where it was there already.
        sent: Option<Sent>,
        /// What it waits for.
        waits: Box<Waits>,
    },
}

/// What an action waits for that one has approved.
#[derive(Debug, Clone)]
pub struct Waits {
    /// Who is missing and until when.
    pub readiness: Readiness,
    /// The action of the same call that had ended when one's own approval came: so that approval proposes the
    /// call anew.
    pub before: Option<EndedBefore>,
    /// What came of the call behind the approvals that are missing, where it was sent to approve.
    pub dry_run: Option<DryRun>,
}

/// How many approved an action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// Approvals that count.
    pub approvals: u16,
    /// These and the fewest that are missing.
    pub required: u16,
}

/// How an action ended just before somebody approved the same call.
#[derive(Debug, Clone, Copy)]
pub enum EndedBefore {
    /// It was executed.
    Executed(ActionId),
    /// It was cancelled.
    Cancelled(Cancelled),
}

/// What a call would do if its caller sent it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulated {
    /// The action.
    pub action: ActionId,
    /// How many would have approved it then.
    #[serde(flatten)]
    pub approved: Approved,
    /// Whether it would be executed.
    pub executes: bool,
    /// Units of gas that the call needs, also where it executes behind the others' approvals.
    #[serde(skip)]
    pub gas: u64,
    /// What came of it there, where it would only approve now.
    #[serde(skip)]
    pub dry_run: Option<DryRun>,
}

impl Submitted {
    /// The action.
    pub fn action(&self) -> ActionId {
        match self {
            Self::Executed { action, .. } | Self::Open { action, .. } => *action,
            Self::ExecutedByAnother { by, .. } => by.action,
        }
    }

    /// How many approved it.
    pub fn approved(&self) -> Approved {
        match self {
            Self::Executed { approved, .. } => *approved,
            Self::ExecutedByAnother { by, .. } => by.approved,
            Self::Open { waits, .. } => Approved::from(&waits.readiness),
        }
    }

    /// One's own transaction.
    pub fn sent(&self) -> Option<&Sent> {
        match self {
            Self::Executed { sent, .. } => Some(sent),
            Self::ExecutedByAnother { sent, .. } | Self::Open { sent, .. } => sent.as_ref(),
        }
    }

    /// What came of the call behind the approvals that are missing, where it was sent to approve.
    pub fn dry_run(&self) -> Option<&DryRun> {
        match self {
            Self::Open { waits, .. } => waits.dry_run.as_ref(),
            _ => None,
        }
    }

    /// The transaction that executed the action, whoever sent it.
    pub fn execution(&self) -> Option<&Sent> {
        match self {
            Self::Executed { sent, .. } => Some(sent),
            Self::ExecutedByAnother { by, .. } => Some(&by.sent),
            Self::Open { .. } => None,
        }
    }
}

impl fmt::Display for Approved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.approvals, self.required)
    }
}

impl From<&Readiness> for Approved {
    fn from(open: &Readiness) -> Self {
        Self {
            approvals: open.approvals,
            required: open.required,
        }
    }
}

impl From<&abi::Approved> for Approved {
    fn from(event: &abi::Approved) -> Self {
        Self {
            approvals: event.approvals,
            required: event.required,
        }
    }
}

/// Sends the call to the registry: the very bytes that were shown.
///
/// # Errors
/// The registry's refusal, before anything is sent; what the mined transaction failed with.
pub(super) async fn submit(
    client: &Client,
    governed: &GovernedCall,
) -> Result<Submitted, GovernanceError> {
    let (registry, what) = (governed.registry, governed.what());
    let sender = client.sender(&what)?;
    let action = action_of(client, registry, &governed.bytes).await?;
    if let Some(meant) = governed.approves.filter(|meant| *meant != action) {
        let not_open = GovernanceError::NotOpen { action: meant };
        let executed = instead(client, registry, meant, not_open).await?;
        return Ok(executed.into());
    }
    let error = match attempt(client, governed, sender, action).await {
        Err(error) if governed.is_of_one_action() && is_refusal(&error) => error,
        submitted => return submitted,
    };
    // What the registry refuses may be what another's approval has just done.
    match action_of(client, registry, &governed.bytes).await {
        Ok(now) if now != action => {
            let executed = instead(client, registry, action, error).await?;
            Ok(executed.into())
        }
        _ => Err(error),
    }
}

/// Whether nothing was changed, for whatever reason.
fn is_refusal(error: &GovernanceError) -> bool {
    match error {
        GovernanceError::WouldFail(_) => true,
        error => error.chain().is_some_and(|error| {
            matches!(error, ChainError::Unexplained { .. }) || error.revert().is_some()
        }),
    }
}

/// As [`submit`], by whoever sends it, for the action that it is now.
async fn attempt(
    client: &Client,
    governed: &GovernedCall,
    sender: Address,
    action: ActionId,
) -> Result<Submitted, GovernanceError> {
    let (registry, what) = (governed.registry, governed.what());
    let request = governed.request();
    let tried = tried(client, sender, &request, &what).await;
    let expected = match tried {
        Ok(answer) => progress_in(&answer),
        Err(error) if error.is_refused_as::<abi::AlreadyApproved>() => {
            return open_or_ended(client, registry, action, None).await;
        }
        Err(error) if exists(&error) => return same_call(client, governed, sender, error).await,
        Err(error) => {
            return Err(with_cause(client, registry, sender, governed.input(), error).await);
        }
    };
    let (gas, dry_run) = match expected {
        Some(progress) if progress.executed => (0, None), // the estimate of it is one of the execution
        _ => least_gas(client, governed, sender, action).await?,
    };
    governed.require_success(dry_run.as_ref())?;
    let sent = match client.transact_with(&what, request.clone(), gas).await {
        Err(error) if error.is_out_of_gas() => {
            // Nothing was done. The same action is sent once more; another one would be a new
            // proposal.
            if action_of(client, registry, &governed.bytes).await? != action {
                let executed = instead(client, registry, action, error.into()).await?;
                return Ok(executed.into());
            }
            let (least, _) = least_gas(client, governed, sender, action).await?;
            let more = gas_limit(&error).saturating_mul(2);
            client
                .transact_with(&what, request, least.max(more))
                .await?
        }
        // The same key sent it from elsewhere, between the question and the block.
        Err(error) if error.is_refused_as::<abi::AlreadyApproved>() => {
            return open_or_ended(client, registry, action, None).await;
        }
        Err(error) if exists(&error) => return same_call(client, governed, sender, error).await,
        sent => sent?,
    };
    let mut submitted = outcome(client, registry, &sent, Some(action)).await?;
    if let Submitted::Open { waits, .. } = &mut submitted {
        waits.dry_run = dry_run;
    }
    Ok(submitted)
}

/// Gas with which it executes where the others' approvals come first, and what came of it behind them.
/// Whoever submits signatures is no approver, so he gets what the estimate says.
async fn least_gas(
    client: &Client,
    governed: &GovernedCall,
    sender: Address,
    action: ActionId,
) -> Result<(u64, Option<DryRun>), GovernanceError> {
    if governed.submission.is_some() {
        return Ok((0, None));
    }
    let (gas, dry_run) = gas::for_execution(client, governed, sender, action).await?;
    Ok((gas, Some(dry_run)))
}

/// What the call would do if its caller sent it now.
///
/// # Errors
/// The registry's refusal.
pub(super) async fn simulate(
    client: &Client,
    governed: &GovernedCall,
) -> Result<Simulated, GovernanceError> {
    let (registry, what) = (governed.registry, governed.what());
    let caller = client.caller(&what)?;
    let action = action_of(client, registry, &governed.bytes).await?;
    let request = governed.request();
    let answer = match tried(client, caller, &request, &what).await {
        Ok(answer) => answer,
        Err(error) => {
            return Err(with_cause(client, registry, caller, &governed.bytes, error).await);
        }
    };
    let progress = progress_in(&answer).ok_or_else(|| ChainError::UnexpectedAnswer {
        account: registry,
        what: what.clone(),
        reason: format!("{} bytes, which tell of no progress", answer.len()),
    })?;
    let estimate = client.provider().estimate_gas(request.with_from(caller));
    let estimate = estimate.await.map_err(|error| client.error(&what, error))?;
    let (execution, dry_run) = match progress.executed {
        true => (0, None),
        false => {
            let tried = gas::for_execution(client, governed, caller, action).await?;
            (tried.0, Some(tried.1))
        }
    };
    Ok(Simulated {
        action,
        approved: Approved {
            approvals: progress.approvals,
            required: progress.required,
        },
        executes: progress.executed,
        gas: with_margin(estimate).max(execution),
        dry_run,
    })
}

async fn tried(
    client: &Client,
    caller: Address,
    request: &TransactionRequest,
    what: &str,
) -> Result<Bytes, ChainError> {
    let tried = client.provider().call(request.clone().with_from(caller));
    tried.await.map_err(|error| client.error(what, error))
}

/// Bytes of an encoded [`Progress`].
const PROGRESS: usize = 4 * 32;

/// How far the registry says that an action is, at the start of what a governed call returns.
pub(super) fn progress_in(answer: &Bytes) -> Option<Progress> {
    Progress::abi_decode_params(answer.get(..PROGRESS)?).ok()
}

/// What the registry's logs say came of a transaction. `meant` is the action that it was sent for.
pub(super) async fn outcome(
    client: &Client,
    registry: Address,
    sent: &Sent,
    meant: Option<ActionId>,
) -> Result<Submitted, GovernanceError> {
    let approved = sent.last_event_of::<abi::Approved>(registry);
    if let Some(executed) = sent.event_of::<abi::Executed>(registry) {
        let action = executed.action.into();
        return Ok(Submitted::Executed {
            action,
            approved: match approved {
                Some(approved) => Approved::from(&approved),
                None => last_approval(client, registry, action, sent).await?,
            },
            sent: sent.clone(),
        });
    }
    // A governed call that goes through approves or executes: without either the receipt is not whole.
    let action = approved
        .map(|approved| ActionId(approved.action))
        .ok_or_else(|| ChainError::NoEvent {
            what: sent.what.clone(),
            tx: sent.tx,
            event: abi::Approved::SIGNATURE,
        })?;
    let mut submitted = open_or_ended(client, registry, action, Some(sent)).await?;
    if let Submitted::Open { waits, .. } = &mut submitted
        && let Some(meant) = meant.filter(|meant| *meant != action)
    {
        waits.before = ended_before(client, registry, meant).await;
    }
    Ok(submitted)
}

/// How the action that was meant had ended, as far as it is known: what was sent is reported all the same.
async fn ended_before(client: &Client, registry: Address, meant: ActionId) -> Option<EndedBefore> {
    if matches!(ended(client, registry, meant, 0).await, Ok(Some(_))) {
        return Some(EndedBefore::Executed(meant));
    }
    let cancelled = cancelled(client, registry, meant).await;
    cancelled.ok().flatten().map(EndedBefore::Cancelled)
}

/// How far an action is that one has approved: open, or executed by another's approval.
async fn open_or_ended(
    client: &Client,
    registry: Address,
    action: ActionId,
    sent: Option<&Sent>,
) -> Result<Submitted, GovernanceError> {
    match readiness(client, registry, action).await {
        Ok(readiness) => Ok(Submitted::Open {
            action,
            sent: sent.cloned(),
            waits: Box::new(Waits {
                readiness,
                before: None,
                dry_run: None,
            }),
        }),
        Err(GovernanceError::NotOpen { .. }) => {
            let from = sent.and_then(|sent| sent.receipt.block_number);
            let executed = ended(client, registry, action, from.unwrap_or_default()).await?;
            let by = Box::new(executed.ok_or(GovernanceError::Ended { action })?);
            let sent = sent.cloned();
            Ok(Submitted::ExecutedByAnother { by, sent })
        }
        Err(error) => Err(error),
    }
}

/// The action that those bytes are now.
///
/// # Errors
/// What the chain says.
pub async fn action_of(
    client: &Client,
    registry: Address,
    call: &Bytes,
) -> Result<ActionId, ChainError> {
    client.registry(registry).action_of(call).await
}

/// Whether what it would make is there already.
fn exists(error: &ChainError) -> bool {
    error.is_refused_as::<abi::VersionExists>() || error.is_refused_as::<abi::ProxyExists>()
}

fn gas_limit(error: &ChainError) -> u64 {
    match error {
        ChainError::OutOfGas { limit, .. } => *limit,
        _ => 0,
    }
}
