//! `ots_*`, which Otterscan's block explorer asks, and `erigon_getHeaderByNumber`. Its search by
//! address is not built: it needs an index that this node does not keep.

use alloy::primitives::{Address, Bytes, U64};
use serde::Serialize;
use serde_json::{Value, json};
use stylus_chain::{Block, BlockId, CallOptions, Chain, MinedTransaction, TraceKind};

use super::account::account_of;
use super::answer::{LazyList, done, ok};
use super::args::RpcArgs;
use super::block::{requested_block, sent_before};
use super::json as convert;
use super::method::RpcMethod::Read;
use super::method::{MethodTable, RpcResult};
use crate::rpc_error::RpcError;
use crate::view::NodeView;

/// The version of Otterscan's methods that anvil names.
const API_LEVEL: u64 = 8;

pub(super) const METHODS: MethodTable = &[
    ("ots_getApiLevel", Read(api_level)),
    ("ots_hasCode", Read(has_code)),
    ("ots_getTransactionError", Read(transaction_error)),
    ("ots_getBlockDetails", Read(block_details)),
    ("ots_getBlockDetailsByHash", Read(block_details)),
    ("ots_getBlockTransactions", Read(block_transactions)),
    (
        "ots_getTransactionBySenderAndNonce",
        Read(transaction_of_sender),
    ),
    ("ots_getContractCreator", Read(contract_creator)),
    ("erigon_getHeaderByNumber", Read(header)),
    ("ots_traceTransaction", Read(trace)),
    ("ots_getInternalOperations", Read(internal_operations)),
];

fn api_level(_: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(API_LEVEL)
}

fn has_code(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(!account_of(view, args)?.code.is_empty())
}

/// Revert data, or nothing.
fn transaction_error(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let receipt = view.chain.receipt(args.get(0, "hash")?);
    ok(receipt.map(|receipt| {
        if receipt.success {
            Bytes::new()
        } else {
            receipt.output
        }
    }))
}

/// A block without its transactions, but with their number.
fn without_transactions(block: &Block) -> Result<Value, RpcError> {
    let mut shown = convert::value(convert::block(block, false))?;
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("transactions");
        fields.insert("transactionCount".into(), block.transactions.len().into());
    }
    Ok(shown)
}

/// The block without its transactions, and how many there are. A number is a plain one here.
fn block_details(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let block = match args.opt::<u64>(0, "block") {
        Ok(Some(number)) => view.chain.block(BlockId::number(number)),
        Ok(None) | Err(_) => requested_block(view, args)?,
    };
    let Some(block) = block else { return done() };
    let shown = without_transactions(&block)?;
    let fees: u128 = block
        .receipts
        .iter()
        .map(|receipt| u128::from(receipt.gas_used).saturating_mul(receipt.effective_gas_price))
        .sum();
    ok(json!({
        "block": shown,
        "totalFees": alloy::primitives::U256::from(fees),
        "issuance": { "blockReward": "0x0", "uncleReward": "0x0", "issuance": "0x0" },
    }))
}

/// A page of a block's transactions, with the first four bytes of their calldata, and their receipts.
fn block_transactions(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let number = BlockId::number(args.u64(0, "block")?);
    let (page, size): (usize, usize) = (args.get(1, "page")?, args.get(2, "page size")?);
    let missing = || RpcError::NotFound("block not found".into());
    let block = view.chain.block(number).ok_or_else(missing)?;
    let header = without_transactions(&block)?;
    let begin = page.saturating_mul(size).min(block.transactions.len());
    let end = begin.saturating_add(size).min(block.transactions.len());
    let transactions = block.transactions.get(begin..end).unwrap_or_default();
    let receipts = block.receipts.get(begin..end).unwrap_or_default().iter();
    ok(BlockPage {
        fullblock: FullBlock {
            header,
            transactions: LazyList::new(transactions.iter().map(with_selector)),
        },
        receipts: LazyList::new(receipts.map(|receipt| TimedReceipt {
            receipt: convert::receipt(receipt),
            timestamp: U64::from(block.header.timestamp),
        })),
    })
}

