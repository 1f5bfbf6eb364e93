//! Recordings in the form of Nitro's stylusTracer.

use crate::common::*;
use alloy_primitives::{Bytes, U256, hex};
use serde_json::{Value, json};
use stylus_chain::{BlockId, Chain, ChainError, TraceKind, TraceLimit};

fn traced(chain: &mut Chain, to: alloy_primitives::Address, input: impl Into<Bytes>) -> Vec<Value> {
    let receipt = send(chain, ALICE, request(to, input));
    let trace = chain.trace(receipt.transaction_hash, TraceKind::Stylus);
    serde_json::from_value(trace.expect("traces").into_json()).expect("a list of steps")
}

fn names(steps: &[Value]) -> Vec<&str> {
    steps
        .iter()
        .filter_map(|step| step["name"].as_str())
        .collect()
}

fn bytes(value: &Value) -> Bytes {
    serde_json::from_value(value.clone()).expect("bytes")
}

#[test]
fn a_program_is_shown_by_its_host_functions() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let steps = traced(&mut chain, counter, hex!("0102"));
    assert_eq!(
        names(&steps),
        [
            "user_entrypoint",
            "read_args",
            "storage_load_bytes32",
            "storage_cache_bytes32",
            "storage_flush_cache",
            "write_result",
            "user_returned"
        ]
    );
    assert_eq!(steps[0]["args"], "0x00000002");
    assert_eq!(steps[1]["outs"], "0x0102");
    assert_eq!(bytes(&steps[2]["args"]).len(), 32);
    let found = bytes(&steps[2]["outs"]);
    assert_eq!(found, Bytes::from(U256::ZERO.to_be_bytes::<32>()));
    assert_eq!(bytes(&steps[3]["args"])[63], 1);
    assert_eq!(steps[4]["args"], "0x01");
    let found = bytes(&steps[5]["args"]);
    assert_eq!(found, Bytes::from(U256::from(1).to_be_bytes::<32>()));
    assert_eq!(steps[6]["outs"], "0x00000000");
    let ink = |step: &Value, end: &str| step[end].as_u64().expect("ink");
    // 8 400 and the least price of a write.
    let found = ink(&steps[1], "startInk") - ink(&steps[1], "endInk");
    assert_eq!(found, 8_400 + 5_040);
    for pair in steps.windows(2) {
        assert!(ink(&pair[0], "endInk") >= ink(&pair[1], "startInk"));
    }
}

#[test]
fn frames_below_stand_in_their_calls() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let outer = install(&mut chain, &forwarder());
    let steps = traced(&mut chain, outer, via(counter, b""));
    let call = steps
        .iter()
        .find(|step| step["name"] == "call_contract")
        .expect("the call");
    assert_eq!(call["address"], json!(counter));
    let inner: Vec<Value> = serde_json::from_value(call["steps"].clone()).expect("steps");
    assert_eq!(names(&inner)[..2], ["user_entrypoint", "read_args"]);
    let args = bytes(&call["args"]);
    assert_eq!((args.len(), &args[..20]), (20 + 8 + 32, counter.as_slice()));
    assert_eq!(call["outs"], "0x0000002000");

    // Through EVM code: a frame without a host function of its caller.
    let evm = deploy(&mut chain, &EVM_FORWARD);
    let steps = traced(&mut chain, evm, via(counter, b""));
    assert_eq!(names(&steps), ["evm_call_contract"]);
    assert_eq!(steps[0]["address"], json!(counter));
    assert_eq!(steps[0]["steps"][0]["name"], "user_entrypoint");
    for key in ["args", "outs", "startInk", "endInk"] {
        assert!(
            steps[0].get(key).is_some(),
            "cargo-stylus reads {key} of every step"
        );
    }
}

