//! The argument tree.

use super::check::CheckArgs;
use super::confirm::AllowArgs;
use super::doctor::DoctorArgs;
use super::export::ExportArgs;
use super::project::{InitArgs, NewArgs};
use super::publish::PublishArgs;
use super::verifiable::VerifiableArgs;
use crate::client::DEFAULT_TIMEOUT;
use crate::client::MAX_DATA_FEE;
use crate::coverage::Part;
use crate::deploy::DATA_FEE_BUMP_PERCENT;
use crate::keys::KeyArgs;
use crate::secret::Secret;
use alloy::primitives::U256;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use stylus_upgrades_interface::reasons::step;

/// Upgradeable contracts for Arbitrum Stylus: build, deploy, govern, upgrade.
#[derive(Debug, Parser)]
#[command(name = "stylus-upgrades", version, long_version = super::about::long_version())]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The chain [default: the network's or the manifest's, else http://127.0.0.1:8547]
    #[arg(
        short = 'e',
        long,
        alias = "endpoint",
        env = "ETH_RPC_URL",
        hide_env_values = true,
        value_name = "URL",
        global = true
    )]
    pub rpc_url: Option<Secret>,
    /// The network: its table in the manifest [default: what stands above the tables]
    #[arg(
        long,
        env = "STYLUS_UPGRADES_NETWORK",
        value_name = "NAME",
        global = true
    )]
    pub network: Option<String>,
    /// How long one request to the chain may take
    #[arg(
        long,
        env = "ETH_RPC_TIMEOUT",
        value_name = "SECONDS",
        global = true,
        default_value_t = DEFAULT_TIMEOUT.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub rpc_timeout: u64,
    /// The registry, an address or an alias [default: the manifest's]
    #[arg(
        long,
        env = "STYLUS_UPGRADES_REGISTRY",
        value_name = "ADDRESS",
        global = true
    )]
    pub registry: Option<String>,
    /// The manifest [default: the nearest stylus-upgrades.toml, upwards]
    #[arg(long, value_name = "FILE", global = true)]
    pub manifest: Option<PathBuf>,
    /// One JSON document on stdout, everything else on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print every command of a build and every transaction in full, on stderr, before it runs
    #[arg(long, global = true)]
    pub print: bool,
    /// What the activation's data fee is raised by
    #[arg(long, value_name = "PERCENT", global = true, default_value_t = DATA_FEE_BUMP_PERCENT)]
    pub data_fee_bump_percent: u32,
    /// What is paid for the data fee of one program at most, margin included [default: 0.1 ether]
    #[arg(long, value_name = "WEI", global = true, hide_default_value = true,
          default_value_t = U256::from(MAX_DATA_FEE))]
    pub max_data_fee: U256,
    /// Build the framework from a clone of its sources, in place of the pinned programs
    #[arg(
        long,
        env = "STYLUS_UPGRADES_FRAMEWORK_FROM",
        value_name = "DIR",
        global = true
    )]
    pub framework_from: Option<PathBuf>,
    /// The signing key.
    #[command(flatten)]
    pub key: KeyArgs,
    /// Who sends a governed call that is not sent here.
    #[command(flatten)]
    pub export: ExportArgs,
    /// Whether others can verify an implementation.
    #[command(flatten)]
    pub verifiable: VerifiableArgs,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the local chain
    #[command(disable_help_flag = true)]
    Node {
        /// anvil's flags, see `stylus-upgrades node --help`
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "FLAGS"
        )]
        flags: Vec<OsString>,
    },
    /// The whole scenario on a private chain, checked, with gas
    Demo,
    /// Write what a shell completes, such as `stylus-upgrades completions bash`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Make a project: a contract, a test of its upgrades, and what belongs around them
    New(NewArgs),
    /// Make an existing contract upgradeable; shows the difference before it writes
    Init(InitArgs),
    /// Build, compress, deploy, activate
    Deploy {
        /// A crate's folder, a .wasm file, or a contract of this workspace by name
        source: String,
        /// Leave it inactive: it cannot run then
        #[arg(long)]
        no_activate: bool,
        /// Go on although the contract has a #[constructor], which is not run
        #[arg(long)]
        allow_constructor: bool,
    },
    /// The registry itself
    Registry {
        /// What to do with it.
        #[command(subcommand)]
        command: RegistryCommand,
    },
    /// Create a definition
    Define {
        /// Its name
        name: String,
        /// Who may add versions and upgrade: addresses, aliases, AND(…), OR(…), OutOf(n,…)
        #[arg(long, value_name = "POLICY")]
        migrate: String,
        /// Who may change policies [default: that of --migrate]
        #[arg(long, value_name = "POLICY")]
        policy: Option<String>,
        /// Who may create instances [default: that of --migrate]
        #[arg(long, value_name = "POLICY")]
        create: Option<String>,
        /// What is meant.
        #[command(flatten)]
        allow: AllowArgs,
    },
    /// Add a version; the first one becomes current
    Register(VersionArgs),
    /// Create and initialise an instance
    CreateProxy {
        /// The definition
        name: String,
        /// The version that it is created at
        version: String,
        /// The initializer and its arguments, or its calldata in hexadecimal
        #[arg(long, num_args = 1.., value_name = "CALL", allow_negative_numbers = true)]
        init: Vec<String>,
        /// The initializer that the code declares is not run, now or ever: the instance begins empty
        #[arg(long, conflicts_with = "init")]
        no_init: bool,
        /// Go on although this cannot be checked at all; may be repeated
        #[arg(long, value_enum, value_name = "PART")]
        allow_absent: Vec<Part>,
        /// Which proxy
        #[arg(long, value_enum, default_value_t = Kind::Wasm)]
        kind: Kind,
        /// What its address is derived from [default: the number of instances]
        #[arg(long, value_name = "NUMBER")]
        salt: Option<U256>,
        /// Wei for the initializer
        #[arg(long, value_name = "WEI", default_value_t = U256::ZERO)]
        value: U256,
        /// Saves its address in the manifest under this alias
        #[arg(long, value_name = "ALIAS")]
        save: Option<String>,
    },
    /// Upgrade one instance
    Upgrade {
        /// The instance, an address or an alias
        proxy: String,
        /// The version
        version: String,
        /// A call and its arguments, or calldata: of the last migration if it has none of its own,
        /// else on the new code
        #[arg(long, num_args = 1.., value_name = "CALL", allow_negative_numbers = true)]
        call: Vec<String>,
        /// A migration that the code declares and the registered step leaves out is not run
        #[arg(long)]
        no_migration: bool,
        /// What is said about its storage.
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Add another way into a version: for a hotfix, or around a version that went wrong
    AddStep(AddStepArgs),
    /// Add a version if it is new, make it current, upgrade the instances
    Migrate(VersionArgs),
    /// Upgrade the instances that are older than the current version
    Rollout {
        /// The definition
        name: String,
        /// Stop after so many [default: all of them]
        #[arg(long, value_name = "NUMBER")]
        max: Option<u16>,
        /// Migrations that the code declares and the registered steps leave out are not run
        #[arg(long)]
        no_migration: bool,
        /// What is said about its storage.
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// The batches of a complex or full migration, from wherever it is; resumable
    RunMigration(MigrationArgs),
    /// Go back: a new version with the code of an older one
    Rollback(RollbackArgs),
    /// Name another handler of an instance's complex migration
    SetHandler {
        /// The instance, an address or an alias
        proxy: String,
        /// Who sends the batches from now on
        handler: String,
    },
    /// Turn an instance's complex migration back: its batches are undone, see run-migration
    AbortMigration {
        /// The instance, an address or an alias
        proxy: String,
    },
    /// Stop a definition: nobody calls its instances, and none is created or upgraded
    Pause {
        /// The definition
        name: String,
    },
    /// Let a paused definition go on, with the very code and data
    Resume {
        /// The definition
        name: String,
    },
    /// Try a whole upgrade on a copy of the chain's state: what changes, and why it would fail
    Plan(PlanArgs),
    /// What the source would do to what is live: for a pull request; sends nothing
    Check(CheckArgs),
    /// Change who decides
    UpdatePolicy {
        /// The definition; '' is the registry itself
        name: String,
        /// What the policy is for
        #[arg(long, default_value = "migrate")]
        role: String,
        /// The policy: addresses, aliases, AND(…), OR(…), OutOf(n,…), CALL(…), AFTER(…), NONE
        policy: String,
        /// What is meant.
        #[command(flatten)]
        allow: AllowArgs,
    },
    /// Policies
    Policy {
        /// What to do with them.
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Storage layouts: show, compare, write the migration; without a chain
    Layout {
        /// What to do with them.
        #[command(subcommand)]
        command: LayoutCommand,
    },
    /// What waits: who approved, who is missing, what blocks, until when
    Pending {
        /// The definition [default: all, and the registry itself]
        name: Option<String>,
    },
    /// Approve an action by its id: sends the very bytes that were proposed
    Approve(ApproveArgs),
    /// Withdraw one's own approval
    Revoke {
        /// The action, or its first digits
        action: String,
    },
    /// End an action: its proposer, or who alone satisfies its role
    Cancel {
        /// The action, or its first digits
        action: String,
    },
    /// What happened, from chain data alone, and whether it still holds
    History {
        /// The definition; '' is the registry itself
        name: String,
    },
    /// Whether live code, slots and views are what was recorded
    Verify {
        /// The definition [default: all]
        name: Option<String>,
        /// The version that --source should be, or that --publish is about [default: the current one]
        #[arg(long, value_name = "VERSION", requires = "name")]
        version: Option<String>,
        /// A crate's folder, a .wasm file, or a contract of this workspace by name
        #[arg(long, value_name = "SOURCE", requires = "name")]
        source: Option<String>,
        /// Also whether registry, shared programs and proxies are what this program deploys
        #[arg(long)]
        framework: bool,
        /// Succeed although this cannot be checked at all; may be repeated
        #[arg(long, value_enum, value_name = "PART")]
        allow_absent: Vec<Part>,
        /// What an explorer is told.
        #[command(flatten)]
        publish: PublishArgs,
    },
    /// Whether everything that is needed still runs, and for how long; --fix does what helps
    Doctor(DoctorArgs),
    /// What is live: everything, a definition, or one instance
    Status {
        /// A definition's name or an instance's address
        subject: Option<String>,
    },
}

/// Commands on the registry itself.
#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// Deploy it, with what it relies on
    Deploy {
        /// Who may create definitions [default: the key's address]
        #[arg(long, value_name = "POLICY")]
        define: Option<String>,
        /// Saves its address in the manifest
        #[arg(long)]
        save: bool,
        /// What is meant.
        #[command(flatten)]
        allow: AllowArgs,
    },
}

/// Commands on policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Tell in words who decides
    Explain {
        /// The definition; '' is the registry itself
        name: String,
        /// What the policy is for [default: every role]
        #[arg(long)]
        role: Option<String>,
    },
}

