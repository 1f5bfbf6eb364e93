//! Why there is no census.

use crate::client::ChainError;
use crate::error::{Exit, Explain};
use crate::own_file::FileError;
use alloy::primitives::{Address, B256};
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no census.
#[derive(Debug, Error, Explain)]
pub enum CensusError {
    /// The chain or its endpoint is in trouble.
    #[error(transparent)]
    #[explain(of = _0)]
    Chain(#[from] ChainError),
    /// A file is not read or written.
    #[error(transparent)]
    #[explain(of = _0)]
    File(#[from] FileError),
    /// The chain has no such block.
    #[error("{endpoint} has no block {block}")]
    #[explain(
        name = "BlockNotFound",
        expected = "a block of the chain that the endpoint has",
        found = "none",
        next = "check --block and --block-hash, and that --rpc-url or --network name their chain"
    )]
    NoBlock {
        /// The endpoint.
        endpoint: String,
        /// Its number or hash.
        block: String,
    },
    /// An endpoint has another block there than the one that is meant.
    #[error("block {number} is {expected}, and {endpoint} has {found} there")]
    #[explain(
        name = "OtherBlock",
        expected = "{expected}",
        found = "{found}",
        next = "the hash is of another chain or block, or an endpoint lags or lies: ask a third one; nothing was \
                collected"
    )]
    OtherBlock {
        /// The endpoint.
        endpoint: String,
        /// The block's number.
        number: u64,
        /// The hash that was given, or that the first endpoint has.
        expected: B256,
        /// What this one has.
        found: String,
    },
    /// The header does not have the hash that the endpoint gives for it.
    #[error("the header of block {number} hashes to {found}, and {endpoint} says {expected}")]
    #[explain(
        name = "HeaderMismatch",
        expected = "a header with the hash {expected}",
        found = "{found}",
        next = "ask another endpoint: with this one nothing can be proven",
        exit = Exit::Chain
    )]
    Header {
        /// The endpoint.
        endpoint: String,
        /// The block's number.
        number: u64,
        /// The hash that was said.
        expected: B256,
        /// The hash of the header.
        found: B256,
    },
    /// The endpoint proves nothing.
    #[error("{endpoint} gives no proof of {account}: {reason}")]
    #[explain(
        expected = "an answer of eth_getProof for that block",
        found = "{reason}",
        next = "give the --rpc-url of a node with eth_getProof that still has the block's state, or another --block",
        exit = Exit::Chain
    )]
    NoProofs {
        /// The endpoint.
        endpoint: String,
        /// The account.
        account: Address,
        /// Its words.
        reason: String,
    },
    /// A proof does not lead to the state root of the block.
    #[error("{endpoint} proves another {what} than the one of block {number}")]
    #[explain(
        name = "ProofMismatch",
        expected = "a proof up to the state root in the header",
        found = "one that leads elsewhere",
        next = "ask another endpoint; where it is a development node that was changed outside of blocks, make a block \
                there first",
        exit = Exit::Chain
    )]
    Proof {
        /// The endpoint.
        endpoint: String,
        /// What should have been proven.
        what: String,
        /// The block's number.
        number: u64,
    },
    /// Another block took the place of the one that was looked at.
    #[error("block {number} was {before}, and is {now} since: the chain was reorganized")]
    #[explain(
        expected = "the same block from the beginning to the end",
        found = "{now}",
        next = "run the census again: it begins anew at a block of the chain as it is",
        exit = Exit::Chain
    )]
    Reorganized {
        /// Its number.
        number: u64,
        /// Its hash at the beginning.
        before: B256,
        /// What is there now.
        now: String,
    },
    /// The store cannot be read or written.
    #[error("{}: {reason}", path.display())]
    #[explain(
        name = "CensusStore",
        expected = "a store of an earlier census, or none",
        found = "{reason}",
        next = "end what else uses it, or remove the file: the census begins anew then",
        exit = Exit::Usage
    )]
    Store {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A line of the file with keys is none.
    #[error("{}, line {line}: {found:?} is no key", path.display())]
    #[explain(
        name = "MalformedKey",
        expected = "keys on a line, with commas or spaces between: addresses, numbers, 0x…, \"texts\"",
        found = "{found}",
        next = "correct the line",
        exit = Exit::Usage
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// The line's number.
        line: usize,
        /// The word.
        found: String,
    },
    /// The layout has no such mapping, or several.
    #[error("the layout has {found} mappings named {asked:?}, not one")]
    #[explain(
        name = "MappingNotFound",
        expected = format!("one of: {}", known.join(", ")),
        found = "{asked}",
        next = "name a mapping as it is named there; stylus-upgrades layout show shows the layout",
        exit = Exit::Usage
    )]
    NoMapping {
        /// The name that was given.
        asked: String,
        /// How many have it.
        found: usize,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Items are made of words, and this is none.
    #[error("{what} {field} is no word")]
    #[explain(
        name = "EntryNotAWord",
        expected = "keys of 32 bytes or less, and with `,value` a value of 32 bytes or less that is no struct",
        found = "another type",
        next = "leave out `,value` if the program reads the values itself; else make the list and give it by --items",
        exit = Exit::Usage
    )]
    NoWord {
        /// Which part.
        what: &'static str,
        /// The mapping.
        field: String,
    },
    /// Entries may be missing.
    #[error("the census of {proxy} at block {block} may lack entries of {field}: {why}")]
    #[explain(
        name = "CensusNotWhole",
        expected = "every slot, each explained",
        found = "{why}",
        next = "stylus-upgrades census {proxy} --keys FILE takes keys that you know, and keeps them; then run this again"
    )]
    NotWhole {
        /// The instance.
        proxy: Address,
        /// The block.
        block: u64,
        /// The mapping.
        field: String,
        /// What is missing.
        why: String,
    },
}
