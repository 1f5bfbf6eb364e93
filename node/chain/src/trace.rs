//! A recorder of calls, in the form of geth's callTracer.

use crate::evm::halt_text;
use alloy_primitives::{Address, Bytes, U64, U256};
use revm::{
    context::{LocalContext, result::HaltReason},
    handler::FrameResult,
    interpreter::{CallScheme, CreateScheme, FrameInput, InstructionResult, SuccessOrHalt},
};
use serde_json::{Map, Value, json};

/// One recorded call.
#[derive(Default)]
struct Node {
    kind: &'static str,
    from: Address,
    to: Option<Address>,
    value: Option<U256>,
    gas: u64,
    gas_used: u64,
    input: Bytes,
    output: Bytes,
    error: Option<String>,
    calls: Vec<Node>,
}

/// Records while a transaction runs.
#[derive(Default)]
pub(crate) struct Tracer {
    open: Vec<Node>,
    root: Option<Node>,
}

impl Tracer {
    pub(crate) fn enter(&mut self, input: &FrameInput, local: &LocalContext) {
        self.open.push(match input {
            FrameInput::Call(call) => Node {
                kind: match call.scheme {
                    CallScheme::Call => "CALL",
                    CallScheme::CallCode => "CALLCODE",
                    CallScheme::DelegateCall => "DELEGATECALL",
                    CallScheme::StaticCall => "STATICCALL",
                },
                from: match call.scheme {
                    CallScheme::DelegateCall | CallScheme::CallCode => call.target_address,
                    _ => call.caller,
                },
                to: Some(call.bytecode_address),
                value: (!call.scheme.is_static_call()).then(|| call.value.get()),
                gas: call.gas_limit,
                input: call.input.bytes_local(local),
                ..Node::default()
            },
            FrameInput::Create(create) => Node {
                kind: match create.scheme() {
                    CreateScheme::Create2 { .. } => "CREATE2",
                    _ => "CREATE",
                },
                from: create.caller(),
                value: Some(create.value()),
                gas: create.gas_limit(),
                input: create.init_code().clone(),
                ..Node::default()
            },
            FrameInput::Empty => Node::default(),
        });
    }

    pub(crate) fn exit(&mut self, result: &FrameResult, fault: Option<&str>) {
        let Some(mut node) = self.open.pop() else {
            return;
        };
        let end = result.instruction_result();
        let gas = result.gas();
        node.gas_used = if end.is_halt() {
            node.gas
        } else {
            gas.limit().saturating_sub(gas.remaining())
        };
        if let FrameResult::Create(create) = result {
            node.to = create.address.filter(|_| end.is_ok());
        }
        if end.is_ok_or_revert() {
            node.output = result.output().into_data();
        }
        node.error = (!end.is_ok()).then(|| describe(end, fault));
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(node),
            None => self.root = Some(node),
        }
    }

    /// The recording as callTracer gives it; `gas` and `gas_used` are the transaction's.
    pub(crate) fn call_tracer(self, gas: u64, gas_used: u64) -> Value {
        let Some(mut root) = self.root else {
            return Value::Null;
        };
        (root.gas, root.gas_used) = (gas, gas_used);
        json_of(root)
    }
}

fn describe(end: InstructionResult, fault: Option<&str>) -> String {
    match SuccessOrHalt::<HaltReason>::from(end) {
        SuccessOrHalt::Halt(reason) => halt_text(&reason, fault.map(ToOwned::to_owned)),
        _ => "execution reverted".into(),
    }
}

fn json_of(node: Node) -> Value {
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
            && let Some(reason) = alloy_sol_types::decode_revert_reason(&node.output)
        {
            map.insert("revertReason".into(), reason.into());
        }
    }
    if let Some(error) = node.error {
        map.insert("error".into(), error.into());
    }
    if !node.calls.is_empty() {
        map.insert(
            "calls".into(),
            node.calls.into_iter().map(json_of).collect(),
        );
    }
    Value::Object(map)
}
