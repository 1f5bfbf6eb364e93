//! The identical call that each approver sends: it approves, or it completes the policy and
//! executes. Sent again by the same approver it changes nothing and reports how far the action is.
//!
//! Others act at the same moment. What came of a call is read from the registry's logs, its own and
//! those behind it, and never from what a call before it returned.

use super::checks::require_plain_code;
use super::dry_run::DryRun;
use super::ended::{approved, ended, instead};
use super::error::GovernanceError;
use super::gas;
use super::governed::GovernedCall;
use super::pending::readiness;
use super::revert_cause::with_cause;
use crate::client::{ChainError, Client, Sent, with_margin};
use crate::ids::{ActionId, TxHash};
use crate::model::Readiness;
use crate::names::Names;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider;
use alloy::sol_types::{SolEvent, SolValue};
use serde::Serialize;
use std::fmt;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Progress;

/// What came of an action after one's own call: that executed it, another's did, or it is open.
#[derive(Debug, Clone, Serialize)]
pub struct Submitted {
    /// The action.
    pub action: ActionId,
    /// How many approved it.
    #[serde(flatten)]
    pub approved: Approved,
    /// Whether it was executed.
    pub executed: bool,
    /// The transaction of somebody else that executed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed_by: Option<Executed>,
    /// The action of the same call that had ended when one's own approval came: so that approval proposes the
    /// call anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_before: Option<ActionId>,
    /// Who is missing and until when, where it is open.
    #[serde(flatten)]
    pub readiness: Option<Readiness>,
    /// One's own transaction, where one was sent now.
    #[serde(skip)]
    pub sent: Option<Sent>,
    /// What came of the call behind the approvals that are missing, where it was sent to approve.
    #[serde(skip)]
    pub dry_run: Option<DryRun>,
}

/// The transaction of somebody else that executed an action.
#[derive(Debug, Clone, Serialize)]
pub struct Executed {
    /// Who sent it.
    pub approver: Address,
    /// The transaction.
    pub tx: TxHash,
    /// The same as it was mined.
    #[serde(skip)]
    pub sent: Sent,
}

