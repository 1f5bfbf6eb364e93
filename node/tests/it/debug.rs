//! Traces, access lists, and tokens out of nothing.

use alloy::primitives::{Address, B256, U256, keccak256};
use serde_json::{Value, json};

use crate::evm::counter;
use crate::support::{
    latest_block, mine, node, refused, request, rpc, rpc_error, set_code, transact,
};

/// A counter: the transaction that created it, and its address.
fn deployed(port: u16, from: Address) -> (Value, Value) {
    let receipt = transact(port, json!({ "from": from, "data": counter() }));
    (
        receipt["transactionHash"].clone(),
        receipt["contractAddress"].clone(),
    )
}

#[test]
fn the_script_of_cargo_stylus_is_answered_like_the_native_tracer() {
    let node = node();
    let (hash, _) = deployed(node.port(), node.addresses()[0]);
    // As stylus-tools 0.10.10 (MIT OR Apache-2.0) and cargo-stylus since 0.5.0 send it.
    let script = include_str!("cargo_stylus_tracer.js");
    let trace = |tracer: &str| {
        request(
            node.port(),
            "debug_traceTransaction",
            json!([hash, { "tracer": tracer }]),
        )
    };
    let native = trace("stylusTracer");
    assert_eq!(trace(script), native);
    // Its line ends and indentation do not matter.
    assert_eq!(trace(&script.replace('\n', "\r\n\t")), native);
}

/// Pages of an account's slots, `most` at a time.
fn paged(
    port: u16,
    block: &Value,
    index: u64,
    account: &Value,
    most: usize,
) -> Vec<(B256, B256, B256)> {
    let (mut found, mut next) = (Vec::new(), json!("0x"));
    while !next.is_null() {
        let params = json!([block, index, account, next, most]);
        let page = rpc(port, "debug_storageRangeAt", params);
        let entries = page["storage"].as_object().expect("an object");
        assert!(entries.len() <= most && !entries.is_empty());
        for (hash, entry) in entries {
            let word = |value: &Value| value.as_str().expect("a word").parse().expect("a word");
            found.push((
                hash.parse().expect("a hash"),
                word(&entry["key"]),
                word(&entry["value"]),
            ));
        }
        next = page["nextKey"].clone();
    }
    found
}

#[test]
fn storage_is_paged_by_the_hashes_of_slots_in_the_state_before_a_transaction() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let (_, contract) = deployed(port, from);
    for slot in 1..=20u8 {
        let word = B256::with_last_byte(slot);
        rpc(port, "anvil_setStorageAt", json!([contract, word, word]));
    }
    rpc(
        port,
        "anvil_setStorageAt",
        json!([contract, B256::with_last_byte(20), B256::ZERO]),
    );
    rpc(port, "anvil_setAutomine", json!([false]));
    for _ in 0..2 {
        rpc(
            port,
            "eth_sendTransaction",
            json!([{ "from": from, "to": contract }]),
        );
    }
    mine(port);
    let block = latest_block(port);
    // What the block before left, then slot 0 beside it.
    for (index, expected) in [(0, 1..20u8), (1, 0..20)] {
        let mut wanted: Vec<_> = expected
            .map(|slot| {
                let key = B256::with_last_byte(slot);
                (keccak256(key), key, B256::with_last_byte(slot.max(1)))
            })
            .collect();
        wanted.sort();
        for most in [1, 7, 100] {
            let by_hash = paged(port, &block["hash"], index, &contract, most);
            assert_eq!(by_hash, wanted, "{index} {most}");
        }
        assert_eq!(paged(port, &block["number"], index, &contract, 9), wanted);
    }
    let missing = json!([block["hash"], 2, contract, "0x", 10]);
    let found = refused(port, "debug_storageRangeAt", missing);
    assert_eq!(found, -32602);
    mine(port);
    assert_eq!(paged(port, &json!("latest"), 0, &contract, 100).len(), 20);
}

