//! Blocks, mined transactions, receipts and logs.

use std::sync::Arc;

use alloy::primitives::{Address, B256, U64, U256};
use alloy_rpc_types::{BlockNumberOrTag, FilterBlockOption};
use serde_json::Value;
use stylus_chain::{Block, BlockId, ChainError, ChainReader, Filter, MinedTransaction};

use super::answer::{LazyList, done, ok};
use super::args::RpcArgs;
use super::json;
use super::method::RpcMethod::{Lookup, Read};
use super::method::{MethodTable, RpcResult};
use super::request::{named_block, numbered_block};
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("eth_getBlockByNumber", Read(block_by_number)),
    ("eth_getBlockByHash", Read(block_by_hash)),
    ("eth_getHeaderByNumber", Read(header_by_number)),
    ("eth_getHeaderByHash", Read(header_by_hash)),
    (
        "eth_getBlockTransactionCountByNumber",
        Lookup(transaction_count),
    ),
    (
        "eth_getBlockTransactionCountByHash",
        Lookup(transaction_count_by_hash),
    ),
    ("eth_getUncleCountByBlockNumber", Lookup(uncle_count)),
    ("eth_getUncleCountByBlockHash", Lookup(uncle_count_by_hash)),
    ("eth_getUncleByBlockNumberAndIndex", Lookup(uncle)),
    ("eth_getUncleByBlockHashAndIndex", Lookup(uncle_by_hash)),
    ("eth_getBlockReceipts", Read(block_receipts)),
    ("eth_getTransactionByHash", Read(transaction)),
    (
        "eth_getTransactionByBlockNumberAndIndex",
        Read(transaction_at),
    ),
    (
        "eth_getTransactionByBlockHashAndIndex",
        Read(transaction_at_hash),
    ),
    (
        "eth_getTransactionBySenderAndNonce",
        Read(transaction_of_sender),
    ),
    ("eth_getTransactionReceipt", Read(receipt)),
    ("eth_getLogs", Read(logs)),
];

fn block_by_number(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let id = numbered_block(args, 0)?;
    let block = view.chain.block(id);
    if id.is_pending()
        && let Some(block) = &block
    {
        let full = args.required(1, "full transactions", false)?;
        return ok(pending(view, json::value(json::block(block, full))?)?);
    }
    whole(block, args)
}

/// The newest block as the pending one: without what only a sealed block has, with the time that was set for the next one.
fn pending(view: &NodeView, mut block: Value) -> json::Document {
    for name in ["hash", "nonce", "miner"] {
        block[name] = Value::Null;
    }
    if let Some(timestamp) = view.chain.set_timestamp() {
        block["timestamp"] = json::value(U64::from(timestamp))?;
    }
    Ok(block)
}

/// A header alone, with what Nitro adds.
fn header_by_number(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let id = numbered_block(args, 0)?;
    let block = view.chain.block(id);
    if id.is_pending()
        && let Some(block) = &block
    {
        return ok(pending(view, json::nitro_header(block)?)?);
    }
    header(block)
}

fn header_by_hash(view: &NodeView, args: &RpcArgs) -> RpcResult {
    header(block_of_hash(view, args)?)
}

fn header(block: Option<Arc<Block>>) -> RpcResult {
    ok(block.map(|block| json::nitro_header(&block)).transpose()?)
}

fn block_by_hash(view: &NodeView, args: &RpcArgs) -> RpcResult {
    whole(block_of_hash(view, args)?, args)
}

/// A missing block is `null`, not an error.
fn whole(block: Option<Arc<Block>>, args: &RpcArgs) -> RpcResult {
    let full = args.required(1, "full transactions", false)?;
    ok(block.as_deref().map(|block| json::block(block, full)))
}

fn transaction_count(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(count(view.chain.block(numbered_block(args, 0)?)))
}

fn transaction_count_by_hash(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(count(block_of_hash(view, args)?))
}

fn count(block: Option<Arc<Block>>) -> Option<U64> {
    block.map(|block| U64::from(block.transactions.len()))
}

fn uncle_count(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(requested_block(view, args)?.map(|_| U64::ZERO))
}

fn uncle_count_by_hash(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(block_of_hash(view, args)?.map(|_| U64::ZERO))
}

fn uncle_by_hash(view: &NodeView, args: &RpcArgs) -> RpcResult {
    block_of_hash(view, args)?;
    done()
}

/// There are none: a missing block and a missing uncle are both `null`.
fn uncle(view: &NodeView, args: &RpcArgs) -> RpcResult {
    requested_block(view, args)?;
    done()
}

