//! Why there is no census.

use crate::client::{ChainError, Client};
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
    Chain(#[from] ChainError),
    /// A file is not read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An endpoint has another block than the one that is meant, or none.
    #[error("{expected} is meant, and {endpoint} has {found} there")]
    #[explain(
        name = "OtherBlock",
        expected = "{expected}",
        found = "{found}",
        next = "the block is of another chain, or an endpoint lags or lies: check --block and --block-hash, or ask a \
                third one; nothing was collected"
    )]
    OtherBlock {
        /// The endpoint.
        endpoint: String,
        /// The block that was given, or that the first endpoint has.
        expected: String,
        /// What this one has.
        found: String,
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
    /// A header does not have the block's hash, or a proof does not lead to its state root.
    #[error("{endpoint} proves another {what} than the one of block {number}")]
    #[explain(
        name = "ProofMismatch",
        expected = "a header with the hash of the block, and a proof up to its state root",
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
    /// The layout has no such mapping, or several. Items are made of words, so keys are no texts and values no structs.
    #[error("the layout has {found} mappings of words named {asked:?}, not one")]
    #[explain(
        name = "MappingNotFound",
        expected = format!("one of: {}", known.join(", ")),
        found = "{asked}",
        next = "name a mapping as it is named there, without `,value` if its values are no words, or give a list by \
                --items; stylus-upgrades layout show shows the layout",
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

impl CensusError {
    /// What an endpoint says of a block is not what its hash proves.
    pub(super) fn proof(client: &Client, what: impl ToString, number: u64) -> Self {
        Self::Proof {
            endpoint: client.endpoint().to_string(),
            what: what.to_string(),
            number,
        }
    }
}
