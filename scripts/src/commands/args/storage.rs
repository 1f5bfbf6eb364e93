//! The comparison of two storage layouts.

use crate::coverage::Part;
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
    /// A field that has another name now; may be repeated
    #[arg(long, value_name = "OLD=NEW")]
    pub rename: Vec<String>,
    /// A field of the new version whose bytes mean the same in another type; may be repeated
    #[arg(long, value_name = "FIELD")]
    pub retype: Vec<String>,
    /// Go on although this was found, by its name as the refusal names it (reorder:owner,
    /// dirty:count, not-compared); it holds for this command alone; may be repeated
    #[arg(long, value_name = "FINDING")]
    pub allow_layout: Vec<String>,
    /// Go on although this cannot be checked at all; may be repeated. `interface`: of a version that
    /// published none, or whose proposed code was not built here
    #[arg(long, value_enum, value_name = "PART")]
    pub allow_absent: Vec<Part>,
}
