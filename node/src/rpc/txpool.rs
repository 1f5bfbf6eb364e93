//! Waiting transactions: `txpool_*`, and dropping them.

use std::collections::BTreeMap;

use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256, U64};
use serde_json::{Value, json};
use stylus_chain::PooledTransaction;

use super::args::Args;
use super::{RpcResult, Table, done, json as convert, ok};
use crate::node::Node;

pub(super) const METHODS: Table = &[
    ("txpool_status", status),
    ("txpool_content", content),
    ("txpool_contentFrom", content_from),
    ("txpool_inspect", inspect),
    ("eth_pendingTransactions", pending),
    ("anvil_dropTransaction", anvil_drop),
    ("hardhat_dropTransaction", hardhat_drop),
    ("anvil_dropAllTransactions", drop_all),
    ("hardhat_dropAllTransactions", drop_all),
    ("anvil_removePoolTransactions", drop_from),
];

fn status(node: &mut Node, _: &Args) -> RpcResult {
    let pool = node.chain.pool();
    ok(json!({ "pending": U64::from(pool.pending.len()), "queued": U64::from(pool.queued.len()) }))
}

fn content(node: &mut Node, _: &Args) -> RpcResult {
    let pool = node.chain.pool();
    let whole = |tx: &PooledTransaction| ok(convert::pooled(tx));
    Ok(
        json!({ "pending": by_sender(&pool.pending, whole)?, "queued": by_sender(&pool.queued, whole)? }),
    )
}

fn content_from(node: &mut Node, args: &Args) -> RpcResult {
    let sender: Address = args.get(0, "address")?;
    let pool = node.chain.pool();
    let of = |txs: &[PooledTransaction]| -> RpcResult {
        let own = txs.iter().filter(|tx| tx.from == sender);
        let by_nonce: BTreeMap<String, _> = own
            .map(|tx| (tx.envelope.nonce().to_string(), convert::pooled(tx)))
            .collect();
        ok(by_nonce)
    };
    Ok(json!({ "pending": of(&pool.pending)?, "queued": of(&pool.queued)? }))
}

/// One readable line per transaction, in geth's words.
fn inspect(node: &mut Node, _: &Args) -> RpcResult {
    let line = |tx: &PooledTransaction| {
        let tx = &tx.envelope;
        let to = tx
            .to()
            .map_or("contract creation".to_owned(), |to| to.to_string());
        let (value, gas, price) = (tx.value(), tx.gas_limit(), tx.max_fee_per_gas());
        Ok(Value::String(format!(
            "{to}: {value} wei + {gas} gas × {price} wei"
        )))
    };
    let pool = node.chain.pool();
    Ok(
        json!({ "pending": by_sender(&pool.pending, line)?, "queued": by_sender(&pool.queued, line)? }),
    )
}

fn pending(node: &mut Node, _: &Args) -> RpcResult {
    ok(node
        .chain
        .pool()
        .pending
        .iter()
        .map(convert::pooled)
        .collect::<Vec<_>>())
}

/// The hash, or null when it was not waiting.
fn anvil_drop(node: &mut Node, args: &Args) -> RpcResult {
    let hash: B256 = args.get(0, "hash")?;
    ok(node.chain.drop_transaction(hash).then_some(hash))
}

fn hardhat_drop(node: &mut Node, args: &Args) -> RpcResult {
    Ok(Value::Bool(
        node.chain.drop_transaction(args.get(0, "hash")?),
    ))
}

fn drop_all(node: &mut Node, _: &Args) -> RpcResult {
    node.chain.drop_all_transactions();
    done()
}

fn drop_from(node: &mut Node, args: &Args) -> RpcResult {
    let sender: Address = args.get(0, "address")?;
    let pool = node.chain.pool();
    for tx in pool
        .pending
        .iter()
        .chain(&pool.queued)
        .filter(|tx| tx.from == sender)
    {
        node.chain.drop_transaction(tx.hash);
    }
    done()
}

/// Sender → nonce → what `show` makes of the transaction.
fn by_sender(
    txs: &[PooledTransaction],
    show: impl Fn(&PooledTransaction) -> RpcResult,
) -> Result<BTreeMap<Address, BTreeMap<String, Value>>, super::error::RpcError> {
    let mut senders: BTreeMap<Address, BTreeMap<String, Value>> = BTreeMap::new();
    for tx in txs {
        senders
            .entry(tx.from)
            .or_default()
            .insert(tx.envelope.nonce().to_string(), show(tx)?);
    }
    Ok(senders)
}
