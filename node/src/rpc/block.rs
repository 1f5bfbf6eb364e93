//! Blocks, mined transactions, receipts and logs.

use std::sync::Arc;

use alloy::primitives::{Address, B256, U64, U256};
use stylus_chain::{Block, Chain};

use super::args::Args;
use super::error::RpcError;
use super::read::ReadTable;
use super::request::{block_id, log_filter};
use super::{RpcResult, Table, done, json, list, ok};
use crate::node::Node;

pub(super) const METHODS: Table = &[
    ("eth_getBlockByNumber", block_by_id),
    ("eth_getBlockByHash", block_by_id),
    ("eth_getBlockTransactionCountByNumber", transaction_count),
    ("eth_getBlockTransactionCountByHash", transaction_count),
    ("eth_getUncleCountByBlockNumber", uncle_count),
    ("eth_getUncleCountByBlockHash", uncle_count),
    ("eth_getUncleByBlockNumberAndIndex", uncle),
    ("eth_getUncleByBlockHashAndIndex", uncle),
    ("eth_getBlockReceipts", block_receipts),
    ("eth_getTransactionByHash", transaction),
    ("eth_getTransactionByBlockNumberAndIndex", transaction_at),
    ("eth_getTransactionByBlockHashAndIndex", transaction_at),
    ("eth_getTransactionBySenderAndNonce", transaction_of_sender),
    ("eth_getTransactionReceipt", receipt),
];

pub(super) const READS: ReadTable = &[("eth_getLogs", logs)];

/// A missing block is `null`, not an error.
fn block_by_id(node: &mut Node, args: &Args) -> RpcResult {
    let full = args.opt(1, "full transactions")?.unwrap_or(false);
    match requested_block(node, args)? {
        Some(block) => ok(json::block(&block, full)?),
        None => done(),
    }
}

fn transaction_count(node: &mut Node, args: &Args) -> RpcResult {
    match requested_block(node, args)? {
        Some(block) => ok(U64::from(block.transactions.len())),
        None => done(),
    }
}

fn uncle_count(node: &mut Node, args: &Args) -> RpcResult {
    match requested_block(node, args)? {
        Some(_) => ok(U64::ZERO),
        None => done(),
    }
}

/// There are none: a missing block and a missing uncle are both `null`.
fn uncle(node: &mut Node, args: &Args) -> RpcResult {
    requested_block(node, args)?;
    done()
}

fn block_receipts(node: &mut Node, args: &Args) -> RpcResult {
    match requested_block(node, args)? {
        Some(block) => list(block.receipts.iter().map(json::receipt)),
        None => done(),
    }
}

/// Waiting transactions are found too.
fn transaction(node: &mut Node, args: &Args) -> RpcResult {
    let hash: B256 = args.get(0, "hash")?;
    match (node.chain.transaction(hash), node.chain.pooled(hash)) {
        (Some(mined), _) => ok(json::transaction(&mined)),
        (None, Some(waiting)) => ok(json::pooled(&waiting)),
        (None, None) => done(),
    }
}

fn transaction_at(node: &mut Node, args: &Args) -> RpcResult {
    let index: U256 = args.get(1, "index")?;
    let block = requested_block(node, args)?;
    let index = usize::try_from(index).ok();
    match block
        .as_ref()
        .zip(index)
        .and_then(|(block, index)| block.transactions.get(index))
    {
        Some(tx) => ok(json::transaction(tx)),
        None => done(),
    }
}

fn transaction_of_sender(node: &mut Node, args: &Args) -> RpcResult {
    let sender: Address = args.get(0, "sender")?;
    let nonce = args.u64(1, "nonce")?;
    match node.chain.transaction_of(sender, nonce) {
        Some(tx) => ok(json::transaction(&tx)),
        None => done(),
    }
}

fn receipt(node: &mut Node, args: &Args) -> RpcResult {
    match node.chain.receipt(args.get(0, "hash")?) {
        Some(receipt) => ok(json::receipt(&receipt)?),
        None => done(),
    }
}

fn logs(chain: &Chain, args: &Args) -> RpcResult {
    let filter = log_filter(&args.get(0, "filter")?);
    let logs = chain.logs_iter(&filter)?;
    list(logs.map(|log| Ok(json::log(&log))))
}

pub(super) fn requested_block(node: &Node, args: &Args) -> Result<Option<Arc<Block>>, RpcError> {
    Ok(node.chain.block(block_id(args, 0)?))
}
