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
    /// OpenZeppelin; with --from an instance of that registry, which transfers it then
    pub proxy: String,
    /// The version that it is at from then on: it is upgraded to that code. With --from its data have to be
    /// at that version already
    pub version: String,
    /// The registry that transfers it: from there it is accepted
    #[arg(long, value_name = "REGISTRY")]
    pub from: Option<String>,
    /// Take back that it was accepted
    #[arg(long, conflicts_with = "from")]
    pub withdraw: bool,
    /// The layout of what it runs now, where that is other code: a compiler's JSON
    #[arg(long, value_name = "FILE")]
    pub runs_layout: Option<PathBuf>,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}
