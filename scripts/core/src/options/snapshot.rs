//! The public place of an implementation's sources.

use clap::Args;

/// The public place of an implementation's sources.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Verifiable by others")]
pub struct SnapshotArgs {
    /// The repository and commit of an implementation that others can verify, published with its layout. All
    /// approvers must give the same
    #[arg(long, value_name = "git+URL#COMMIT", global = true)]
    pub source_code_snapshot: Option<String>,
}
