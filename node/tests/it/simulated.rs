//! eth_simulateV1, replaced blocks, and what clients ask before they send.

use alloy::primitives::{Address, B256, U256, keccak256};
use serde_json::{Value, json};

use crate::evm::{COUNTER, TOPIC, counter, reverting};
use crate::support::{
    balance, block_number, created, eventually, latest_block, mine, node, receipt, refused, rpc,
    rpc_error,
};

#[test]
fn simulated_blocks_follow_each_other_and_leave_nothing() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let contract = created(port, from, &counter());
    let rich = Address::repeat_byte(0x31);
    let reverts = reverting(&[0xbe, 0xef]);
    let payload = json!({
        "traceTransfers": true,
        "blockStateCalls": [
            {
                "stateOverrides": { rich.to_string(): { "balance": "0x10" } },
                "calls": [
                    { "from": rich, "to": contract },
                    { "from": rich, "to": Address::repeat_byte(0x32), "value": "0x3" },
                ],
            },
            {
                "blockOverrides": { "number": "0x5", "time": "0x7fffffff", "gasLimit": "0x3000000" },
                "calls": [{ "from": rich, "to": contract }, { "from": rich, "data": reverts }],
            },
        ],
    });
    let blocks = rpc(port, "eth_simulateV1", json!([payload, "latest"]));
    let blocks = blocks.as_array().expect("blocks");
    // 2, then 3 and 4, which were skipped, then 5.
    let numbers: Vec<_> = blocks.iter().map(|block| &block["number"]).collect();
    assert_eq!(numbers, ["0x2", "0x3", "0x4", "0x5"]);
    let calls = |block: usize| &blocks[block]["calls"];
    assert_eq!(calls(0)[0]["returnData"], json!(B256::with_last_byte(1)));
    assert_eq!(calls(0)[0]["status"], "0x1");
    assert_eq!(calls(0)[0]["logs"][0]["topics"], json!([TOPIC]));
    let transfer = &calls(0)[1]["logs"][0];
    let named = keccak256("Transfer(address,address,uint256)");
    assert_eq!(transfer["topics"][0], json!(named));
    assert_eq!(transfer["data"], json!(B256::from(U256::from(3))));
    assert_eq!(calls(3)[0]["returnData"], json!(B256::with_last_byte(2)));
    let error = &calls(3)[1]["error"];
    assert_eq!(
        (&error["code"], &error["data"]),
        (&json!(-32000), &json!("0xbeef"))
    );
    assert_eq!(calls(3)[1]["returnData"], "0x");
    assert_eq!(blocks[3]["nonce"], "0x0000000000000000");
    // Only the first block has it: go-ethereum asks the parent's header for the version of ArbOS.
    assert_eq!(blocks[0]["parentBeaconBlockRoot"], json!(B256::ZERO));
    assert!(blocks[3].get("parentBeaconBlockRoot").is_none());
    // Twelve seconds between blocks that name no time.
    let time = |block: usize| {
        let text = blocks[block]["timestamp"].as_str().expect("a number");
        u64::from_str_radix(&text[2..], 16).expect("hexadecimal")
    };
    assert_eq!(time(2) - time(1), 12);
    assert_eq!(blocks[3]["gasLimit"], "0x3000000");
    assert_eq!(blocks[3]["timestamp"], "0x7fffffff");
    assert_eq!(blocks[3]["parentHash"], blocks[2]["hash"]);

    assert_eq!(block_number(port), "0x1");
    assert_eq!(balance(port, &rich), "0x0");
    let at_genesis = json!([{ "blockStateCalls": [{ "calls": [{ "data": counter() }] }] }, "0x0"]);
    let early = rpc(port, "eth_simulateV1", at_genesis);
    assert_eq!(early[0]["number"], "0x1");
}

