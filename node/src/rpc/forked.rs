//! On a fork, what happened up to the forked block is asked of its endpoint: blocks, transactions,
//! receipts, logs, and the state of older blocks. The state of the forked block and of later ones is
//! this node's, and what happened there after the fork does not exist here.

use alloy::primitives::{B256, Bytes, U64, U256};
use jsonrpsee::types::ErrorObjectOwned;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::answer::ok;
use super::args::RpcArgs;
use super::method::RpcResult;
use crate::fork::{EndpointError, Fork};
use crate::rpc_error::RpcError;
use crate::view::NodeView;

/// The rule that says which of a method's answers are the endpoint's.
#[derive(Clone, Copy)]
enum ForwardRule {
    /// Answers about a block, named by the parameter at this place, that is not younger than the fork.
    Block(usize),
    /// Answers about the state after a block that is older.
    State(usize),
    /// Answers about a transaction, named by its hash, in a block that is not younger than the fork.
    Transaction,
    /// Answers that this node knows to be older.
    Unknown,
    /// The part of an answer in the blocks of a filter's range up to the fork; this node adds its own.
    Range,
}

/// The rule of a method; none where this node's own answer is the whole one.
fn rule(method: &str) -> Option<ForwardRule> {
    Some(match method {
        "eth_getBlockByNumber"
        | "eth_getBlockByHash"
        | "eth_getBlockReceipts"
        | "eth_getBlockTransactionCountByNumber"
        | "eth_getBlockTransactionCountByHash"
        | "eth_getTransactionByBlockNumberAndIndex"
        | "eth_getTransactionByBlockHashAndIndex"
        | "eth_getRawTransactionByBlockNumberAndIndex"
        | "eth_getRawTransactionByBlockHashAndIndex"
        | "eth_getUncleCountByBlockNumber"
        | "eth_getUncleCountByBlockHash"
        | "eth_getUncleByBlockNumberAndIndex"
        | "eth_getUncleByBlockHashAndIndex"
        | "debug_traceBlockByNumber"
        | "debug_traceBlockByHash"
        | "debug_getRawBlock"
        | "debug_getRawHeader"
        | "debug_getRawReceipts"
        | "debug_getRawTransactions"
        | "debug_storageRangeAt"
        | "erigon_getHeaderByNumber"
        | "ots_getBlockDetails"
        | "ots_getBlockDetailsByHash"
        | "ots_getBlockTransactions"
        | "trace_block" => ForwardRule::Block(0),
        "eth_getAccount" => ForwardRule::Block(1),
        "eth_getProof" => ForwardRule::Block(2),
        "eth_getBalance"
        | "eth_getCode"
        | "eth_getTransactionCount"
        | "eth_getStorageValues"
        | "eth_getAccountInfo"
        | "eth_call"
        | "eth_estimateGas"
        | "eth_createAccessList"
        | "eth_simulateV1"
        | "debug_traceCall"
        | "ots_hasCode" => ForwardRule::State(1),
        "eth_getStorageAt" => ForwardRule::State(2),
        "eth_getTransactionByHash"
        | "eth_getTransactionReceipt"
        | "eth_getRawTransactionByHash"
        | "debug_getRawTransaction"
        | "debug_traceTransaction"
        | "trace_transaction"
        | "ots_getTransactionError"
        | "ots_traceTransaction"
        | "ots_getInternalOperations" => ForwardRule::Transaction,
        "eth_getTransactionBySenderAndNonce"
        | "ots_getTransactionBySenderAndNonce"
        | "ots_getContractCreator" => ForwardRule::Unknown,
        "eth_getLogs" | "trace_filter" => ForwardRule::Range,
        _ => return None,
    })
}

/// A block as a request names it, tags that move aside.
enum BlockName {
    Number(u64),
    Hash(B256),
}

