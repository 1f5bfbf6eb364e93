//! What can end a command: the errors of every module, and of the command line itself.

mod conversions;

use crate::assess::{Finding, FindingId, Part, Refused};
use crate::build::BuildError;
use crate::census::CensusError;
use crate::client::ChainError;
use crate::error::{Exit, Explain, Report};
use crate::expect::ExpectError;
use crate::fuzz::FuzzError;
use crate::governance::GovernanceError;
use crate::ids::CodeHash;
use crate::journal::JournalError;
use crate::keys::KeyError;
use crate::layout::LayoutError;
use crate::line_coverage::LineCoverageError;
use crate::manifest::ManifestError;
use crate::migration::MigrationError;
use crate::own_file::FileError;
use crate::plan::PlanError;
use crate::project::ProjectError;
use crate::publish::PublishError;
use crate::registry::{AdoptionError, OriginError, TransferError};
use crate::text::{listed, nearest, shell_word};
use crate::trace::TraceError;
use crate::versions::VersionsError;
use stylus_devnode::NodeError;
use thiserror::Error;

/// Everything that can end a command.
#[derive(Debug, Error, Explain)]
pub enum Error {
    /// Building a contract failed.
    #[error(transparent)]
    #[explain(of = _0)]
    Build(#[from] BuildError),
    /// The chain refused or is in trouble.
    #[error(transparent)]
    #[explain(of = _0)]
    Chain(#[from] ChainError),
    /// Deciding together failed.
    #[error(transparent)]
    #[explain(of = _0)]
    Governance(Box<GovernanceError>),
    /// No plan could be made.
    #[error(transparent)]
    #[explain(of = _0)]
    Plan(#[from] PlanError),
    /// An upgrade is not fuzzed.
    #[error(transparent)]
    #[explain(of = _0)]
    Fuzz(Box<FuzzError>),
    /// A layout is wrong, or a version may not take over another one's storage.
    #[error(transparent)]
    #[explain(of = _0)]
    Layout(Box<LayoutError>),
    /// Checks refuse the command.
    #[error(transparent)]
    #[explain(of = _0)]
    Refused(#[from] Refused),
    /// Nobody said which proxy, on a chain of users.
    #[error("which proxy is not said, and on this chain it is for good")]
    #[explain(
        exit = Exit::Usage,
        expected = "--kind evm (never expires, costs users least) or --kind wasm (a Stylus program that expires), or \
                    `proxy` in the manifest",
        found = "none of them",
        next = "give --kind; docs/kinds.md compares them"
    )]
    ProxyKindNotChosen,
    /// A label that other code has.
    #[error("{name} {version} is registered already, with other code")]
    #[explain(
        expected = "the code {recorded}, or a new label",
        found = "the code {found}",
        next = "nothing was sent; a version never changes: choose another label"
    )]
    VersionExists {
        /// The definition.
        name: String,
        /// The label.
        version: String,
        /// What the version has.
        recorded: CodeHash,
        /// What was given.
        found: CodeHash,
    },
    /// A definition has no version of that label.
    #[error("{name:?} has no version {version:?}")]
    #[explain(
        name = "VersionNotFound",
        expected = match listed(known) {
            Some(known) => format!("one of {known}"),
            None => "a version; it has none yet".to_owned(),
        },
        found = "{version}",
        next = match nearest(version, known) {
            Some(meant) => format!("did you mean {}?", shell_word(meant)),
            None => format!("stylus-upgrades status {} lists its versions", shell_word(name)),
        }
    )]
    UnknownVersion {
        /// The definition.
        name: String,
        /// The label that was given.
        version: String,
        /// The labels that there are.
        known: Vec<String>,
    },
    /// A migration does not go on.
    #[error(transparent)]
    #[explain(of = _0)]
    Migration(Box<MigrationError>),
    /// The manifest cannot be understood.
    #[error(transparent)]
    #[explain(of = _0)]
    Manifest(#[from] ManifestError),
    /// The journal cannot be believed.
    #[error(transparent)]
    #[explain(of = _0)]
    Journal(#[from] JournalError),
    /// A key cannot be used.
    #[error(transparent)]
    #[explain(of = _0)]
    Key(#[from] KeyError),
    /// A file that was named is not written.
    #[error(transparent)]
    #[explain(of = _0)]
    File(#[from] FileError),
    /// Expectations are not used, or not written.
    #[error(transparent)]
    #[explain(of = _0)]
    Expect(Box<ExpectError>),
    /// What was registered cannot be kept, or is not used.
    #[error(transparent)]
    #[explain(of = _0)]
    Versions(Box<VersionsError>),
    /// A project cannot be made.
    #[error(transparent)]
    #[explain(of = _0)]
    Project(Box<ProjectError>),
    /// A proxy cannot be adopted.
    #[error(transparent)]
    #[explain(of = _0)]
    Adoption(#[from] AdoptionError),
    /// An instance is not transferred.
    #[error(transparent)]
    #[explain(of = _0)]
    Transfer(#[from] TransferError),
    /// Nothing vouches for a registry's storage.
    #[error(transparent)]
    #[explain(of = _0)]
    Origin(Box<OriginError>),
    /// An explorer has not verified something.
    #[error(transparent)]
    #[explain(of = _0)]
    Publish(#[from] PublishError),
    /// A transaction is not traced.
    #[error(transparent)]
    #[explain(of = _0)]
    Trace(#[from] TraceError),
    /// There is no coverage.
    #[error(transparent)]
    #[explain(of = _0)]
    LineCoverage(Box<LineCoverageError>),
    /// There is no census.
    #[error(transparent)]
    #[explain(of = _0)]
    Census(Box<CensusError>),
    /// The registry has no definition of that name.
    #[error("the registry has no definition {name:?}")]
    #[explain(
        expected = match (listed(known), listed(aliases)) {
            (None, _) => "a definition; the registry has none yet".to_owned(),
            (Some(known), None) => format!("one of {known}"),
            (Some(known), Some(aliases)) => format!("one of {known}; aliases of accounts: {aliases}"),
        },
        found = "{name}",
        next = match nearest(name, known) {
            Some(meant) => format!("did you mean {}?", shell_word(meant)),
            None => format!(
                "stylus-upgrades status lists the definitions; a new one: stylus-upgrades define {} --migrate POLICY",
                shell_word(name)
            ),
        }
    )]
    DefinitionNotFound {
        /// The name that was given.
        name: String,
        /// The definitions that there are.
        known: Vec<String>,
        /// The manifest's aliases.
        aliases: Vec<String>,
    },
    /// The definition has no policy for a role of that name.
    #[error("{definition:?} has no role {role:?}")]
    #[explain(
        expected = match listed(known) {
            Some(known) => format!("one of {known}"),
            None => "a role; it has none".to_owned(),
        },
        found = "{role}",
        next = match nearest(role, known) {
            Some(meant) => format!("did you mean --role {}?", shell_word(meant)),
            None => "leave --role out: that explains every role".to_owned(),
        }
    )]
    UnknownRole {
        /// The definition; empty for the registry itself.
        definition: String,
        /// The role that was given.
        role: String,
        /// The roles that there are.
        known: Vec<String>,
    },
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
    /// The contract has an SDK constructor, and nobody said that it may stay without.
    #[error(
        "{name} has a #[constructor], which this does not run: whoever calls it first sets the contract up"
    )]
    #[explain(
        expected = "an #[initializer], which runs with the creation of each proxy",
        found = "a #[constructor] of the SDK",
        next = "replace it by an #[initializer]; if something else calls it at once, give --accept constructor",
        exit = Exit::Usage
    )]
    HasConstructor {
        /// The contract.
        name: String,
    },
    /// The answer could not be written to stdout.
    #[error("the command is done, and its answer could not be written")]
    #[explain(
        expected = "a stdout that takes it",
        found = "an error of the system: a full disk, or a closed file",
        next = "run the same command again: it does nothing twice",
        exit = Exit::Partial
    )]
    Unwritten,
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
    /// A command of the demo did something else than the page says.
    #[error("{failed} of {all} commands do not print what the page says")]
    #[explain(
        expected = "every command to print what the page says",
        found = "{failed} did not",
        next = "look at the commands with ✗ above"
    )]
    Checks {
        /// How many failed.
        failed: usize,
        /// How many there were.
        all: usize,
    },
}

impl Error {
    /// What was found, where a check refuses.
    pub fn findings(&self) -> Vec<Finding> {
        let (part, id) = match self {
            Self::Refused(refused) => return refused.findings().to_vec(),
            Self::Unconfirmed { id, .. } => (Part::Policy, Some(id.clone())),
            Self::HasConstructor { .. } => (Part::Code, Some(FindingId::CONSTRUCTOR)),
            Self::Governance(error) if matches!(**error, GovernanceError::WouldFail(_)) => {
                (Part::Trial, Some(FindingId::WOULD_FAIL))
            }
            _ => (Part::Action, None),
        };
        vec![Finding::refusal(part, id, &Report::of(self))]
    }

    /// What the chain says, where that is what went wrong.
    pub fn chain(&self) -> Option<&ChainError> {
        match self {
            Self::Chain(error) | Self::Plan(PlanError::Chain(error)) => Some(error),
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
        NodeError::File { .. } => "check the file",
        NodeError::Fork(_) => "check --fork-url and --fork-block-number, or give another endpoint",
        NodeError::Chain(_) | NodeError::Threads(_) | NodeError::Stopped => "start it again",
    }
    .into()
}
