//! An approval: what is compared before, sent, or signed into a file; and what was signed, submitted.

use super::version::StorageArgs;
use alloy::primitives::Bytes;
use clap::Args;
use std::path::PathBuf;

/// An approval.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The action, or its first digits: 8 or more. With --offline also the calldata of a governed call, or a
    /// file that --offline or --export wrote (json, text)
    #[arg(value_name = "ACTION|CALLDATA|FILE")]
    pub action: String,
    /// Approve only if the action equals this file, which `pending --json` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    pub reviewed: Option<PathBuf>,
    /// Comparisons before the approval.
    #[command(flatten)]
    pub review: ReviewArgs,
    /// A signature in a file.
    #[command(flatten)]
    pub offline: OfflineArgs,
}

/// What an approver compares and declares before an approval.
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

/// An approval that is signed into a file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Offline")]
pub struct OfflineArgs {
    /// Sign into a file and send nothing; the chain is read. For a key on a machine without network use --typed-data
    #[arg(long)]
    pub offline: bool,
    /// The file that is written [default: named after action and signer]
    #[arg(long, value_name = "FILE", requires = "offline")]
    pub out: Option<PathBuf>,
    /// Sign nothing: write the EIP-712 typed data for a wallet
    #[arg(
        long,
        value_name = "FILE",
        requires = "offline",
        conflicts_with = "out"
    )]
    pub typed_data: Option<PathBuf>,
    /// Expiry of the signature in Unix seconds, at most a year ahead; all signatures of one submission have the
    /// same [default: that of the file, else 30 days, up to the end of the day in UTC]
    #[arg(long, value_name = "SECONDS", requires = "offline")]
    pub deadline: Option<u64>,
}

/// Approvals of one action that others signed.
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// Files that `approve --offline` wrote
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A signature of the typed data by a wallet; one for each --signer
    #[arg(long, value_name = "HEX", requires = "signer")]
    pub signature: Vec<Bytes>,
    /// The signer: the address or alias of a key, or of a contract (ERC-1271)
    #[arg(long, value_name = "ADDRESS", requires = "signature")]
    pub signer: Vec<String>,
    /// Comparisons before the submission.
    #[command(flatten)]
    pub review: ReviewArgs,
}
