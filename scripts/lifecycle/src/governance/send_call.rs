//! The identical call that each approver sends: it approves, or it completes the policy and
//! executes. Sent again by the same approver it changes nothing and reports how far the action is.
//!
//! Others act at the same moment. What came of a call is read from the registry's logs, its own and
//! those after it, and never from what a call before it returned.

use super::after_approvals::SimulatedExecution;
use super::calls::Call;
use super::error::{ended_by, expired_at, not_open};
use super::governed::GovernedCall;
use super::needed::{Needed, narrow};
use super::pending::readiness;
use super::policy::deciding_policy_of;
use super::returned::progress_in;
use super::simulated_execution::for_execution;
use crate::client::{ChainError, Client, Sent, with_margin};
use crate::ids::{ActionId, TxHash};
use crate::model::{BlockedBy, Readiness};
use crate::names::Names;
use crate::registry::{self, Registry, Topics};
use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use serde::Serialize;
use std::fmt;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The state of an action after our call: executed by us, executed by another transaction, or open.
#[derive(Debug, Clone, Serialize)]
pub struct CallOutcome {
    /// The action.
    pub action: ActionId,
    /// The number of accounts that approved it.
    #[serde(flatten)]
    pub approved: Approved,
    /// True if it was executed.
    pub executed: bool,
    /// The transaction of somebody else that executed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed_by: Option<Executed>,
    /// The action of the same call that had ended when one's own approval came: so that approval proposes the
    /// call again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_before: Option<ActionId>,
    /// The missing approvals and the time until when, where it is open.
    #[serde(flatten)]
    pub readiness: Option<Readiness>,
    /// One's own transaction, where one was sent now.
    #[serde(skip)]
    pub sent: Option<Sent>,
    /// The outcome of the call after the approvals that are missing, where it was sent to approve.
    #[serde(skip)]
    pub simulation: Option<SimulatedExecution>,
    /// The requirements of the policy, where they are needed to tell the progress of the action.
    #[serde(skip)]
    pub policy: Option<PolicyFacts>,
}

/// The transaction of somebody else that executed an action.
#[derive(Debug, Clone, Serialize)]
pub struct Executed {
    /// The account that sent it.
    pub approver: Address,
    /// The transaction.
    pub tx: TxHash,
    /// The same as it was mined.
    #[serde(skip)]
    pub sent: Sent,
}

/// The number of approvals of an action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// Approvals that count.
    pub approvals: u16,
    /// These and the fewest that are missing.
    pub required: u16,
}

/// The effects of a call if its caller sent it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimulatedCall {
    /// The action.
    pub action: ActionId,
    /// The number of accounts that would have approved it then.
    #[serde(flatten)]
    pub approved: Approved,
    /// True if it would be executed.
    pub executes: bool,
    /// Units of gas that the call needs at least, also where it executes after the others' approvals; `None` where the
    /// endpoint's estimate suffices.
    #[serde(skip)]
    pub minimum_gas: Option<u64>,
    /// The outcome there, where it would only approve now.
    #[serde(skip)]
    pub simulation: Option<SimulatedExecution>,
}

/// A governed call before it is sent.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// Its bytes, and what they do if they are sent now.
    Send(SimulatedCall),
    /// Nothing: how far the action is, which this key has approved before, or which has ended.
    Nothing(Box<CallOutcome>),
}

/// The known facts about the policy that decides a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFacts {
    /// The fewest approvals that satisfy it.
    pub fewest: u16,
    /// The approvals that the action still lacks, where it is open.
    pub needed: Option<Needed>,
    /// The accounts that refused it.
    pub refused: Vec<Address>,
}

impl CallOutcome {
    /// One that is open with that readiness, or else was executed.
    fn new(action: ActionId, approved: Approved, readiness: Option<Readiness>) -> Self {
        Self {
            action,
            approved,
            executed: readiness.is_none(),
            executed_by: None,
            ended_before: None,
            readiness,
            sent: None,
            simulation: None,
            policy: None,
        }
    }

    /// The transaction that executed the action, no matter who sent it.
    pub fn execution(&self) -> Option<&Sent> {
        match &self.executed_by {
            Some(by) => Some(&by.sent),
            None => self.sent.as_ref().filter(|_| self.executed),
        }
    }

    /// Names the other account that executed it, and the transaction.
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
    /// Finds out what is to be sent for the very bytes that were shown. Nothing is sent yet, so that the findings can
    /// be reported before. Nothing is to be sent, and the state of the action is reported, where the caller has
    /// approved it before or where the action of [`Self::approves`] has ended.
    ///
    /// # Errors
    /// The registry's refusal, or what it would fail with once it is approved.
    pub async fn prepare(&self, client: &Client) -> Result<Prepared, ChainError> {
        let registry = client.registry(self.registry);
        let sender = client.sender(&self.what())?;
        let action = registry.action_of(&self.bytes).await?;
        if let Some(meant) = self.approves.filter(|meant| *meant != action) {
            let ended = outcome_of_ended_action(registry, meant).await?;
            return Ok(Prepared::Nothing(Box::new(ended)));
        }
        let simulated = match self.simulated(client, sender, action).await {
            Err(error) if has_approved(&error) => {
                let mut before = open_or_ended(registry, action, None).await?;
                before.policy = self.policy_of(registry, &mut before).await?;
                return Ok(Prepared::Nothing(Box::new(before)));
            }
            simulated => simulated?,
        };
        self.require_success(simulated.simulation.as_ref())?;
        Ok(Prepared::Send(simulated))
    }

