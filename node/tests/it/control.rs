//! Control of time, blocks, accounts and snapshots, by the names of anvil and hardhat.

use alloy::primitives::{Address, B256, U256};
use serde_json::{Value, json};
use stylus_devnode::{MiningMode, NodeConfig, spawn};

use crate::support::{
    balance, eventually, latest_block, lenient, mine, node, nonce, receipt, refused, rpc,
    rpc_error, set_code, word_at,
};

fn number(value: &Value) -> u64 {
    serde_json::from_value::<U256>(value.clone()).unwrap().to()
}

fn block_number(port: u16) -> u64 {
    number(&rpc(port, "eth_blockNumber", json!([])))
}

fn timestamp(port: u16) -> u64 {
    number(&latest_block(port)["timestamp"])
}

#[test]
fn accounts_are_set_under_every_name() {
    let node = node();
    let port = node.port();
    let account = Address::repeat_byte(0x11);
    let names = |suffix: &str| ["anvil", "hardhat"].map(|prefix| format!("{prefix}_{suffix}"));
    for (index, method) in names("setBalance")
        .iter()
        .chain([&"tenderly_setBalance".to_owned()])
        .enumerate()
    {
        rpc(port, method, json!([account, U256::from(index + 1)]));
        let found = balance(port, &account);
        assert_eq!(found, format!("{:#x}", index + 1));
    }
    rpc(port, "anvil_addBalance", json!([account, "0x10"]));
    assert_eq!(balance(port, &account), "0x13");
    for (index, method) in names("setNonce").iter().enumerate() {
        rpc(port, method, json!([account, format!("{:#x}", index + 5)]));
        let found = nonce(port, &account);
        assert_eq!(found, format!("{:#x}", index + 5));
    }
    for (method, code) in names("setCode").iter().zip(["0x00", "0xfe"]) {
        rpc(port, method, json!([account, code]));
        assert_eq!(rpc(port, "eth_getCode", json!([account, "latest"])), code);
    }
    // The slot as a bare quantity and as a padded word.
    for (method, slot) in names("setStorageAt")
        .iter()
        .zip(["0x5".to_owned(), B256::with_last_byte(5).to_string()])
    {
        let value = B256::with_last_byte(slot.len() as u8);
        assert_eq!(rpc(port, method, json!([account, slot, value])), true);
        let found = word_at(port, &account, "0x5");
        assert_eq!(found, json!(value));
    }
}

#[test]
fn impersonation_sends_without_a_key_until_it_is_stopped() {
    let node = node();
    let port = node.port();
    let whale = Address::repeat_byte(0x22);
    rpc(
        port,
        "hardhat_setBalance",
        json!([whale, "0xde0b6b3a7640000"]),
    );
    rpc(port, "hardhat_impersonateAccount", json!([whale]));
    let transaction = json!([{ "from": whale, "to": node.addresses()[0], "value": "0x1" }]);
    let hash = rpc(port, "eth_sendTransaction", transaction.clone());
    let sent = rpc(port, "eth_getTransactionByHash", json!([hash]));
    assert_eq!(sent["from"], json!(whale));
    rpc(port, "anvil_stopImpersonatingAccount", json!([whale]));
    let found = refused(port, "eth_sendTransaction", transaction.clone());
    assert_eq!(found, -32000);
    rpc(port, "eth_sendUnsignedTransaction", transaction.clone());
    rpc(port, "anvil_autoImpersonateAccount", json!([true]));
    rpc(port, "eth_sendTransaction", transaction);
    let found = nonce(port, &whale);
    assert_eq!(found, "0x3");
}

#[test]
fn the_number_of_a_snapshot_means_no_other_one_after_a_reorganization_or_a_reset() {
    let node = node();
    let port = node.port();
    let take = || rpc(port, "evm_snapshot", json!([]));
    let revert = |id: &Value| rpc(port, "evm_revert", json!([id]));
    let first = take();
    (0..5).for_each(|_| mine(port));
    let second = take();
    rpc(port, "anvil_reorg", json!([1, []]));
    let third = take();
    assert_eq!(revert(&second), false, "its block was taken back");
    assert_eq!(revert(&third), true);
    assert_eq!(block_number(port), 5);
    assert_eq!(revert(&first), true, "its block is there");
    assert_eq!(block_number(port), 0);

    let before = take();
    rpc(port, "anvil_reset", json!([]));
    let after = take();
    assert_eq!(revert(&before), false);
    assert_eq!(revert(&after), true);
}

