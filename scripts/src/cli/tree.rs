//! The argument tree: every command.

use super::long_version::long_version;
use crate::commands::about::{CompletionsArgs, ManArgs};
use crate::commands::adopt::AdoptArgs;
use crate::commands::approve::ApproveArgs;
use crate::commands::call::CallArgs;
use crate::commands::census::CensusArgs;
use crate::commands::check::CheckArgs;
use crate::commands::console::ConsoleArgs;
use crate::commands::coverage::CoverageArgs;
use crate::commands::create_proxy::CreateProxyArgs;
use crate::commands::define::DefineArgs;
use crate::commands::demo::DemoArgs;
use crate::commands::deploy::DeployArgs;
use crate::commands::doctor::DoctorArgs;
use crate::commands::fuzz::FuzzArgs;
use crate::commands::history::HistoryArgs;
use crate::commands::layout::LayoutCommand;
use crate::commands::node::NodeArgs;
use crate::commands::pause::PauseArgs;
use crate::commands::pending::PendingArgs;
use crate::commands::plan::PlanArgs;
use crate::commands::policy::PolicyCommand;
use crate::commands::project::{InitArgs, NewArgs};
use crate::commands::registry::RegistryCommand;
use crate::commands::revoke::{CancelArgs, RevokeArgs};
use crate::commands::run_migration::MigrationArgs;
use crate::commands::status::StatusArgs;
use crate::commands::submit::SubmitArgs;
use crate::commands::trace::TraceArgs;
use crate::commands::transfer::TransferArgs;
use crate::commands::upgrade::UpgradeArgs;
use crate::commands::verify::VerifyArgs;
use crate::commands::version::{RegisterArgs, RollbackArgs, VersionArgs};
use crate::options::Global;
use clap::{Parser, Subcommand};

/// Upgradeable contracts for Arbitrum Stylus: build, deploy, govern, upgrade.
#[derive(Debug, Parser)]
#[command(name = "stylus-upgrades", version, long_version = long_version())]
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
    Node(NodeArgs),
    /// Run the whole walkthrough on a private chain, checked, with gas
    Demo(DemoArgs),
    /// Write the completions of a shell, such as `stylus-upgrades completions bash`
    Completions(CompletionsArgs),
    /// Write the manual pages, such as `stylus-upgrades man ~/.local/share/man/man1`
    Man(ManArgs),
    /// Make a project: a contract, a test of its upgrades, and the files around them
    New(NewArgs),
    /// Make an existing contract upgradeable; shows the difference before it writes
    Init(InitArgs),
    /// Read a function of a contract: `call counter value`
    Call(CallArgs),
    /// Send a transaction to a function of a contract: `send counter increment`
    Send(CallArgs),
    /// Build, compress, deploy, activate
    Deploy(DeployArgs),
    /// The registry itself
    Registry {
        /// What to do with it.
        #[command(subcommand)]
        command: RegistryCommand,
    },
    /// Create a definition
    Define(DefineArgs),
    /// Add a version; the first one becomes current. Without a source: add a step into a registered one
    Register(RegisterArgs),
    /// Create and initialize an instance
    CreateProxy(CreateProxyArgs),
    /// Upgrade one instance to a version, or a definition's older instances to its current version
    Upgrade(UpgradeArgs),
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
    Transfer(TransferArgs),
    /// Pause a definition: calls of its instances revert, and none is created or upgraded
    Pause(PauseArgs),
    /// Resume a paused definition with unchanged code and data
    Resume(PauseArgs),
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
    Pending(PendingArgs),
    /// Review and approve in a browser, with its wallet
    Console(ConsoleArgs),
    /// Approve an action by its id: sends exactly the proposed bytes; --offline signs a file
    Approve(ApproveArgs),
    /// Submit offline approvals in one transaction, with any key
    Submit(SubmitArgs),
    /// Withdraw your approval, or refuse an action before you approve it; your offline signatures of it become invalid
    Revoke(RevokeArgs),
    /// Cancel an action, as its proposer or as an account that satisfies its role alone
    Cancel(CancelArgs),
    /// Show what happened, from chain data alone, and whether it still holds
    History(HistoryArgs),
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
    Status(StatusArgs),
}
