//! A census of an instance's storage.

use crate::census::Options;
use crate::secret::Secret;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use clap::Args;

/// An instance whose slots are collected and explained.
#[derive(Debug, Args)]
pub struct CensusArgs {
    /// The instance, an address or an alias
    pub proxy: String,
    /// The block: a number, latest, safe or finalized [default: latest, or the one of --block-hash]
    #[arg(long, value_name = "BLOCK", value_parser = block)]
    pub block: Option<BlockNumberOrTag>,
    /// The hash of the block, against which everything is proven
    #[arg(long, value_name = "HASH", value_parser = super::word)]
    pub block_hash: Option<B256>,
    /// A second endpoint, which must have the same block
    #[arg(long, value_name = "URL")]
    pub confirm_url: Option<Secret>,
    /// How it is taken
    #[command(flatten)]
    pub options: Options,
}

/// A block by its number or tag.
fn block(text: &str) -> Result<BlockNumberOrTag, String> {
    match text.parse::<u64>() {
        Ok(number) => Ok(number.into()),
        Err(_) => text
            .parse()
            .map_err(|_| "not a number, and not latest, safe or finalized".into()),
    }
}
