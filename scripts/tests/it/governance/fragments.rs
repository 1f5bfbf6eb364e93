//! Programs that one account cannot hold: fragments, where the chain takes them (ArbOS 60).

use crate::governance::creation::{creation, sandbox};
use crate::prelude::*;

alloy::sol! {
    function big() external returns (bytes32);
}

/// A module that answers `big()` alone, with 32 bytes of its data, which nothing compresses.
fn big(bytes: usize) -> Vec<u8> {
    let mut noise = String::new();
    let mut word = keccak256("noise");
    while noise.len() < 2 * bytes {
        for pair in hex::encode(word).as_bytes().chunks(2) {
            noise.push('\\');
            noise.push_str(std::str::from_utf8(pair).expect("digits"));
        }
        word = keccak256(word);
    }
    let selector = u32::from_le_bytes(bigCall::SELECTOR);
    let wat = format!(
        r#"(module
        (import "vm_hooks" "read_args" (func $read (param i32)))
        (import "vm_hooks" "write_result" (func $write (param i32 i32)))
        (memory (export "memory") 2 2)
        (data (i32.const 1024) "{noise}")
        (func (export "user_entrypoint") (param i32) (result i32)
            (call $read (i32.const 0))
            (call $write (i32.const 1024) (i32.const 32))
            (i32.ne (i32.load (i32.const 0)) (i32.const {selector}))))"#
    );
    wat::parse_str(wat).expect("a module")
}

fn names(done: &Value) -> Vec<&str> {
    texts(list(done, "transactions"), "name")
}

#[test]
fn a_program_that_one_account_cannot_hold_is_deployed_and_upgraded_to_in_fragments() {
    let sandbox = sandbox(&[("Pay", hex!("00").into())]);
    let created = creation("Pay", Bytes::new());
    (0..2).for_each(|who| sandbox.send(who, &created));
    // As many as the chain takes.
    sandbox.write("big.wasm", big(120_000));
    let way = format!("Pay 2.0 big.wasm --layout layout.json {ABSENT}");

    let planned = sandbox.done("Admin", &format!("plan {way}"));
    planned.has(json!({"verdict": "whole"}));
    let done = sandbox.done("Admin", &format!("migrate {way}"));
    let begun = [
        "deploy fragment 1 of 4 of big",
        "deploy fragment 2 of 4 of big",
        "deploy fragment 3 of 4 of big",
        "deploy fragment 4 of 4 of big",
        "deploy big",
        "activate big",
    ];
    assert_eq!(names(&done)[..6], begun, "{done:#}");
    assert_eq!(names(&planned)[..6], begun, "{planned:#}");
    let instance = &sandbox.instances("Pay")[0];
    instance.has(json!({"version": "2.0"}));
    let answer = sandbox.ask(account(instance, "proxy"), bigCall {});
    assert_eq!(answer, keccak256("noise"));

    // What is there is not sent again.
    let again = sandbox.done("Admin", "deploy big.wasm");
    again.has(json!({"fragments": 4}));
    assert_eq!(names(&again), ["deploy big"], "{again:#}");
}

#[test]
fn a_chain_without_fragments_is_sent_nothing() {
    let mut config = NodeConfig::default();
    config.chain.arbos_version = 51;
    let sandbox = Sandbox::on(config);
    sandbox.write("big.wasm", big(40_000));
    let refused = sandbox.run("Admin", "deploy big.wasm");
    refused.is(1, "TooManyFragments");
    assert_snapshot!(refused.refusal(), @r#"
    message: big takes 2 fragments, and the chain takes 0: nothing was sent
    expected: a program of at most [size] bytes on chain, or in at most 0 fragments of that size
    found: [size] bytes in 2 fragments
    next: make the contract smaller (opt-level = "z", lto = true) or split it; chains of ArbOS 60 and later take 4 fragments, unless their owner sets another number
    "#);
    assert_eq!(
        (sandbox.nonce(), sandbox.pooled()),
        (0, 0),
        "nothing was sent"
    );
}