/// An approval.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The action, or its first digits
    pub action: String,
    /// Only if it is what this file says, which `pending --json` wrote
    #[arg(long, value_name = "FILE")]
    pub reviewed: Option<PathBuf>,
    /// Only if its code is what this builds to: a crate's folder, or a contract of this
    /// workspace by name
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Only if its migration script, or the program of its complex migration, is what this builds
    /// to: as for --source
    #[arg(long, value_name = "SOURCE")]
    pub script_source: Option<String>,
    /// The migration that the code declares is not run, and that is meant
    #[arg(long)]
    pub no_migration: bool,
    /// The initializer that the code declares is not run, and that is meant
    #[arg(long)]
    pub no_init: bool,
    /// What is said about the storage of the version.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// What is meant.
    #[command(flatten)]
    pub allow: AllowArgs,
}

/// An upgrade to be tried.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The definition
    pub name: String,
    /// The version
    pub version: String,
    /// Its code, as for migrate [default: that of the action that is open, or of the registered
    /// version]
    pub source: Option<String>,
    /// The way into it, as for migrate.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// Instances that are tried, at most
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    pub instances: u32,
}

/// What can be gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Gather {
    /// Tokens and owners of an ERC-721 collection
    Erc721,
}

/// A complex migration to be gone on with.
#[derive(Debug, Args)]
pub struct MigrationArgs {
    /// The instance, an address or an alias
    pub proxy: String,
    /// The items, one per line: words in hexadecimal or decimal, separated by commas, such as an
    /// address, or `id,owner` [default: the contract knows them]
    #[arg(long, value_name = "FILE")]
    pub items: Option<PathBuf>,
    /// Gather the items: the tokens of an ERC-721 collection, from its events
    #[arg(long, value_enum, value_name = "KIND", conflicts_with = "items")]
    pub gather: Option<Gather>,
    /// The block that the collection's events begin at: not after its creation
    #[arg(long, value_name = "BLOCK", default_value_t = 0, requires = "gather")]
    pub from_block: u64,
    /// Transactions on their way at once
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub in_flight: u16,
    /// Gas of one transaction, at most [default: half of what the chain allows]
    #[arg(long, value_name = "GAS")]
    pub gas: Option<u64>,
    /// Leave it at the last item: without endMigration
    #[arg(long)]
    pub no_end: bool,
    /// How long a request that the chain does not answer is retried
    #[arg(long, alias = "patience", value_name = "SECONDS", default_value_t = 60)]
    pub retry_for: u64,
}

