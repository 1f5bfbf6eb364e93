//! Nitro's stylusTracer: the host functions of the outermost frame, with those of the frames below
//! it inside.

use super::{Node, SELFDESTRUCT};
use serde_json::{Value, json};

/// The recording as stylusTracer gives it.
pub(super) fn json(root: Node) -> Value {
    steps(root).into()
}

/// Host functions that are shown with the steps of the frame they opened.
const NESTS: [&str; 3] = [
    "call_contract",
    "delegate_call_contract",
    "static_call_contract",
];
/// Host functions whose frame stands before them.
const CREATES: [&str; 2] = ["create1", "create2"];

fn steps(node: Node) -> Vec<Value> {
    let mut calls = node.calls.into_iter();
    let mut steps = Vec::new();
    if let Some(run) = node.program {
        let args = run.args_len.to_be_bytes();
        steps.push(step(
            "user_entrypoint",
            &args,
            &[],
            run.start_ink,
            run.start_ink,
        ));
        for hostio in run.hostios {
            if CREATES.contains(&hostio.name) {
                steps.extend(calls.next().map(frame_step));
            }
            let (args, outs) = (&hostio.args, &hostio.outs);
            let mut value = step(hostio.name, args, outs, hostio.ink_before, hostio.ink_after);
            if NESTS.contains(&hostio.name)
                && let Some(call) = calls.next()
            {
                nest(&mut value, call);
            }
            steps.push(value);
        }
        // Calls whose host function did not complete.
        steps.extend(calls.map(frame_step));
        if let Some(status) = run.status {
            let outs = status.to_be_bytes();
            // Nitro shows the ink of the start, which says nothing of what the program used.
            let ink = run.end_ink;
            steps.push(step("user_returned", &[], &outs, ink, ink));
        }
        return steps;
    }
    steps.extend(calls.map(frame_step));
    steps
}

/// A frame that no host function of its caller is shown for.
fn frame_step(node: Node) -> Value {
    let name = match node.kind {
        "DELEGATECALL" => "evm_delegate_call_contract",
        "STATICCALL" => "evm_static_call_contract",
        "CREATE" => "evm_create1",
        "CREATE2" => "evm_create2",
        SELFDESTRUCT => "evm_self_destruct",
        // Nitro has no name for it.
        "CALLCODE" => "",
        _ => "evm_call_contract",
    };
    let mut value = step(name, &[], &[], 0, 0);
    nest(&mut value, node);
    value
}

fn nest(value: &mut Value, node: Node) {
    if let Value::Object(map) = value {
        map.insert(
            "address".into(),
            json!(node.to.or(node.created).unwrap_or_default()),
        );
        map.insert("steps".into(), steps(node).into());
    }
}

fn step(name: &str, args: &[u8], outs: &[u8], start_ink: u64, end_ink: u64) -> Value {
    json!({
        "name": name,
        "args": alloy_primitives::hex::encode_prefixed(args),
        "outs": alloy_primitives::hex::encode_prefixed(outs),
        "startInk": start_ink,
        "endInk": end_ink,
    })
}
