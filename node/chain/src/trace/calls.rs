//! geth's callTracer and 4byteTracer, and the transfers of eth_simulateV1: what frames show.

use super::{FeeTransfers, Node, SELFDESTRUCT};
use crate::types::CallOptions;
use alloy_primitives::{Address, B256, Log, U64, address, b256};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The frames as callTracer gives them, with what the message paid.
pub(super) fn json(root: Node, options: CallOptions, fees: &FeeTransfers) -> Value {
    let mut shown = json_of(root, options.only_top, options.logs);
    shown["beforeEVMTransfers"] = fees.before();
    shown["afterEVMTransfers"] = fees.after();
    shown
}

fn json_of(node: Node, only_top: bool, with_logs: bool) -> Value {
    let failed = node.error.is_some();
    let mut map = Map::new();
    map.insert("type".into(), node.kind.into());
    map.insert("from".into(), json!(node.from));
    if let Some(to) = node.to {
        map.insert("to".into(), json!(to));
    }
    if let Some(value) = node.value {
        map.insert("value".into(), json!(value));
    }
    map.insert("gas".into(), json!(U64::from(node.gas)));
    map.insert("gasUsed".into(), json!(U64::from(node.gas_used)));
    map.insert("input".into(), json!(node.input));
    if !node.output.is_empty() {
        map.insert("output".into(), json!(node.output));
        if node.error.is_some()
            && let Some(reason) = crate::revert_reason(&node.output)
        {
            map.insert("revertReason".into(), reason.into());
        }
    }
    if let Some(error) = node.error {
        map.insert("error".into(), error.into());
    }
    // A frame that failed has written nothing, and neither have those below it.
    let with_logs = with_logs && !failed;
    let logs = node.logs.into_iter().filter(|_| with_logs);
    let shown: Vec<Value> = logs
        .map(|(position, log)| {
            json!({
                "address": log.address,
                "topics": log.data.topics(),
                "data": log.data.data,
                "position": U64::from(position),
            })
        })
        .collect();
    let calls = node.calls.into_iter().filter(|call| !call.frameless);
    let inner: Vec<Value> = calls
        .map(|call| json_of(call, only_top, with_logs))
        .collect();
    if !only_top && !inner.is_empty() {
        map.insert("calls".into(), inner.into());
    }
    if !shown.is_empty() {
        map.insert("logs".into(), shown.into());
    }
    Value::Object(map)
}

/// Counts the calls of each selector with so many bytes after it, as 4byteTracer does.
pub(super) fn selectors(root: &Node) -> Value {
    let mut counts = BTreeMap::new();
    count(root, &mut counts);
    json!(counts)
}

fn count(node: &Node, counts: &mut BTreeMap<String, u64>) {
    // Precompiles have no selectors of Solidity, or are the chain's own.
    let contract = node.to.filter(|to| to[..18] != [0; 18]);
    let selector = node.input.first_chunk::<4>();
    if let (Some(_), Some(selector), false) = (contract, selector, is_creation(node)) {
        let selector = alloy_primitives::hex::encode_prefixed(selector);
        let key = format!("{selector}-{}", node.input.len() - 4);
        *counts.entry(key).or_default() += 1;
    }
    for call in node.calls.iter().filter(|call| !call.frameless) {
        count(call, counts);
    }
}

pub(super) fn is_creation(node: &Node) -> bool {
    matches!(node.kind, "CREATE" | "CREATE2")
}

/// The address that eth_simulateV1 names as the one that has logged a transfer of ether.
const ETHER: Address = address!("EeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE");
/// `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

pub(super) fn logs_with_transfers(node: &Node, logs: &mut Vec<Log>) {
    if node.error.is_some() {
        return;
    }
    let moves = matches!(node.kind, "CALL" | "CREATE" | "CREATE2" | SELFDESTRUCT);
    let value = node.value.filter(|value| moves && !value.is_zero());
    if let (Some(value), Some(to)) = (value, node.to) {
        let topics = vec![TRANSFER, node.from.into_word(), to.into_word()];
        let data = value.to_be_bytes_vec().into();
        logs.push(Log::new_unchecked(ETHER, topics, data));
    }
    let mut own = node.logs.iter().peekable();
    let calls = node.calls.iter().filter(|call| !call.frameless);
    for (at, call) in calls.enumerate() {
        while let Some((_, log)) = own.next_if(|(position, _)| *position <= at) {
            logs.push(log.clone());
        }
        logs_with_transfers(call, logs);
    }
    logs.extend(own.map(|(_, log)| log.clone()));
}
