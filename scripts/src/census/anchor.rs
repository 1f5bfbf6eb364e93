//! What everything is proven against: a block by its hash, and the account's storage root in it.

use super::error::CensusError;
use super::proof;
use crate::client::{ChainError, Client};
use alloy::consensus::Header;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::EIP1186AccountProofResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who says which block it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashOrigin {
    /// Whoever gave the command.
    Given,
    /// A second endpoint, which has the same block.
    Confirmed(String),
    /// The endpoint alone.
    Endpoint,
}

/// The block, and what its state root proves of the account.
#[derive(Debug, Clone, Serialize)]
pub struct Anchor {
    /// The block's number.
    pub block: u64,
    /// Its hash, computed from its header.
    pub block_hash: B256,
    /// Who says that this is the block.
    pub hash_origin: HashOrigin,
    /// Its state root.
    pub state_root: B256,
    /// The root of the account's storage.
    pub storage_root: B256,
    /// The block before.
    #[serde(skip)]
    pub parent: B256,
}

/// Which block is meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Its number, or which of the newest ones.
    pub number: Option<BlockNumberOrTag>,
    /// Its hash.
    pub hash: Option<B256>,
}

impl Anchor {
    /// Finds the block, has its hash confirmed, and proves the account's storage root.
    ///
    /// # Errors
    /// [`CensusError`].
    pub async fn find(
        client: &Client,
        account: Address,
        wanted: Wanted,
        second: Option<&Client>,
    ) -> Result<Self, CensusError> {
        let block = match (wanted.number, wanted.hash) {
            (None, Some(hash)) => hash.into(),
            (number, _) => BlockId::Number(number.unwrap_or_default()),
        };
        let Some((header, hash)) = header(client, block).await? else {
            return Err(CensusError::NoBlock {
                endpoint: client.endpoint().to_string(),
                block: block.to_string(),
            });
        };
        let number = header.number;
        if let Some(expected) = wanted.hash.filter(|expected| *expected != hash) {
            return Err(CensusError::OtherBlock {
                endpoint: client.endpoint().to_string(),
                number,
                expected,
                found: hash.to_string(),
            });
        }
        // An endpoint that is asked twice confirms nothing.
        let is_other =
            |second: &&Client| second.endpoint().to_string() != client.endpoint().to_string();
        let confirmed = match second.filter(is_other) {
            Some(second) => Some(confirm(second, number, hash).await?),
            None => None,
        };
        let hash_origin = match (wanted.hash, confirmed) {
            (Some(_), _) => HashOrigin::Given,
            (None, Some(endpoint)) => HashOrigin::Confirmed(endpoint),
            (None, None) => HashOrigin::Endpoint,
        };
        let answer = get_proof(client, account, Vec::new(), hash).await?;
        let storage_root = proof::storage_root(header.state_root, account, &answer);
        Ok(Self {
            block: number,
            block_hash: hash,
            hash_origin,
            state_root: header.state_root,
            storage_root: storage_root.ok_or_else(|| CensusError::Proof {
                endpoint: client.endpoint().to_string(),
                what: account.to_string(),
                number,
            })?,
            parent: header.parent_hash,
        })
    }

    /// Errors if another block took its place.
    pub(super) async fn confirm_canonical(&self, client: &Client) -> Result<(), CensusError> {
        let found = header(client, self.block.into()).await?;
        match found.map(|(_, hash)| hash) {
            Some(hash) if hash == self.block_hash => Ok(()),
            found => Err(CensusError::Reorganized {
                number: self.block,
                before: self.block_hash,
                now: found.map_or("not there".into(), |hash| hash.to_string()),
            }),
        }
    }
}

/// The endpoint that confirms a block.
async fn confirm(second: &Client, number: u64, hash: B256) -> Result<String, CensusError> {
    let endpoint = second.endpoint().to_string();
    match header(second, number.into()).await? {
        Some((_, found)) if found == hash => Ok(endpoint),
        found => Err(CensusError::OtherBlock {
            endpoint,
            number,
            expected: hash,
            found: found.map_or("no block".into(), |(_, hash)| hash.to_string()),
        }),
    }
}

/// What an endpoint says of a block beside its header.
#[derive(Deserialize)]
struct Said {
    hash: B256,
}

/// The header of a block, and its hash as it follows from the header; none where there is no such block.
pub(super) async fn header(
    client: &Client,
    block: BlockId,
) -> Result<Option<(Header, B256)>, CensusError> {
    let provider = client.provider();
    let (method, answer) = match block {
        BlockId::Hash(hash) => {
            let method = "eth_getBlockByHash";
            let params = (hash.block_hash, false);
            (method, provider.raw_request(method.into(), params).await)
        }
        BlockId::Number(number) => {
            let method = "eth_getBlockByNumber";
            let answer = provider.raw_request(method.into(), (number, false)).await;
            (method, answer)
        }
    };
    let answer: Option<Value> = answer.map_err(|error| client.error(method, error))?;
    let Some(answer) = answer else {
        return Ok(None);
    };
    let unreadable = |error| client.contradiction(format!("a block that is none: {error}"));
    let header = Header::deserialize(&answer).map_err(unreadable)?;
    let said = Said::deserialize(&answer).map_err(unreadable)?;
    let hash = header.hash_slow();
    match hash == said.hash {
        true => Ok(Some((header, hash))),
        false => Err(CensusError::Header {
            endpoint: client.endpoint().to_string(),
            number: header.number,
            expected: said.hash,
            found: hash,
        }),
    }
}

/// What `eth_getProof` says of an account and these slots at a block.
pub(super) async fn get_proof(
    client: &Client,
    account: Address,
    slots: Vec<U256>,
    block: B256,
) -> Result<EIP1186AccountProofResponse, CensusError> {
    let slots = slots.into_iter().map(B256::from).collect();
    let answer = client.provider().get_proof(account, slots);
    let answer = answer.hash(block).await;
    answer.map_err(|error| match client.error("eth_getProof", error) {
        ChainError::Rpc(error) => CensusError::NoProofs {
            endpoint: client.endpoint().to_string(),
            account,
            reason: error.words(),
        },
        error => error.into(),
    })
}
