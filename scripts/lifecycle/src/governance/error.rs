//! What can go wrong while people decide.

use crate::client::{ChainError, Client};
use crate::error::{Exit, Explain, Refusal};
use crate::ids::ActionId;
use alloy::primitives::Address;
use stylus_upgrades_interface::registry::IRegistry as abi;
use thiserror::Error;

/// What can go wrong while people decide.
#[derive(Debug, Error, Explain)]
pub enum GovernanceError {
    /// The chain refused or is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The chain refused, and more is known about why.
    #[error("{error}{why}")]
    #[explain(
        of = error,
        expected = expected.clone().or_else(|| error.expected()),
        next = "{next}"
    )]
    ChainRefused {
        /// What it says.
        error: Box<ChainError>,
        /// What is known beside it, in the words that end the sentence.
        why: String,
        /// What was expected, where that says more.
        expected: Option<String>,
        /// What to do now.
        next: String,
    },
    /// The call only approves now, and would fail once it is approved.
    #[error(transparent)]
    WouldFail(Refusal),
    /// No event says what an action would do.
    #[error("the registry's events do not tell of an action {action}")]
    #[explain(
        expected = "the event that proposed it",
        found = "{action}",
        next = "stylus-upgrades pending lists what is open"
    )]
    UnknownAction {
        /// The action.
        action: ActionId,
    },
    /// The action is not open: executed, cancelled, expired, or ended by a policy change.
    #[error("the action {action} {how}")]
    #[explain(
        name = "ActionNotFound",
        expected = "an open action",
        found = "one that {how}",
        next = "stylus-upgrades pending lists what is open, stylus-upgrades history what happened"
    )]
    NotOpen {
        /// The action.
        action: ActionId,
        /// How it ended, as far as that is known.
        how: String,
    },
    /// Anything else, told where it arises.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl GovernanceError {
    /// An action that is not open, of which nothing more is known.
    pub fn not_open(action: ActionId) -> Self {
        let how = "is not open any more".into();
        Self::NotOpen { action, how }
    }

    /// An action that was executed before one's own approval came, `by` whom, with what was not done.
    pub fn executed(action: ActionId, by: &str, found: &str) -> Self {
        let message = format!("the action {action} was executed already, {by}: {found}");
        let refusal = Refusal::new("ExecutedAlready", message).with(
            "an open action, or nothing but `approve` by one of its approvers",
            found,
            "nothing was sent; stylus-upgrades verify compares what is on the chain now",
        );
        refusal.into()
    }

    /// Something is there of which the endpoint shows no event: there is one at least, of its creation.
    pub fn events_hidden(client: &Client, registry: Address, what: &str) -> Self {
        let endpoint = client.endpoint();
        let message = format!("{endpoint} shows no event of {registry} about {what}");
        let refusal = Refusal::new("EventsHidden", message).with(
            "the events since it was created",
            "none, and the registry's answers or its nonce tell of it",
            "ask another endpoint (--rpc-url): this one leaves events out, or has dropped old blocks",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// Checks after the fact of which some failed.
    pub fn checks(failed: usize, all: usize) -> Self {
        let message = format!("{failed} of {all} checks failed");
        let refusal = Refusal::new("Checks", message).with(
            "every check to hold",
            format!("{failed} failed"),
            "look at the failed checks above",
        );
        refusal.into()
    }

    /// Why an action was not cancelled: whom the registry takes it from.
    pub fn not_cancelled(action: ActionId, proposer: Address, error: ChainError) -> Self {
        match error.is_refused_as::<abi::NotAnApprover>() {
            true => Self::ChainRefused {
                error: Box::new(error),
                why: ", and only its proposer ends an action".into(),
                expected: Some(format!(
                    "{proposer}, who proposed it, or an address that alone satisfies the role"
                )),
                next: format!(
                    "ask the proposer to cancel it; an approval of one's own is withdrawn by: stylus-upgrades \
                     revoke {action}"
                ),
            },
            false => error.into(),
        }
    }

    /// What the chain says, where that is what went wrong.
    pub fn chain(&self) -> Option<&ChainError> {
        match self {
            Self::Chain(error) => Some(error),
            Self::ChainRefused { error, .. } => Some(error),
            _ => None,
        }
    }
}
