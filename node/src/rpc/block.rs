//! Blocks, mined transactions, receipts and logs.

use std::sync::Arc;

use alloy::primitives::{Address, B256, U64, U256};
use stylus_chain::{Block, BlockId, Filter, MinedTransaction};

use super::answer::{done, list, ok};
use super::args::Args;
use super::json;
use super::method::Method::{Lookup, Read};
use super::method::{RpcResult, Table};
use super::request::block_id;
use crate::rpc_error::RpcError;
use crate::view::View;

pub(super) const METHODS: Table = &[
    ("eth_getBlockByNumber", Read(block_by_id)),
    ("eth_getBlockByHash", Read(block_by_id)),
    (
        "eth_getBlockTransactionCountByNumber",
        Lookup(transaction_count),
    ),
    (
        "eth_getBlockTransactionCountByHash",
        Lookup(transaction_count),
    ),
    ("eth_getUncleCountByBlockNumber", Lookup(uncle_count)),
    ("eth_getUncleCountByBlockHash", Lookup(uncle_count)),
    ("eth_getUncleByBlockNumberAndIndex", Lookup(uncle)),
    ("eth_getUncleByBlockHashAndIndex", Lookup(uncle)),
    ("eth_getBlockReceipts", Read(block_receipts)),
    ("eth_getTransactionByHash", Read(transaction)),
    (
        "eth_getTransactionByBlockNumberAndIndex",
        Read(transaction_at),
    ),
    (
        "eth_getTransactionByBlockHashAndIndex",
        Read(transaction_at),
    ),
    (
        "eth_getTransactionBySenderAndNonce",
        Read(transaction_of_sender),
    ),
    ("eth_getTransactionReceipt", Read(receipt)),
    ("eth_getLogs", Read(logs)),
];

/// A missing block is `null`, not an error.
fn block_by_id(view: &View, args: &Args) -> RpcResult {
    let full = args.opt(1, "full transactions")?.unwrap_or(false);
    let block = requested_block(view, args)?;
    ok(block.map(|block| json::block(&block, full)).transpose()?)
}

fn transaction_count(view: &View, args: &Args) -> RpcResult {
    ok(requested_block(view, args)?.map(|block| U64::from(block.transactions.len())))
}

fn uncle_count(view: &View, args: &Args) -> RpcResult {
    ok(requested_block(view, args)?.map(|_| U64::ZERO))
}

/// There are none: a missing block and a missing uncle are both `null`.
fn uncle(view: &View, args: &Args) -> RpcResult {
    requested_block(view, args)?;
    done()
}

fn block_receipts(view: &View, args: &Args) -> RpcResult {
    match requested_block(view, args)? {
        Some(block) => list(block.receipts.iter().map(json::receipt)),
        None => done(),
    }
}

/// Waiting transactions are found too.
fn transaction(view: &View, args: &Args) -> RpcResult {
    let hash: B256 = args.get(0, "hash")?;
    ok(json::known(view, hash))
}

fn transaction_at(view: &View, args: &Args) -> RpcResult {
    ok(requested_transaction(view, args)?.map(|tx| json::transaction(&tx)))
}

fn transaction_of_sender(view: &View, args: &Args) -> RpcResult {
    let sender: Address = args.get(0, "sender")?;
    let nonce = args.u64(1, "nonce")?;
    match view.chain.transaction_of(sender, nonce) {
        Some(tx) => ok(json::transaction(&tx)),
        None => sent_before(view, sender, nonce),
    }
}

/// Null, unless it was sent before the fork: its endpoint knows it.
pub(super) fn sent_before(view: &View, sender: Address, nonce: u64) -> RpcResult {
    let first = BlockId::earliest();
    match view.fork.is_some() && nonce < view.chain.account(sender, first)?.nonce {
        true => Err(RpcError::NotFound("it was sent before the fork".into())),
        false => done(),
    }
}

fn receipt(view: &View, args: &Args) -> RpcResult {
    let receipt = view.chain.receipt(args.get(0, "hash")?);
    ok(receipt.map(|receipt| json::receipt(&receipt)).transpose()?)
}

fn logs(View { chain, .. }: &View, args: &Args) -> RpcResult {
    let filter: Filter = args.get(0, "filter")?;
    ok(chain.logs(&filter)?)
}

pub(super) fn requested_block(view: &View, args: &Args) -> Result<Option<Arc<Block>>, RpcError> {
    Ok(view.chain.block(block_id(args, 0)?))
}

/// The transaction of a block at an index.
pub(super) fn requested_transaction(
    view: &View,
    args: &Args,
) -> Result<Option<MinedTransaction>, RpcError> {
    let index = usize::try_from(args.get::<U256>(1, "index")?).ok();
    let block = requested_block(view, args)?;
    Ok(block.and_then(|block| block.transactions.get(index?).cloned()))
}