fn block_receipts(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let id = named_block(args, 0)?;
    if id.is_pending() && !args.admission().is_lenient() {
        return Err(RpcError::lenient("pending receipts is not available"));
    }
    match view.chain.block(id) {
        Some(block) => ok(LazyList::new(block.receipts.iter().map(json::receipt))),
        None => done(),
    }
}

/// Waiting transactions are found too.
fn transaction(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let hash: B256 = args.get(0, "hash")?;
    ok(json::known(view, hash))
}

fn transaction_at(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(requested_transaction(view, args)?.map(|tx| json::transaction(&tx)))
}

fn transaction_at_hash(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(transaction_of_hash(view, args)?.map(|tx| json::transaction(&tx)))
}

fn transaction_of_sender(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let sender: Address = args.get(0, "sender")?;
    let nonce = args.u64(1, "nonce")?;
    match view.chain.transaction_of(sender, nonce) {
        Some(tx) => ok(json::transaction(&tx)),
        None => sent_before(view, sender, nonce),
    }
}

/// Null, unless it was sent before the fork: its endpoint knows it.
pub(super) fn sent_before(view: &NodeView, sender: Address, nonce: u64) -> RpcResult {
    let first = BlockId::earliest();
    if view.fork.is_some() && nonce < view.chain.account(sender, first)?.nonce {
        Err(RpcError::NotFound("it was sent before the fork".into()))
    } else {
        done()
    }
}

fn receipt(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let receipt = view.chain.receipt(args.get(0, "hash")?);
    ok(receipt.map(|receipt| json::receipt(&receipt)))
}

fn logs(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let filter: Filter = args.opt(0, "filter")?.unwrap_or_default();
    check_range(chain, &filter, args)?;
    ok(chain.logs(&filter).map_err(|error| match error {
        ChainError::UnknownBlock(_) => RpcError::NotFound("unknown block".into()),
        error => error.into(),
    })?)
}

/// Refuses a filter of blocks that do not exist yet, or that end before they begin, as Nitro does.
fn check_range(chain: &ChainReader, filter: &Filter, args: &RpcArgs) -> Result<(), RpcError> {
    let FilterBlockOption::Range {
        from_block,
        to_block,
    } = filter.block_option
    else {
        return Ok(());
    };
    check_order(filter, args)?;
    let head = chain.block_number();
    let exists = |tag: Option<BlockNumberOrTag>| {
        let number = tag.and_then(|tag| tag.as_number());
        number.is_none_or(|number| number <= head)
    };
    if args.admission().is_lenient() || exists(from_block) && exists(to_block) {
        Ok(())
    } else {
        Err(RpcError::lenient("invalid block range params"))
    }
}

/// Refuses a range that ends before it begins, and one of pending blocks.
pub(super) fn check_order(filter: &Filter, args: &RpcArgs) -> Result<(), RpcError> {
    let bounds = [
        filter.block_option.get_from_block().copied(),
        filter.block_option.get_to_block().copied(),
    ];
    if args.admission().is_lenient() {
        return Ok(());
    }
    if bounds.contains(&Some(BlockNumberOrTag::Pending)) {
        return Err(RpcError::lenient("pending logs are not supported"));
    }
    match bounds.map(|bound| bound.and_then(|tag| tag.as_number())) {
        [Some(from), Some(to)] if from > to => Err(RpcError::lenient("invalid block range params")),
        _ => Ok(()),
    }
}

pub(super) fn requested_block(
    view: &NodeView,
    args: &RpcArgs,
) -> Result<Option<Arc<Block>>, RpcError> {
    Ok(view.chain.block(named_block(args, 0)?))
}

/// The block whose hash is asked for.
fn block_of_hash(view: &NodeView, args: &RpcArgs) -> Result<Option<Arc<Block>>, RpcError> {
    let hash: B256 = args.get(0, "block hash")?;
    Ok(view.chain.block(hash.into()))
}

/// The transaction of a block at an index.
pub(super) fn requested_transaction(
    view: &NodeView,
    args: &RpcArgs,
) -> Result<Option<MinedTransaction>, RpcError> {
    at_index(requested_block(view, args)?, args)
}

/// The same of a block that is named by its hash.
pub(super) fn transaction_of_hash(
    view: &NodeView,
    args: &RpcArgs,
) -> Result<Option<MinedTransaction>, RpcError> {
    at_index(block_of_hash(view, args)?, args)
}

fn at_index(
    block: Option<Arc<Block>>,
    args: &RpcArgs,
) -> Result<Option<MinedTransaction>, RpcError> {
    let index = usize::try_from(args.get::<U256>(1, "index")?).ok();
    Ok(block.and_then(|block| block.transactions.get(index?).cloned()))
}
