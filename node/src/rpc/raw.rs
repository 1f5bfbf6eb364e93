//! Blocks, transactions and receipts as the bytes that are hashed: `eth_getRawTransaction…` and
//! `debug_getRaw…`; code by its hash.

use std::sync::Arc;

use alloy::consensus::TxEnvelope;
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{B256, Bytes};
use stylus_chain::{Block, BlockId};

use super::answer::{done, list, ok};
use super::args::RpcArgs;
use super::block::{requested_block, requested_transaction, transaction_of_hash};
use super::method::RpcMethod::Read;
use super::method::{MethodTable, RpcResult};
use super::request::named_block;
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("eth_getRawTransactionByHash", Read(transaction)),
    ("debug_getRawTransaction", Read(transaction)),
    (
        "eth_getRawTransactionByBlockNumberAndIndex",
        Read(transaction_at),
    ),
    (
        "eth_getRawTransactionByBlockHashAndIndex",
        Read(transaction_at_hash),
    ),
    ("debug_getRawTransactions", Read(transactions)),
    ("debug_getRawHeader", Read(header)),
    ("debug_getRawBlock", Read(block)),
    ("debug_getRawReceipts", Read(receipts)),
    ("debug_codeByHash", Read(code_by_hash)),
];

fn encoded(envelope: &TxEnvelope) -> Bytes {
    Bytes::from(envelope.encoded_2718())
}

/// Waiting transactions are found too.
fn transaction(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let hash: B256 = args.get(0, "hash")?;
    let envelope = view.chain.transaction(hash).map(|tx| tx.envelope);
    let envelope = envelope.or_else(|| view.chain.pooled(hash).map(|tx| tx.into_inner()));
    ok(envelope.map(|envelope| encoded(&envelope)))
}

fn transaction_at(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(requested_transaction(view, args)?.map(|tx| encoded(&tx.envelope)))
}

fn transaction_at_hash(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(transaction_of_hash(view, args)?.map(|tx| encoded(&tx.envelope)))
}

fn transactions(view: &NodeView, args: &RpcArgs) -> RpcResult {
    match requested_block(view, args)? {
        Some(block) => list(
            block
                .transactions
                .iter()
                .map(|tx| Ok(encoded(&tx.envelope))),
        ),
        None => done(),
    }
}

fn header(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let block = raw_block(view, args, "header")?;
    ok(block.map(|block| Bytes::from(alloy::rlp::encode(&block.header))))
}

/// The block that is asked for. An unknown hash is refused as by go-ethereum, which writes its bytes as numbers.
///
/// # Errors
/// [`RpcError::Refused`], with the name of `part`.
fn raw_block(view: &NodeView, args: &RpcArgs, part: &str) -> Result<Option<Arc<Block>>, RpcError> {
    let id = named_block(args, 0)?;
    let block = view.chain.block(id);
    if let (None, BlockId::Hash(hash)) = (&block, id) {
        let bytes = hash.block_hash.iter().map(u8::to_string);
        let bytes = bytes.collect::<Vec<_>>().join(" ");
        return Err(RpcError::Refused(format!("{part} #[{bytes}] not found")));
    }
    Ok(block)
}

fn block(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let block = raw_block(view, args, "block")?;
    ok(block.map(|block| Bytes::from(alloy::rlp::encode(block.consensus()))))
}

fn receipts(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let Some(block) = requested_block(view, args)? else {
        return done();
    };
    list(block.receipts.iter().map(|receipt| {
        let envelope = receipt.envelope(|log, _| log.clone());
        Ok(Bytes::from(envelope.encoded_2718()))
    }))
}

/// Code that some account has or had; `0x` when there is none, as in anvil.
fn code_by_hash(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(view.chain.code_by_hash(args.get(0, "hash")?))
}
