//! The chain's blocks, transactions, receipts and logs in the form that clients read, with the
//! fields that Nitro adds.

use alloy::consensus::Transaction as _;
use alloy::consensus::transaction::Recovered;
use alloy::primitives::{B256, U64, U256};
use alloy_rpc_types::{Header, Transaction, TransactionReceipt};
use serde::{Serialize, Serializer};
use serde_json::Value;
use stylus_chain::{Block, MinedTransaction, PooledTransaction, Receipt};

use crate::rpc_error::RpcError;
use crate::view::NodeView;

/// A JSON document, before it is an answer.
pub(super) type Document = Result<Value, RpcError>;

/// Makes a document of a value that is to be changed before it is an answer, and is never large.
///
/// # Errors
/// [`RpcError::Internal`] never in practice.
pub(super) fn value(value: impl Serialize) -> Document {
    serde_json::to_value(value).map_err(|error| RpcError::Internal(error.to_string()))
}

/// A block with what Nitro adds to its header: the L1 block, and number and root of the messages to L1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NitroBlock<'a> {
    #[serde(flatten)]
    header: Header,
    uncles: [B256; 0],
    transactions: BlockTransactions<'a>,
    l1_block_number: U64,
    send_count: U64,
    send_root: B256,
}

/// The transactions of a block, each made while it is written.
struct BlockTransactions<'a> {
    block: &'a Block,
    /// Whole ones, or their hashes.
    full: bool,
}

impl Serialize for BlockTransactions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.block.transactions.iter();
        if self.full {
            serializer.collect_seq(all.map(transaction))
        } else {
            serializer.collect_seq(all.map(|tx| tx.hash))
        }
    }
}

/// The first bytes of a header's field; zeros where there are none.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

/// `eth_getBlockBy…`; `full` gives whole transactions instead of hashes.
pub(super) fn block(block: &Block, full: bool) -> impl Serialize {
    NitroBlock {
        header: rpc_header(block),
        uncles: [],
        transactions: BlockTransactions { block, full },
        l1_block_number: U64::from(block.l1_block_number),
        send_count: send_count(block),
        send_root: send_root(block),
    }
}

/// `eth_getHeaderBy…`: a header with what Nitro adds.
pub(super) fn nitro_header(block: &Block) -> Document {
    let mut header = header(block)?;
    if let Value::Object(fields) = &mut header {
        fields.retain(|name, _| !ABSENT.contains(&name.as_str()));
    }
    header["l1BlockNumber"] = value(U64::from(block.l1_block_number))?;
    header["sendCount"] = value(send_count(block))?;
    header["sendRoot"] = value(send_root(block))?;
    Ok(header)
}

/// Returns the number of messages to L1.
fn send_count(block: &Block) -> U64 {
    U64::from(u64::from_be_bytes(first(&block.header.mix_hash[..])))
}

/// The root of their tree.
fn send_root(block: &Block) -> B256 {
    B256::from(first(&block.header.extra_data[..]))
}

/// Fields of a header that blocks here do not have.
const ABSENT: [&str; 5] = [
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "withdrawalsRoot",
];

/// A header alone, as `newHeads` gives it: what its hash is made of, without what Nitro adds
/// elsewhere. web3.py knows it by its fields.
pub(super) fn header(block: &Block) -> Document {
    let header = Header {
        size: None,
        ..rpc_header(block)
    };
    let mut header = value(header)?;
    for absent in ABSENT {
        // What is not there becomes null.
        let _ = &mut header[absent];
    }
    Ok(header)
}

/// A mined transaction.
pub(super) fn transaction(tx: &MinedTransaction) -> Transaction {
    Transaction {
        inner: Recovered::new_unchecked(tx.envelope.clone(), tx.from),
        block_hash: Some(tx.block_hash),
        block_number: Some(tx.block_number),
        transaction_index: Some(tx.index),
        effective_gas_price: Some(tx.effective_gas_price),
        block_timestamp: None,
    }
}

/// A waiting transaction, made while it is written.
pub(super) struct PooledDocument<'a>(pub(super) &'a PooledTransaction);

impl Serialize for PooledDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pooled(self.0).serialize(serializer)
    }
}

/// A waiting transaction.
pub(super) fn pooled(tx: &PooledTransaction) -> Transaction {
    Transaction {
        inner: tx.clone(),
        block_hash: None,
        block_number: None,
        transaction_index: None,
        // What it may cost at most; the price is known once it is mined.
        effective_gas_price: Some(tx.max_fee_per_gas()),
        block_timestamp: None,
    }
}

/// A transaction that is mined or waits.
pub(super) fn known(view: &NodeView, hash: B256) -> Option<Transaction> {
    let mined = view.chain.transaction(hash);
    let waiting = || view.chain.pooled(hash).map(|tx| pooled(&tx));
    mined.map(|tx| transaction(&tx)).or_else(waiting)
}

/// A receipt with what Nitro adds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NitroReceipt {
    #[serde(flatten)]
    receipt: TransactionReceipt,
    gas_used_for_l1: U64,
    l1_block_number: U64,
    /// Nobody pays for an earlier place here.
    timeboosted: bool,
}

/// `eth_getTransactionReceipt`.
pub(super) fn receipt(receipt: &Receipt) -> impl Serialize + use<> {
    NitroReceipt {
        receipt: TransactionReceipt {
            inner: receipt.envelope(|log, index| receipt.placed(log, index)),
            transaction_hash: receipt.transaction_hash,
            transaction_index: Some(receipt.transaction_index),
            block_hash: Some(receipt.block_hash),
            block_number: Some(receipt.block_number),
            gas_used: receipt.gas_used,
            effective_gas_price: receipt.effective_gas_price,
            blob_gas_used: None,
            blob_gas_price: None,
            from: receipt.from,
            to: receipt.to,
            contract_address: receipt.contract_address,
        },
        gas_used_for_l1: U64::from(receipt.gas_used_for_l1),
        l1_block_number: U64::from(receipt.l1_block_number),
        timeboosted: false,
    }
}

fn rpc_header(block: &Block) -> Header {
    Header {
        hash: block.hash,
        inner: block.header.clone(),
        total_difficulty: None,
        size: Some(U256::from(block.size)),
    }
}
