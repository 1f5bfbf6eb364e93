//! `debug_trace…`: executions recorded in the forms of geth's tracers and of Nitro's.

use std::collections::BTreeMap;

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{B256, Bytes};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use stylus_chain::ChainReader;

use super::answer::{list, ok};
use super::args::RpcArgs;
use super::call_parameter::CallParameter;
use super::method::RpcMethod::Read;
use super::method::{MethodTable, RpcResult};
use super::request::{named_block, named_call};
use super::tracer::TracerSelection;
use super::tracer_options::TracerOptions;
use crate::limits::PAGED_SLOTS;
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("debug_traceTransaction", Read(trace_transaction)),
    ("debug_traceBlockByNumber", Read(trace_block)),
    ("debug_traceBlockByHash", Read(trace_block_by_hash)),
    ("debug_traceCall", Read(trace_call)),
    ("debug_storageRangeAt", Read(storage_range)),
];

fn trace_transaction(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let options: TracerOptions = args.opt(1, "options")?.unwrap_or_default();
    let hash: B256 = args.get(0, "hash")?;
    ok(options.tracer()?.run(|kind| chain.trace(hash, kind))?)
}

fn trace_block(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let options: TracerOptions = args.opt(1, "options")?.unwrap_or_default();
    let tracer = options.tracer()?;
    traced(chain, &tracer, named_block(args, 0)?)
}

fn trace_block_by_hash(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let options: TracerOptions = args.opt(1, "options")?.unwrap_or_default();
    let hash: B256 = args.get(0, "block hash")?;
    traced(chain, &options.tracer()?, hash.into())
}

fn traced(chain: &ChainReader, tracer: &TracerSelection, id: BlockId) -> RpcResult {
    let block = chain.block(id).ok_or_else(|| no_block(id))?;
    if block.header.number == chain.config().number {
        return Err(RpcError::Refused("genesis is not traceable".into()));
    }
    list(block.transactions.iter().map(|tx| {
        // As text: a document takes several times as much.
        let result = ok(tracer.run(|kind| chain.trace(tx.hash, kind))?)?;
        chain.charge(result.get().len())?;
        let tx_hash = tx.hash;
        Ok(TracedTransaction { tx_hash, result })
    }))
}

/// A transaction of a traced block.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TracedTransaction {
    tx_hash: B256,
    result: Box<RawValue>,
}

fn trace_call(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let options: TracerOptions = args.opt(2, "options")?.unwrap_or_default();
    let (tracer, overrides) = (options.tracer()?, options.overrides()?);
    let asked: CallParameter = args.get(0, "call")?;
    let call = named_call(asked)?;
    let id = named_block(args, 1)?;
    if id.is_pending() && !args.admission().is_lenient() {
        return Err(RpcError::lenient(
            "tracing on top of pending is not supported",
        ));
    }
    if chain.block(id).is_none() {
        return Err(no_block(id));
    }
    let traced = tracer.run(|kind| chain.trace_call(call.clone(), id, &overrides, kind));
    ok(traced.map_err(|error| match error {
        RpcError::Rejected(reason) => RpcError::Refused(format!("tracing failed: {reason}")),
        error => error,
    })?)
}

/// Makes the error that a block to trace does not exist.
fn no_block(id: BlockId) -> RpcError {
    RpcError::NotFound(match id {
        BlockId::Hash(hash) => format!("block {} not found", hash.block_hash),
        BlockId::Number(BlockNumberOrTag::Number(number)) => format!("block #{number} not found"),
        BlockId::Number(tag) => format!("block {tag} not found"),
    })
}

/// `(block, transaction's index, account, hash of a slot, most slots)`: a page of an account's slots
/// in the order of their hashes, in the state before that transaction.
fn storage_range(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let block = named_block(args, 0)?;
    let transaction = args.get(1, "transaction index")?;
    let address = args.get(2, "address")?;
    let first: Bytes = args.opt(3, "first hash")?.unwrap_or_default();
    RpcError::at_most("bytes of parameter 3 (first hash)", 32, first.len())?;
    let range = chain.storage_range(
        address,
        block,
        transaction,
        B256::right_padding_from(&first),
        args.get::<usize>(4, "most slots")?.min(PAGED_SLOTS),
    )?;
    let slots = range.slots.into_iter().map(|(hash, slot, value)| {
        let entry = json!({ "key": B256::from(slot), "value": B256::from(value) });
        (hash, entry)
    });
    let storage: BTreeMap<B256, Value> = slots.collect();
    ok(json!({ "storage": storage, "nextKey": range.next }))
}