#[test]
fn automatic_mining_takes_what_full_blocks_left_with_room_for_others_between_them() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let busy = Address::repeat_byte(0x34);
    // It goes round in a circle until its gas is used.
    set_code(port, &busy, "0x5b5f56");
    rpc(port, "evm_setAutomine", json!([false]));
    let burning = json!({ "from": from, "to": busy, "gas": "0x1312d00" });
    let sent: Vec<_> = (0..5)
        .map(|_| rpc(port, "eth_sendTransaction", json!([burning])))
        .collect();
    rpc(port, "evm_setAutomine", json!([true]));
    eventually("all of them in blocks", || {
        let receipts = sent.iter().map(|hash| receipt(port, hash));
        receipts.into_iter().all(|one| !one.is_null()).then_some(())
    });
    let numbers: Vec<_> = sent
        .iter()
        .map(|hash| receipt(port, hash)["blockNumber"].clone())
        .collect();
    assert_eq!(numbers, ["0x1", "0x1", "0x2", "0x2", "0x3"]);
    assert_eq!(block_number(port), 3, "no block is empty");

    // A reorganization meanwhile leaves none waiting.
    rpc(port, "evm_setAutomine", json!([false]));
    for _ in 0..3 {
        let burning = json!({ "from": node.addresses()[1], "to": busy, "gas": "0x1312d00" });
        rpc(port, "eth_sendTransaction", json!([burning]));
    }
    rpc(port, "anvil_reorg", json!([1, []]));
    assert_ne!(rpc(port, "txpool_status", json!([]))["pending"], "0x0");
    rpc(port, "evm_setAutomine", json!([true]));
    rpc(port, "anvil_reorg", json!([1, []]));
    eventually("all of them in blocks", || {
        let waiting = rpc(port, "txpool_status", json!([]));
        (waiting["pending"] == "0x0").then_some(())
    });
}

#[test]
fn a_snapshot_brings_everything_back_once() {
    let node = node();
    let port = node.port();
    let account = Address::repeat_byte(0x33);
    let first = rpc(port, "evm_snapshot", json!([]));
    mine(port);
    let second = rpc(port, "anvil_snapshot", json!([]));
    rpc(port, "anvil_setBalance", json!([account, "0x1"]));
    let listed = rpc(port, "hardhat_metadata", json!([]))["snapshots"]
        .as_object()
        .unwrap()
        .len();
    assert_eq!(listed, 2);
    assert_eq!(rpc(port, "evm_revert", json!([first])), true);
    assert_eq!(block_number(port), 0);
    let found = balance(port, &account);
    assert_eq!(found, "0x0");
    let found = rpc(port, "evm_revert", json!([first]));
    assert_eq!(found, false, "it is used up");
    let found = rpc(port, "evm_revert", json!([second]));
    assert_eq!(found, false, "it was the later one");
    assert_eq!(rpc(port, "anvil_revert", json!(["0x77"])), false);
}

#[test]
fn time_is_moved_and_set() {
    let node = node();
    let port = node.port();
    let start = timestamp(port);
    rpc(port, "evm_increaseTime", json!([3600]));
    mine(port);
    assert!(timestamp(port) >= start + 3600);
    rpc(port, "evm_setNextBlockTimestamp", json!([start + 10_000]));
    rpc(port, "hardhat_mine", json!([]));
    assert_eq!(timestamp(port), start + 10_000);
    rpc(
        port,
        "evm_mine",
        json!([{ "timestamp": start + 20_000, "blocks": 1 }]),
    );
    assert_eq!(timestamp(port), start + 20_000);
    rpc(port, "evm_mine", json!([format!("{:#x}", start + 30_000)]));
    assert_eq!(timestamp(port), start + 30_000);
    let found = refused(port, "evm_setNextBlockTimestamp", json!([start]));
    assert_eq!(found, -32602);
    rpc(port, "anvil_setBlockTimestampInterval", json!([100]));
    mine(port);
    assert_eq!(timestamp(port), start + 30_100);
    let found = rpc(port, "anvil_removeBlockTimestampInterval", json!([]));
    assert_eq!(found, true);
}

#[test]
fn many_blocks_are_mined_at_an_interval() {
    let node = node();
    let port = node.port();
    let start = timestamp(port);
    rpc(port, "hardhat_mine", json!(["0x64", "0x3c"]));
    assert_eq!(block_number(port), 100);
    // Before the first one, too: real anvil has it so.
    assert!(timestamp(port) >= start + 100 * 60);
    let before = timestamp(port);
    rpc(port, "anvil_setBlockTimestampInterval", json!([7]));
    rpc(port, "anvil_mine", json!(["0x3", "0x3c"]));
    assert_eq!(timestamp(port), before + 3 * 7, "the chain's own interval");
    rpc(port, "anvil_removeBlockTimestampInterval", json!([]));
    let detailed = rpc(port, "evm_mine_detailed", json!([{ "blocks": 2 }]));
    assert_eq!(detailed.as_array().unwrap().len(), 2);
}

