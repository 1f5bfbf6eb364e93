//! A version, the step into it, and what is said about its storage.

use super::typed::CallWord;
use crate::error::Refusal;
use crate::expect::Expectations;
use crate::plan::REPLAY_BLOCKS_MAX;
use clap::Args;
use std::path::PathBuf;
use stylus_upgrades_interface::reasons::step;

/// The default of `plan --instances`: more than the registry upgrades in the call itself.
pub(crate) const INSTANCES: u32 = 16;

/// A version and the step into it.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// The definition
    pub name: String,
    /// The version's label
    pub version: String,
    /// A crate's folder, a .wasm file, a contract of this workspace by name, a crate at a revision
    /// (git:v1.0, git:v1.0:path/to/crate), or the address of what is deployed already
    pub source: String,
    /// The step into it.
    #[command(flatten)]
    pub transition: TransitionArgs,
}

/// A version that does not become current unless it is the first, or another step into a registered one.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// The definition
    pub name: String,
    /// The version's label
    pub version: String,
    /// Its code, as for migrate. Without it, the version must be registered already, and the command adds a step
    /// from --from to it: for a hotfix, or to bypass a faulty version
    #[arg(required_unless_present = "from")]
    pub source: Option<String>,
    /// The step into it.
    #[command(flatten)]
    pub transition: TransitionArgs,
}

/// Where the step into a version begins, and what runs in it.
#[derive(Debug, Args)]
pub struct TransitionArgs {
    /// The version that the step starts from [default: the current one]
    #[arg(long, value_name = "VERSION", conflicts_with = "initial")]
    pub from: Option<String>,
    /// Instances can be created at it, and none is upgraded to it
    #[arg(long, alias = "born")]
    pub initial: bool,
    /// What runs.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// A rollback.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The definition
    pub name: String,
    /// The older version whose code the new version gets
    #[arg(long, value_name = "VERSION")]
    pub to: String,
    /// The new version's label
    #[arg(long = "as", value_name = "VERSION")]
    pub version: String,
    /// The approver contract that is to send the call, as --as of the other commands
    #[arg(
        id = "sender",
        long,
        value_name = "ADDRESS",
        help_heading = "Approvers that are contracts"
    )]
    pub sender: Option<String>,
    /// The step into it: the reverse migration.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// An upgrade that is examined before it is decided.
#[derive(Debug, Default, Args)]
pub struct UpgradeArgs {
    /// The definition
    pub name: String,
    /// The version
    pub version: String,
    /// Its code, as for migrate [default: the code of the open action, or of the registered
    /// version]
    pub source: Option<String>,
    /// The open action to try, if several lead to the version: its id, or 8 or more of its first
    /// digits
    #[arg(long, value_name = "ID", conflicts_with = "source")]
    pub action: Option<String>,
    /// The step into it, as for migrate.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// An upgrade to be tried.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Maximum number of instances to try
    #[arg(long, value_name = "NUMBER", default_value_t = INSTANCES)]
    pub instances: u32,
    /// Send the newest NUMBER transactions to the instances again, on a copy of the chain before them
    /// with the upgrade and on one without it, and report what differs
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub replay: Option<u32>,
    /// Maximum number of blocks to search for them; each takes one request
    #[arg(long, value_name = "NUMBER", requires = "replay", default_value_t = REPLAY_BLOCKS_MAX,
          value_parser = clap::value_parser!(u64).range(1..=REPLAY_BLOCKS_MAX))]
    pub replay_blocks: u64,
    /// Write expectations of the upgrade, for --expect: what the getters of both versions must return
    #[arg(long, value_name = "FILE", conflicts_with = "expect")]
    pub write_expect: Option<PathBuf>,
    /// The upgrade.
    #[command(flatten)]
    pub upgrade: UpgradeArgs,
}

/// The step into a version: no migration, a call, a script or a complex migration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Migration")]
pub struct StepArgs {
    /// The migration: a function of the version's code, by its name or signature (of --script, by its signature),
    /// with its arguments; or calldata
    #[arg(long, num_args = 1.., value_name = "CALL", allow_negative_numbers = true)]
    pub call: Vec<CallWord>,
    /// The migration script: a crate, a .wasm file, a contract's name, or an address
    #[arg(long, value_name = "SOURCE", requires = "call")]
    pub script: Option<String>,
    /// The program of a complex migration: many transactions, during which the contract is paused
    #[arg(long, value_name = "SOURCE", requires = "handler", conflicts_with_all = ["call", "script"])]
    pub complex: Option<String>,
    /// Who sends the batches of the complex migration, see run-migration
    #[arg(long, value_name = "ADDRESS", requires = "complex")]
    pub handler: Option<String>,
    /// --call is a function of code without the Upgradeable mixin
    #[arg(long, requires = "call", conflicts_with = "script")]
    pub foreign: bool,
    /// A check: a contract that the registry calls before and after it upgrades each instance by
    /// this step, and that can stop the upgrade; an address, a crate, a .wasm file, or a contract's
    /// name
    #[arg(long, value_name = "ADDRESS|SOURCE", conflicts_with_all = ["script", "complex"])]
    pub check: Option<String>,
    /// A file of what must hold for each instance after the upgrade (plan --write-expect writes one): it becomes a
    /// check of the step, and an instance that fails it is not upgraded
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
    /// When the version becomes current, skip instances whose upgrade reverts: they wait for the
    /// rollout. Without this flag, one such instance stops the whole migration
    #[arg(long)]
    pub skip_failing: bool,
}

impl StepArgs {
    /// Whether a migration runs in the step.
    pub fn runs_migration(&self) -> bool {
        !self.call.is_empty() || self.complex.is_some()
    }

    /// What runs, one of the kinds of steps.
    pub fn kind(&self) -> u8 {
        match self {
            Self {
                complex: Some(_), ..
            } => step::COMPLEX,
            Self {
                script: Some(_), ..
            } => step::SCRIPT,
            Self { call, .. } if call.is_empty() => step::NONE,
            Self { foreign: true, .. } => step::FOREIGN_CALL,
            _ => step::CALL,
        }
    }

    /// What must hold after the upgrade.
    ///
    /// # Errors
    /// Also where the step cannot have such a check.
    pub fn expectations(&self) -> Result<Option<Expectations>, Refusal> {
        let Some(file) = &self.expect else {
            return Ok(None);
        };
        let other = match (&self.complex, &self.script, &self.check) {
            (Some(_), ..) => "a complex migration",
            (_, Some(_), _) => "a script",
            (.., Some(_)) => "another check",
            _ => return Expectations::read(file).map(Some),
        };
        Err(Refusal::new(
            "ExpectationsOfStep",
            format!("a step with {other} cannot have expectations"),
        )
        .with(
            "a step that runs nothing, or --call of the version's own code",
            other,
            "leave --expect out; use a #[post_condition] of the migration, or check the \
             outcome with plan",
        )
        .usage())
    }

    /// Whether nothing is said of what runs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is said about the storage of a version and of the one before. Before anything is sent the
/// two layouts are compared: the new one, and that of the version before by the hash that the
/// registry recorded. A pair that would corrupt data is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Storage layout (compared before anything is sent)")]
pub struct StorageArgs {
    /// The new version's layout, for code that carries none: a compiler's JSON
    #[arg(long, value_name = "FILE")]
    pub layout: Option<PathBuf>,
}
