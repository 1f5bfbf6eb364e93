//! The argument tree: every command, with the arguments of the short ones.

mod adopt;
mod approve;
mod census;
mod coverage;
mod fuzz;
mod global;
mod layout;
mod migration;
mod trace;
pub(super) mod typed;
mod version;

pub use adopt::AdoptArgs;
pub use approve::{ApproveArgs, OfflineArgs, ReviewArgs, SubmitArgs};
pub use census::CensusArgs;
pub use coverage::CoverageArgs;
pub use fuzz::FuzzArgs;
pub(super) use fuzz::{SEED, time};
pub use global::Global;
pub use layout::LayoutCommand;
pub use migration::{Gather, MigrationArgs};
pub use trace::TraceArgs;
pub use typed::CallWord;
pub(super) use version::INSTANCES;
pub use version::{
    PlanArgs, RegisterArgs, RollbackArgs, StepArgs, StorageArgs, TransitionArgs, UpgradeArgs,
    VersionArgs,
};

use super::call::CallArgs;
use super::check::CheckArgs;
use super::console::ConsoleArgs;
use super::doctor::DoctorArgs;
use super::project::{InitArgs, NewArgs};
use super::publish::PublishArgs;
use crate::ids::WORD;
use crate::manifest::Kind;
use crate::registry::{SALT, Salt};
use crate::text::number;
use alloy::primitives::{B256, U256};
use clap::{ArgGroup, Args, Parser, Subcommand};
use std::ffi::OsString;

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
    /// Run the whole walkthrough on a private chain, checked, with gas
    Demo {
        /// Keep its chain running until this command ends, and print how to open the console on it
        #[arg(long)]
        keep: bool,
    },
    /// Write the completions of a shell, such as `stylus-upgrades completions bash`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, such as `stylus-upgrades man ~/.local/share/man/man1`
    Man {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: std::path::PathBuf,
    },
    /// Make a project: a contract, a test of its upgrades, and the files around them
    New(NewArgs),
    /// Make an existing contract upgradeable; shows the difference before it writes
    Init(InitArgs),
    /// Read a function of a contract: `call counter value`
    Call(CallArgs),
    /// Send a transaction to a function of a contract: `send counter increment`
    Send(CallArgs),
    /// Build, compress, deploy, activate
    Deploy {
        /// A crate's folder, a .wasm file, or a contract of this workspace by name
        source: String,
        /// Do not activate it; it cannot run before its activation
        #[arg(long)]
        no_activate: bool,
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
        /// Who may change policies [default: the policy of --migrate]
        #[arg(long, value_name = "POLICY")]
        policy: Option<String>,
        /// Who may create instances [default: the policy of --migrate]
        #[arg(long, value_name = "POLICY")]
        create: Option<String>,
    },
    /// Add a version; the first one becomes current. Without a source: add a step into a registered one
    Register(RegisterArgs),
    /// Create and initialize an instance
    CreateProxy(CreateProxyArgs),
    /// Upgrade one instance to a version, or a definition's older instances to its current version
    Upgrade {
        /// The instance, an address or an alias, with its version; or the definition, without one
        #[arg(value_name = "PROXY|NAME")]
        subject: String,
        /// The version of the instance
        version: Option<String>,
        /// A call and its arguments, or calldata. It runs as the last migration if that has no
        /// calldata of its own, else on the new code
        #[arg(long, num_args = 1.., value_name = "CALL", requires = "version", allow_negative_numbers = true)]
        call: Vec<CallWord>,
        /// Maximum number of instances of the definition to upgrade [default: all of them]
        #[arg(long, value_name = "NUMBER", conflicts_with = "version")]
        max: Option<u16>,
        /// What is said about its storage.
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Add a version if it is new, make it current, upgrade the instances
    Migrate(VersionArgs),
    /// Run the batches of a complex or full migration, as often as needed; or name another handler, or abort it
    RunMigration(MigrationArgs),
    /// Roll back: activate a new version with the code of an older one
    Rollback(RollbackArgs),
    /// Make a proxy of OpenZeppelin an instance, or accept one from another registry
    Adopt(AdoptArgs),
    /// Transfer an instance to another registry, return an adopted proxy to an account, or remove an instance that the
    /// registry no longer controls
    Transfer {
        /// The instance, an address or an alias
        proxy: String,
        /// Who controls it afterwards: a registry; for an adopted proxy, any account
        #[arg(required_unless_present = "remove")]
        to: Option<String>,
        /// The definition of that registry that has accepted it [default: the same name]
        #[arg(requires = "to")]
        definition: Option<String>,
        /// Remove it, if the registry no longer controls it or if it is adopted
        #[arg(long, conflicts_with = "to")]
        remove: bool,
    },
    /// Pause a definition: calls of its instances revert, and none is created or upgraded
    Pause {
        /// The definition
        name: String,
    },
    /// Resume a paused definition with unchanged code and data
    Resume {
        /// The definition
        name: String,
    },
    /// Try a whole upgrade on a copy of the chain's state: what changes, and why it would fail
    Plan(PlanArgs),
    /// Fuzz an upgrade: find sequences of calls that behave differently after it, on two copies of the chain's state
    Fuzz(FuzzArgs),
    /// Check what an upgrade to this source would do to the live instances; for pull requests, sends nothing
    Check(CheckArgs),
    /// Change policies, or explain them in words
    Policy {
        /// What to do with them.
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Show and compare storage layouts, or write a migration; needs no chain
    Layout {
        /// What to do with them.
        #[command(subcommand)]
        command: LayoutCommand,
    },
    /// List open actions: who approved, who is missing, what blocks. For one: everything that an approver reviews
    Pending {
        /// A definition [default: all, and the registry itself]; or an action (0x and 8 or more digits): what it
        /// does, findings, storage before and after
        #[arg(value_name = "NAME|ACTION")]
        subject: Option<String>,
        /// Exit with 1 unless the action's state difference has this hash, which `plan` prints on any machine
        #[arg(long, value_name = "HASH", requires = "subject", value_parser = word)]
        against: Option<B256>,
    },
    /// Review and approve in a browser, with its wallet
    Console(ConsoleArgs),
    /// Approve an action by its id: sends exactly the proposed bytes; --offline signs a file
    Approve(ApproveArgs),
    /// Submit offline approvals in one transaction, with any key
    Submit(SubmitArgs),
    /// Withdraw your approval, or refuse an action before you approve it; your offline signatures of it become invalid
    Revoke {
        /// The action, or its first digits: 8 or more. Before it is proposed: all of them, or a file of --offline
        /// or --export
        #[arg(value_name = "ACTION|FILE")]
        action: String,
    },
    /// Cancel an action, as its proposer or as an account that satisfies its role alone
    Cancel {
        /// The action, or its first digits: 8 or more
        action: String,
    },
    /// Show what happened, from chain data alone, and whether it still holds
    History {
        /// The definition; '' is the registry itself
        name: String,
    },
    /// Show the calls of a transaction, with the names of contracts, versions and functions
    Trace(TraceArgs),
    /// Show which lines of a deployed contract ran in past transactions
    Coverage(CoverageArgs),
    /// List every slot of an instance at one block, with a proof that none is missing, and what each one is
    Census(CensusArgs),
    /// Check whether live code, slots and views are what was recorded
    Verify(VerifyArgs),
    /// Check whether everything that is needed still runs, and for how long; --fix repairs it
    Doctor(DoctorArgs),
    /// Show what is live: everything, a definition, or one instance with its storage and events
    Status {
        /// A definition's name, or an instance's address or alias: its storage by variables, the steps to the
        /// current version, its events
        subject: Option<String>,
        /// Write the definition, its open actions and its history into this file, a self-contained page
        #[arg(long, value_name = "FILE.html", requires = "subject")]
        report: Option<std::path::PathBuf>,
    },
}

/// What is to be verified.
#[derive(Debug, Default, Args)]
#[command(group(ArgGroup::new("of_version").args(["source", "publish"]).multiple(true)))]
pub struct VerifyArgs {
    /// The definition [default: all]
    pub name: Option<String>,
    /// The version that --source or --publish is about [default: the current one]
    #[arg(long, value_name = "VERSION", requires_all = ["name", "of_version"])]
    pub version: Option<String>,
    /// A crate's folder, a .wasm file, or a contract of this workspace by name
    #[arg(long, value_name = "SOURCE", requires = "name")]
    pub source: Option<String>,
    /// Also check whether registry, shared programs and proxies are what this program deploys
    #[arg(long)]
    pub framework: bool,
    /// What an explorer is sent.
    #[command(flatten)]
    pub publish: PublishArgs,
}

/// An instance to be created.
#[derive(Debug, Args)]
pub struct CreateProxyArgs {
    /// The definition
    pub name: String,
    /// The version that it is created at
    pub version: String,
    /// The initializer and its arguments, or its calldata in hexadecimal
    #[arg(long, num_args = 1.., value_name = "CALL", allow_negative_numbers = true)]
    pub init: Vec<CallWord>,
    /// The kind of the proxy [default: `proxy` in the manifest, else wasm on a local chain; elsewhere
    /// it is required]
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// The salt of its address [default: the number of instances]
    #[arg(long, value_name = "NUMBER", value_parser = salt)]
    pub salt: Option<U256>,
    /// Wei for the initializer
    #[arg(long, value_name = "WEI", default_value_t = U256::ZERO, value_parser = wei)]
    pub value: U256,
    /// Save its address in the manifest under this alias
    #[arg(long, value_name = "ALIAS")]
    pub save: Option<String>,
}

/// Commands on the registry itself.
#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// Deploy the registry and everything that it needs
    Deploy {
        /// Who may create definitions [default: the key's address]
        #[arg(long, value_name = "POLICY")]
        define: Option<String>,
        /// The salt of its address, which also depends on the policy: a number, or 0x and hexadecimal
        /// digits [default: the first number from 1 whose address has no code]
        #[arg(long, value_name = "SALT")]
        salt: Option<Salt>,
        /// Save its address and the chain id in the manifest
        #[arg(long)]
        save: bool,
    },
    /// Write the descriptors (ERC-7730) with which wallets show its calls and signatures in words
    Descriptors {
        /// The folder to write them to
        #[arg(long, value_name = "DIR", default_value = "clear-signing")]
        out: std::path::PathBuf,
    },
}

/// Commands on policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Change the policy of a role
    Update {
        /// The definition; '' is the registry itself
        name: String,
        /// The policy: addresses, aliases, AND(…), OR(…), OutOf(n,…), CALL(…), AFTER(…), NONE
        policy: String,
        /// The role
        #[arg(long, default_value = "migrate")]
        role: String,
    },
    /// Explain in words who decides
    Explain {
        /// The definition; '' is the registry itself. Or a policy, such as 'AND(Ana,Ben)'; if it is a definition's
        /// name too, --role tells them apart
        #[arg(value_name = "NAME|POLICY")]
        name: String,
        /// The role of the definition [default: every role]
        #[arg(long)]
        role: Option<String>,
    },
}

/// An amount of ether.
pub(super) fn wei(text: &str) -> Result<U256, &'static str> {
    number(text).ok_or("expected a whole number of wei, such as 1000000000000000000 for one ether")
}

/// The salt of a proxy.
fn salt(text: &str) -> Result<U256, &'static str> {
    number(text).ok_or(SALT)
}

/// A word, such as a hash.
fn word(text: &str) -> Result<B256, &'static str> {
    text.parse().map_err(|_| WORD)
}