impl BlockName {
    fn parse(value: &Value) -> Option<Self> {
        match value {
            Value::Object(fields) => {
                let named = fields
                    .get("blockHash")
                    .or_else(|| fields.get("blockNumber"));
                Self::parse(named?)
            }
            Value::String(text) if text == "earliest" => Some(Self::Number(0)),
            Value::String(text) if text.len() == 66 => text.parse().ok().map(Self::Hash),
            value => {
                let number = U256::deserialize(value).ok()?.try_into();
                number.ok().map(Self::Number)
            }
        }
    }
}

/// A question to the endpoint.
pub(super) enum UpstreamQuery {
    /// The request, with these parameters.
    Whole(Value),
    /// The request, if what this method and these parameters find is not younger than the fork.
    IfOlder(&'static str, Value),
    /// The request, where this node does not know the answer.
    Unknown,
    /// The part of a range.
    Before(Map<String, Value>),
}

/// The endpoint's part in an answer.
pub(super) enum UpstreamAnswer {
    /// All of it.
    Whole(Box<RawValue>),
    /// The first entries of a list, if any.
    Before(Vec<Box<RawValue>>),
}

/// Returns the question to the endpoint for a request, if there is one.
pub(super) fn question(view: &NodeView, method: &str, args: &RpcArgs) -> Option<UpstreamQuery> {
    let head = view.fork.as_ref()?.head().number;
    let of_block = |named: BlockName, youngest: Option<u64>| {
        let number = match named {
            BlockName::Number(number) => number,
            BlockName::Hash(hash) => match view.chain.resolve(hash.into()) {
                Ok(number) => number,
                Err(_) => {
                    return Some(UpstreamQuery::IfOlder(
                        "eth_getBlockByHash",
                        json!([hash, false]),
                    ));
                }
            },
        };
        (Some(number) <= youngest).then(|| UpstreamQuery::Whole(args.to_value()))
    };
    let parameter = |at: usize| args.opt::<Value>(at, "block").ok().flatten();
    match rule(method)? {
        // Its transactions and receipts are the endpoint's; its state may have changed here.
        ForwardRule::Block(0)
            if method != "debug_storageRangeAt"
                && is_tag(parameter(0).as_ref())
                && view.chain.block_number() == head =>
        {
            let mut params = args.to_value();
            let list = params.as_array_mut()?;
            list.resize(list.len().max(1), Value::Null);
            list[0] = json!(U64::from(head));
            Some(UpstreamQuery::Whole(params))
        }
        ForwardRule::Block(at) => of_block(BlockName::parse(&parameter(at)?)?, Some(head)),
        ForwardRule::State(at) => of_block(BlockName::parse(&parameter(at)?)?, head.checked_sub(1)),
        ForwardRule::Transaction => {
            let hash: B256 = args.get(0, "hash").ok()?;
            let own = view.chain.transaction(hash).is_some() || view.chain.pooled(hash).is_some();
            (!own).then(|| UpstreamQuery::IfOlder("eth_getTransactionByHash", json!([hash])))
        }
        ForwardRule::Unknown => Some(UpstreamQuery::Unknown),
        ForwardRule::Range => {
            let mut filter: Map<String, Value> = args.get(0, "filter").ok()?;
            if let Some(hash) = filter.get("blockHash").filter(|hash| !hash.is_null()) {
                return of_block(BlockName::parse(hash)?, Some(head));
            }
            let unbounded = ["fromBlock", "toBlock"].map(|name| is_tag(filter.get(name)));
            if unbounded == [true; 2] && view.chain.block_number() == head {
                filter.insert("fromBlock".into(), json!(U64::from(head)));
                filter.insert("toBlock".into(), json!(U64::from(head)));
            }
            let bound = |name: &str| match BlockName::parse(filter.get(name)?)? {
                BlockName::Number(number) => Some(number),
                BlockName::Hash(_) => None,
            };
            let (from, to) = (bound("fromBlock")?, bound("toBlock"));
            if from > head {
                return None;
            }
            let to = U64::from(to.unwrap_or(head).min(head));
            filter.insert("toBlock".into(), json!(to));
            Some(UpstreamQuery::Before(filter))
        }
    }
}

/// Returns true if a parameter names the newest block, or none.
fn is_tag(parameter: Option<&Value>) -> bool {
    match parameter {
        None => true,
        Some(tag) => matches!(
            tag.as_str(),
            Some("latest" | "pending" | "safe" | "finalized")
        ),
    }
}

impl UpstreamQuery {
    /// Asks it, before this node answers.
    pub(super) async fn asked(
        &self,
        fork: &Fork,
        method: &'static str,
        args: &RpcArgs,
    ) -> Result<UpstreamAnswer, RpcError> {
        let whole = async |params: &Value| {
            let answer = forwarded(fork, method, params.clone()).await?;
            Ok(UpstreamAnswer::Whole(answer))
        };
        match self {
            Self::Unknown => Ok(UpstreamAnswer::Before(Vec::new())),
            Self::Whole(params) => whole(params).await,
            Self::Before(filter) => before(fork, method, filter).await,
            Self::IfOlder(lookup, params) => {
                let found = forwarded(fork, lookup, params.clone()).await?;
                let asked = args.to_value();
                if !is_older(fork, &found) {
                    Ok(UpstreamAnswer::Before(Vec::new()))
                } else if (*lookup, params) == (method, &asked) {
                    Ok(UpstreamAnswer::Whole(found))
                } else {
                    whole(&asked).await
                }
            }
        }
    }
}

/// Returns true if something is in a block that is not younger than the fork.
fn is_older(fork: &Fork, answer: &RawValue) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct PlacedAnswer {
        block_number: Option<U64>,
        number: Option<U64>,
    }
    let placed: Result<Option<PlacedAnswer>, _> = serde_json::from_str(answer.get());
    placed.ok().flatten().is_some_and(|placed| {
        let number = placed.block_number.or(placed.number);
        number.is_some_and(|number| number.to::<u64>() <= fork.head().number)
    })
}

