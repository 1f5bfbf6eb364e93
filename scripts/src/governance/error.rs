//! What can go wrong while people decide.

use crate::client::ChainError;
use crate::error::{Exit, Explain};
use alloy::primitives::{Address, B256, Bytes, FixedBytes};
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use thiserror::Error;

/// What can go wrong while people decide.
#[derive(Debug, Error)]
pub enum GovernanceError {
    /// The chain refused or is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// One of the few instances that a migration takes along cannot be upgraded.
    #[error("{error}, and what fails is instance {proxy}")]
    InstanceFails {
        /// The instance.
        proxy: Address,
        /// What it says.
        error: Box<ChainError>,
    },
    /// Code that was named is a proxy that nobody registered.
    #[error("the {what} {account} is a proxy that nobody registered")]
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
    NotGoverned {
        /// The first four bytes.
        selector: FixedBytes<4>,
    },
    /// The bytes could be read in more than one way.
    #[error("the calldata of {function} could be read in more than one way: {reason}")]
    Ambiguous {
        /// The function's signature.
        function: &'static str,
        /// What is wrong with them.
        reason: String,
    },
    /// What was shown is not what the bytes say.
    #[error("what was shown is not what would be approved")]
    DisplayDiffers {
        /// The first line that differs, as shown.
        shown: String,
        /// The same line, as the bytes say it.
        actual: String,
    },
    /// What was built here is not what the action names.
    #[error("{} has another {} than the {} that would be approved", .0.name, .0.hash, .0.what)]
    ArtifactDiffers(Box<Difference>),
    /// The payload that was reviewed is not the one on the chain.
    #[error("the payload that was reviewed is not the one that was proposed")]
    PayloadDiffers {
        /// The reviewed one.
        reviewed: Bytes,
        /// The proposed one.
        proposed: Bytes,
    },
    /// No event says what an action would do.
    #[error("the registry's events do not tell of an action {action}")]
    UnknownAction {
        /// The action.
        action: B256,
    },
    /// The action is not open: executed, cancelled, expired, or ended by a policy change.
    #[error("the action {action} is not open any more")]
    NotOpen {
        /// The action.
        action: B256,
    },
    /// One's approval of it was mined, and then it ended without being executed.
    #[error("the action {action} was approved and then ended: cancelled, or by a policy change")]
    Ended {
        /// The action.
        action: B256,
    },
    /// The file that was reviewed cannot be read.
    #[error("{file} is no reviewed action: {reason}")]
    Reviewed {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// A policy that the registry holds cannot be understood.
    #[error("the policy of role {role} cannot be understood: byte {offset}")]
    Policy {
        /// The role.
        role: String,
        /// Where it goes wrong.
        offset: u32,
    },
    /// A check after the fact failed.
    #[error("{failed} of {all} checks failed")]
    Checks {
        /// How many failed.
        failed: usize,
        /// How many there were.
        all: usize,
    },
    /// There is nothing to check.
    #[error("there is nothing to check: {what}")]
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
            Self::InstanceFails { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl Explain for GovernanceError {
    fn name(&self) -> String {
        match self {
            Self::Chain(error) => return error.name(),
            Self::InstanceFails { error, .. } => return error.name(),
            Self::HiddenProxy { .. } => "HiddenProxy",
            Self::NotGoverned { .. } => "NotGoverned",
            Self::Ambiguous { .. } => "Ambiguous",
            Self::DisplayDiffers { .. } => "DisplayDiffers",
            Self::ArtifactDiffers(_) => "ArtifactDiffers",
            Self::PayloadDiffers { .. } => "PayloadDiffers",
            Self::UnknownAction { .. } => "UnknownAction",
            Self::NotOpen { .. } | Self::Ended { .. } => "ActionNotFound",
            Self::Reviewed { .. } => "Reviewed",
            Self::Policy { .. } => "PolicyUnreadable",
            Self::Checks { .. } => "Checks",
            Self::Nothing { .. } => "NothingToCheck",
        }
        .to_owned()
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Chain(error) => error.expected(),
            Self::InstanceFails { error, .. } => error.expected(),
            Self::HiddenProxy { .. } => Some("code that is run as it is".into()),
            Self::DisplayDiffers { actual, .. } => Some(actual.clone()),
            Self::ArtifactDiffers(it) => Some(format!("{} {}", it.hash, it.named)),
            Self::PayloadDiffers { proposed, .. } => Some(proposed.to_string()),
            Self::NotGoverned { .. } => Some("createDefinition, addVersion, addStep, migrate, setPolicy, createProxy, setHandler or abortMigration".into()),
            Self::Ambiguous { .. } => Some("canonical ABI encoding".into()),
            Self::NotOpen { .. } | Self::Ended { .. } => Some("an open action".into()),
            Self::Checks { .. } => Some("every check to hold".into()),
            Self::Reviewed { .. } => Some("an action as `pending --json` tells it".into()),
            Self::UnknownAction { .. } => Some("the event that proposed it".into()),
            Self::Policy { .. } => Some("a policy in the registry's own form".into()),
            Self::Nothing { .. } => Some("something to check".into()),
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::Chain(error) => error.found(),
            Self::InstanceFails { error, .. } => error.found(),
            Self::HiddenProxy { slot, target, .. } => {
                Some(format!("its ERC-1967 {slot} slot holds {target}"))
            }
            Self::DisplayDiffers { shown, .. } => Some(shown.clone()),
            Self::ArtifactDiffers(it) => Some(format!("{} {}", it.hash, it.built)),
            Self::PayloadDiffers { reviewed, .. } => Some(reviewed.to_string()),
            Self::Checks { failed, .. } => Some(format!("{failed} failed")),
            Self::Reviewed { reason, .. } => Some(reason.clone()),
            Self::UnknownAction { action } | Self::NotOpen { action } | Self::Ended { action } => {
                Some(action.to_string())
            }
            Self::Policy { offset, .. } => Some(format!("something else at byte {offset}")),
            Self::Nothing { what } => Some(what.clone()),
            Self::NotGoverned { .. } | Self::Ambiguous { .. } => Some(self.to_string()),
        }
    }

    fn next(&self) -> Option<String> {
        Some(match self {
            Self::Chain(error) => return error.next(),
            Self::InstanceFails { proxy, .. } => format!(
                "correct the migration for {proxy} (stylus-upgrades plan tries it), or leave it behind: with more than {INSTANCES_AT_ONCE} instances that lag (stylus-upgrades create-proxy at the old version) migrate only activates, and rollout skips who fails"
            ),
            Self::HiddenProxy { .. } => {
                "register the code behind it, or find out who put it there".into()
            }
            Self::NotGoverned { .. } | Self::Ambiguous { .. } => {
                "do not approve it: ask its proposer for the command that he typed".into()
            }
            Self::ArtifactDiffers(_) => {
                "do not approve it before you know why: check out the proposer's commit and build again".into()
            }
            Self::DisplayDiffers { .. } | Self::PayloadDiffers { .. } => {
                "do not approve it: find out who changed it".into()
            }
            Self::UnknownAction { .. } | Self::NotOpen { .. } | Self::Ended { .. } => {
                "stylus-upgrades pending lists what is open".into()
            }
            Self::Reviewed { .. } => "stylus-upgrades pending --json > FILE".into(),
            Self::Policy { .. } => "check that the registry is what you take it for".into(),
            Self::Checks { .. } => "look at the failed checks above".into(),
            Self::Nothing { .. } => "check the name".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Chain(error) => error.exit(),
            Self::InstanceFails { error, .. } => error.exit(),
            Self::NotGoverned { .. } | Self::Reviewed { .. } => Exit::Usage,
            _ => Exit::Refused,
        }
    }
}