/// How many approved an action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// Approvals that count.
    pub approvals: u16,
    /// These and the fewest that are missing.
    pub required: u16,
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
    /// One that was executed.
    fn executed(action: ActionId, approved: Approved) -> Self {
        Self {
            action,
            approved,
            executed: true,
            executed_by: None,
            ended_before: None,
            readiness: None,
            sent: None,
            dry_run: None,
        }
    }

    /// One that somebody else's transaction executed.
    pub(super) fn by_another(action: ActionId, approved: Approved, sent: Sent) -> Self {
        let (approver, tx) = (sent.receipt.from, sent.tx);
        let by = Executed { approver, tx, sent };
        Self {
            executed_by: Some(by),
            ..Self::executed(action, approved)
        }
    }

    /// The transaction that executed the action, whoever sent it.
    pub fn execution(&self) -> Option<&Sent> {
        match &self.executed_by {
            Some(by) => Some(&by.sent),
            None => self.sent.as_ref().filter(|_| self.executed),
        }
    }

    /// Who else executed it, in which transaction.
    pub fn by(&self, names: &Names) -> String {
        let by = self.executed_by.as_ref();
        let by = by.map(|by| format!("by {} in {}", names.long(by.approver), by.tx));
        by.unwrap_or_default()
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

impl GovernedCall {
    /// Tries and sends the very bytes that were shown, and reads what came of them.
    ///
    /// # Errors
    /// Code that is a proxy of somebody, the registry's refusal, or what it would fail with once it is
    /// approved, before anything is sent; what a mined transaction failed with.
    pub async fn send(&self, client: &Client) -> Result<Submitted, GovernanceError> {
        require_plain_code(client, &self.call).await?;
        let (registry, what) = (self.registry, self.what());
        let sender = client.sender(&what)?;
        let action = client.registry(registry).action_of(&self.bytes).await?;
        if let Some(meant) = self.approves.filter(|meant| *meant != action) {
            return instead(client, registry, meant).await;
        }
        let expected = match self.tried(client, sender).await {
            Ok(progress) => progress,
            Err(error) if error.is_refused_as::<abi::AlreadyApproved>() => {
                return open_or_ended(client, registry, action, None).await;
            }
            Err(error) => {
                return Err(with_cause(client, registry, sender, self.input(), error).await);
            }
        };
        let (gas, dry_run) = match expected.executed {
            true => (0, None), // the estimate of it is one of the execution
            // Whoever submits signatures is no approver, so he gets what the estimate says.
            false if self.submission.is_some() => (0, None),
            false => gas::for_execution(client, self, sender, action).await?,
        };
        self.require_success(dry_run.as_ref())?;
        let sent = client.transact_with(&what, self.request(), gas).await?;
        let submitted = outcome(client, registry, &sent).await?;
        let is_anew = submitted.readiness.is_some() && submitted.action != action;
        Ok(Submitted {
            ended_before: is_anew.then_some(action),
            dry_run,
            ..submitted
        })
    }

    /// What the bytes would do if the client's caller sent them now. Nothing is sent.
    ///
    /// # Errors
    /// As [`Self::send`] before anything is sent; that it would fail once it is approved is in the answer.
    pub async fn simulate(&self, client: &Client) -> Result<Simulated, GovernanceError> {
        require_plain_code(client, &self.call).await?;
        let (registry, what) = (self.registry, self.what());
        let caller = client.caller(&what)?;
        let action = client.registry(registry).action_of(&self.bytes).await?;
        let progress = match self.tried(client, caller).await {
            Ok(progress) => progress,
            Err(error) => {
                return Err(with_cause(client, registry, caller, &self.bytes, error).await);
            }
        };
        let request = self.request().with_from(caller);
        let estimate = client.provider().estimate_gas(request).await;
        let estimate = estimate.map_err(|error| client.error(&what, error))?;
        let (execution, dry_run) = match progress.executed {
            true => (0, None),
            false => gas::for_execution(client, self, caller, action).await?,
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

    /// How far it would be, as the registry answers the caller.
    async fn tried(&self, client: &Client, caller: Address) -> Result<Progress, ChainError> {
        let what = self.what();
        let answer = client.provider().call(self.request().with_from(caller));
        let answer = answer.await.map_err(|error| client.error(&what, error))?;
        progress_in(&answer).ok_or_else(|| ChainError::UnexpectedAnswer {
            account: self.registry,
            what,
            reason: format!("{} bytes, which tell of no progress", answer.len()),
        })
    }
}

/// Bytes of an encoded [`Progress`].
const PROGRESS: usize = 4 * 32;

/// How far the registry says that an action is, at the start of what a governed call returns.
pub(super) fn progress_in(answer: &Bytes) -> Option<Progress> {
    Progress::abi_decode_params(answer.get(..PROGRESS)?).ok()
}

/// What the registry's logs say came of a transaction.
pub(super) async fn outcome(
    client: &Client,
    registry: Address,
    sent: &Sent,
) -> Result<Submitted, GovernanceError> {
    if let Some(executed) = sent.event_of::<abi::Executed>(registry) {
        let action = executed.action.into();
        let approved = approved(client, registry, action, sent).await?;
        return Ok(Submitted {
            sent: Some(sent.clone()),
            ..Submitted::executed(action, approved)
        });
    }
    // A governed call that goes through approves or executes: without either the receipt is not whole.
    let approved = sent.last_event_of::<abi::Approved>(registry);
    let missing = || ChainError::no_event(&sent.what, sent.tx, abi::Approved::SIGNATURE);
    let approved = approved.ok_or_else(missing)?;
    open_or_ended(client, registry, ActionId(approved.action), Some(sent)).await
}

/// How far an action is that one has approved: open, or executed by another's approval.
async fn open_or_ended(
    client: &Client,
    registry: Address,
    action: ActionId,
    sent: Option<&Sent>,
) -> Result<Submitted, GovernanceError> {
    let own = sent.cloned();
    if let Some(readiness) = readiness(client, registry, action).await? {
        let approved = Approved::from(&readiness);
        return Ok(Submitted {
            executed: false,
            sent: own,
            readiness: Some(readiness),
            ..Submitted::executed(action, approved)
        });
    }
    let from = sent.and_then(|sent| sent.receipt.block_number);
    let executed = ended(client, registry, action, from.unwrap_or_default()).await?;
    let executed = executed.ok_or_else(|| GovernanceError::NotOpen {
        action,
        how: "was approved and then ended: cancelled, or by a policy change".into(),
    })?;
    Ok(Submitted {
        sent: own,
        ..executed
    })
}
