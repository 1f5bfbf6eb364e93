//! Programs that one account cannot hold: fragments, where the chain takes them (ArbOS 60).

use crate::governance::creation::{creation, sandbox, send};
use crate::governance::sandbox::ABSENT;
use crate::prelude::*;
use alloy::hex;
use stylus_chain::Overrides;

/// `big()`.
const BIG: [u8; 4] = hex!("887b13a3");
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
    let selector = u32::from_le_bytes(BIG);
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

fn nonce(sandbox: &Sandbox) -> u64 {
    let who = sandbox.node.addresses()[0];
    sandbox.chain(move |chain| chain.pending_nonce(who))
}

fn names(done: &Value) -> Vec<&str> {
    let sent = done["transactions"].as_array().expect("transactions");
    sent.iter().map(|one| text(one, "name")).collect()
}

#[test]
fn a_program_that_one_account_cannot_hold_is_deployed_and_upgraded_to_in_fragments() {
    let sandbox = sandbox(&[("Pay", hex!("00").into())]);
    let created = creation("Pay", Bytes::new());
    (0..2).for_each(|who| send(&sandbox, who, &created));
    std::fs::write(sandbox.path("big.wasm"), big(40_000)).expect("written");
    let way = format!("Pay 2.0 big.wasm --layout layout.json {ABSENT}");

    let planned = sandbox.done("Admin", &format!("plan {way}"));
    assert_eq!(planned["verdict"], "whole", "{planned:#}");
    let planned = names(&planned);
    assert_eq!(
        planned
            .iter()
            .filter(|name| **name == "deploy a fragment of big")
            .count(),
        2,
        "{planned:?}"
    );

    let done = sandbox.done("Admin", &format!("migrate {way}"));
    let begun = [
        "deploy fragment 1 of 2 of big",
        "deploy fragment 2 of 2 of big",
        "deploy big",
        "activate big",
    ];
    assert_eq!(names(&done)[..4], begun, "{done:#}");
    let status = sandbox.done("Other", "status Pay");
    let instance = &status["definitions"][0]["instances"][0];
    assert_eq!(instance["version"], "2.0", "{status:#}");
    let proxy: Address = text(instance, "proxy").parse().expect("an address");
    let answer = sandbox.node.with_chain(move |chain| {
        let request = CallRequest {
            to: Some(proxy),
            input: BIG.to_vec().into(),
            ..CallRequest::default()
        };
        chain.call(request, BlockId::latest(), &Overrides::default())
    });
    let answer = answer.expect("the chain").expect("it runs");
    assert_eq!(answer.output[..], keccak256("noise")[..], "{answer:?}");

    // What is there is not sent again.
    let again = sandbox.done("Admin", "deploy big.wasm");
    assert_eq!(again["fragments"], 2, "{again:#}");
    assert_eq!(names(&again), ["deploy big"], "{again:#}");
}

#[test]
fn a_chain_without_fragments_is_sent_nothing() {
    let mut config = NodeConfig::default();
    config.chain.arbos_version = 51;
    let sandbox = Sandbox::on(config);
    std::fs::write(sandbox.path("big.wasm"), big(40_000)).expect("written");
    let before = nonce(&sandbox);
    let refused = sandbox.run("Admin", "deploy big.wasm");
    refused.is(1, "TooManyFragments");
    let message = text(&refused.document["error"], "message");
    assert!(message.contains("takes 2 fragments"), "{message}");
    assert_eq!(nonce(&sandbox), before, "nothing was sent");
}
