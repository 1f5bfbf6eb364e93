//! A chain whose owner has paused activations.

use crate::prelude::*;
use alloy::primitives::address;

alloy::sol! {
    function setWasmActivationGas(uint64 gas) external;
}

/// Who owns the development chain.
const OWNER: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
/// ArbOwner.
const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");

#[test]
fn what_an_upgrade_cannot_activate_is_found_before_anything_is_sent() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let refused = |words: &str, name: &str| {
        let before = sandbox.nonce();
        for command in [PLAN, MIGRATE] {
            let refused = sandbox.run("Admin", &format!("{command} {words}"));
            refused.is(1, name);
        }
        assert_eq!(sandbox.nonce(), before, "something was sent");
    };
    refused("--max-data-fee 1", "DataFeeTooHigh");
    let pause = setWasmActivationGasCall { gas: u64::MAX }.abi_encode();
    let paused = sandbox.sent(OWNER, ARB_OWNER, pause.into(), 1_000_000);
    assert!(paused.success, "{paused:?}");
    refused("", "ActivationsPaused");
}

#[test]
fn activations_that_the_owner_of_the_chain_has_paused_are_named() {
    let sandbox = Sandbox::new();
    let mut told = Vec::new();
    // One fails already as a call; the other one as a transaction, which may use less gas than a call.
    for gas in [u64::MAX, 31_000_000] {
        let pause = setWasmActivationGasCall { gas }.abi_encode().into();
        let paused = sandbox.sent(OWNER, ARB_OWNER, pause, 1_000_000);
        assert!(paused.success, "{paused:?}");
        let refused = sandbox.run("Admin", "deploy counter-v2");
        refused.is(4, "ActivationsPaused");
        refused.says("found", &[&gas.to_string()]);
        told.push(refused.refusal());
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"), @"
    message: the chain has paused activations: [address] is not activated
    expected: an activation for at most [number] gas
    found: [number] gas, as ArbWasm.activationGas says
    next: run the command again when the owner of the chain has resumed activations: what is deployed stays
    ");
    let resume = setWasmActivationGasCall { gas: 0 }.abi_encode().into();
    assert!(sandbox.sent(OWNER, ARB_OWNER, resume, 1_000_000).success);
    sandbox.done("Admin", "deploy counter-v2");
}
