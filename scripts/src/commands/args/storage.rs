//! The comparison of two storage layouts.

use clap::Args;
use std::path::PathBuf;

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