#[test]
fn calls_that_no_block_takes_have_the_codes_of_the_specification() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let poor = Address::repeat_byte(0x41);
    let to = Address::repeat_byte(0x42);
    let simulate = |call: Value, validation: bool, overrides: Value| {
        let block = json!({ "calls": [call], "blockOverrides": overrides });
        let payload = json!({ "blockStateCalls": [block], "validation": validation });
        refused(port, "eth_simulateV1", json!([payload, "latest"])).clone()
    };
    let fee = "0x77359400";
    let none = || json!({});
    let funds = json!({ "from": poor, "to": to, "value": "0x1" });
    assert_eq!(simulate(funds, false, none()), -38014);
    let high = json!({ "from": from, "to": to, "nonce": "0x9", "maxFeePerGas": fee });
    assert_eq!(simulate(high, true, none()), -38011);
    let cheap = json!({ "from": from, "to": to, "maxFeePerGas": "0x1" });
    assert_eq!(simulate(cheap, true, none()), -32602);
    // A fee that nobody names is none, which no block takes.
    let free = json!({ "from": from, "to": to });
    assert_eq!(simulate(free.clone(), true, none()), -32602);
    let paid = json!({ "calls": [{ "from": from, "to": to, "maxFeePerGas": fee }, free] });
    let payload = json!({ "blockStateCalls": [paid], "validation": true });
    let error = rpc_error(port, "eth_simulateV1", json!([payload, "latest"]));
    let expected = format!(
        "err: max fee per gas less than block base fee: address {from}, maxFeePerGas: 0, baseFee: 87500000 (supplied gas 49979000)"
    );
    assert_eq!(error["message"], expected);
    let little = json!({ "from": from, "to": to, "gas": "0x5000" });
    assert_eq!(simulate(little, false, none()), -38013);
    let much = json!({ "from": from, "to": to, "gas": "0x40000000" });
    let found = simulate(much, false, json!({ "gasLimit": "0x30000000" }));
    assert_eq!(found, -38015);
    let old = json!({ "from": from, "to": to });
    let found = simulate(old.clone(), false, json!({ "time": "0x1" }));
    assert_eq!(found, -38021);
    assert_eq!(
        simulate(old.clone(), false, json!({ "number": "0x400" })),
        -38026
    );
    assert_eq!(simulate(old, false, json!({ "number": "0x0" })), -38020);
}

#[test]
fn blocks_are_taken_back_and_replaced() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let to = Address::repeat_byte(0x51);
    let gift = |value: u64| json!({ "from": from, "to": to, "value": format!("{value:#x}") });
    for value in 1..=3 {
        rpc(port, "eth_sendTransaction", json!([gift(value)]));
    }
    let balance = || balance(port, &to);
    let before = rpc(port, "eth_getBlockByNumber", json!(["0x3", false]))["hash"].clone();
    rpc(
        port,
        "anvil_reorg",
        json!([2, [[gift(0x10), 0], [gift(0x20), 1]]]),
    );
    assert_eq!(block_number(port), "0x3");
    assert_eq!(balance(), "0x31");
    let after = rpc(port, "eth_getBlockByNumber", json!(["0x3", false]));
    assert_ne!(after["hash"], before);
    assert_eq!(after["transactions"].as_array().map(Vec::len), Some(1));
    rpc(port, "anvil_rollback", json!([2]));
    assert_eq!(
        (balance(), block_number(port)),
        (json!("0x1"), json!("0x1"))
    );
    rpc(port, "eth_sendTransaction", json!([gift(4)]));
    assert_eq!(balance(), "0x5");
    // What cannot be done changes nothing.
    let depth = rpc_error(port, "anvil_rollback", json!([99]));
    let said = "Rollback depth must not exceed current chain height: current height 2, depth 99";
    assert_eq!(
        (&depth["code"], &depth["message"]),
        (&json!(-32602), &json!(said))
    );
    let poor = json!({ "from": Address::repeat_byte(0x52), "to": to });
    rpc_error(port, "anvil_reorg", json!([1, [[gift(7), 0], [poor, 0]]]));
    assert_eq!(balance(), "0x5");
    let beyond = rpc_error(port, "anvil_reorg", json!([1, [[gift(7), 1]]]));
    assert_eq!(beyond["code"], -32602);
}