/// The entries of a list up to the fork.
async fn before(
    fork: &Fork,
    method: &'static str,
    filter: &Map<String, Value>,
) -> Result<UpstreamAnswer, RpcError> {
    if filter.contains_key("after") || filter.contains_key("count") {
        return Err(RpcError::NotSupported(
            "`after` and `count` over blocks before the fork".into(),
        ));
    }
    let answer = forwarded(fork, method, json!([filter])).await?;
    Ok(UpstreamAnswer::Before(listed(&answer)?))
}

fn listed(list: &RawValue) -> Result<Vec<Box<RawValue>>, RpcError> {
    serde_json::from_str(list.get()).map_err(|error| RpcError::Internal(error.to_string()))
}

/// The endpoint's entries, then this node's.
pub(super) fn joined(before: &[Box<RawValue>], own: Box<RawValue>) -> RpcResult {
    if before.is_empty() {
        return Ok(own);
    }
    let own = listed(&own)?;
    ok(before.iter().chain(&own).collect::<Vec<_>>())
}

/// The endpoint's answer; where Arbitrum's nodes do not have a method, by one that they have.
pub(super) async fn forwarded(fork: &Fork, method: &'static str, mut params: Value) -> RpcResult {
    let standard = match method {
        "erigon_getHeaderByNumber" => {
            let number = U64::deserialize(&params[0]).unwrap_or_default();
            params = json!([number, false]);
            "eth_getBlockByNumber"
        }
        "ots_hasCode" => "eth_getCode",
        method => method,
    };
    match fork.forward(standard, params).await {
        Ok(code) if method == "ots_hasCode" => {
            let code: Result<Bytes, _> = serde_json::from_str(code.get());
            ok(code.is_ok_and(|code| !code.is_empty()))
        }
        Ok(answer) => Ok(answer),
        Err(EndpointError {
            error: Some(error), ..
        }) => Err(RpcError::Endpoint(ErrorObjectOwned::owned(
            i32::try_from(error.code).unwrap_or(-32000),
            error.message.into_owned(),
            error.data,
        ))),
        Err(EndpointError { reason, .. }) => Err(RpcError::Unread(reason)),
    }
}