/// The way back.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The definition
    pub name: String,
    /// The version whose code comes back
    #[arg(long, value_name = "VERSION")]
    pub to: String,
    /// The new version's label
    #[arg(long = "as", value_name = "VERSION")]
    pub version: String,
    /// As the other commands' --as: write what this approver is to send instead of sending it
    #[arg(
        id = "sender",
        long,
        value_name = "ADDRESS",
        help_heading = "Approvers that are contracts"
    )]
    pub sender: Option<String>,
    /// The way into it: the reverse migration.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// A version and the way into it.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// The definition
    pub name: String,
    /// The version's label
    pub version: String,
    /// A crate's folder, a .wasm file, a contract of this workspace by name, a crate at a revision
    /// (git:v1.0, git:v1.0:path/to/crate), or the address of what is deployed already
    pub source: String,
    /// The version that it is reached from [default: the current one]
    #[arg(long, value_name = "VERSION", conflicts_with = "initial")]
    pub from: Option<String>,
    /// Instances are created at it, and none is upgraded to it
    #[arg(long, alias = "born")]
    pub initial: bool,
    /// The way into it.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// Another way into a version.
#[derive(Debug, Args)]
pub struct AddStepArgs {
    /// The definition
    pub name: String,
    /// The version, which is registered
    pub version: String,
    /// The older version that the way starts from
    #[arg(long, value_name = "VERSION")]
    pub from: String,
    /// The way itself.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// The way into a version: the data stays as it is, or a call, a script, a complex migration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct StepArgs {
    /// The migration: a function of the version's code (or of --script) with its arguments, or
    /// calldata
    #[arg(long, num_args = 1.., value_name = "CALL", allow_negative_numbers = true)]
    pub call: Vec<String>,
    /// The migration script: a crate, a .wasm file, a contract's name, or an address
    #[arg(long, value_name = "SOURCE", requires = "call")]
    pub script: Option<String>,
    /// The program of a complex migration: many transactions, the contract paused meanwhile
    #[arg(long, value_name = "SOURCE", requires = "handler", conflicts_with_all = ["call", "script"])]
    pub complex: Option<String>,
    /// Who sends the batches of the complex migration, see run-migration
    #[arg(long, value_name = "ADDRESS", requires = "complex")]
    pub handler: Option<String>,
    /// --call is a function of code that does not know our mixin
    #[arg(long, requires = "call", conflicts_with = "script")]
    pub foreign: bool,
    /// The migration that the code declares is not run: the data stays as it is, or --script or
    /// --complex migrates it
    #[arg(long)]
    pub no_migration: bool,
}

