//! The errors that can end a command: those of every module, and those of the command line itself.

use crate::assess::{Finding, FindingId, FindingKind, Part, Refused};
use crate::build::BuildError;
use crate::client::ChainError;
use crate::error::{Exit, Explain, Refusal, Report};
use crate::governance::WOULD_FAIL;
use stylus_devnode::NodeError;
use thiserror::Error;

/// Everything that can end a command.
#[derive(Debug, Error)]
pub enum Error {
    /// Building a contract failed.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The chain refused or is in trouble.
    #[error(transparent)]
    Chain(ChainError),
    /// Checks refuse the command.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The command was used wrongly.
    #[error("{message}")]
    Usage {
        /// The error, in words.
        message: String,
        /// The expected input or state.
        expected: String,
        /// The actual input or state.
        found: String,
        /// The next step of the user.
        next: String,
    },
    /// Something that is irreversible or unusual, and was not accepted.
    #[error("{message}")]
    Unconfirmed {
        /// The thing to accept, in words.
        message: String,
        /// The id that `--accept` takes for it.
        id: FindingId,
    },
    /// Any other refusal, with its own text.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

impl Explain for Error {
    fn report(&self) -> Report {
        match self {
            Self::Build(error) => error.report(),
            Self::Chain(error) => error.report(),
            Self::Refused(refused) => refused.report(),
            Self::Refusal(refusal) => refusal.report(),
            Self::Usage {
                message,
                expected,
                found,
                next,
            } => Refusal::new("Usage", message)
                .with(expected, found, next)
                .report(),
            Self::Unconfirmed { message, id } => Refusal::new("Unconfirmed", message)
                .with(
                    format!("--accept {id}"),
                    "no --accept for it",
                    format!("nothing was sent; to accept it, give --accept {id}"),
                )
                .report(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Build(error) => error.exit(),
            // The chain answers: its program has ended.
            Self::Chain(error) if error.is_not_runnable() => Exit::Refused,
            Self::Chain(error) => error.exit(),
            Self::Refused(refused) => refused.exit(),
            Self::Refusal(refusal) => refusal.exit(),
            Self::Usage { .. } | Self::Unconfirmed { .. } => Exit::Usage,
        }
    }
}

impl Error {
    /// Returns the findings of the checks that refuse the command, else the error itself as a finding.
    pub fn findings(&self) -> Vec<Finding> {
        let (part, id) = match self {
            Self::Refused(refused) => return refused.findings().to_vec(),
            Self::Unconfirmed { id, .. } => (Part::Policy, Some(id.clone())),
            Self::Refusal(refusal) if refusal.is(WOULD_FAIL) => {
                (Part::Simulation, Some(FindingKind::WouldFail.id()))
            }
            _ => (Part::Action, None),
        };
        vec![Finding::refusal(part, id, &self.report())]
    }

    /// Returns the chain's error, if it is the one that ended the command.
    pub fn chain(&self) -> Option<&ChainError> {
        match self {
            Self::Chain(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ChainError> for Error {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Told(refusal) => Self::Refusal(refusal),
            error => Self::Chain(error),
        }
    }
}

impl From<NodeError> for Error {
    /// The local chain could not be started.
    fn from(error: NodeError) -> Self {
        let (next, exit) = match error {
            NodeError::AddressInUse { .. } | NodeError::Bind { .. } => (
                "choose another --port (0 is any free one), or stop what listens there",
                Exit::Chain,
            ),
            NodeError::Usage(_) | NodeError::Mnemonic(_) => {
                ("stylus-upgrades node --help", Exit::Usage)
            }
            NodeError::Origin(_) => ("stylus-upgrades node --help", Exit::Chain),
            NodeError::Fork(_) => (
                "check --fork-url and --fork-block-number, or give another endpoint",
                Exit::Chain,
            ),
            _ => ("correct what was found, and start it again", Exit::Chain),
        };
        let found = error.to_string();
        let refusal = Refusal::new("Node", found.clone());
        let refusal = refusal.with("a local chain that starts", found, next);
        Self::Refusal(refusal.exiting(exit))
    }
}