    /// Sends the bytes that were prepared, and reads what came of them.
    ///
    /// # Errors
    /// The registry's refusal before it is sent; what a mined transaction failed with.
    pub async fn send(
        &self,
        client: &Client,
        prepared: SimulatedCall,
    ) -> Result<CallOutcome, ChainError> {
        // The endpoint's estimate executes the bytes once more. It counts what this chain asks for the data of a
        // transaction, and it is of the newest state: `prepared` may be some blocks old.
        let sent = client
            .transact_with_min_gas(&self.what(), self.request(), prepared.minimum_gas)
            .await?;
        let registry = client.registry(self.registry);
        let mut submitted = outcome(registry, &sent).await?;
        submitted.policy = self.policy_of(registry, &mut submitted).await?;
        let is_new = submitted.readiness.is_some() && submitted.action != prepared.action;
        Ok(CallOutcome {
            ended_before: is_new.then_some(prepared.action),
            simulation: prepared.simulation,
            ..submitted
        })
    }

    /// Reads the requirements of the policy, where more than one approval is reported. A policy that the call itself
    /// replaced is not read.
    async fn policy_of(
        &self,
        registry: Registry<'_>,
        submitted: &mut CallOutcome,
    ) -> Result<Option<PolicyFacts>, ChainError> {
        let is_open = submitted.readiness.is_some();
        let replaces = matches!(self.call, Call::SetPolicy(_));
        if !is_open && (submitted.approved.approvals < 2 || replaces) {
            return Ok(None);
        }
        let (role, text) = deciding_policy_of(registry, &self.call).await?;
        let (mut needed, mut refused) = (None, Vec::new());
        if let Some(open) = &mut submitted.readiness {
            let (call, policy) = ((&self.call, submitted.action), (&*role, &*text));
            (needed, refused) = narrow(registry, call, policy, open).await?;
        }
        let policy = parse(text.as_bytes())
            .ok()
            .filter(|policy| !policy.is_none());
        Ok(policy.map(|policy| PolicyFacts {
            fewest: policy.fewest_missing(0, u8::MAX),
            needed,
            refused,
        }))
    }

    /// Simulates the bytes as if the client's caller sent them now, and returns the effects and the units of gas. Nothing is
    /// sent.
    ///
    /// # Errors
    /// As [`Self::prepare`]; that it would fail once it is approved is in the answer.
    pub async fn simulate(&self, client: &Client) -> Result<(SimulatedCall, u64), ChainError> {
        let what = self.what();
        let caller = client.caller(&what)?;
        let registry = client.registry(self.registry);
        let action = registry.action_of(&self.bytes).await?;
        let simulated = self.simulated(client, caller, action).await?;
        let request = self.request().with_from(caller);
        let gas = with_margin(client.estimate(&what, &request).await?);
        let gas = simulated.minimum_gas.map_or(gas, |least| least.max(gas));
        Ok((simulated, gas))
    }

    /// Simulates the registry's answer to the caller; where the call would only approve, also its outcome after the
    /// approvals that are missing, and the gas for that.
    async fn simulated(
        &self,
        client: &Client,
        caller: Address,
        action: ActionId,
    ) -> Result<SimulatedCall, ChainError> {
        let answer = match self.answer(client, caller).await {
            Err(error) if !has_approved(&error) => {
                return Err(self.with_cause(client, caller, error).await);
            }
            answer => answer?,
        };
        let progress = progress_in(&answer).ok_or_else(|| {
            let reason = format!("{} bytes, which tell of no progress", answer.len());
            ChainError::unexpected_answer(self.registry, &self.what(), reason)
        })?;
        // If the call executes, the gas estimate covers it. A submitter of signatures is not an approver, so there is
        // nothing to simulate.
        let (minimum_gas, simulation) = if progress.executed || self.submission.is_some() {
            (None, None)
        } else {
            let after = for_execution(client, self, caller, action).await?;
            (after.minimum_gas, Some(after.simulation))
        };
        Ok(SimulatedCall {
            action,
            approved: Approved {
                approvals: progress.approvals,
                required: progress.required,
            },
            executes: progress.executed,
            minimum_gas,
            simulation,
        })
    }
}

/// Returns true if a call was refused because its caller has approved already.
fn has_approved(error: &ChainError) -> bool {
    error.is_refused_as::<abi::AlreadyApproved>()
}

