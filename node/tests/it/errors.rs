//! What a failed call says over JSON-RPC: the words that tools match on are Nitro's.

use alloy::primitives::{Address, address, keccak256};
use serde_json::{Value, json};

use crate::support::{mine, node, rpc, rpc_error, set_code, transact};

fn word(value: u64) -> String {
    format!("{value:064x}")
}

/// Calldata of a method by its signature.
fn calldata(signature: &str, words: &[String]) -> String {
    let selector = hex::encode(&keccak256(signature)[..4]);
    format!("0x{selector}{}", words.concat())
}

fn precompile(last: u8) -> Address {
    Address::with_last_byte(last)
}

/// The error of a call, which the estimate repeats.
fn refused(port: u16, to: Address, data: &str) -> Value {
    refused_from(port, json!({ "to": to, "data": data }))
}

fn refused_from(port: u16, call: Value) -> Value {
    let error = rpc_error(port, "eth_call", json!([call, "latest"]));
    let estimated = rpc_error(port, "eth_estimateGas", json!([call]));
    assert_eq!(error["message"], estimated["message"]);
    error
}

#[test]
fn named_errors_of_precompiles_are_written_as_nitro_writes_them() {
    let node = node();
    let port = node.port();
    let custom = calldata("customRevert(uint64)", &[word(1024)]);
    let error = refused(port, precompile(0xff), &custom);
    assert_eq!(error["code"], 3);
    assert_eq!(
        error["message"],
        r"execution reverted: error Custom(1024, This spider family wards off bugs: /\oo/\ //\(oo)//\ /\oo/\, true)"
    );
    assert!(
        error["data"]
            .as_str()
            .expect("data")
            .starts_with("0x1753067f")
    );

    mine(port);
    let unknown = calldata("arbBlockHash(uint256)", &[word(1_000_000_000)]);
    let error = refused(port, precompile(0x64), &unknown);
    assert_eq!(
        error["message"],
        "execution reverted: error InvalidBlockNumber(1000000000, 1)"
    );

    let acts = address!("00000000000000000000000000000000000a4b05");
    let zero = || word(0);
    for (to, data, expected) in [
        (
            precompile(0x71),
            calldata("codehashVersion(bytes32)", &[word(1)]),
            "ProgramNotActivated()",
        ),
        (
            precompile(0x71),
            calldata("activateProgram(address)", &[word(0xff)]),
            "ProgramNotWasm()",
        ),
        (
            precompile(0x6e),
            calldata("redeem(bytes32)", &[word(7)]),
            "NoTicketWithID()",
        ),
        (
            acts,
            calldata(
                "startBlock(uint256,uint64,uint64,uint64)",
                &[zero(), zero(), zero(), zero()],
            ),
            "CallerNotArbOS()",
        ),
        (
            precompile(0x6e),
            calldata(
                "submitRetryable(bytes32,uint256,uint256,uint256,uint256,uint64,uint256,address,address,address,bytes)",
                &(0..10)
                    .map(|_| zero())
                    .chain([word(352), zero()])
                    .collect::<Vec<_>>(),
            ),
            "NotCallable()",
        ),
    ] {
        let message = refused(port, to, &data)["message"].clone();
        assert_eq!(message, format!("execution reverted: error {expected}"));
    }
}

