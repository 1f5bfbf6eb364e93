//! The anchor that everything is proven against: a block by its hash, and the account's storage root in it.

use super::error::{mismatch, no_proofs, other_block, reorganized};
use crate::client::{ChainError, Client};
use alloy::consensus::Header;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::EIP1186AccountProofResponse;
use serde::Serialize;
use stylus_devnode::storage_root;

/// The source that says which block it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashOrigin {
    /// The caller, who gave the command.
    Given,
    /// A second endpoint, which has the same block.
    Confirmed(String),
    /// The endpoint alone.
    Endpoint,
}

/// The block, and what its state root proves of the account.
#[derive(Debug, Clone, Serialize)]
pub struct StorageAnchor {
    /// The block's number.
    pub block: u64,
    /// Its hash, computed from its header.
    pub block_hash: B256,
    /// The source that says that this is the block.
    pub hash_origin: HashOrigin,
    /// Its state root.
    pub state_root: B256,
    /// The root of the account's storage.
    pub storage_root: B256,
}

/// The block that is meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockSelector {
    /// Its number, or which of the newest ones.
    pub number: Option<BlockNumberOrTag>,
    /// Its hash.
    pub hash: Option<B256>,
}

impl StorageAnchor {
    /// Finds the block, has its hash confirmed, and proves the account's storage root.
    ///
    /// # Errors
    /// Where it cannot be found, confirmed or proven; what the endpoint says.
    pub async fn find(
        client: &Client,
        account: Address,
        wanted: BlockSelector,
        second: Option<&Client>,
    ) -> Result<Self, ChainError> {
        let block = match (wanted.number, wanted.hash) {
            (None, Some(hash)) => hash.into(),
            (number, _) => BlockId::Number(number.unwrap_or_default()),
        };
        let Some((header, hash)) = header(client, block).await? else {
            return Err(other_block(client, format!("block {block}"), None));
        };
        let number = header.number;
        if let Some(wanted) = wanted.hash.filter(|wanted| *wanted != hash) {
            return Err(other_block(client, wanted, Some(hash)));
        }
        // An endpoint that is asked twice confirms nothing.
        let is_other =
            |second: &&Client| second.endpoint().to_string() != client.endpoint().to_string();
        let second = second.filter(is_other);
        if let Some(second) = second {
            let found = self::header(second, number.into()).await?;
            let found = found.map(|(_, found)| found);
            if found != Some(hash) {
                return Err(other_block(second, hash, found));
            }
        }
        let hash_origin = match (wanted.hash, second) {
            (Some(_), _) => HashOrigin::Given,
            (None, Some(second)) => HashOrigin::Confirmed(second.endpoint().to_string()),
            (None, None) => HashOrigin::Endpoint,
        };
        let answer = get_proof(client, account, Vec::new(), hash.into()).await?;
        let storage_root = storage_root(header.state_root, account, &answer);
        Ok(Self {
            block: number,
            block_hash: hash,
            hash_origin,
            state_root: header.state_root,
            storage_root: storage_root.ok_or_else(|| mismatch(client, account, number))?,
        })
    }

    /// Errors if another block took its place.
    pub(super) async fn confirm_canonical(&self, client: &Client) -> Result<(), ChainError> {
        let found = header(client, self.block.into()).await?;
        match found.map(|(_, hash)| hash) {
            Some(hash) if hash == self.block_hash => Ok(()),
            found => Err(reorganized(self.block, self.block_hash, found)),
        }
    }
}

/// The header of a block, and its hash as it follows from the header; none where there is no such block.
pub(super) async fn header(
    client: &Client,
    block: BlockId,
) -> Result<Option<(Header, B256)>, ChainError> {
    let answer = client.provider().get_block(block).await;
    let Some(block) = answer.map_err(|error| client.error("eth_getBlock", error))? else {
        return Ok(None);
    };
    let (header, said) = (block.header.inner, block.header.hash);
    if header.hash_slow() == said {
        Ok(Some((header, said)))
    } else {
        let what = format!("header, whose hash is not {said},");
        Err(mismatch(client, what, header.number))
    }
}

/// Asks what `eth_getProof` says of an account and these slots at a block.
pub(super) async fn get_proof(
    client: &Client,
    account: Address,
    slots: Vec<B256>,
    block: BlockId,
) -> Result<EIP1186AccountProofResponse, ChainError> {
    let answer = client.provider().get_proof(account, slots);
    let answer = answer.block_id(block).await;
    answer.map_err(|error| match client.error("eth_getProof", error) {
        ChainError::Rpc(error) => no_proofs(client, account, error.words()),
        error => error,
    })
}