#[test]
fn what_waits_waits_on_while_blocks_are_replaced() {
    let node = node();
    let (port, accounts) = (node.port(), node.addresses());
    let gift = |from: usize, value: &str| json!({ "from": accounts[from], "to": accounts[9], "value": value });
    rpc(port, "eth_sendTransaction", json!([gift(0, "0x1")]));
    rpc(port, "anvil_setAutomine", json!([false]));
    let [first, second] =
        [1, 2].map(|from| rpc(port, "eth_sendTransaction", json!([gift(from, "0x2")])));
    let taken = json!([1, [[gift(0, "0x3"), 0]]]);
    rpc(port, "anvil_reorg", taken);
    let block = latest_block(port);
    assert_eq!(block["transactions"].as_array().map(Vec::len), Some(1));
    assert_eq!(rpc(port, "txpool_status", json!([]))["pending"], "0x2");
    mine(port);
    for hash in [&first, &second] {
        assert_eq!(receipt(port, hash)["status"], "0x1");
    }
    // Of one that is dropped nobody says that it may be mined.
    let waiting = std::thread::spawn({
        let sent = json!([gift(1, "0x4"), "0xbb8"]);
        move || rpc_error(port, "eth_sendTransactionSync", sent)
    });
    eventually("it waits", || {
        (rpc(port, "txpool_status", json!([]))["pending"] == "0x1").then_some(())
    });
    rpc(port, "anvil_dropAllTransactions", json!([]));
    let error = waiting.join().expect("it is answered");
    assert!(
        error["message"]
            .as_str()
            .expect("text")
            .ends_with("it was dropped"),
        "{error}"
    );
}

#[test]
fn of_blocks_that_could_not_be_replaced_nobody_is_told() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    mine(port);
    let filter = rpc(port, "eth_newPendingTransactionFilter", json!([]));
    let poll = || rpc(port, "eth_getFilterChanges", json!([filter]));
    let gift = json!({ "from": from, "to": from, "value": "0x1" });
    let poor = json!({ "from": Address::repeat_byte(0x52), "to": from });
    rpc_error(port, "anvil_reorg", json!([1, [[gift, 0], [poor, 0]]]));
    assert_eq!(poll(), json!([]));
    rpc(port, "anvil_reorg", json!([1, [[gift, 0]]]));
    let block = latest_block(port);
    assert_eq!(poll(), block["transactions"]);
}

