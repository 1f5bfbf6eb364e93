//! The reasons why there is no census.

use crate::client::{ChainError, Client};
use crate::error::{Exit, Refusal};
use alloy::primitives::{Address, B256};
use std::path::Path;

/// The name of a refusal of an endpoint that proves nothing.
const NO_PROOFS: &str = "NoProofs";
/// The error of a block that another one took the place of.
const REORGANIZED: &str = "Reorganized";

/// An endpoint has another block than the one that is meant, or none.
pub(super) fn other_block(
    client: &Client,
    expected: impl ToString,
    found: Option<B256>,
) -> ChainError {
    let (endpoint, expected) = (client.endpoint(), expected.to_string());
    let found = found.map_or("no block".into(), |hash| hash.to_string());
    let message = format!("expected {expected}, and {endpoint} has {found} there");
    let refusal = Refusal::new("OtherBlock", message).with(
        expected,
        found,
        "the block is of another chain, or an endpoint lags or lies: check --block and --block-hash, or ask a \
         third one; nothing was collected",
    );
    refusal.into()
}

/// The endpoint proves nothing of an account, in its words.
pub(super) fn no_proofs(client: &Client, account: Address, reason: String) -> ChainError {
    let endpoint = client.endpoint();
    let message = format!("{endpoint} gives no proof of {account}: {reason}");
    let refusal = Refusal::new(NO_PROOFS, message).with(
        "an answer of eth_getProof for that block",
        reason,
        "give the --rpc-url of a node with eth_getProof that still has the block's state, or another --block",
    );
    refusal.exiting(Exit::Chain).into()
}

/// Returns true if it is [`no_proofs`].
pub(super) fn is_no_proofs(error: &ChainError) -> bool {
    error.is_told(NO_PROOFS)
}

/// A header does not have the block's hash, or a proof does not lead to its state root.
pub(super) fn mismatch(client: &Client, what: impl ToString, number: u64) -> ChainError {
    let (endpoint, what) = (client.endpoint(), what.to_string());
    let message = format!("{endpoint} proves another {what} than the one of block {number}");
    let refusal = Refusal::new("ProofMismatch", message).with(
        "a header with the hash of the block, and a proof up to its state root",
        "one that leads elsewhere",
        "ask another endpoint; where it is a development node that was changed outside of blocks, make a block there \
         first",
    );
    refusal.exiting(Exit::Chain).into()
}

/// Another block took the place of the one that was looked at.
pub(super) fn reorganized(number: u64, before: B256, now: Option<B256>) -> ChainError {
    let now = now.map_or("not there".into(), |hash| hash.to_string());
    let message =
        format!("block {number} was {before}, and is {now} since: the chain was reorganized");
    let refusal = Refusal::new(REORGANIZED, message).with(
        "the same block from the beginning to the end",
        now,
        "run the census again: it starts over at a block of the chain as it is",
    );
    refusal.exiting(Exit::Chain).into()
}

/// Returns true if it is [`reorganized`].
pub(super) fn is_reorganized(error: &ChainError) -> bool {
    error.is_told(REORGANIZED)
}

/// The store cannot be read or written.
pub(super) fn store(path: &Path, reason: impl ToString) -> ChainError {
    let reason = reason.to_string();
    let message = format!("{}: {reason}", path.display());
    let refusal = Refusal::new("CensusStore", message).with(
        "a store of an earlier census, or none",
        reason,
        "end the process that uses it, or remove the file: the census then starts over",
    );
    refusal.usage().into()
}
