//! Transactions whose lines are counted.

use crate::line_coverage::Wanted;
use clap::Args;
use std::path::PathBuf;

/// Which lines of a contract ran in transactions of the past.
#[derive(Debug, Args)]
pub struct CoverageArgs {
    /// Hashes of transactions, and ranges of blocks: the first and the last one
    #[arg(required = true, value_name = "TX|BLOCK..BLOCK")]
    pub wanted: Vec<Wanted>,
    /// The sources: a crate's folder, a contract of this workspace by name, git:REVISION:PATH; for Solidity a
    /// build-info, with FILE:NAME or FILE:SOURCE:NAME for one contract of several
    #[arg(long, value_name = "SOURCE")]
    pub source: String,
    /// Also write the lines into this file, in the format of lcov
    #[arg(long, value_name = "FILE")]
    pub lcov: Option<PathBuf>,
}