/// A page of a block.
#[derive(Serialize)]
struct BlockPage<T: Serialize, R: Serialize> {
    fullblock: FullBlock<T>,
    receipts: R,
}

/// A block with the transactions of a page.
#[derive(Serialize)]
struct FullBlock<T: Serialize> {
    #[serde(flatten)]
    header: Value,
    transactions: T,
}

/// A receipt with the time of its block.
#[derive(Serialize)]
struct TimedReceipt<R: Serialize> {
    #[serde(flatten)]
    receipt: R,
    timestamp: U64,
}

/// A transaction with the first four bytes of its calldata.
fn with_selector(transaction: &MinedTransaction) -> Value {
    let shown = convert::value(convert::transaction(transaction));
    let mut shown = shown.unwrap_or_default();
    if let Some(selector) = shown["input"].as_str().and_then(|data| data.get(..10)) {
        shown["input"] = Value::from(selector.to_owned());
    }
    shown
}

fn transaction_of_sender(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let sender: Address = args.get(0, "sender")?;
    let nonce = args.u64(1, "nonce")?;
    match view.chain.transaction_of(sender, nonce) {
        Some(found) => ok(found.hash),
        None => sent_before(view, sender, nonce),
    }
}

/// The transaction that created a contract itself; one that another contract created is not found.
fn contract_creator(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let contract: Address = args.get(0, "address")?;
    let created = view.chain.creation_of(contract);
    let first = BlockId::earliest();
    if created.is_none()
        && view.fork.is_some()
        && !view.chain.account(contract, first)?.code.is_empty()
    {
        return Err(RpcError::NotFound("it was created before the fork".into()));
    }
    ok(created.map(|(hash, creator)| json!({ "hash": hash, "creator": creator })))
}

fn header(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let number: u64 = args.u64(0, "block number")?;
    let block = view.chain.block(BlockId::number(number));
    ok(block.as_deref().map(|block| convert::block(block, false)))
}

fn calls(chain: &Chain, args: &RpcArgs) -> Result<Value, RpcError> {
    let kind = TraceKind::Call(CallOptions::default());
    Ok(chain.trace(args.get(0, "hash")?, kind)?.into_json())
}

/// Every call, with its depth.
fn trace(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    fn append(call: &Value, depth: u64, list: &mut Vec<Value>) {
        let mut entry = serde_json::Map::new();
        entry.insert("type".into(), call["type"].clone());
        entry.insert("depth".into(), depth.into());
        for field in ["from", "to", "value", "input", "output"] {
            let default = if field == "value" {
                Value::Null
            } else {
                "0x".into()
            };
            entry.insert(field.into(), call.get(field).cloned().unwrap_or(default));
        }
        list.push(Value::Object(entry));
        for inner in call["calls"].as_array().into_iter().flatten() {
            append(inner, depth + 1, list);
        }
    }
    let mut list = Vec::new();
    append(&calls(chain, args)?, 0, &mut list);
    ok(list)
}

/// Transfers, self-destructs and creations below the outermost call that took place.
fn internal_operations(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    fn append(call: &Value, list: &mut Vec<Value>) {
        for inner in call["calls"].as_array().into_iter().flatten() {
            if inner.get("error").is_some() {
                continue;
            }
            let pays = inner["value"].as_str().is_some_and(|value| value != "0x0");
            let kind = match inner["type"].as_str() {
                Some("CALL") if pays => Some(0),
                Some("SELFDESTRUCT") => Some(1),
                Some("CREATE") => Some(2),
                Some("CREATE2") => Some(3),
                _ => None,
            };
            if let Some(kind) = kind {
                list.push(json!({
                    "type": kind,
                    "from": inner["from"],
                    "to": inner["to"],
                    "value": inner["value"],
                }));
            }
            append(inner, list);
        }
    }
    let mut list = Vec::new();
    let root = calls(chain, args)?;
    if root.get("error").is_none() {
        append(&root, &mut list);
    }
    ok(list)
}