impl StepArgs {
    /// Whether a migration runs on the way.
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

    /// Whether nothing is said of what runs.
    pub fn is_empty(&self) -> bool {
        let said = Self {
            no_migration: false,
            ..self.clone()
        };
        said == Self::default()
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
    /// A field that has another name now; may be repeated
    #[arg(long, value_name = "OLD=NEW")]
    pub rename: Vec<String>,
    /// A field of the new version whose bytes mean the same in another type; may be repeated
    #[arg(long, value_name = "FIELD")]
    pub retype: Vec<String>,
    /// Go on although this was found, by its name as the refusal names it (reorder:owner,
    /// dirty:count, not-compared); it is logged beside the manifest and shown; may be repeated
    #[arg(long, value_name = "FINDING")]
    pub allow_layout: Vec<String>,
    /// Go on although this cannot be checked at all; may be repeated
    #[arg(long, value_enum, value_name = "PART")]
    pub allow_absent: Vec<Part>,
}

/// Commands on storage layouts. They need no chain.
#[derive(Debug, Subcommand)]
pub enum LayoutCommand {
    /// Show where a contract's storage keeps what, and the hash that the registry records
    ///
    /// The layout is that of a contract which derives StorageLayout, read from what its compiler
    /// wrote, or that of a compiler's JSON.
    Show {
        /// A crate's folder, a contract of this workspace by name, git:REVISION, a .wasm file, a layout's
        /// hash, what was registered (NAME@VERSION; NAME@live asks the chain), or JSON of solc or
        /// @openzeppelin/upgrades-core (FILE:NAME for one contract of several)
        source: String,
        /// Keep it beside the manifest under its hash, where upgrade, migrate and register look for
        /// the layout of the version that is live
        #[arg(long)]
        keep: bool,
    },
    /// Compare two layouts: may the new version take over the storage of the old one?
    ///
    /// Exit code 0: it may. Exit code 1: data would be misread or lost, or a rename or retype is
    /// not declared. What is found has a name, such as reorder:owner, which --allow-layout takes.
    Diff {
        /// The old version: as for `layout show`
        old: String,
        /// The new version: as for `layout show`
        new: String,
        /// A migration runs in between: fields may be left behind, and what the contract's author
        /// declares in Cargo.toml ([package.metadata.stylus-upgrades] migrates = ["reorder:owner"])
        /// is the migration's business
        #[arg(long)]
        with_migration: bool,
        /// A field that has another name now; may be repeated
        #[arg(long, value_name = "OLD=NEW")]
        rename: Vec<String>,
        /// A field of the new version whose bytes mean the same in another type; may be repeated
        #[arg(long, value_name = "FIELD")]
        retype: Vec<String>,
        /// What may be, by its name; may be repeated
        #[arg(long, value_name = "FINDING")]
        allow_layout: Vec<String>,
    },
    /// Write the migration that carries the old version's data over, as Rust
    ///
    /// Fields of the same name keep their values, wherever they moved and even if their type is
    /// wider now. What cannot be carried over in one call, or would lose data unsaid, is refused by
    /// name.
    Migration {
        /// The old version: as for `layout show`
        old: String,
        /// The new version: as for `layout show`
        new: String,
        /// Another source for one field: `field=@old` (a field of the old version), `field=empty`,
        /// or `field=expression` (Rust, of type U256; old values are named old_field); may be repeated
        #[arg(long = "override", value_name = "FIELD=SOURCE")]
        overrides: Vec<String>,
        /// A field of the old version that may be lost; may be repeated
        #[arg(long, value_name = "FIELD")]
        drop: Vec<String>,
        /// Where to [default: stdout]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Kinds of proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Our WASM proxy
    Wasm,
    /// Our minimal EVM proxy
    Evm,
    /// A beacon: follows the current version
    Beacon,
}
