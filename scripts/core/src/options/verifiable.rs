//! Whether others can verify an implementation.

use clap::Args;
use std::path::PathBuf;

/// Chains without explorers: the local ones of Nitro, Foundry and Hardhat.
pub(crate) const LOCAL_CHAINS: [u64; 4] = [412_346, 31_337, 1_337, 333_333];

/// Whether others can verify an implementation.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Verifiable by others")]
pub struct VerifiableArgs {
    /// Build implementations with cargo-stylus and create them in a transaction of their own, so
    /// that explorers verify them [default: on every chain that is not a local one]
    #[arg(long, global = true, conflicts_with = "not_verifiable")]
    pub verifiable: bool,
    /// Build implementations with this program's own recipe, at an address that follows from the
    /// code; explorers cannot verify them
    #[arg(long, global = true)]
    pub not_verifiable: bool,
    /// Use the init code that `cargo stylus get-initcode` wrote, for example in its container
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        conflicts_with = "not_verifiable"
    )]
    pub initcode: Option<PathBuf>,
    /// The repository and commit of a verifiable implementation, published with its layout. All
    /// approvers must give the same
    #[arg(
        long,
        value_name = "git+URL#COMMIT",
        global = true,
        conflicts_with = "not_verifiable"
    )]
    pub source_code_snapshot: Option<String>,
}

impl VerifiableArgs {
    /// Whether it is wanted on that chain.
    pub(crate) fn wanted(&self, chain_id: u64) -> bool {
        let is_public = !LOCAL_CHAINS.contains(&chain_id);
        let is_requested =
            self.verifiable || self.initcode.is_some() || self.source_code_snapshot.is_some();
        !self.not_verifiable && (is_requested || is_public)
    }
}
