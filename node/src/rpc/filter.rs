//! Polled filters.

use alloy::primitives::U64;
use alloy_rpc_types::{BlockNumberOrTag, Filter, FilterBlockOption};

use super::answer::ok;
use super::args::Args;
use super::method::Method::Read;
use super::method::{RpcResult, Table};
use crate::filters::Watch;
use crate::rpc_error::RpcError;
use crate::view::View;

pub(super) const METHODS: Table = &[
    ("eth_newFilter", Read(new_filter)),
    ("eth_newBlockFilter", Read(new_block_filter)),
    (
        "eth_newPendingTransactionFilter",
        Read(new_transaction_filter),
    ),
    ("eth_getFilterChanges", Read(changes)),
    ("eth_getFilterLogs", Read(all_logs)),
    ("eth_uninstallFilter", Read(uninstall)),
];

fn new_filter(view: &View, args: &Args) -> RpcResult {
    let filter = args.get(0, "filter")?;
    install(view, Watch::Logs(Box::new(filter)))
}

fn new_block_filter(view: &View, _: &Args) -> RpcResult {
    install(view, Watch::Blocks)
}

fn new_transaction_filter(view: &View, _: &Args) -> RpcResult {
    install(view, Watch::Transactions)
}

fn install(view: &View, watch: Watch) -> RpcResult {
    let next_block = view.chain.block_number() + 1;
    let id = view.filters.lock().install(watch, next_block);
    ok(U64::from(id))
}

/// What a filter watches, and the first block that it did not report.
fn polled(view: &View, id: u64) -> Result<(Watch, u64), RpcError> {
    let mut filters = view.filters.lock();
    let filter = filters.poll(id).ok_or_else(|| unknown(id))?;
    Ok((filter.watch.clone(), filter.next_block))
}

/// What happened since the last poll.
fn changes(view: &View, args: &Args) -> RpcResult {
    let id = args.u64(0, "filter id")?;
    let latest = view.chain.block_number();
    let (watch, first) = polled(view, id)?;
    let answer = match watch {
        Watch::Transactions => return ok(view.filters.lock().new_transactions(id)),
        Watch::Blocks => {
            let hashes = (first..=latest).filter_map(|number| view.chain.block_hash(number));
            ok(hashes.collect::<Vec<_>>())
        }
        Watch::Logs(filter) => logs_between(view, &filter, first, latest),
    };
    view.filters.lock().reported(id, (first, latest));
    answer
}

/// All logs that a log filter selects, polled before or not.
fn all_logs(view: &View, args: &Args) -> RpcResult {
    let id = args.u64(0, "filter id")?;
    let Watch::Logs(filter) = polled(view, id)?.0 else {
        return Err(RpcError::Params(format!(
            "filter {id:#x} selects no logs: use eth_getFilterChanges"
        )));
    };
    let forked = view.fork.as_ref().map(|fork| fork.head().number);
    let from = match filter.block_option.get_from_block() {
        Some(BlockNumberOrTag::Earliest) => Some(0),
        tag => tag.and_then(|tag| tag.as_number()),
    };
    if from.is_some() && from <= forked {
        return Err(RpcError::NotSupported(
            "a filter over blocks before the fork (eth_getLogs asks for them)".into(),
        ));
    }
    ok(view.chain.logs(&filter)?)
}

fn uninstall(view: &View, args: &Args) -> RpcResult {
    ok(view.filters.lock().uninstall(args.u64(0, "filter id")?))
}

/// The part of the filter's own range that lies between two blocks, both included.
fn logs_between(view: &View, filter: &Filter, first: u64, last: u64) -> RpcResult {
    let mut selected = filter.clone();
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
        selected = selected.from_block(from).to_block(to);
    }
    ok(view.chain.logs(&selected)?)
}

fn unknown(id: u64) -> RpcError {
    RpcError::NotFound(format!(
        "filter {id:#x} not found: it was never installed, removed, or not polled for five minutes"
    ))
}
