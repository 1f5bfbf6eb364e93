//! Parity's form of calls: a list, each with its place in the tree.

use super::{FeeTransfers, Node, SELFDESTRUCT, calls::is_creation};
use crate::types::FlatOptions;
use alloy_primitives::{U64, map::AddressSet};
use serde_json::{Value, json};

/// Every frame in the order of its start. `precompiles` are those whose calls are left out unless they are asked for.
pub(super) fn json(
    root: &Node,
    options: FlatOptions,
    fees: &FeeTransfers,
    precompiles: &AddressSet,
) -> Value {
    let mut list = FlatList {
        options,
        precompiles,
        entries: Vec::new(),
    };
    list.append(root, &mut Vec::new());
    if let Some(first) = list.entries.first_mut().filter(|_| options.message) {
        first["beforeEVMTransfers"] = fees.before();
        first["afterEVMTransfers"] = fees.after();
    }
    list.entries.into()
}

/// The entries so far, and what is shown of frames.
struct FlatList<'a> {
    options: FlatOptions,
    precompiles: &'a AddressSet,
    entries: Vec<Value>,
}

impl FlatList<'_> {
    fn append(&mut self, node: &Node, place: &mut Vec<usize>) {
        let calls: Vec<&Node> = node
            .calls
            .iter()
            .filter(|call| !call.frameless && self.is_shown(call))
            .collect();
        let mut entry = match node.kind {
            SELFDESTRUCT => destroyed(node),
            _ if is_creation(node) => created(node),
            _ => called(node),
        };
        if let Some(error) = &node.error {
            entry["error"] = if self.options.parity_errors {
                in_paritys_words(error).into()
            } else {
                error.as_str().into()
            };
            // A revert has data; another failure has no result.
            if error != REVERTED
                && let Value::Object(fields) = &mut entry
            {
                fields.remove("result");
            }
        }
        entry["subtraces"] = calls.len().into();
        entry["traceAddress"] = place.clone().into();
        self.entries.push(entry);
        for (at, call) in calls.into_iter().enumerate() {
            place.push(at);
            self.append(call, place);
            place.pop();
        }
    }

    /// Returns true if a frame below the first one is shown: plain calls of precompiles are left out.
    fn is_shown(&self, call: &Node) -> bool {
        let is_precompile = call.to.is_some_and(|to| self.precompiles.contains(&to));
        let is_plain = matches!(call.kind, "CALL" | "STATICCALL");
        self.options.precompiles || !(is_precompile && is_plain)
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
    let mut entry = json!({
        "action": {
            "from": node.from,
            "gas": U64::from(node.gas),
            "init": node.input,
            "value": node.value.unwrap_or_default(),
            "creationMethod": node.kind.to_lowercase(),
        },
        "result": { "code": node.output, "gasUsed": U64::from(node.gas_used) },
        "type": "create",
    });
    if let Some(address) = node.to {
        entry["result"]["address"] = json!(address);
    }
    entry
}

const REVERTED: &str = "execution reverted";

/// The words of `convertParityErrors` (go-ethereum, `eth/tracers/native/call_flat.go`).
fn in_paritys_words(error: &str) -> &str {
    match error {
        REVERTED => "Reverted",
        "contract creation code storage out of gas"
        | "out of gas"
        | "gas uint64 overflow"
        | "max code size exceeded" => "Out of gas",
        "invalid jump destination" => "Bad jump destination",
        "return data out of bounds" => "Out of bounds",
        "stack limit reached 1024 (1023)" => "Out of stack",
        "precompiled failed" | "invalid input length" => "Built-in failed",
        text if text.starts_with("out of gas:") => "Out of gas",
        text if text.starts_with("invalid opcode:") => "Bad instruction",
        text if text.starts_with("stack underflow") => "Stack underflow",
        other => other,
    }
}