#[test]
fn tracers_that_do_not_exist_here_are_refused() {
    let node = node();
    let (hash, _) = deployed(node.port(), node.addresses()[0]);
    for options in [
        json!({ "tracer": "opcodeTracer" }),
        json!({ "tracer": "muxTracer", "tracerConfig": { "nobody": {} } }),
        json!({ "tracer": "{ }" }),
        json!({ "tracer": "{ hostio: function(info) { }, result: function() { return 7; } }" }),
        json!({ "tracer": include_str!("cargo_stylus_tracer.js").replace("this.open.pop()", "[]") }),
    ] {
        let error = rpc_error(
            node.port(),
            "debug_traceTransaction",
            json!([hash, options]),
        );
        assert_eq!(error["code"], -32004, "{options}: {error}");
    }
    let unknown = json!([B256::repeat_byte(1), { "tracer": "callTracer" }]);
    let found = refused(node.port(), "debug_traceTransaction", unknown);
    assert_eq!(found, -32000);
}

#[test]
fn an_access_list_names_the_slots_that_a_call_reads() {
    let node = node();
    let (_, contract) = deployed(node.port(), node.addresses()[0]);
    let list = rpc(
        node.port(),
        "eth_createAccessList",
        json!([{ "from": node.addresses()[0], "to": contract }, "latest"]),
    );
    let expected = json!([{ "address": contract, "storageKeys": [B256::ZERO] }]);
    assert_eq!(list["accessList"], expected);
}

#[test]
fn an_access_list_has_low_addresses_the_senders_slots_and_no_precompiles() {
    let node = node();
    let (port, caller) = (node.port(), Address::repeat_byte(0xca));
    let list = |code: &str, from: Address| {
        set_code(port, &caller, code);
        // A sender must afford twice the base fee.
        rpc(
            port,
            "anvil_setBalance",
            json!([from, "0x8ac7230489e80000"]),
        );
        let call = json!([{ "from": from, "to": caller }, "latest"]);
        rpc(port, "eth_createAccessList", call)["accessList"].clone()
    };
    let low = |last: u64| Address::left_padding_from(&last.to_be_bytes());
    let from = node.addresses()[0];
    // BALANCE of 0, of 0x200, of the coinbase; of ecrecover and of ArbSys.
    let coinbase = rpc(port, "eth_getBlockByNumber", json!(["latest", false]))["miner"].clone();
    let named = |address: Value| json!([{ "address": address, "storageKeys": [] }]);
    assert_eq!(list("0x5f315000", from), named(json!(low(0))));
    assert_eq!(list("0x610200315000", from), named(json!(low(0x200))));
    assert_eq!(list("0x41315000", from), named(coinbase));
    for precompile in ["0x6001315000", "0x610100315000", "0x6064315000"] {
        assert_eq!(list(precompile, from), json!([]), "{precompile}");
    }
    // SLOAD(7), where the sender is the contract itself.
    let word = B256::with_last_byte(7);
    let own = json!([{ "address": caller, "storageKeys": [word] }]);
    assert_eq!(list("0x60075400", caller), own);
}

#[test]
fn tokens_are_dealt_to_any_account() {
    let node = node();
    let (token, owner) = (Address::repeat_byte(0x70), Address::repeat_byte(0x71));
    // balanceOf(owner) is SLOAD(keccak256(owner, 0)), as Solidity lays out a mapping in slot 0.
    let code = "0x6004355f525f60205260405f20545f5260205ff3";
    set_code(node.port(), &token, code);
    rpc(
        node.port(),
        "anvil_dealERC20",
        json!([owner, token, "0x1234"]),
    );
    let data = format!(
        "0x70a08231{}",
        B256::left_padding_from(owner.as_slice())
            .to_string()
            .trim_start_matches("0x")
    );
    let balance = rpc(
        node.port(),
        "eth_call",
        json!([{ "to": token, "data": data }, "latest"]),
    );
    assert_eq!(balance, json!(B256::from(U256::from(0x1234))));
    let error = rpc_error(node.port(), "anvil_dealERC20", json!([owner, owner, "0x1"]));
    assert_eq!(error["code"], -32602, "no token: {error}");
}
