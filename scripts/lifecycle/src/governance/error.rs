//! What can go wrong while people decide.

use super::calls::functions;
use super::dry_run::WouldFail;
use super::revert_cause::leave_behind;
use super::signed::SignedError;
use crate::client::ChainError;
use crate::error::{Exit, Explain};
use crate::ids::ActionId;
use crate::text::utc;
use alloy::primitives::{Address, B256, Bytes, FixedBytes};
use stylus_upgrades_interface::registry::IRegistry as abi;
use thiserror::Error;

/// What can go wrong while people decide.
#[derive(Debug, Error, Explain)]
pub enum GovernanceError {
    /// The chain refused or is in trouble.
    #[error(transparent)]
    #[explain(of = _0)]
    Chain(#[from] ChainError),
    /// An approval that was given offline is not used.
    #[error(transparent)]
    #[explain(of = _0)]
    Signed(Box<SignedError>),
    /// One of the few instances that a migration takes along cannot be upgraded.
    #[error("{error}, and what fails is instance {proxy}")]
    #[explain(
        of = error,
        next = format!("correct the migration for {proxy} (stylus-upgrades plan tries it), or {}", leave_behind())
    )]
    InstanceFails {
        /// The instance.
        proxy: Address,
        /// What it says.
        error: Box<ChainError>,
    },
    /// The same, at an endpoint that does not say which.
    #[error("{error}, and which instance fails is unknown: the endpoint has no debug_traceCall")]
    #[explain(
        of = error,
        next = "stylus-upgrades plan tries the migration and each instance on a copy, and needs no tracing; or give an --rpc-url that traces"
    )]
    InstanceUnknown {
        /// What it says.
        error: Box<ChainError>,
    },
    /// Somebody else than its proposer wants to end an action.
    #[error("{error}, and only its proposer ends an action")]
    #[explain(
        of = error,
        expected = "{proposer}, who proposed it, or an address that alone satisfies the role",
        next = "ask the proposer to cancel it; an approval of one's own is withdrawn by: stylus-upgrades revoke {action}"
    )]
    NotProposer {
        /// The action.
        action: ActionId,
        /// Who proposed it.
        proposer: Address,
        /// What the registry says.
        error: Box<ChainError>,
    },
    /// Somebody without a part in the policy that decides.
    #[error("{error}: the policy of {role} does not name that address")]
    #[explain(
        of = error,
        expected = "an approver of role {role}: {policy}",
        next = "use the key of an approver; stylus-upgrades policy explain tells who decides"
    )]
    NoPart {
        /// The role that decides.
        role: String,
        /// Its policy.
        policy: String,
        /// What the registry says.
        error: Box<ChainError>,
    },
    /// All approvals are there, and whoever completes it comes too early.
    #[error("{action} cannot be executed yet: its delay runs until {}", utc(*not_before))]
    #[explain(
        exit = Exit::NotReady,
        expected = format!("a call after {}", utc(*not_before)),
        found = "all approvals, and a delay that still runs",
        next = "send it again then: anybody may"
    )]
    DelayRuns {
        /// The action.
        action: ActionId,
        /// Unix seconds from which it can be executed.
        not_before: u64,
        /// What the registry says.
        error: Box<ChainError>,
    },
    /// What was proposed can never be executed: the version has other code by now.
    #[error("{definition} {registered}: this action has ended, and never does anything")]
    #[explain(
        expected = "a version that is new, or has code, layout and sources as the action names them",
        found = registered.clone(),
        next = "nothing was sent; to propose its code anew, give it a label of its own"
    )]
    Superseded {
        /// The definition.
        definition: String,
        /// What the registry has in place of the version that the action names.
        registered: String,
    },
    /// The call only approves now, and would fail once it is approved.
    #[error(transparent)]
    #[explain(of = _0)]
    WouldFail(Box<WouldFail>),
    /// Code that was named is a proxy that nobody registered.
    #[error("the {what} {account} is a proxy that nobody registered")]
    #[explain(
        expected = "code that is run as it is",
        found = "its ERC-1967 {slot} slot holds {target}",
        next = "register the code behind it, or find out who put it there"
    )]
    HiddenProxy {
        /// `code` or `script`.
        what: &'static str,
        /// The account.
        account: Address,
        /// Which of its ERC-1967 slots is set.
        slot: &'static str,
        /// What that holds.
        target: Address,
    },
    /// The bytes are no governed call of a registry.
    #[error("{selector} is no governed call of a registry")]
    #[explain(
        expected = functions(),
        found = self.to_string(),
        next = "do not approve it: ask its proposer for the command that he typed",
        exit = Exit::Usage
    )]
    NotGoverned {
        /// The first four bytes.
        selector: FixedBytes<4>,
    },
    /// The bytes could be read in more than one way.
    #[error("the calldata of {function} could be read in more than one way: {reason}")]
    #[explain(
        expected = "canonical ABI encoding",
        found = self.to_string(),
        next = "do not approve it: ask its proposer for the command that he typed"
    )]
    Ambiguous {
        /// The function's signature.
        function: &'static str,
        /// What is wrong with them.
        reason: String,
    },
    /// What was shown is not what the bytes say.
    #[error("what was shown is not what would be approved")]
    #[explain(
        expected = "{actual}",
        found = "{shown}",
        next = "do not approve it: find out who changed it"
    )]
    DisplayDiffers {
        /// The first line that differs, as shown.
        shown: String,
        /// The same line, as the bytes say it.
        actual: String,
    },
    /// What was built here is not what the action names.
    #[error("{} has another {} than the {} that would be approved", .0.name, .0.hash, .0.what)]
    #[explain(
        expected = format!("{} {}", _0.hash, _0.named),
        found = format!("{} {}", _0.hash, _0.built),
        next = "do not approve it before you know why: check out the proposer's commit and build again"
    )]
    ArtifactDiffers(Box<Difference>),
    /// The payload that was reviewed is not the one on the chain.
    #[error("the payload that was reviewed is not the one that was proposed")]
    #[explain(
        expected = "{proposed}",
        found = "{reviewed}",
        next = "do not approve it: find out who changed it"
    )]
    PayloadDiffers {
        /// The reviewed one.
        reviewed: Bytes,
        /// The proposed one.
        proposed: Bytes,
    },
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
    #[error("the action {action} is not open any more")]
    #[explain(
        name = "ActionNotFound",
        expected = "an open action",
        found = "{action}",
        next = "stylus-upgrades pending lists what is open"
    )]
    NotOpen {
        /// The action.
        action: ActionId,
    },
    /// It was executed before one's own approval, which is not needed any more, and what was to be
    /// checked before it was not.
    #[error("the action {action} was executed already, {by}: {found}")]
    #[explain(
        name = "ExecutedAlready",
        expected = "an open action, or nothing but `approve` by one of its approvers",
        found = "{found}",
        next = "nothing was sent; stylus-upgrades verify compares what is on the chain now"
    )]
    Executed {
        /// The action.
        action: ActionId,
        /// By whom, in which transaction.
        by: String,
        /// What was not done.
        found: String,
    },
    /// One's approval of it was mined, and then it ended without being executed.
    #[error("the action {action} was approved and then ended: cancelled, or by a policy change")]
    #[explain(
        name = "ActionNotFound",
        expected = "an open action",
        found = "{action}",
        next = "stylus-upgrades pending lists what is open"
    )]
    Ended {
        /// The action.
        action: ActionId,
    },
    /// Somebody cancelled the action before one's approval of it came.
    #[error("{by} cancelled the action {action} in block {block}")]
    #[explain(
        name = "ActionNotFound",
        expected = "an open action",
        found = "one that was cancelled",
        next = "nothing was approved; what is still meant is proposed anew by the command that proposed it"
    )]
    Cancelled {
        /// The action.
        action: ActionId,
        /// Who cancelled it.
        by: Address,
        /// In which block.
        block: u64,
    },
    /// The file that was reviewed cannot be read.
    #[error("{file} is no reviewed action: {reason}")]
    #[explain(
        expected = "an action as `pending --json` tells it",
        found = "{reason}",
        next = "stylus-upgrades pending --json > FILE",
        exit = Exit::Usage
    )]
    Reviewed {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// A policy was given that the registry would refuse.
    #[error("the policy of role {role} is not valid at byte {offset} of {expression}: {reason}")]
    #[explain(
        expected = "a policy such as 0xaddr, AND(p,…), OR(p,…), OutOf(n,p,…), or NONE",
        found = format!("{reason}, at byte {offset} of {expression}: {}", around(expression, *offset)),
        next = "correct the expression there: names are written as their addresses in it",
        exit = Exit::Usage
    )]
    InvalidPolicy {
        /// The role.
        role: String,
        /// The policy with addresses in place of names.
        expression: String,
        /// Where it goes wrong, in bytes from the start of the expression.
        offset: u32,
        /// What is wrong.
        reason: &'static str,
    },
    /// A policy that the registry holds cannot be understood.
    #[error("the policy of role {role} cannot be understood: byte {offset}")]
    #[explain(
        name = "PolicyUnreadable",
        expected = "a policy in the registry's own form",
        found = "something else at byte {offset}",
        next = "check that the registry is what you take it for"
    )]
    Policy {
        /// The role.
        role: String,
        /// Where it goes wrong.
        offset: u32,
    },
    /// A check after the fact failed.
    #[error("{failed} of {all} checks failed")]
    #[explain(
        expected = "every check to hold",
        found = "{failed} failed",
        next = "look at the failed checks above"
    )]
    Checks {
        /// How many failed.
        failed: usize,
        /// How many there were.
        all: usize,
    },
    /// Something is there of which the endpoint shows no event: there is one at least, of its creation.
    #[error("{endpoint} shows no event of {registry} about {what}")]
    #[explain(
        expected = "the events since it was created",
        found = "none, and the registry's answers or its nonce tell of it",
        next = "ask another endpoint (--rpc-url): this one leaves events out, or has dropped old blocks",
        exit = Exit::Chain
    )]
    EventsHidden {
        /// The endpoint.
        endpoint: String,
        /// The registry.
        registry: Address,
        /// What no event tells of.
        what: String,
    },
    /// There is nothing to check.
    #[error("there is nothing to check: {what}")]
    #[explain(
        name = "NothingToCheck",
        expected = "something to check",
        found = "{what}",
        next = "stylus-upgrades define NAME --migrate POLICY creates a definition"
    )]
    Nothing {
        /// What was looked for.
        what: String,
    },
}

