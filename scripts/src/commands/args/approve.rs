//! What an approver compares before approving.

use super::signed::OfflineArgs;
use super::storage::StorageArgs;
use clap::Args;
use std::path::PathBuf;

/// An approval.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The action, or its first digits: 8 or more. With --offline also the calldata of a governed call, or a
    /// file that --offline or --export wrote (json, text)
    #[arg(value_name = "ACTION|CALLDATA|FILE")]
    pub action: String,
    /// Only if it is what this file says, which `pending --json` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    pub reviewed: Option<PathBuf>,
    /// What is compared before.
    #[command(flatten)]
    pub review: ReviewArgs,
    /// A signature in a file.
    #[command(flatten)]
    pub offline: OfflineArgs,
}

/// What an approver compares and says before he approves.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Compared before it is approved")]
pub struct ReviewArgs {
    /// Only if its code is what this builds to: a crate's folder, or a contract of this
    /// workspace by name
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Only if its migration script, or the program of its complex migration, is what this builds
    /// to: as for --source
    #[arg(long, value_name = "SOURCE")]
    pub script_source: Option<String>,
    /// What is said about the storage of the version.
    #[command(flatten)]
    pub storage: StorageArgs,
}