#[test]
fn opcodes_and_host_functions_stand_in_the_order_in_which_they_ended() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let outer = install(&mut chain, &forwarder());
    let evm = deploy(&mut chain, &EVM_FORWARD);
    let receipt = send(
        &mut chain,
        ALICE,
        request(outer, via(evm, &via(counter, b""))),
    );
    let kind = TraceKind::Opcodes(Default::default());
    let trace = chain.trace(receipt.transaction_hash, kind).expect("traces");
    let trace = trace.into_json();
    let steps = trace["structLogs"].as_array().expect("a list");
    let at = |op: &str, depth: u64| {
        let found = steps
            .iter()
            .position(|step| step["op"] == op && step["depth"] == depth);
        found.unwrap_or_else(|| panic!("no {op} at depth {depth} in {steps:#?}"))
    };
    let order = [
        at("read_args", 1),
        at("CALL", 2),
        at("storage_load_bytes32", 3),
        at("write_result", 3),
        at("RETURN", 2),
        at("call_contract", 1),
    ];
    assert!(order.is_sorted(), "{order:?}");
    // A frame's host functions once each, with the ink of stylusTracer, and gas as the ink is worth.
    let loads = steps
        .iter()
        .filter(|step| step["op"] == "storage_load_bytes32" && step["depth"] == 3);
    assert_eq!(loads.count(), 1);
    let load = &steps[order[2]];
    let ink = |end: &str| load["hostio"][end].as_u64().expect("ink");
    assert_eq!(load["gas"].as_u64(), Some(ink("startInk") / 10_000));
    assert!(ink("startInk") > ink("endInk"));
    assert_eq!(trace["gas"].as_u64(), Some(receipt.gas_used));
}

#[test]
fn calls_that_fail_early_and_creations_keep_their_order() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    // A call whose value a static frame forbids, a creation, then a call that works.
    let body = "(i32.store8 (i32.const 61031) (i32.const 1))
        (drop (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 61000) (i64.const -1) (i32.const 61100)))
        (drop (call $static (i32.const 12) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 61100)))
        (i32.const 0)";
    let program = install_body(&mut chain, body);
    let fixed = deploy(&mut chain, &EVM_STATIC);
    let steps = traced(&mut chain, fixed, via(program, &via(counter, b"")));
    let inner: Vec<Value> = serde_json::from_value(steps[0]["steps"].clone()).expect("steps");
    assert_eq!(
        names(&inner)[2..4],
        ["call_contract", "static_call_contract"]
    );
    assert_eq!(inner[2]["steps"], json!([]));
    assert_eq!(inner[2]["outs"], "0x0000000002");
    assert_eq!(inner[3]["steps"][0]["name"], "user_entrypoint");

    let creator = install_body(
        &mut chain,
        "(call $create1 (i32.const 0) (local.get $len) (i32.const 61000) (i32.const 62000) (i32.const 62100)) (i32.const 0)",
    );
    let steps = traced(&mut chain, creator, hex!("5f5ff3"));
    assert_eq!(names(&steps)[2..4], ["evm_create1", "create1"]);
    assert_eq!(bytes(&steps[3]["args"])[32..], hex!("5f5ff3"));
    assert_eq!(bytes(&steps[3]["outs"]).len(), 24);
}

#[test]
fn a_recording_that_would_be_too_long_is_refused_with_the_bound_it_reached() {
    let mut chain = chain();
    // `JUMPDEST; CALL(gas, 0, 0, 0, 1 MiB, 0, 0); JUMP 0`
    let many = deploy(&mut chain, &hex!("5b5f5f621000005f5f5f5af1505f56"));
    // `JUMPDEST; CALL(gas, 0, 0, 0, 0, 0, 0); JUMP 0`
    let frames = deploy(&mut chain, &hex!("5b5f5f5f5f5f5f5af1505f56"));
    let traced = |to, gas, kind| {
        let request = with_gas(gas, request(to, hex!("")));
        chain.trace_call(request, BlockId::latest(), &Default::default(), kind)
    };
    for kind in [TraceKind::Call(Default::default()), TraceKind::Stylus] {
        assert!(matches!(
            traced(many, 50_000_000, kind),
            Err(ChainError::TraceLimit(TraceLimit::Bytes))
        ));
        assert!(matches!(
            traced(frames, 50_000_000, kind),
            Err(ChainError::TraceLimit(TraceLimit::Frames))
        ));
        assert!(traced(frames, 200_000, kind).is_ok());
    }
}
