//! Why there is no census.

use crate::client::{ChainError, Client};
use crate::error::{Exit, Explain, Refusal};
use alloy::primitives::Address;
use std::path::Path;
use thiserror::Error;

/// The name of a refusal: the endpoint proves nothing.
const NO_PROOFS: &str = "NoProofs";
/// The name of a refusal: another block took the place of the one that was looked at.
const REORGANIZED: &str = "Reorganized";

/// Why there is no census.
#[derive(Debug, Error, Explain)]
pub enum CensusError {
    /// The chain or its endpoint is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A file, a block, a proof or a key is not what it should be.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl CensusError {
    /// An endpoint has another block than the one that is meant, or none.
    pub(super) fn other_block(client: &Client, expected: String, found: String) -> Self {
        let message = format!(
            "{expected} is meant, and {} has {found} there",
            client.endpoint()
        );
        let refusal = Refusal::new("OtherBlock", message).with(
            expected,
            found,
            "the block is of another chain, or an endpoint lags or lies: check --block and --block-hash, or ask a \
             third one; nothing was collected",
        );
        refusal.into()
    }

    /// The endpoint proves nothing of an account.
    pub(super) fn no_proofs(client: &Client, account: Address, reason: String) -> Self {
        let endpoint = client.endpoint();
        let message = format!("{endpoint} gives no proof of {account}: {reason}");
        let refusal = Refusal::new(NO_PROOFS, message).with(
            "an answer of eth_getProof for that block",
            reason,
            "give the --rpc-url of a node with eth_getProof that still has the block's state, or another --block",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// Whether the endpoint proves nothing.
    pub(super) fn is_no_proofs(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is(NO_PROOFS))
    }

    /// What an endpoint says of a block is not what its hash proves: a header does not have the block's hash, or a
    /// proof does not lead to its state root.
    pub(super) fn proof(client: &Client, what: impl ToString, number: u64) -> Self {
        let (endpoint, what) = (client.endpoint(), what.to_string());
        let message = format!("{endpoint} proves another {what} than the one of block {number}");
        let refusal = Refusal::new("ProofMismatch", message).with(
            "a header with the hash of the block, and a proof up to its state root",
            "one that leads elsewhere",
            "ask another endpoint; where it is a development node that was changed outside of blocks, make a block \
             there first",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// Another block took the place of the one that was looked at.
    pub(super) fn reorganized(message: String, now: String) -> Self {
        let refusal = Refusal::new(REORGANIZED, message).with(
            "the same block from the beginning to the end",
            now,
            "run the census again: it begins anew at a block of the chain as it is",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// Whether another block took its place.
    pub(super) fn is_reorganized(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is(REORGANIZED))
    }

    /// The store cannot be read or written.
    pub(super) fn store(path: &Path, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        let message = format!("{}: {reason}", path.display());
        let refusal = Refusal::new("CensusStore", message).with(
            "a store of an earlier census, or none",
            reason,
            "end what else uses it, or remove the file: the census begins anew then",
        );
        refusal.usage().into()
    }

    /// The layout has no such mapping, or several. Items are made of words, so keys are no texts and values no
    /// structs.
    pub(super) fn no_mapping(asked: &str, found: usize, known: &[String]) -> Self {
        let message = format!("the layout has {found} mappings of words named {asked:?}, not one");
        let refusal = Refusal::new("MappingNotFound", message).with(
            format!("one of: {}", known.join(", ")),
            asked,
            "name a mapping as it is named there, without `,value` if its values are no words, or give a list by \
             --items; stylus-upgrades layout show shows the layout",
        );
        refusal.usage().into()
    }
}
