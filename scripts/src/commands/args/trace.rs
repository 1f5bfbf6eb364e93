//! The calls of a transaction.

use crate::ids::TxHash;
use clap::Args;
use std::path::PathBuf;

/// A transaction whose calls are shown.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// The transaction's hash
    pub tx: TxHash,
    /// Also write the calls with the gas that they used as folded stacks, for flame graphs
    #[arg(long, value_name = "FILE")]
    pub flamegraph: Option<PathBuf>,
}
