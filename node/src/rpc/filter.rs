//! Polled filters.

use alloy::primitives::{B256, U64, U256};
use alloy_rpc_types::{BlockNumberOrTag, Filter, FilterBlockOption};

use super::answer::ok;
use super::args::RpcArgs;
use super::block::check_order;
use super::hexadecimal::quoted;
use super::method::RpcMethod::{Lookup, Read};
use super::method::{MethodTable, RpcResult};
use crate::events::ChainEvent;
use crate::filters::FilterKind;
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("eth_newFilter", Read(new_filter)),
    ("eth_newBlockFilter", Lookup(new_block_filter)),
    (
        "eth_newPendingTransactionFilter",
        Lookup(new_transaction_filter),
    ),
    ("eth_getFilterChanges", Read(changes)),
    ("eth_getFilterLogs", Read(all_logs)),
    ("eth_uninstallFilter", Lookup(uninstall)),
];

fn new_filter(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let filter: Filter = args.get(0, "filter")?;
    check_order(&filter, args)?;
    install(view, FilterKind::Logs(Box::new(filter)))
}

fn new_block_filter(view: &NodeView, _: &RpcArgs) -> RpcResult {
    install(view, FilterKind::Blocks)
}

fn new_transaction_filter(view: &NodeView, _: &RpcArgs) -> RpcResult {
    install(view, FilterKind::Transactions)
}

fn install(view: &NodeView, watch: FilterKind) -> RpcResult {
    let mut filters = view.filters.lock();
    let id = filters.install(watch, view.events_end, &view.filters_of_caller)?;
    ok(U64::from(id))
}

fn watched(view: &NodeView, id: u64) -> Result<FilterKind, RpcError> {
    let mut filters = view.filters.lock();
    let watch = filters.watch(id).cloned();
    watch.ok_or_else(unknown)
}

/// Returns the events since the last poll. A poll that fails has reported nothing, but that more happened than is kept.
fn changes(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let id = id(args)?;
    let watch = watched(view, id)?;
    loop {
        let from = view.filters.lock().place(id).ok_or_else(unknown)?;
        let answer = match view.events.between(from, view.events_end) {
            Ok(events) => happened(view, &watch, events)?,
            Err(missed) => {
                view.filters.lock().report(id, from, view.events_end);
                return Err(RpcError::Limit(missed.to_string()));
            }
        };
        let reported = view.filters.lock().report(id, from, view.events_end);
        if reported.ok_or_else(unknown)? {
            return Ok(answer);
        }
    }
}

/// Returns the part of these events that a filter selects.
fn happened(view: &NodeView, watch: &FilterKind, events: Vec<ChainEvent>) -> RpcResult {
    // A block that was taken back is not there any more.
    let number = |hash: B256| view.chain.resolve(hash.into()).ok();
    match watch {
        FilterKind::Transactions => {
            let hashes = events.into_iter().filter_map(|event| match event {
                ChainEvent::Transaction(hash) => Some(hash),
                ChainEvent::Block(_) => None,
            });
            ok(hashes.collect::<Vec<_>>())
        }
        FilterKind::Blocks => {
            let hashes = blocks(&events).filter(|hash| number(*hash).is_some());
            ok(hashes.collect::<Vec<_>>())
        }
        FilterKind::Logs(filter) => {
            let numbers = || blocks(&events).filter_map(number);
            match (numbers().min(), numbers().max()) {
                (Some(first), Some(last)) => logs_between(view, filter, first, last),
                _ => ok([(); 0]),
            }
        }
    }
}

fn blocks(events: &[ChainEvent]) -> impl Iterator<Item = B256> {
    events.iter().filter_map(|event| match event {
        ChainEvent::Block(hash) => Some(*hash),
        ChainEvent::Transaction(_) => None,
    })
}

/// All logs that a log filter selects, polled before or not.
fn all_logs(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let id = id(args)?;
    let FilterKind::Logs(filter) = watched(view, id)? else {
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

fn uninstall(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(view.filters.lock().uninstall(id(args)?))
}

/// The part of the filter's own range that lies between two blocks, both included.
fn logs_between(view: &NodeView, filter: &Filter, first: u64, last: u64) -> RpcResult {
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

/// The id of a filter. There is none with more than 64 bits.
fn id(args: &RpcArgs) -> Result<u64, RpcError> {
    if let (Some(json), false) = (args.json(0), args.admission().is_lenient())
        && quoted(json).is_none()
    {
        let words =
            "invalid argument 0: json: cannot unmarshal number into Go value of type rpc.ID";
        return Err(RpcError::Params(words.into()));
    }
    let id: U256 = args.get(0, "filter id")?;
    u64::try_from(id).map_err(|_| unknown())
}

fn unknown() -> RpcError {
    RpcError::NotFound("filter not found".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use jsonrpsee::types::Params;
    use serde_json::{Value, json};
    use stylus_chain::{Budget, Chain, ChainConfig};

    use crate::accounts::DevAccounts;
    use crate::config::AdmissionPolicy;
    use crate::node::DevNode;
    use crate::rpc::answer_at_once;

    #[test]
    fn a_poll_that_is_ended_and_starts_again_finds_its_logs() {
        let accounts = DevAccounts::nitro_alone().expect("accounts");
        let from = accounts.nitro().address();
        let mut node = DevNode::from_chain(Chain::new(ChainConfig::default()), accounts);
        let ask = |node: &mut DevNode, method: &str, params: Value| -> Value {
            let params = serde_json::value::to_raw_value(&params).expect("JSON");
            let answer = answer_at_once(node, method, Some(&params)).expect("an answer");
            node.announce();
            serde_json::from_str(answer.get()).expect("JSON")
        };
        let logger = from.create(9);
        // One log without topics.
        ask(&mut node, "anvil_setCode", json!([logger, "0x60205fa000"]));
        let filter = ask(&mut node, "eth_newFilter", json!([{ "address": logger }]));
        let sent = json!([{ "from": from, "to": logger }]);
        ask(&mut node, "eth_sendUnsignedTransaction", sent);

        let params = json!([filter]).to_string();
        let args = RpcArgs::new(
            "eth_newFilter",
            &Params::new(Some(&params)),
            AdmissionPolicy::Lenient,
        )
        .expect("parameters");
        let mut ended = node.view();
        let over = Arc::new(AtomicBool::new(true));
        ended.chain.set_budget(Budget::new(None, over));
        assert!(matches!(changes(&ended, &args), Err(RpcError::Interrupted)));
        let found = || -> Vec<Value> {
            let answer = changes(&node.view(), &args).expect("an answer");
            serde_json::from_str(answer.get()).expect("a list")
        };
        assert_eq!(found().len(), 1);
        assert_eq!(found().len(), 0, "reported once");
    }
}
