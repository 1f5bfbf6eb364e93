//! Polled filters.

use alloy::primitives::U64;
use alloy_rpc_types::{BlockNumberOrTag, Filter, FilterBlockOption};

use super::args::Args;
use super::error::RpcError;
use super::request::log_filter;
use super::{RpcResult, Table, json, list, ok};
use crate::filters::{Installed, Watch};
use crate::node::Node;

pub(super) const METHODS: Table = &[
    ("eth_newFilter", new_filter),
    ("eth_newBlockFilter", new_block_filter),
    ("eth_newPendingTransactionFilter", new_transaction_filter),
    ("eth_getFilterChanges", changes),
    ("eth_getFilterLogs", all_logs),
    ("eth_uninstallFilter", uninstall),
];

fn new_filter(node: &mut Node, args: &Args) -> RpcResult {
    let filter = args.get(0, "filter")?;
    install(node, Watch::Logs(Box::new(filter)))
}

fn new_block_filter(node: &mut Node, _: &Args) -> RpcResult {
    install(node, Watch::Blocks)
}

fn new_transaction_filter(node: &mut Node, _: &Args) -> RpcResult {
    install(node, Watch::Transactions)
}

fn install(node: &mut Node, watch: Watch) -> RpcResult {
    let next_block = node.chain.block_number() + 1;
    let id = node.filters.install(watch, next_block);
    ok(U64::from(
        id.map_err(|error| RpcError::Limit(error.to_string()))?,
    ))
}

/// Most hashes that one poll reports; the next one goes on from there.
const MAX_HASHES: u64 = 262_144;

/// What happened since the last poll.
fn changes(node: &mut Node, args: &Args) -> RpcResult {
    let id = args.u64(0, "filter id")?;
    let latest = node.chain.block_number();
    let Installed {
        watch, next_block, ..
    } = node.filters.poll(id).ok_or_else(|| unknown(id))?;
    let first = *next_block;
    match watch {
        Watch::Transactions => ok(node.filters.new_transactions(id, MAX_HASHES as usize)),
        Watch::Blocks => {
            let last = latest.min(first.saturating_add(MAX_HASHES - 1));
            *next_block = last.saturating_add(1).max(first);
            list((first..=last).filter_map(|number| node.chain.block_hash(number).map(Ok)))
        }
        Watch::Logs(filter) => {
            let filter = filter.as_ref().clone();
            let logs = logs_between(node, &filter, first, latest)?;
            if let Some(installed) = node.filters.poll(id) {
                installed.next_block = latest + 1;
            }
            Ok(logs)
        }
    }
}

/// All logs that a log filter selects, polled before or not.
fn all_logs(node: &mut Node, args: &Args) -> RpcResult {
    let id = args.u64(0, "filter id")?;
    let filter = match &node.filters.poll(id).ok_or_else(|| unknown(id))?.watch {
        Watch::Logs(filter) => log_filter(filter),
        Watch::Blocks | Watch::Transactions => {
            return Err(RpcError::Params(format!(
                "filter {id:#x} selects no logs: use eth_getFilterChanges"
            )));
        }
    };
    let logs = node.chain.logs_iter(&filter)?;
    list(logs.map(|log| Ok(json::log(&log))))
}

fn uninstall(node: &mut Node, args: &Args) -> RpcResult {
    ok(node.filters.uninstall(args.u64(0, "filter id")?))
}

/// The part of the filter's own range that lies between two blocks, both included.
fn logs_between(node: &Node, filter: &Filter, first: u64, last: u64) -> RpcResult {
    let mut selected = log_filter(filter);
    if let FilterBlockOption::Range {
        from_block,
        to_block,
    } = filter.block_option
    {
        // Only a number bounds the range: tags move with the chain.
        let bound = |tag: Option<BlockNumberOrTag>| tag.and_then(|tag| tag.as_number());
        let from = bound(from_block).unwrap_or(first).max(first);
        let to = bound(to_block).unwrap_or(last).min(last);
        if from > to {
            return ok([(); 0]);
        }
        selected.from_block = Some(BlockNumberOrTag::Number(from));
        selected.to_block = Some(BlockNumberOrTag::Number(to));
    }
    let logs = node.chain.logs_iter(&selected)?;
    list(logs.map(|log| Ok(json::log(&log))))
}

fn unknown(id: u64) -> RpcError {
    RpcError::NotFound(format!(
        "filter {id:#x} not found: it was never installed, removed, or not polled for five minutes"
    ))
}
