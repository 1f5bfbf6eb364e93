//! A proxy that becomes an instance.

use super::version::StorageArgs;
use clap::Args;
use std::path::PathBuf;

/// An adoption.
#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// The definition
    pub name: String,
    /// The proxy, an address or an alias: a transparent proxy 4.x or 5.x or a UUPS proxy of
    /// OpenZeppelin. With --from: an instance of that registry, which then transfers it
    pub proxy: String,
    /// The version that it gets: it is upgraded to that code. With --from, its data must be at that version
    /// already
    pub version: String,
    /// Accept it from this registry, which then transfers it
    #[arg(long, value_name = "REGISTRY")]
    pub from: Option<String>,
    /// Withdraw the acceptance
    #[arg(long, conflicts_with = "from")]
    pub withdraw: bool,
    /// The layout of the code that it runs now, if that is not a version of the definition: a compiler's JSON
    #[arg(long, value_name = "FILE")]
    pub runs_layout: Option<PathBuf>,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}