#[test]
fn an_active_program_is_up_to_date_in_words() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let program = crate::stylus::deployed(port, from);
    let activate = crate::stylus::activation_of(&program);
    let call = json!({ "from": from, "to": precompile(0x71), "value": "0xde0b6b3a7640000", "data": activate });
    let cheap = json!({ "from": from, "to": precompile(0x71), "value": "0x1", "data": activate });
    let error = rpc_error(port, "eth_call", json!([cheap, "latest"]));
    let message = error["message"].as_str().expect("text");
    let prefix = "execution reverted: error ProgramInsufficientValue(1, ";
    assert!(
        message.starts_with(prefix) && message.ends_with(')'),
        "{message}"
    );

    assert_eq!(transact(port, call.clone())["status"], "0x1");
    let message = refused_from(port, call)["message"].clone();
    assert_eq!(message, "execution reverted: error ProgramUpToDate()");
    let code = rpc(port, "eth_getCode", json!([program, "latest"]));
    let code: alloy::primitives::Bytes = serde_json::from_value(code).expect("bytes");
    let keepalive = calldata(
        "codehashKeepalive(bytes32)",
        &[hex::encode(keccak256(&code))],
    );
    let error = rpc_error(
        port,
        "eth_call",
        json!([{ "from": from, "to": precompile(0x71), "data": keepalive }]),
    );
    let message = error["message"].as_str().expect("text");
    assert!(
        message.starts_with("execution reverted: error ProgramKeepaliveTooSoon("),
        "{message}"
    );
}

#[test]
fn refusals_without_data_give_their_reason() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let activation = |code: &[u8], expected: &str| {
        let program = Address::repeat_byte(0xc2);
        set_code(port, &program, &format!("0x{}", hex::encode(code)));
        let data = crate::stylus::activation_of(&json!(program));
        let call = json!({ "from": from, "to": precompile(0x71), "value": "0x1", "data": data });
        let error = refused_from(port, call);
        let message = error["message"].as_str().expect("text");
        assert!(
            message.starts_with("execution reverted: ") && message.contains(expected),
            "{message}"
        );
        assert_eq!((&error["code"], &error["data"]), (&json!(3), &json!("0x")));
    };
    let mut program = crate::stylus::echo();
    program[3] = 1;
    activation(&program, "dictionary");
    activation(&[0xef, 0xf0, 0, 0, 0xff, 0xff], "brotli");
    activation(&[0xef, 0xf0, 1, 0, 1], "not a Stylus program");
    let absent = [&[0xef, 0xf0, 2, 0, 0, 0, 1, 0][..], &[7; 20]].concat();
    activation(&absent, "is not a fragment");
    let none = [0xef, 0xf0, 2, 0, 0, 0, 1, 0];
    activation(&none, "0 fragments");
    let long = [&[0xef, 0xf0, 2, 0, 0, 0, 1, 0][..], &[7; 100]].concat();
    activation(&long, "5 fragments");

    let dev = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
    for (signature, words, expected) in [
        ("setCollectTips(bool)", vec![word(1)], "setCollectTips"),
        (
            "setNativeTokenManagementFrom(uint64)",
            vec![word(1)],
            "setNativeTokenManagementFrom",
        ),
        (
            "scheduleArbOSUpgrade(uint64,uint64)",
            vec![word(62), word(0)],
            "62",
        ),
        ("nobodyHasThis()", vec![], "no method"),
    ] {
        let data = calldata(signature, &words);
        let call = json!({ "from": dev, "to": precompile(0x70), "data": data });
        let error = refused_from(port, call);
        let message = error["message"].as_str().expect("text");
        assert!(message.contains(expected), "{signature}: {message}");
    }
    // A later call that succeeds takes the reason back: the revert is the caller's own.
    // CALL 0x71 with a selector that does not exist, CALL BOB, REVERT(0, 0).
    let catches = "0x5f5f5f5f5f6071620f4240f15f5f5f5f5f60b0620f4240f15f5ffd";
    let contract = Address::repeat_byte(0xc3);
    set_code(port, &contract, catches);
    let error = refused(port, contract, "0x");
    assert_eq!(error["message"], "execution reverted");
}

#[test]
fn what_ends_the_request_in_nitro_says_so() {
    let node = node();
    let data = calldata("panic()", &[]);
    let error = refused(node.port(), precompile(0xff), &data);
    assert_eq!(error["message"], "method handler crashed");
    assert_eq!(error["code"], -32603);
    let view = calldata("eventsView()", &[]);
    let error = refused(node.port(), precompile(0xff), &view);
    assert_eq!(error["message"], "execution reverted: write protection");
}
