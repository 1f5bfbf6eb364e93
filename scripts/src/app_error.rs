//! What can end a command: the errors of every module, and of the command line itself.

use crate::build::BuildError;
use crate::client::ChainError;
use crate::coverage::NotChecked;
use crate::error::{Exit, Explain};
use crate::governance::GovernanceError;
use crate::journal::JournalError;
use crate::keys::KeyError;
use crate::layout::{DocumentError, LayoutError};
use crate::manifest::ManifestError;
use crate::migration::MigrationError;
use crate::plan::PlanError;
use crate::steps::StepsError;
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
    Chain(#[from] ChainError),
    /// Deciding together failed.
    #[error(transparent)]
    Governance(Box<GovernanceError>),
    /// No plan could be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A layout is wrong, or a version may not take over another one's storage.
    #[error(transparent)]
    Layout(Box<LayoutError>),
    /// A command does not run what the code declares.
    #[error(transparent)]
    Steps(Box<StepsError>),
    /// Something could not be checked.
    #[error(transparent)]
    NotChecked(#[from] NotChecked),
    /// A migration does not go on.
    #[error(transparent)]
    Migration(Box<MigrationError>),
    /// The manifest cannot be understood.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The journal cannot be believed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The command was used wrongly.
    #[error("{message}")]
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
    Unconfirmed {
        /// What it is.
        message: String,
        /// What `--allow` takes for it.
        flag: &'static str,
    },
    /// The answer could not be written to stdout.
    #[error("the command is done, and its answer could not be written")]
    Unwritten,
    /// The local chain could not be started.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A check of the demo failed.
    #[error("{failed} of {all} checks failed")]
    Checks {
        /// How many failed.
        failed: usize,
        /// How many there were.
        all: usize,
    },
}

impl Error {
    /// Whether a check of what is about to be sent failed: nothing was sent since.
    pub fn is_failed_check(&self) -> bool {
        matches!(self, Self::Layout(_) | Self::Steps(_) | Self::NotChecked(_))
    }

    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            Self::Build(error) => Some(error),
            Self::Chain(error) => Some(error),
            Self::Governance(error) => Some(&**error),
            Self::Plan(error) => Some(error),
            Self::Layout(error) => Some(&**error),
            Self::Steps(error) => Some(&**error),
            Self::NotChecked(error) => Some(error),
            Self::Migration(error) => Some(&**error),
            Self::Manifest(error) => Some(error),
            Self::Journal(error) => Some(error),
            Self::Key(error) => Some(error),
            Self::Usage { .. }
            | Self::Unconfirmed { .. }
            | Self::Unwritten
            | Self::Node(_)
            | Self::Checks { .. } => None,
        }
    }
}

impl From<GovernanceError> for Error {
    fn from(error: GovernanceError) -> Self {
        Self::Governance(error.into())
    }
}

impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        Self::Migration(error.into())
    }
}

impl From<LayoutError> for Error {
    fn from(error: LayoutError) -> Self {
        Self::Layout(error.into())
    }
}

impl From<DocumentError> for Error {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Chain(error) => error.into(),
            DocumentError::Layout(error) => error.into(),
        }
    }
}

impl From<StepsError> for Error {
    fn from(error: StepsError) -> Self {
        Self::Steps(error.into())
    }
}

impl Explain for Error {
    fn name(&self) -> String {
        match self {
            Self::Usage { .. } => "Usage".into(),
            Self::Unconfirmed { .. } => "Unconfirmed".into(),
            Self::Unwritten => "Unwritten".into(),
            Self::Node(_) => "Node".into(),
            Self::Checks { .. } => "Checks".into(),
            _ => self.inner().map(|inner| inner.name()).unwrap_or_default(),
        }
    }

    fn details(&self) -> Vec<String> {
        self.inner().map(Explain::details).unwrap_or_default()
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Usage { expected, .. } => Some(expected.clone()),
            Self::Unconfirmed { flag, .. } => {
                Some(format!("a yes at the terminal, or --allow {flag}"))
            }
            Self::Unwritten => Some("a stdout that takes it".into()),
            Self::Checks { .. } => Some("every check to hold".into()),
            _ => self.inner().and_then(|inner| inner.expected()),
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::Usage { found, .. } => Some(found.clone()),
            Self::Unconfirmed { .. } => Some("neither".into()),
            Self::Unwritten => Some("an error of the system: a full disk, or a closed file".into()),
            Self::Checks { failed, .. } => Some(format!("{failed} failed")),
            _ => self.inner().and_then(|inner| inner.found()),
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Usage { next, .. } => Some(next.clone()),
            Self::Unconfirmed { flag, .. } => Some(format!(
                "nothing was sent; if it is meant, give --allow {flag}"
            )),
            Self::Unwritten => Some("run the same command again: it does nothing twice".into()),
            Self::Node(error) => Some(node_advice(error).into()),
            Self::Checks { .. } => Some("look at the failed checks above".into()),
            _ => self.inner().and_then(|inner| inner.next()),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } | Self::Unconfirmed { .. } => Exit::Usage,
            Self::Unwritten => Exit::Partial,
            Self::Node(NodeError::Usage(_) | NodeError::Mnemonic(_)) => Exit::Usage,
            Self::Node(_) => Exit::Chain,
            Self::Checks { .. } => Exit::Refused,
            _ => self.inner().map_or(Exit::Refused, |inner| inner.exit()),
        }
    }
}

fn node_advice(error: &NodeError) -> &'static str {
    match error {
        NodeError::AddressInUse { .. } | NodeError::Bind { .. } => {
            "choose another --port (0 is any free one), or stop what listens there"
        }
        NodeError::Usage(_) | NodeError::Mnemonic(_) | NodeError::Origin(_) => {
            "stylus-upgrades node --help"
        }
        NodeError::File { .. } => "check the file",
        NodeError::Chain(_) | NodeError::Threads(_) | NodeError::Stopped => "start it again",
    }
}
