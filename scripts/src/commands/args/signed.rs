//! Approvals given offline.

use super::approve::ReviewArgs;
use alloy::primitives::Bytes;
use clap::Args;
use std::path::PathBuf;

/// An approval that is written to a file.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// An open action or its first digits, calldata of a governed call, a file that `sign` or
    /// --export wrote (json, text)
    #[arg(value_name = "ACTION|CALLDATA|FILE")]
    pub subject: String,
    /// The file that is written [default: named after action and signer]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Sign nothing: write the EIP-712 typed data that a wallet takes
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    pub typed_data: Option<PathBuf>,
    /// Unix seconds up to which it holds, at most a year ahead; all that are submitted together have the same
    /// [default: that of the file, else 30 days, up to the end of the day in UTC]
    #[arg(long, value_name = "SECONDS")]
    pub deadline: Option<u64>,
    /// What is compared before.
    #[command(flatten)]
    pub review: ReviewArgs,
}

/// Approvals of one action that others signed.
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// Files that `sign` wrote
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
