//! `trace_*`: Parity's lists of calls.

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use serde::Deserialize;
use serde_json::Value;
use stylus_chain::{Block, BlockId, BlockNumberOrTag, Chain, FlatOptions, Trace, TraceKind};

use super::answer::{done, list, ok};
use super::args::RpcArgs;
use super::method::RpcMethod::Read;
use super::method::{MethodTable, RpcResult};
use super::request::block_id;
use crate::limits::TRACED;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("trace_transaction", Read(transaction)),
    ("trace_block", Read(block)),
    ("trace_filter", Read(filter)),
];

/// Null for a transaction that is not mined.
fn transaction(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let hash: B256 = args.get(0, "hash")?;
    let mined = chain.transaction(hash);
    ok(mined
        .map(|_| chain.trace(hash, TraceKind::Flat(FlatOptions::PARITY)))
        .transpose()?)
}

fn block(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    match chain.block(block_id(args, 0)?) {
        Some(block) => list(entries(chain, &block, |_| true)),
        None => done(),
    }
}

/// The calls of a block's transactions that are wanted, one after the other, as text: a document takes several times as
/// much.
fn entries<'a>(
    chain: &'a Chain,
    block: &'a Arc<Block>,
    is_wanted: impl Fn(&Value) -> bool + Copy + 'a,
) -> impl Iterator<Item = RpcResult> + 'a {
    let text = move |entry| {
        let text = ok(entry)?;
        chain.charge(text.get().len())?;
        Ok(text)
    };
    block.transactions.iter().flat_map(move |transaction| {
        match chain.trace(transaction.hash, TraceKind::Flat(FlatOptions::PARITY)) {
            Ok(Trace::Json(Value::Array(entries))) => {
                let wanted = entries.into_iter().filter(is_wanted);
                wanted.map(text).collect()
            }
            Ok(_) => Vec::new(),
            Err(error) => vec![Err(error.into())],
        }
    })
}

/// The calls to list. Where both lists of addresses are given, one match is enough, as in Parity.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TraceFilter {
    from_block: Option<BlockNumberOrTag>,
    to_block: Option<BlockNumberOrTag>,
    from_address: BTreeSet<Address>,
    to_address: BTreeSet<Address>,
    after: usize,
    count: Option<usize>,
}

impl TraceFilter {
    fn takes(&self, entry: &Value) -> bool {
        let has = |wanted: &BTreeSet<Address>, found: &Value| {
            let found = found.as_str().and_then(|text| text.parse::<Address>().ok());
            found.is_some_and(|address| wanted.contains(&address))
        };
        let to = match entry["action"].get("to") {
            Some(to) => to,
            None => &entry["result"]["address"],
        };
        (self.from_address.is_empty() && self.to_address.is_empty())
            || has(&self.from_address, &entry["action"]["from"])
            || has(&self.to_address, to)
    }
}

fn filter(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let wanted: TraceFilter = args.get(0, "filter")?;
    let number = |tag: Option<BlockNumberOrTag>| match tag.unwrap_or(BlockNumberOrTag::Latest) {
        // What is before the fork is its endpoint's part.
        BlockNumberOrTag::Number(number) if chain.is_forked() => {
            Ok(number.max(chain.config().number))
        }
        tag => chain.resolve(BlockId::Number(tag)),
    };
    let (from, to) = (number(wanted.from_block)?, number(wanted.to_block)?);
    let blocks = chain.blocks_with_transactions(from, to);
    TRACED.check(blocks.iter().map(|block| block.transactions.len()).sum())?;
    let is_wanted = |entry: &Value| wanted.takes(entry);
    let found = blocks
        .iter()
        .flat_map(|block| entries(chain, block, is_wanted));
    list(
        found
            .skip(wanted.after)
            .take(wanted.count.unwrap_or(usize::MAX)),
    )
}
