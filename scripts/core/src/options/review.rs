//! The comparisons that an approver makes before an approval.

use super::step::StorageArgs;
use clap::Args;

/// The comparisons and declarations that an approver makes before an approval.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Comparisons before the approval")]
pub struct ReviewArgs {
    /// Continue only if its code is what this source builds to: a crate's folder, or the name of a
    /// contract in this workspace
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// The same for its migration script, or for the program of its complex migration
    #[arg(long, value_name = "SOURCE")]
    pub script_source: Option<String>,
    /// Declarations about the storage of the version.
    #[command(flatten)]
    pub storage: StorageArgs,
}