/// Reads the outcome of a transaction from the registry's logs.
pub(super) async fn outcome(
    registry: Registry<'_>,
    sent: &Sent,
) -> Result<CallOutcome, ChainError> {
    if let Some(executed) = sent.event_of::<abi::Executed>(registry.address) {
        let action = executed.action.into();
        let approved = approved(registry, action, sent).await?;
        return Ok(CallOutcome {
            sent: Some(sent.clone()),
            ..CallOutcome::new(action, approved, None)
        });
    }
    // A governed call that goes through approves or executes: without either the receipt is not whole.
    let approved = sent.last_event_of::<abi::Approved>(registry.address);
    let missing = || ChainError::no_event(&sent.what, sent.tx, abi::Approved::SIGNATURE);
    let approved = approved.ok_or_else(missing)?;
    open_or_ended(registry, ActionId(approved.action), Some(sent)).await
}

/// Returns the state of an action that the caller has approved: open, or executed by another's approval.
async fn open_or_ended(
    registry: Registry<'_>,
    action: ActionId,
    sent: Option<&Sent>,
) -> Result<CallOutcome, ChainError> {
    let submitted = match readiness(registry, action).await? {
        Some(open) => CallOutcome::new(action, Approved::from(&open), Some(open)),
        None => {
            let from = sent.and_then(|sent| sent.receipt.block_number);
            let executed = find_execution(registry, action, from.unwrap_or_default()).await?;
            let how = "was approved and then ended: cancelled, or by a change of a policy or a new version";
            executed.ok_or_else(|| ended_by(action, how))?
        }
    };
    Ok(CallOutcome {
        sent: sent.cloned(),
        ..submitted
    })
}

/// The action as executed by another's approval, in block `from` or later; `None` if it ended in another way.
async fn find_execution(
    registry: Registry<'_>,
    action: ActionId,
    from: u64,
) -> Result<Option<CallOutcome>, ChainError> {
    let topics: Topics<'_> = [&[abi::Executed::SIGNATURE_HASH], &[], &[action.0]];
    let logs = registry::logs_since(registry.client, registry.address, topics, from).await?;
    let Some(tx) = logs.last().and_then(|log| log.transaction_hash) else {
        return Ok(None);
    };
    let sent = registry.client.mined(tx.into(), "the execution").await?;
    let approved = approved(registry, action, &sent).await?;
    let (approver, tx) = (sent.receipt.from, sent.tx);
    Ok(Some(CallOutcome {
        executed_by: Some(Executed { approver, tx, sent }),
        ..CallOutcome::new(action, approved, None)
    }))
}

/// Counts the approvals of an action that was executed. If only a delay was missing, the last `Approved` event has the
/// count.
async fn approved(
    registry: Registry<'_>,
    action: ActionId,
    execution: &Sent,
) -> Result<Approved, ChainError> {
    if let Some(approved) = execution.last_event_of::<abi::Approved>(registry.address) {
        return Ok(Approved::from(&approved));
    }
    let topics: Topics<'_> = [&[abi::Approved::SIGNATURE_HASH], &[], &[action.0]];
    let newest = execution.receipt.block_number.unwrap_or_default();
    let logs = registry::logs(registry.client, registry.address, topics, 0, newest).await?;
    let last = logs.iter().rev().find_map(|log| {
        let event = log.log_decode::<abi::Approved>().ok()?;
        Some(Approved::from(&event.inner.data))
    });
    Ok(last.unwrap_or_default())
}

/// Returns the outcome of `action`, which ended before the caller's own call could approve it: nothing was approved.
///
/// # Errors
/// `ActionNotFound`, with who cancelled it, or when it expired, where it was not executed.
pub async fn outcome_of_ended_action(
    registry: Registry<'_>,
    action: ActionId,
) -> Result<CallOutcome, ChainError> {
    if let Some(executed) = find_execution(registry, action, 0).await? {
        return Ok(executed);
    }
    if let Some(how) = cancellation(registry, action).await? {
        return Err(ended_by(action, &how));
    }
    let open = readiness(registry, action).await?;
    let expired = open.filter(|open| open.blocked_by == BlockedBy::Expired);
    Err(expired.map_or_else(|| not_open(action), |open| expired_at(action, open.expires)))
}

/// By whom and when an action was cancelled; `None` if it was not.
///
/// # Errors
/// What the chain says.
pub async fn cancellation(
    registry: Registry<'_>,
    action: ActionId,
) -> Result<Option<String>, ChainError> {
    let topics: Topics<'_> = [&[abi::Cancelled::SIGNATURE_HASH], &[], &[action.0]];
    let logs = registry::all_logs(registry.client, registry.address, topics).await?;
    let Some(tx) = logs.last().and_then(|log| log.transaction_hash) else {
        return Ok(None);
    };
    let sent = registry.client.mined(tx.into(), "the cancellation").await?;
    let block = sent.receipt.block_number.unwrap_or_default();
    let by = sent.receipt.from;
    Ok(Some(format!("was cancelled by {by} in block {block}")))
}
