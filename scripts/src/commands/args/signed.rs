//! Approvals given offline.

use super::approve::ReviewArgs;
use alloy::primitives::Bytes;
use clap::Args;
use std::path::PathBuf;

/// An approval that is signed into a file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Offline")]
pub struct OfflineArgs {
    /// Sign a file and send nothing; the chain is read. For a key on a machine without network use --typed-data
    #[arg(long)]
    pub offline: bool,
    /// The file that is written [default: named after action and signer]
    #[arg(long, value_name = "FILE", requires = "offline")]
    pub out: Option<PathBuf>,
    /// Sign nothing: write the EIP-712 typed data that a wallet takes
    #[arg(
        long,
        value_name = "FILE",
        requires = "offline",
        conflicts_with = "out"
    )]
    pub typed_data: Option<PathBuf>,
    /// Unix seconds up to which it holds, at most a year ahead; all that are submitted together have the same
    /// [default: that of the file, else 30 days, up to the end of the day in UTC]
    #[arg(long, value_name = "SECONDS", requires = "offline")]
    pub deadline: Option<u64>,
}

/// Approvals of one action that others signed.
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// Files that `approve --offline` wrote
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What a wallet made of the typed data; one for each --signer
    #[arg(long, value_name = "HEX", requires = "signer")]
    pub signature: Vec<Bytes>,
    /// Who made it: the address or alias of a key, or of a contract (ERC-1271)
    #[arg(long, value_name = "ADDRESS", requires = "signature")]
    pub signer: Vec<String>,
    /// What is compared before.
    #[command(flatten)]
    pub review: ReviewArgs,
}
