//! An upgrade that is examined before it is decided.

use super::step::{StepArgs, StorageArgs};
use clap::Args;

/// The default of `plan --instances`: more than the registry upgrades in the call itself.
pub const INSTANCES: u32 = 16;
/// Default for `--batches`.
pub use crate::migration::BATCHES;

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
    /// Arguments about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}
