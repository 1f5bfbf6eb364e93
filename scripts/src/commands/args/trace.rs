//! The calls of a transaction.

use crate::ids::TxHash;
use clap::Args;
use std::path::PathBuf;

/// A transaction whose calls are shown.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// The transaction's hash
    pub tx: TxHash,
    /// Also write the calls as a flame graph, as wide as the gas that they used, in speedscope's format
    #[arg(long, value_name = "FILE.json")]
    pub flamegraph: Option<PathBuf>,
}