#[test]
fn what_clients_ask_before_they_send_is_answered() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let version = rpc(port, "web3_clientVersion", json!([]));
    // Hardhat's network helpers look at the beginning, people at the rest.
    let version = version.as_str().expect("text");
    assert!(
        version.starts_with("anvil/v1.7.1 (stylus-devnode/"),
        "{version}"
    );
    assert!(version.ends_with(" arbos-61)"), "{version}");

    let request = json!({ "from": from, "to": from, "value": "0x1" });
    let filled = rpc(port, "eth_fillTransaction", json!([request]));
    assert_eq!(
        (&filled["tx"]["gas"], &filled["tx"]["nonce"]),
        (&json!("0x5208"), &json!("0x0"))
    );
    // The fields of a transaction as geth writes it, and no place in a block.
    let fields: Vec<_> = filled["tx"].as_object().expect("fields").keys().collect();
    assert_eq!(
        fields,
        [
            "accessList",
            "chainId",
            "gas",
            "gasPrice",
            "hash",
            "input",
            "maxFeePerGas",
            "maxPriorityFeePerGas",
            "nonce",
            "r",
            "s",
            "to",
            "type",
            "v",
            "value",
            "yParity"
        ]
    );
    assert_eq!(filled["tx"]["gasPrice"], Value::Null);
    let receipt = rpc(port, "eth_sendTransactionSync", json!([request]));
    assert_eq!(receipt["status"], "0x1");
    let hash = &receipt["transactionHash"];
    let raw = rpc(port, "eth_getRawTransactionByHash", json!([hash]));
    for (method, params) in [
        ("debug_getRawTransaction", json!([hash])),
        (
            "eth_getRawTransactionByBlockNumberAndIndex",
            json!(["latest", "0x0"]),
        ),
        (
            "eth_getRawTransactionByBlockHashAndIndex",
            json!([receipt["blockHash"], "0x0"]),
        ),
    ] {
        assert_eq!(rpc(port, method, params), raw, "{method}");
    }
    let found = rpc(port, "debug_getRawTransactions", json!(["latest"]));
    assert_eq!(found, json!([raw]));
    let header = rpc(port, "debug_getRawHeader", json!(["latest"]));
    let header: alloy::primitives::Bytes = serde_json::from_value(header).expect("bytes");
    assert_eq!(json!(keccak256(&header)), receipt["blockHash"]);
    let block = rpc(port, "debug_getRawBlock", json!(["latest"]));
    let size = latest_block(port)["size"].clone();
    let bytes = block.as_str().map(|text| (text.len() - 2) / 2);
    let found = bytes.map(|bytes| format!("{bytes:#x}"));
    assert_eq!(found, size.as_str().map(str::to_owned));
    let receipts = rpc(port, "debug_getRawReceipts", json!(["latest"]));
    assert_eq!(receipts.as_array().map(Vec::len), Some(1));

    let contract = created(port, from, &counter());
    let code = rpc(port, "eth_getCode", json!([contract, "latest"]));
    let bytes: alloy::primitives::Bytes = serde_json::from_value(code.clone()).expect("bytes");
    let found = rpc(port, "debug_codeByHash", json!([keccak256(&bytes)]));
    assert_eq!(found, code);
    assert!(COUNTER.contains(' ') && code.as_str().is_some_and(|code| code.len() == 42));
    let config = rpc(port, "eth_config", json!([]));
    assert_eq!(
        config["current"]["precompiles"]["P256VERIFY"],
        json!(Address::from_word(U256::from(256).into()))
    );
    assert_eq!(
        rpc(
            port,
            "eth_getUncleByBlockNumberAndIndex",
            json!(["latest", "0x0"])
        ),
        Value::Null
    );

    assert_eq!(rpc(port, "ots_getApiLevel", json!([])), 8);
    let creator = rpc(port, "ots_getContractCreator", json!([contract]));
    assert_eq!(creator["creator"], json!(from));
    let traced = rpc(port, "ots_traceTransaction", json!([hash]));
    assert_eq!(
        (&traced[0]["type"], &traced[0]["depth"]),
        (&json!("CALL"), &json!(0))
    );

    rpc(port, "anvil_setChainId", json!([31338]));
    assert_eq!(rpc(port, "eth_chainId", json!([])), "0x7a6a");
}

#[test]
fn a_sender_without_funds_is_refused_for_that_reason() {
    let node = node();
    let poor = Address::repeat_byte(0x61);
    rpc(node.port(), "anvil_impersonateAccount", json!([poor]));
    let call = json!({ "from": poor, "to": poor, "maxFeePerGas": "0x3b9aca00" });
    for (method, words) in [
        ("eth_estimateGas", "insufficient funds for transfer"),
        (
            "eth_sendTransaction",
            "insufficient funds for gas * price + value",
        ),
    ] {
        let error = rpc_error(node.port(), method, json!([call]));
        let message = error["message"].as_str().expect("text");
        assert!(message.starts_with(words), "{method}: {message}");
        assert_eq!(error["code"], -32000);
    }
}
