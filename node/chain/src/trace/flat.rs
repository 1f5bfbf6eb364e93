//! Parity's form of calls: a list, each with its place in the tree.

use super::{Node, SELFDESTRUCT, calls::is_creation};
use alloy_primitives::U64;
use serde_json::{Value, json};

/// Every frame in the order of its start.
pub(super) fn json(root: &Node) -> Value {
    let mut list = Vec::new();
    append(root, &mut Vec::new(), &mut list);
    list.into()
}

fn append(node: &Node, place: &mut Vec<usize>, list: &mut Vec<Value>) {
    let calls = || node.calls.iter().filter(|call| !call.frameless);
    let mut entry = match node.kind {
        SELFDESTRUCT => destroyed(node),
        _ if is_creation(node) => created(node),
        _ => called(node),
    };
    if let Some(error) = &node.error {
        entry["error"] = in_paritys_words(error).into();
        // A revert has data; another failure has no result.
        if error != REVERTED {
            entry["result"] = Value::Null;
        }
    }
    entry["subtraces"] = calls().count().into();
    entry["traceAddress"] = place.clone().into();
    list.push(entry);
    for (at, call) in calls().enumerate() {
        place.push(at);
        append(call, place, list);
        place.pop();
    }
}

fn called(node: &Node) -> Value {
    json!({
        "action": {
            "from": node.from,
            "callType": node.kind.to_lowercase(),
            "gas": U64::from(node.gas),
            "input": node.input,
            "to": node.to.unwrap_or_default(),
            "value": node.value.unwrap_or_default(),
        },
        "result": { "gasUsed": U64::from(node.gas_used), "output": node.output },
        "type": "call",
    })
}

fn destroyed(node: &Node) -> Value {
    json!({
        "action": {
            "address": node.from,
            "balance": node.value.unwrap_or_default(),
            "refundAddress": node.to.unwrap_or_default(),
        },
        "type": "suicide",
    })
}

fn created(node: &Node) -> Value {
    json!({
        "action": {
            "from": node.from,
            "gas": U64::from(node.gas),
            "init": node.input,
            "value": node.value.unwrap_or_default(),
            "creationMethod": node.kind.to_lowercase(),
        },
        "result": {
            "address": node.to.unwrap_or_default(),
            "code": node.output,
            "gasUsed": U64::from(node.gas_used),
        },
        "type": "create",
    })
}

const REVERTED: &str = "execution reverted";

fn in_paritys_words(error: &str) -> &str {
    match error {
        REVERTED => "Reverted",
        text if text.starts_with("out of gas") => "Out of gas",
        text if text.starts_with("invalid opcode") => "Bad instruction",
        "invalid jump destination" => "Bad jump destination",
        text if text.starts_with("stack underflow") => "Stack underflow",
        text if text.starts_with("stack limit reached") => "Out of stack",
        "write protection" => "Mutable Call In Static Context",
        other => other,
    }
}
