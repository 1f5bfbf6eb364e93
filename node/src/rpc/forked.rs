//! On a fork, what happened up to the forked block is asked of its endpoint: blocks, transactions,
//! receipts, logs, and the state of older blocks. The state of the forked block and of later ones is
//! this node's.

use alloy::primitives::{B256, U64, U256};
use jsonrpsee::types::ErrorObjectOwned;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::args::Args;
use super::error::RpcError;
use super::{RpcResult, ok};
use crate::fork::{Fork, Refused};

/// Which of a method's answers are the endpoint's.
#[derive(Clone, Copy)]
enum Rule {
    /// Those about a block, named by the parameter at this place, that is not younger than the fork.
    Block(usize),
    /// Those about the state after a block that is older.
    State(usize),
    /// Those that this node does not know, named by hash, if they are not younger than the fork.
    Hash,
    /// Traces of transactions that this node does not know, in the same way.
    Trace,
    /// Both nodes' logs.
    Logs,
}

const RULES: [(&str, Rule); 31] = [
    ("eth_getBlockByNumber", Rule::Block(0)),
    ("eth_getBlockReceipts", Rule::Block(0)),
    ("eth_getBlockTransactionCountByNumber", Rule::Block(0)),
    ("eth_getTransactionByBlockNumberAndIndex", Rule::Block(0)),
    ("eth_getRawTransactionByBlockNumberAndIndex", Rule::Block(0)),
    ("debug_traceBlockByNumber", Rule::Block(0)),
    ("debug_getRawBlock", Rule::Block(0)),
    ("debug_getRawHeader", Rule::Block(0)),
    ("debug_getRawReceipts", Rule::Block(0)),
    ("trace_block", Rule::Block(0)),
    ("eth_getProof", Rule::Block(2)),
    ("eth_getAccount", Rule::Block(1)),
    ("eth_getBalance", Rule::State(1)),
    ("eth_getCode", Rule::State(1)),
    ("eth_getTransactionCount", Rule::State(1)),
    ("eth_getStorageAt", Rule::State(2)),
    ("eth_getStorageValues", Rule::State(1)),
    ("eth_call", Rule::State(1)),
    ("eth_estimateGas", Rule::State(1)),
    ("eth_createAccessList", Rule::State(1)),
    ("debug_traceCall", Rule::State(1)),
    ("eth_getBlockByHash", Rule::Hash),
    ("eth_getTransactionByHash", Rule::Hash),
    ("eth_getTransactionReceipt", Rule::Hash),
    ("eth_getBlockTransactionCountByHash", Rule::Hash),
    ("eth_getTransactionByBlockHashAndIndex", Rule::Hash),
    ("debug_traceBlockByHash", Rule::Hash),
    ("debug_traceTransaction", Rule::Trace),
    ("trace_transaction", Rule::Trace),
    ("eth_getRawTransactionByHash", Rule::Trace),
    ("eth_getLogs", Rule::Logs),
];

fn rule(method: &str) -> Option<Rule> {
    let found = RULES.iter().find(|(name, _)| *name == method);
    found.map(|(_, rule)| *rule)
}

/// The endpoint's answer, where this node has none to give.
pub(super) async fn instead(fork: &Fork, method: &'static str, args: &Args) -> Option<RpcResult> {
    let head = fork.head().number;
    let theirs = match rule(method)? {
        Rule::Block(at) => number(args, at)? <= head,
        Rule::State(at) => number(args, at)? < head,
        // The forked block itself, of which this node knows the hash alone.
        Rule::Hash => {
            let hash = args.opt::<B256>(0, "hash");
            hash.is_ok_and(|hash| hash == Some(fork.head().hash))
        }
        Rule::Trace | Rule::Logs => false,
    };
    if !theirs {
        return None;
    }
    Some(forwarded(fork, method, args.to_value()).await)
}