#[test]
fn the_next_blocks_environment_is_set() {
    let node = node();
    let port = node.port();
    let coinbase = Address::repeat_byte(0x44);
    rpc(port, "hardhat_setCoinbase", json!([coinbase]));
    rpc(port, "hardhat_setPrevRandao", json!([B256::repeat_byte(7)]));
    rpc(
        port,
        "anvil_setNextBlockBaseFeePerGas",
        json!(["0x12345678"]),
    );
    rpc(port, "evm_setBlockGasLimit", json!(["0x1c9c380"]));
    mine(port);
    let block = latest_block(port);
    assert_eq!(block["miner"], json!(coinbase));
    assert_eq!(block["baseFeePerGas"], "0x12345678");
    assert_eq!(block["gasLimit"], "0x1c9c380");
    // The header's mix hash is Nitro's own; contracts see the value. PREVRANDAO, RETURN it.
    let code = json!({ coinbase.to_string(): { "code": "0x445f5260205ff3" } });
    let seen = rpc(
        port,
        "eth_call",
        json!([{ "to": coinbase }, "pending", code]),
    );
    assert_eq!(seen, json!(B256::repeat_byte(7)));
}

#[test]
fn without_automine_transactions_wait_in_the_pool() {
    let node = spawn(NodeConfig {
        mining: MiningMode::Manual,
        ..NodeConfig::default()
    })
    .unwrap();
    let port = node.port();
    let from = node.addresses()[0];
    let send = || {
        rpc(
            port,
            "eth_sendTransaction",
            json!([{ "from": from, "to": from, "gas": "0x186a0" }]),
        )
    };
    let (first, second) = (send(), send());
    let found = rpc(port, "txpool_status", json!([]));
    assert_eq!(found, json!({ "pending": "0x2", "queued": "0x0" }));
    assert!(receipt(port, &first).is_null());
    assert!(rpc(port, "eth_getTransactionByHash", json!([first]))["blockHash"].is_null());
    let found = rpc(port, "eth_getTransactionCount", json!([from, "pending"]));
    assert_eq!(found, "0x2");
    assert_eq!(
        rpc(port, "txpool_content", json!([]))["pending"][from.to_string().to_lowercase()]["0"]["hash"],
        first
    );
    assert_eq!(rpc(port, "hardhat_dropTransaction", json!([second])), true);
    let found = rpc(port, "anvil_dropTransaction", json!([second]));
    assert_eq!(found, Value::Null);
    mine(port);
    assert_eq!(receipt(port, &first)["status"], "0x1");
    assert_eq!(rpc(port, "hardhat_getAutomine", json!([])), false);
    let third = send();
    rpc(port, "evm_setAutomine", json!([true]));
    assert_eq!(
        receipt(port, &third)["status"],
        "0x1",
        "waiting ones are mined at once"
    );
}

#[test]
fn interval_mining_makes_blocks_by_itself() {
    let node = node();
    let port = node.port();
    rpc(port, "evm_setIntervalMining", json!([1]));
    assert_eq!(rpc(port, "anvil_getIntervalMining", json!([])), 1);
    assert_eq!(rpc(port, "hardhat_getAutomine", json!([])), false);
    eventually("a timed block", || (block_number(port) >= 1).then_some(()));
    rpc(port, "anvil_setIntervalMining", json!([0]));
    assert!(rpc(port, "anvil_getIntervalMining", json!([])).is_null());
}

#[test]
fn metadata_has_plain_numbers_and_an_id_per_instance() {
    let (first, second) = (node(), node());
    let metadata = rpc(first.port(), "anvil_metadata", json!([]));
    assert_eq!(metadata["chainId"], 412_346);
    assert_eq!(metadata["latestBlockNumber"], 0);
    assert!(metadata["forkedNetwork"].is_null());
    assert_ne!(
        metadata["instanceId"],
        rpc(second.port(), "hardhat_metadata", json!([]))["instanceId"]
    );
    rpc(first.port(), "hardhat_reset", json!([{ "forking": {} }]));
    assert_ne!(
        metadata["instanceId"],
        rpc(first.port(), "anvil_metadata", json!([]))["instanceId"]
    );
    assert_eq!(
        rpc(first.port(), "anvil_nodeInfo", json!([]))["environment"]["chainId"],
        412_346
    );
    assert_eq!(
        refused(
            first.port(),
            "anvil_reset",
            json!([{ "forking": { "jsonRpcUrl": "not a URL" } }])
        ),
        -32603
    );
}

