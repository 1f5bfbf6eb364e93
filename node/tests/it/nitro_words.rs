//! Estimates, access lists, traces and proofs of what fails or is absent, in the words of Nitro's RPC.

use alloy::primitives::{Address, B256, Bytes, U256};
use serde_json::{Value, json};

use crate::support::{latest_block, node, rpc, rpc_error, set_code, transact};

const CONTRACT: Address = Address::repeat_byte(0xca);

fn call() -> Value {
    json!({ "to": CONTRACT })
}

#[test]
fn a_halt_names_its_opcode_and_what_it_found() {
    let node = node();
    let port = node.port();
    for (code, words) in [
        ("0xfe", "invalid opcode: INVALID"),
        ("0x0c", "invalid opcode: opcode 0xc not defined"),
        ("0x4a", "BLOBBASEFEE is not supported on Arbitrum"),
        ("0x4b", "invalid opcode: opcode 0x4b not defined"),
        ("0xe0", "invalid opcode: RJUMP"),
        ("0xec", "invalid opcode: EOFCREATE"),
        ("0x01", "stack underflow (0 <=> 2)"),
        // DUP2 with a word; CALL with six, STATICCALL with five.
        ("0x5f81", "stack underflow (1 <=> 2)"),
        ("0x5f5f5f5f5f5ff1", "stack underflow (6 <=> 7)"),
        ("0x5f5f5f5f5ffa", "stack underflow (5 <=> 6)"),
        // JUMPDEST, PUSH0 twice, JUMP.
        ("0x5b5f5f56", "stack limit reached 1024 (1023)"),
        // RETURNDATACOPY(0, 0, 1)
        ("0x60015f5f3e", "return data out of bounds"),
        ("0x60ff56", "invalid jump destination"),
    ] {
        set_code(port, &CONTRACT, code);
        let error = rpc_error(port, "eth_call", json!([call(), "latest"]));
        assert_eq!(error["message"], words, "{code}");
        assert_eq!(error["code"], -32000, "{code}");
    }
    // modexp of a base of 1,025 bytes.
    let lengths = [U256::from(1_025), U256::ONE, U256::ONE].map(|word| word.to_be_bytes::<32>());
    let call = json!({ "to": Address::with_last_byte(5), "data": Bytes::from(lengths.concat()) });
    let error = rpc_error(port, "eth_call", json!([call, "latest"]));
    assert_eq!(
        error["message"],
        "one or more of base/exponent/modulus length exceeded 1024 bytes"
    );
    // The point evaluation and BLS12-381 with a byte.
    for last in [0x0a, 0x0b, 0x11] {
        let call = json!({ "to": Address::with_last_byte(last), "data": "0x12" });
        let error = rpc_error(port, "eth_call", json!([call, "latest"]));
        assert_eq!(error["message"], "invalid input length", "{last:#x}");
    }
}

#[test]
fn an_estimate_is_bound_by_what_one_transaction_may_compute() {
    let node = node();
    let port = node.port();
    for code in [
        // An endless loop, and 1,540,000 rounds of one: 40 M gas, where a transaction has 32 M.
        "0x5b5f56",
        "0x6300177fa05b600190038060055700",
    ] {
        set_code(port, &CONTRACT, code);
        let error = rpc_error(port, "eth_estimateGas", json!([call()]));
        assert_eq!(
            error["message"],
            "gas required exceeds allowance (50000000)"
        );
        assert_eq!(error["code"], -32000);
    }
    // A call is not.
    assert_eq!(rpc(port, "eth_call", json!([call(), "latest"])), "0x");
}