/// The endpoint's answer, where this node's shows that it does not know what is asked for.
pub(super) async fn after(
    fork: &Fork,
    method: &'static str,
    args: &Args,
    ours: RpcResult,
) -> RpcResult {
    let unknown = match &ours {
        Ok(answer) => answer.get() == "null",
        Err(error) => matches!(error, RpcError::NotFound(_)),
    };
    match rule(method) {
        Some(Rule::Logs) => logs(fork, args, ours).await,
        Some(Rule::Hash) if unknown => {
            let theirs = forwarded(fork, method, args.to_value()).await?;
            match is_younger(fork, &theirs) {
                true => ours,
                false => Ok(theirs),
            }
        }
        Some(Rule::Trace) if unknown => {
            let hash: B256 = args.get(0, "hash")?;
            let transaction = forwarded(fork, "eth_getTransactionByHash", json!([hash])).await?;
            match transaction.get() == "null" || is_younger(fork, &transaction) {
                true => ours,
                false => forwarded(fork, method, args.to_value()).await,
            }
        }
        // A block named by its hash.
        Some(Rule::State(_) | Rule::Block(_)) if unknown && ours.is_err() => {
            let theirs = forwarded(fork, method, args.to_value()).await;
            theirs.or(ours)
        }
        _ => ours,
    }
}

/// A block number, or `earliest`; nothing for other names of blocks.
fn number(args: &Args, at: usize) -> Option<u64> {
    let value: Value = args.opt(at, "block").ok()??;
    let value = match &value {
        Value::Object(fields) => fields.get("blockNumber")?.clone(),
        _ => value,
    };
    match value.as_str() {
        Some("earliest") => Some(0),
        _ => U256::deserialize(&value).ok()?.try_into().ok(),
    }
}

/// What the endpoint has from after the fork does not exist here.
fn is_younger(fork: &Fork, answer: &RawValue) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Placed {
        block_number: Option<U64>,
        number: Option<U64>,
    }
    let placed: Result<Placed, _> = serde_json::from_str(answer.get());
    placed.is_ok_and(|placed| {
        let number = placed.block_number.or(placed.number);
        number.is_some_and(|number| number.to::<u64>() > fork.head().number)
    })
}

/// The endpoint's logs up to the fork, then this node's.
async fn logs(fork: &Fork, args: &Args, ours: RpcResult) -> RpcResult {
    let Some(mut filter) = args.opt::<serde_json::Map<String, Value>>(0, "filter")? else {
        return ours;
    };
    if filter.get("blockHash").is_some_and(|hash| !hash.is_null()) {
        return match ours {
            Err(RpcError::NotFound(_)) => forwarded(fork, "eth_getLogs", args.to_value()).await,
            ours => ours,
        };
    }
    let head = fork.head().number;
    let bound = |name: &str| match filter.get(name).and_then(Value::as_str) {
        Some("earliest") => Some(0),
        Some(text) => text.parse::<U64>().ok().map(|number| number.to::<u64>()),
        None => None,
    };
    let (from, to) = (bound("fromBlock"), bound("toBlock"));
    if from.is_none_or(|from| from > head) {
        return ours;
    }
    let to = U64::from(to.unwrap_or(head).min(head));
    filter.insert("toBlock".into(), json!(to));
    let theirs = forwarded(fork, "eth_getLogs", json!([filter])).await?;
    let parsed = |logs: &RawValue| -> Result<Vec<Box<RawValue>>, RpcError> {
        let reason = |error: serde_json::Error| RpcError::Internal(error.to_string());
        serde_json::from_str(logs.get()).map_err(reason)
    };
    let mut all = parsed(&theirs)?;
    all.extend(parsed(&ours?)?);
    ok(all)
}

async fn forwarded(fork: &Fork, method: &'static str, params: Value) -> RpcResult {
    match fork.forward(method, params).await {
        Ok(answer) => to_raw_value(&answer).map_err(|error| RpcError::Internal(error.to_string())),
        Err(Refused::Error(error)) => Err(RpcError::Endpoint(ErrorObjectOwned::owned(
            i32::try_from(error.code).unwrap_or(-32000),
            error.message.into_owned(),
            error.data,
        ))),
        Err(Refused::Unanswered(reason)) => Err(RpcError::Internal(reason)),
    }
}
