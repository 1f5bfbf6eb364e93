//! Errors while people decide.

use crate::client::ChainError;
use crate::error::{Exit, Refusal};
use crate::ids::ActionId;
use crate::registry::Registry;
use crate::text::utc;
use alloy::primitives::Address;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The name of a refusal of an action that is not open.
const NOT_OPEN: &str = "ActionNotFound";
/// The name of the error about an action that no event tells of.
const UNKNOWN_ACTION: &str = "UnknownAction";

/// Adds a cause, which ends the sentence, and a next step to a refusal of the chain.
pub(super) fn because(error: &ChainError, why: &str, next: impl Into<String>) -> Refusal {
    let message = format!("{error}{why}");
    Refusal::of(error).saying(message).advising(next)
}

/// No event says what an action would do.
pub(super) fn unknown_action(action: ActionId) -> ChainError {
    let message =
        format!("nobody has proposed the action {action}: the registry has no event about it");
    let refusal = Refusal::new(UNKNOWN_ACTION, message).with(
        "the event that proposed it",
        action.to_string(),
        "the first approver types the whole command, such as migrate; stylus-upgrades pending lists what is open",
    );
    refusal.into()
}

/// Returns true if the error says that no event tells of an action.
pub fn is_unknown_action(error: &ChainError) -> bool {
    error.is_told(UNKNOWN_ACTION)
}

/// The action is not open: executed, cancelled, expired, or ended by a policy change. `how` it ended, as far as that is
/// known.
pub(super) fn ended_by(action: ActionId, how: &str) -> ChainError {
    let refusal = Refusal::new(NOT_OPEN, format!("the action {action} {how}")).with(
        "an open action",
        format!("one that {how}"),
        "stylus-upgrades pending lists what is open, stylus-upgrades history NAME what happened",
    );
    refusal.into()
}

/// An action that is not open, of which nothing more is known.
pub fn not_open(action: ActionId) -> ChainError {
    ended_by(
        action,
        "is not open: nobody proposed it, it expired, or a change of a policy or a new version of its definition ended it",
    )
}

/// An action that nobody completed before its `end`, in Unix seconds.
pub(super) fn expired_at(action: ActionId, end: u64) -> ChainError {
    let how = format!("expired at {}", utc(end));
    let refusal = Refusal::new(NOT_OPEN, format!("the action {action} {how}")).with(
        "an open action",
        format!("one that {how}"),
        "type the command that proposed it once more: it proposes a new action, which needs all approvals again",
    );
    refusal.into()
}

/// Returns true if the error says that an action is not open.
pub(super) fn is_not_open(error: &ChainError) -> bool {
    error.is_told(NOT_OPEN)
}

/// An action that was executed before one's own approval came, `by` whom, with what was not done.
pub fn executed_already(action: ActionId, by: &str, found: &str) -> ChainError {
    let message = format!("the action {action} was executed already, {by}: {found}");
    let refusal = Refusal::new("ExecutedAlready", message).with(
        "an open action, or `approve` without comparison flags by one of its approvers",
        found,
        "nothing was sent; stylus-upgrades verify compares what is on the chain now",
    );
    refusal.into()
}

/// An action that was executed before somebody withdrew from it or cancelled it, `by` whom, with what is left to do.
pub fn executed_before(action: ActionId, by: &str, found: &str) -> ChainError {
    let message = format!("the action {action} was executed already, {by}: {found}");
    let refusal = Refusal::new("ExecutedAlready", message).with(
        "an open action",
        "one that was executed",
        "nothing was sent; another action undoes an executed one: pause, rollback, policy update",
    );
    refusal.into()
}

/// Something is there of which the endpoint shows no event: there is one at least, of its creation.
pub fn events_hidden(registry: Registry<'_>, what: &str) -> ChainError {
    let endpoint = registry.client.endpoint();
    let message = format!("{endpoint} shows no event of {registry} about {what}");
    let refusal = Refusal::new("EventsHidden", message).with(
        "the events since it was created",
        "none, although the registry's views or its nonce show that there are some",
        "ask another endpoint (--rpc-url): this one leaves events out, or has dropped old blocks",
    );
    refusal.exiting(Exit::Chain).into()
}

/// Checks after the fact of which some failed.
pub fn failed_checks(failed: usize, all: usize) -> Refusal {
    let message = format!("{failed} of {all} checks failed");
    Refusal::new("Checks", message).with(
        "every check to hold",
        format!("{failed} failed"),
        "look at the failed checks above",
    )
}

/// Explains why an action was not cancelled, with the account from which the registry takes a cancellation.
pub fn not_cancelled(action: ActionId, proposer: Address, error: ChainError) -> ChainError {
    if !error.is_refused_as::<abi::NotAnApprover>() {
        return error;
    }
    let next = format!(
        "stylus-upgrades pending {action} lists who can cancel it; to withdraw your own approval: stylus-upgrades revoke \
         {action}"
    );
    let refusal = because(&error, ", and cannot cancel this action", next);
    let expected = format!(
        "{proposer}, who proposed it, whoever alone satisfies its role, or, unless it changes a policy, the guardian"
    );
    refusal.expecting(expected).into()
}
