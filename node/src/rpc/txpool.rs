//! Waiting transactions: `txpool_*`, and dropping them.

use std::collections::BTreeMap;

use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256, U64};
use serde::Serialize;
use serde_json::json;
use stylus_chain::PooledTransaction;

use super::answer::{LazyList, done, ok};
use super::args::RpcArgs;
use super::json as convert;
use super::method::RpcMethod::{Change, Read};
use super::method::{MethodTable, RpcResult};
use crate::node::DevNode;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("txpool_status", Read(status)),
    ("txpool_content", Read(content)),
    ("txpool_contentFrom", Read(content_from)),
    ("txpool_inspect", Read(inspect)),
    ("eth_pendingTransactions", Read(pending)),
    ("anvil_dropTransaction", Change(anvil_drop)),
    ("hardhat_dropTransaction", Change(hardhat_drop)),
    ("anvil_dropAllTransactions", Change(drop_all)),
    ("hardhat_dropAllTransactions", Change(drop_all)),
    ("anvil_removePoolTransactions", Change(drop_from)),
];

fn status(view: &NodeView, _: &RpcArgs) -> RpcResult {
    let pool = view.chain.pool();
    ok(json!({ "pending": U64::from(pool.pending.len()), "queued": U64::from(pool.queued.len()) }))
}

fn content(view: &NodeView, _: &RpcArgs) -> RpcResult {
    content_of(view, convert::PooledDocument)
}

fn content_from(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let sender: Address = args.get(0, "address")?;
    let pool = view.chain.pool();
    let of = |txs| group_by_sender(txs, convert::PooledDocument).remove(&sender);
    let (pending, queued) = (of(&pool.pending), of(&pool.queued));
    ok(PoolContent {
        pending: pending.unwrap_or_default(),
        queued: queued.unwrap_or_default(),
    })
}

/// Transactions that can go into the next block, and others.
#[derive(Serialize)]
struct PoolContent<T> {
    pending: T,
    queued: T,
}

/// One readable line per transaction, in geth's words.
fn inspect(view: &NodeView, _: &RpcArgs) -> RpcResult {
    let line = |tx: &PooledTransaction| {
        let to = tx
            .to()
            .map_or("contract creation".to_owned(), |to| to.to_string());
        let (value, gas, price) = (tx.value(), tx.gas_limit(), tx.max_fee_per_gas());
        format!("{to}: {value} wei + {gas} gas × {price} wei")
    };
    content_of(view, line)
}

fn pending(view: &NodeView, _: &RpcArgs) -> RpcResult {
    let pool = view.chain.pool();
    ok(LazyList::new(
        pool.pending.into_iter().map(convert::PooledDocument),
    ))
}

/// The hash, or null when it was not waiting.
fn anvil_drop(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let hash: B256 = args.get(0, "hash")?;
    ok(node.chain.drop_transaction(hash).then_some(hash))
}

fn hardhat_drop(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    ok(node.chain.drop_transaction(args.get(0, "hash")?))
}

fn drop_all(node: &mut DevNode, _: &RpcArgs) -> RpcResult {
    node.chain.drop_all_transactions();
    done()
}

fn drop_from(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let sender: Address = args.get(0, "address")?;
    let pool = node.chain.pool();
    let waiting = pool.pending.iter().chain(&pool.queued);
    let own = waiting.filter(|tx| tx.signer() == sender);
    for hash in own.map(|tx| *tx.tx_hash()).collect::<Vec<_>>() {
        node.chain.drop_transaction(hash);
    }
    done()
}

/// Waiting transactions, by whether they can go into the next block: sender → nonce → what `show` makes of each.
fn content_of<'a, T: Serialize>(
    view: &'a NodeView,
    show: impl Fn(&'a PooledTransaction) -> T,
) -> RpcResult {
    let pool = view.chain.pool();
    ok(PoolContent {
        pending: group_by_sender(&pool.pending, &show),
        queued: group_by_sender(&pool.queued, &show),
    })
}

fn group_by_sender<'a, T>(
    txs: &[&'a PooledTransaction],
    show: impl Fn(&'a PooledTransaction) -> T,
) -> BTreeMap<Address, BTreeMap<String, T>> {
    let mut senders: BTreeMap<Address, BTreeMap<String, T>> = BTreeMap::new();
    for tx in txs {
        let own = senders.entry(tx.signer()).or_default();
        own.insert(tx.nonce().to_string(), show(tx));
    }
    senders
}
