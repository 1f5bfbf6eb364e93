//! Blocks of the past with their transactions, as the endpoint gives them.

use crate::client::{ChainError, Client};
use crate::ids::TxHash;
use alloy::consensus::TxEnvelope;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, Log, U64};
use alloy::providers::Provider;
use serde::Deserialize;
use serde_json::Value;

/// A block with the transactions that are sent again.
pub struct PastBlock {
    /// Its number.
    pub number: u64,
    /// The time at which it was made, in Unix seconds.
    pub time: u64,
    /// Its base fee, in wei per gas.
    pub base_fee: Option<u64>,
    /// The block of L1 that its contracts see.
    pub(crate) l1_number: Option<u64>,
    /// Its transactions, in order.
    pub transactions: Vec<PastTransaction>,
}

/// A transaction and what became of it.
pub struct PastTransaction {
    /// Its hash.
    pub hash: TxHash,
    /// The account that signed it.
    pub from: Address,
    /// The signed transaction.
    pub envelope: TxEnvelope,
    /// True if the replay is about it: others only prepare the state.
    pub is_wanted: bool,
    /// Its effects when it was mined.
    pub outcome: Outcome,
}

/// The effects of a transaction, as its receipt says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// True if it went through.
    pub success: bool,
    /// The gas of its execution, without what was paid for L1.
    pub gas: u64,
    /// Its events, in order.
    pub logs: Vec<Log>,
}

/// A receipt, as far as it says what a transaction did.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptAnswer {
    status: U64,
    gas_used: U64,
    gas_used_for_l1: Option<U64>,
    logs: Vec<alloy::rpc::types::Log>,
}

impl Outcome {
    /// Reads what a mined transaction did.
    pub async fn read(client: &Client, hash: TxHash) -> Result<Self, ChainError> {
        let method = "eth_getTransactionReceipt";
        let answer: Result<ReceiptAnswer, _> =
            client.provider().raw_request(method.into(), (hash,)).await;
        let receipt = answer.map_err(|error| client.error(method, error))?;
        let for_l1: u64 = receipt.gas_used_for_l1.unwrap_or_default().to();
        Ok(Self {
            success: !receipt.status.is_zero(),
            // What is paid for L1 is not the execution's.
            gas: receipt.gas_used.to::<u64>().saturating_sub(for_l1),
            logs: receipt.logs.into_iter().map(|log| log.inner).collect(),
        })
    }
}

/// A block as the endpoint gives it, its transactions unread. Nitro adds `l1BlockNumber`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockAnswer {
    /// Its number.
    pub number: U64,
    /// Its hash.
    pub hash: B256,
    /// The hash of the block before it.
    #[serde(default)]
    pub parent_hash: B256,
    /// The time at which it was made, in Unix seconds.
    pub timestamp: U64,
    base_fee_per_gas: Option<U64>,
    pub(super) l1_block_number: Option<U64>,
    /// Its transactions, unread.
    #[serde(default)]
    pub transactions: Vec<Value>,
}

impl BlockAnswer {
    /// Reads that block with its transactions.
    pub async fn read(client: &Client, number: u64) -> Result<Self, ChainError> {
        let found = Self::fetched(client, number.into(), true).await?;
        found.ok_or_else(|| missing(client, number.into()))
    }

    /// Reads that block with the hashes of its transactions alone; none where the endpoint does not have it.
    pub async fn head(
        client: &Client,
        block: BlockNumberOrTag,
    ) -> Result<Option<Self>, ChainError> {
        Self::fetched(client, block, false).await
    }

    /// The same where there must be one.
    pub(super) async fn there(
        client: &Client,
        block: BlockNumberOrTag,
    ) -> Result<Self, ChainError> {
        let found = Self::head(client, block).await?;
        found.ok_or_else(|| missing(client, block))
    }

    async fn fetched(
        client: &Client,
        block: BlockNumberOrTag,
        is_whole: bool,
    ) -> Result<Option<Self>, ChainError> {
        let method = "eth_getBlockByNumber";
        let answer = client.provider();
        let answer = answer.raw_request(method.into(), (block, is_whole)).await;
        let answer: Option<Self> = answer.map_err(|error| client.error(method, error))?;
        let found = answer.as_ref().map(|found| found.number.to::<u64>());
        match (block.as_number(), found) {
            (Some(number), Some(found)) if found != number => {
                Err(client.contradiction(format!("block {found} when asked for block {number}")))
            }
            _ => Ok(answer),
        }
    }

    /// With these of its transactions.
    pub fn with(&self, transactions: Vec<PastTransaction>) -> PastBlock {
        PastBlock {
            number: self.number.to(),
            time: self.timestamp.to(),
            base_fee: self.base_fee_per_gas.map(|fee| fee.to()),
            l1_number: self.l1_block_number.map(|number| number.to()),
            transactions,
        }
    }
}

fn missing(client: &Client, block: BlockNumberOrTag) -> ChainError {
    client.contradiction(format!("it does not have block {block}"))
}

impl PastTransaction {
    /// One of a type that users send; ArbOS' own and messages from L1 are none. What became of it is not read.
    pub fn read(transaction: &Value) -> Option<Self> {
        type Sent = alloy::rpc::types::Transaction<TxEnvelope>;
        let transaction = Sent::deserialize(transaction).ok()?;
        let (envelope, from) = transaction.inner.into_parts();
        Some(Self {
            hash: TxHash(*envelope.tx_hash()),
            from,
            envelope,
            is_wanted: false,
            outcome: Outcome::default(),
        })
    }
}