#[test]
fn an_access_list_costs_what_it_costs_and_says_why_the_call_fails() {
    let node = node();
    let port = node.port();
    let mut asked = call();
    asked["from"] = json!(node.addresses()[0]);
    let list = || rpc(port, "eth_createAccessList", json!([asked, "latest"]));
    let slot = json!([{ "address": CONTRACT, "storageKeys": [B256::ZERO] }]);
    // SLOAD(0): the list, PUSH0, a warm read.
    set_code(port, &CONTRACT, "0x5f5400");
    let found = list();
    assert_eq!(found["accessList"], slot);
    assert_eq!(found["gasUsed"], format!("{:#x}", 21_000 + 4_300 + 102));
    assert!(found.get("error").is_none(), "{found}");
    // SLOAD(0), REVERT(0, 0)
    set_code(port, &CONTRACT, "0x5f545f5ffd");
    let found = list();
    assert_eq!(
        (&found["accessList"], &found["error"]),
        (&slot, &json!("execution reverted"))
    );
}

#[test]
fn traces_show_destructions_the_own_cost_of_creations_and_only_reasons() {
    let node = node();
    let port = node.port();
    let trace = |options: Value| rpc(port, "debug_traceCall", json!([call(), "latest", options]));
    let calls = || trace(json!({ "tracer": "callTracer" }));
    // SELFDESTRUCT(4), of a contract that stays.
    set_code(port, &CONTRACT, "0x6004ff");
    rpc(port, "anvil_setBalance", json!([CONTRACT, "0x4d"]));
    let receiver = Address::with_last_byte(4);
    let frame = &calls()["calls"][0];
    assert_eq!(frame["type"], "SELFDESTRUCT");
    assert_eq!(
        (&frame["from"], &frame["to"]),
        (&json!(CONTRACT), &json!(receiver))
    );
    assert_eq!(
        (&frame["value"], &frame["gas"]),
        (&json!("0x4d"), &json!("0x0"))
    );
    let flat = trace(json!({ "tracer": "flatCallTracer" }));
    let action = json!({ "address": CONTRACT, "balance": "0x4d", "refundAddress": receiver });
    assert_eq!(
        (&flat[1]["type"], &flat[1]["action"]),
        (&json!("suicide"), &action)
    );

    // CREATE(0, 0, 0)
    set_code(port, &CONTRACT, "0x5f5f5ff000");
    assert_eq!(trace(json!({}))["structLogs"][3]["gasCost"], 32_000);

    // REVERT(0, 32): 32 zeros are no reason.
    set_code(port, &CONTRACT, "0x60205ffd");
    let failed = calls();
    assert_eq!(failed["error"], "execution reverted");
    assert!(failed.get("revertReason").is_none(), "{failed}");
}

#[test]
fn the_share_of_used_gas_is_that_of_the_speed_limit() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let genesis = latest_block(port)["timestamp"].clone();
    let genesis = genesis.as_str().and_then(|text| text.strip_prefix("0x"));
    let genesis = genesis.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    for after in [1_000, 1_003] {
        let time = genesis.expect("seconds") + after;
        rpc(port, "evm_setNextBlockTimestamp", json!([time]));
        transact(port, json!({ "from": from, "to": from }));
    }
    // Blocks to come are the newest one.
    let history = rpc(port, "eth_feeHistory", json!(["0x2", "0xffff", []]));
    assert_eq!(history["oldestBlock"], "0x1");
    // 21,000 gas in 1,000 and in 3 seconds, of twice 7,000,000 gas per second.
    let shares = history["gasUsedRatio"].as_array().expect("a list");
    let shares = shares.iter().map(|share| share.as_f64().expect("a number"));
    for (found, expected) in shares.zip([0.000_001_5, 0.000_5]) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
}

#[test]
fn a_proof_of_an_absent_account_has_no_hashes() {
    let node = node();
    let absent = Address::repeat_byte(0x79);
    let proof = rpc(node.port(), "eth_getProof", json!([absent, [], "latest"]));
    assert_eq!(
        (&proof["codeHash"], &proof["storageHash"]),
        (&json!(B256::ZERO), &json!(B256::ZERO))
    );
    // The precompiles have code, and were never used.
    let precompile = Address::with_last_byte(0x64);
    let proof = rpc(
        node.port(),
        "eth_getProof",
        json!([precompile, [], "latest"]),
    );
    assert_eq!(proof["nonce"], "0x0");
    assert_ne!(proof["codeHash"], json!(B256::ZERO));
}
