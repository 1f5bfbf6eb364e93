//! Forms that anvil takes and Nitro refuses, where nothing can be sent by mistake.

use alloy::primitives::{Address, B256, U256, address};
use serde_json::{Value, json};

use crate::support::{
    balance, block_number, latest_block, mine, node, nonce, rpc, rpc_error, set_code, transact,
    word_at,
};

#[test]
fn null_names_the_latest_block() {
    let node = node();
    let (port, account) = (node.port(), node.addresses()[0]);
    mine(port);
    let asked = |method: &str, params: Value| rpc(port, method, params);
    assert_eq!(
        asked("eth_getBalance", json!([account, null])),
        balance(port, &account)
    );
    assert_eq!(
        asked("eth_getTransactionCount", json!([account, null])),
        nonce(port, &account)
    );
    assert_eq!(
        asked("eth_getStorageAt", json!([account, "0x0", null])),
        word_at(port, &account, "0x0")
    );
    assert_eq!(asked("eth_getCode", json!([account, null])), "0x");
    assert_eq!(
        asked("eth_getBlockByNumber", json!([null, false])),
        latest_block(port)
    );
    // A block that is not named stays refused.
    let missing = rpc_error(port, "eth_getBalance", json!([account]));
    assert_eq!(missing["code"], -32602, "{missing}");
}

#[test]
fn a_reorganisation_takes_its_parameters_by_name() {
    let node = node();
    let port = node.port();
    mine(port);
    mine(port);
    let before = latest_block(port)["hash"].clone();
    let from = node.addresses()[0];
    let sent = json!({ "from": from, "to": from, "value": "0x1" });
    let by_name = json!({ "depth": 1, "tx_block_pairs": [[sent, 0]] });
    rpc(port, "anvil_reorg", by_name);
    assert_eq!(block_number(port), "0x2");
    assert_ne!(latest_block(port)["hash"], before);
    let transactions = latest_block(port)["transactions"].clone();
    assert_eq!(transactions.as_array().map(Vec::len), Some(1));
    let unknown = rpc_error(port, "anvil_reorg", json!({ "depth": 1, "blocks": [] }));
    assert_eq!(unknown["code"], -32602);
    let message = unknown["message"].as_str().expect("words");
    assert!(message.contains("no parameter `blocks`"), "{message}");
    // Other methods take a list.
    for method in ["eth_getBalance", "anvil_mine"] {
        let named = rpc_error(port, method, json!({ "depth": 1 }));
        assert_eq!(named["message"], "non-array args", "{method}");
    }
}

#[test]
fn a_reorganisation_replaces_an_empty_block_by_another_one() {
    let node = node();
    let port = node.port();
    // The second block has a time that the clock has not reached: the next one would have it again.
    rpc(port, "anvil_mine", json!(["0x2"]));
    let before = latest_block(port);
    rpc(port, "anvil_reorg", json!([1, []]));
    let after = latest_block(port);
    assert_eq!(after["number"], before["number"]);
    assert_eq!(after["parentHash"], before["parentHash"]);
    assert_ne!(after["hash"], before["hash"]);
}

#[test]
fn the_cap_on_fees_counts_the_gas_that_a_transaction_can_use() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    // The gas of a whole block, as ape sends it: 2^50 at 0.1 gwei are more than 100,000 ether.
    let to = Address::repeat_byte(7);
    let rich = U256::from(10).pow(U256::from(24));
    rpc(port, "anvil_setBalance", json!([from, rich]));
    let sent =
        json!({ "from": from, "to": to, "gas": "0x4000000000000", "maxFeePerGas": "0x5f5e100" });
    assert_eq!(transact(port, sent)["status"], "0x1");
    // 32 million gas for 40 gwei each are more than 1 ether.
    let dear = json!({ "from": from, "to": to, "gas": "0x1e84800", "maxFeePerGas": "0x9502f9000" });
    let refused = rpc_error(port, "eth_sendTransaction", json!([dear]));
    let message = refused["message"].as_str().expect("words");
    assert!(message.contains("exceeds the configured cap"), "{message}");
}

#[test]
fn impersonated_accounts_are_listed_and_a_past_time_is_no_negative_number() {
    let node = node();
    let port = node.port();
    let whale = Address::repeat_byte(0x77);
    rpc(port, "anvil_impersonateAccount", json!([whale]));
    let accounts = rpc(port, "eth_accounts", json!([]));
    let shown = accounts.as_array().expect("a list");
    assert!(shown.contains(&json!(whale)));
    rpc(port, "anvil_stopImpersonatingAccount", json!([whale]));
    let accounts = rpc(port, "eth_accounts", json!([]));
    assert!(!accounts.as_array().expect("a list").contains(&json!(whale)));
    assert_eq!(rpc(port, "evm_setTime", json!([1])), 0);
}

#[test]
fn a_list_of_accesses_takes_state_overrides() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let contract = Address::repeat_byte(0x0c);
    // SLOAD(0), then where it is 0 SLOAD(1).
    set_code(port, &contract, "0x5f54600a57600154505b00");
    let call = json!({ "from": from, "to": contract });
    let slots = |params: Value| {
        let list = rpc(port, "eth_createAccessList", params);
        list["accessList"][0]["storageKeys"].clone()
    };
    let (zero, one) = (B256::ZERO, B256::with_last_byte(1));
    assert_eq!(slots(json!([call, "latest"])), json!([zero, one]));
    let overridden = json!({ contract.to_string(): { "stateDiff": { zero.to_string(): one } } });
    assert_eq!(slots(json!([call, "latest", overridden])), json!([zero]));
}

#[test]
fn an_overridden_precompile_is_none() {
    let node = node();
    let port = node.port();
    let sys = Address::with_last_byte(0x64);
    let number = json!({ "to": sys, "data": "0xa3b1b31d" });
    assert_eq!(
        rpc(port, "eth_call", json!([number, "latest"])),
        json!(B256::ZERO)
    );
    let code = json!({ sys.to_string(): { "code": "0x60075f5260205ff3" } });
    let answer = rpc(port, "eth_call", json!([number, "latest", code]));
    assert_eq!(answer, json!(B256::with_last_byte(7)));
    let arbos = address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    let state = json!({ arbos.to_string(): { "balance": "0x1" } });
    let refused = rpc_error(port, "eth_call", json!([number, "latest", state]));
    assert_eq!(
        refused["message"],
        format!("overriding address {arbos}  not allowed")
    );
}
