//! What can end a command: the errors of every module, and of the command line itself.

use crate::assess::{Finding, FindingId, Part, Refused};
use crate::build::BuildError;
use crate::census::CensusError;
use crate::client::ChainError;
use crate::error::{Exit, Explain, Refusal, Report};
use crate::fuzz::FuzzError;
use crate::governance::GovernanceError;
use crate::layout::LayoutError;
use crate::line_coverage::LineCoverageError;
use crate::migration::MigrationError;
use crate::plan::PlanError;
use crate::trace::TraceError;
use stylus_devnode::NodeError;
use thiserror::Error;

/// Everything that can end a command.
#[derive(Debug, Error, Explain)]
pub enum Error {
    /// Building a contract failed.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The chain refused or is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Deciding together failed.
    #[error(transparent)]
    Governance(#[from] GovernanceError),
    /// No plan could be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// An upgrade is not fuzzed.
    #[error(transparent)]
    Fuzz(#[from] FuzzError),
    /// A layout is wrong, or a version may not take over another one's storage.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Checks refuse the command.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A migration does not go on.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// A transaction is not traced.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// There is no coverage.
    #[error(transparent)]
    LineCoverage(#[from] LineCoverageError),
    /// There is no census.
    #[error(transparent)]
    Census(#[from] CensusError),
    /// The command was used wrongly.
    #[error("{message}")]
    #[explain(
        expected = "{expected}",
        found = "{found}",
        next = "{next}",
        exit = Exit::Usage
    )]
    Usage {
        /// What is wrong.
        message: String,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
        /// What to do next.
        next: String,
    },
    /// Something that is final or unusual, and nobody said that it is meant.
    #[error("{message}")]
    #[explain(
        expected = "--accept {id}",
        found = "nobody said that it is meant",
        next = "nothing was sent; if it is meant, give --accept {id}",
        exit = Exit::Usage
    )]
    Unconfirmed {
        /// What it is.
        message: String,
        /// What `--accept` takes for it.
        id: FindingId,
    },
    /// The local chain could not be started.
    #[error(transparent)]
    #[explain(
        expected = "a local chain that starts",
        found = "{_0}",
        next = node_advice(_0),
        exit = match _0 {
            NodeError::Usage(_) | NodeError::Mnemonic(_) => Exit::Usage,
            _ => Exit::Chain,
        }
    )]
    Node(#[from] NodeError),
    /// The command refuses.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

impl Error {
    /// What was found, where a check refuses.
    pub fn findings(&self) -> Vec<Finding> {
        let (part, id) = match self {
            Self::Refused(refused) => return refused.findings().to_vec(),
            Self::Unconfirmed { id, .. } => (Part::Policy, Some(id.clone())),
            Self::Governance(GovernanceError::WouldFail(_)) => {
                (Part::Trial, Some(FindingId::WOULD_FAIL))
            }
            _ => (Part::Action, None),
        };
        vec![Finding::refusal(part, id, &Report::of(self))]
    }

    /// What the chain says, where that is what went wrong.
    pub fn chain(&self) -> Option<&ChainError> {
        match self {
            Self::Chain(error)
            | Self::Plan(PlanError::Chain(error))
            | Self::Fuzz(FuzzError::Plan(PlanError::Chain(error)))
            | Self::Layout(LayoutError::Chain(error))
            | Self::Census(CensusError::Chain(error))
            | Self::LineCoverage(LineCoverageError::Chain(error)) => Some(error),
            Self::Governance(error) => error.chain(),
            _ => None,
        }
    }
}

fn node_advice(error: &NodeError) -> String {
    match error {
        NodeError::AddressInUse { .. } | NodeError::Bind { .. } => {
            "choose another --port (0 is any free one), or stop what listens there"
        }
        NodeError::Usage(_) | NodeError::Mnemonic(_) | NodeError::Origin(_) => {
            "stylus-upgrades node --help"
        }
        NodeError::Fork(_) => "check --fork-url and --fork-block-number, or give another endpoint",
        _ => "look at what was found, and start it again",
    }
    .into()
}
