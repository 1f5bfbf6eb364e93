//! A census of an instance's storage.

use crate::secret::Secret;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use clap::Args;
use std::path::PathBuf;

/// An instance whose slots are collected and explained.
#[derive(Debug, Args)]
pub struct CensusArgs {
    /// The instance, an address or an alias
    pub proxy: String,
    /// The block: a number, latest, safe or finalized [default: latest, or the one of --block-hash]
    #[arg(long, value_name = "BLOCK", value_parser = block)]
    pub block: Option<BlockNumberOrTag>,
    /// The block's hash, which everything is proven against
    #[arg(long, value_name = "HASH")]
    pub block_hash: Option<B256>,
    /// A second endpoint, which must have the same block
    #[arg(long, value_name = "URL")]
    pub confirm_url: Option<Secret>,
    /// Keys of mappings, on lines: addresses, numbers, 0x…, "texts"; those of nested ones on one line
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Write every slot into this file, a line of JSON each
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Find the slots by proofs, also where the endpoint lists them
    #[arg(long)]
    pub by_proofs: bool,
    /// Look for keys without carrying out again the blocks that changed the storage
    #[arg(long)]
    pub no_replay: bool,
}

/// A block by its number or tag.
fn block(text: &str) -> Result<BlockNumberOrTag, String> {
    match text.parse::<u64>() {
        Ok(number) => Ok(number.into()),
        Err(_) => text
            .parse()
            .map_err(|_| "no number, and none of latest, safe, finalized".into()),
    }
}