/// A build that is not what an action names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The package.
    pub name: String,
    /// `code` or `script`.
    pub what: &'static str,
    /// Which hash differs: of the code, the layout, or the sources.
    pub hash: &'static str,
    /// What the action names.
    pub named: B256,
    /// What was built.
    pub built: B256,
}

impl GovernanceError {
    /// What the chain says, where that is what went wrong.
    pub fn chain(&self) -> Option<&ChainError> {
        match self {
            Self::Chain(error) => Some(error),
            Self::InstanceFails { error, .. }
            | Self::InstanceUnknown { error }
            | Self::NotProposer { error, .. }
            | Self::NoPart { error, .. }
            | Self::DelayRuns { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl GovernanceError {
    /// Why an action was not cancelled: whom the registry takes it from.
    pub fn not_cancelled(action: ActionId, proposer: Address, error: ChainError) -> Self {
        match error.is_refused_as::<abi::NotAnApprover>() {
            true => Self::NotProposer {
                action,
                proposer,
                error: Box::new(error),
            },
            false => error.into(),
        }
    }
}

impl From<SignedError> for GovernanceError {
    fn from(error: SignedError) -> Self {
        Self::Signed(Box::new(error))
    }
}

/// The place of an expression that is meant, with what stands around it.
fn around(expression: &str, offset: u32) -> String {
    /// Characters on either side.
    const SHOWN: usize = 16;
    let at = usize::try_from(offset).unwrap_or(usize::MAX);
    let (Some(before), Some(behind)) = (expression.get(..at), expression.get(at..)) else {
        return "behind its end".into();
    };
    let skipped = before.chars().count().saturating_sub(SHOWN);
    let before: String = before.chars().skip(skipped).collect();
    let behind: String = behind.chars().take(SHOWN).collect();
    match (before.is_empty(), behind.is_empty()) {
        (true, true) => "it is empty".into(),
        (true, false) => format!("at its begin, before {behind:?}"),
        (false, true) => format!("at its end, behind {before:?}"),
        (false, false) => format!("between {before:?} and {behind:?}"),
    }
}