/// Deploys code that returns NUMBER.
fn number_contract(port: u16) -> Address {
    let contract = Address::repeat_byte(0x4e);
    set_code(port, &contract, "0x435f5260205ff3");
    contract
}

fn l1_number(port: u16, contract: Address) -> u64 {
    number(&rpc(
        port,
        "eth_call",
        json!([{ "to": contract }, "latest"]),
    ))
}

#[test]
fn the_l1_block_number_is_set_by_rpc() {
    let node = node();
    let port = node.port();
    let contract = number_contract(port);
    assert_eq!(l1_number(port, contract), 1, "block.number - 1 is one");
    for (method, set) in [
        ("anvil_setL1BlockNumber", 25_649_571),
        ("evm_setL1BlockNumber", 7),
    ] {
        rpc(port, method, json!([set]));
        assert_eq!(l1_number(port, contract), set);
        mine(port);
        let block = latest_block(port);
        assert_eq!(number(&block["l1BlockNumber"]), set);
    }
    rpc(port, "anvil_setL1BlockNumber", json!([null]));
    mine(port);
    assert_eq!(l1_number(port, contract), block_number(port));
    let found = refused(port, "anvil_setL1BlockNumber", json!(["x"]));
    assert_eq!(found, -32602);
}

#[test]
fn the_l1_block_number_is_set_by_flag() {
    for (flag, expected) in [("25649571", 25_649_571), ("l2", 0)] {
        let process = crate::support::Process::start(&["--l1-block-number", flag]);
        let contract = number_contract(process.port);
        assert_eq!(l1_number(process.port, contract), expected);
    }
}

#[test]
fn a_revert_keeps_how_blocks_are_made_and_who_may_send() {
    let node = node();
    let port = node.port();
    let (sender, receiver) = (Address::repeat_byte(0x51), Address::repeat_byte(0x52));
    rpc(
        port,
        "anvil_setBalance",
        json!([sender, U256::from(10).pow(U256::from(20))]),
    );
    let snapshot = rpc(port, "evm_snapshot", json!([]));
    rpc(port, "evm_setAutomine", json!([false]));
    rpc(port, "anvil_impersonateAccount", json!([sender]));
    rpc(port, "anvil_setCoinbase", json!([receiver]));
    rpc(port, "evm_revert", json!([snapshot]));
    assert_eq!(rpc(port, "anvil_getAutomine", json!([])), false);
    let gift = json!([{ "from": sender, "to": receiver, "value": "0x1" }]);
    let hash = rpc(port, "eth_sendTransaction", gift);
    assert!(receipt(port, &hash).is_null());
    mine(port);
    let block = latest_block(port);
    assert_eq!(block["miner"], json!(receiver));
    assert_eq!(block["transactions"], json!([hash]));
}

#[test]
fn the_dev_account_can_give_a_hundred_ether_to_thousands() {
    let node = node();
    let dev = json!(["0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E", "latest"]);
    let balance: U256 =
        serde_json::from_value(rpc(node.port(), "eth_getBalance", dev)).expect("a number");
    assert!(balance >= U256::from(5_000 * 100u64) * U256::from(10u64.pow(18)));
}

#[test]
fn times_and_nonces_that_no_chain_reaches_are_refused() {
    let node = lenient();
    let (port, from) = (node.port(), node.addresses()[0]);
    let last = u64::MAX;
    for (method, params) in [
        ("evm_mine", json!([format!("{last:#x}")])),
        ("evm_mine", json!([{ "timestamp": format!("{last:#x}") }])),
        (
            "anvil_setBlockTimestampInterval",
            json!([format!("{last:#x}")]),
        ),
    ] {
        assert_eq!(refused(port, method, params), -32602, "{method}");
    }
    rpc(port, "evm_setAutomine", json!([false]));
    rpc(port, "anvil_setNonce", json!([from, format!("{last:#x}")]));
    let sent = rpc_error(
        port,
        "eth_sendTransaction",
        json!([{ "from": from, "to": from, "gas": "0x5208" }]),
    );
    let words = sent["message"].as_str().expect("words");
    assert!(words.contains("nonce has max value"), "{words}");
    let pending = rpc(port, "eth_getTransactionCount", json!([from, "pending"]));
    assert_eq!(pending, format!("{last:#x}"));
}
