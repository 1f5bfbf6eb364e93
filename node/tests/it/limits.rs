//! Answers that would be too long.

use serde_json::{Value, json};

use crate::support::{Process, lenient, node, post, request, rpc};

/// An account with this code.
fn install(port: u16, code: &str) -> &'static str {
    let account = "0x00000000000000000000000000000000000c0de0";
    rpc(port, "anvil_setCode", json!([account, code]));
    account
}

#[test]
fn a_trace_that_would_take_gigabytes_is_an_error_and_the_node_continues() {
    let node = node();
    let port = node.port();
    // `JUMPDEST; CALL(gas, 0, 0, 0, 256 KiB, 0, 0); JUMP 0`
    let account = install(port, "0x5b5f5f620400005f5f5f5af1505f56");
    for tracer in ["callTracer", "stylusTracer"] {
        let answer = request(
            port,
            "debug_traceCall",
            json!([{ "to": account, "gas": "0x1e8480" }, "latest", { "tracer": tracer }]),
        );
        assert_eq!(answer["error"]["code"], -32005, "{tracer}");
    }
    assert_eq!(rpc(port, "eth_chainId", json!([])), "0x64aba");
}

#[test]
fn a_batch_whose_answer_would_be_too_long_is_one_error() {
    let node = lenient();
    let port = node.port();
    let account = install(port, &format!("0x{}", "fe".repeat(24_576)));
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getCode", "params": [account, "latest"] });
    let (_, answer) = post(port, &Value::Array(vec![call.clone(); 20_000]).to_string());
    assert!(answer.len() < 1_000, "{} bytes", answer.len());
    let error: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(error["error"]["code"], -32011, "{answer}");
    let (_, answer) = post(port, &Value::Array(vec![call; 1_000]).to_string());
    let answers: Vec<Value> = serde_json::from_str(&answer).unwrap();
    assert_eq!(answers.len(), 1_000);
}

#[test]
fn a_batch_of_too_many_requests_is_one_error() {
    let batch = |of: usize| format!("[{}1]", "1,".repeat(of - 1));
    let (_, answer) = post(node().port(), &batch(1_001));
    let answers: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answers[0]["error"]["code"], -32600, "{answer}");
    assert_eq!(answers.as_array().map(Vec::len), Some(1));
    // More than any node takes: it is refused before its requests are looked at.
    let (_, answer) = post(lenient().port(), &batch(1_000_000));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["error"]["code"], -32010, "{answer}");
}

#[test]
fn logs_that_would_be_too_long_are_an_error() {
    let node = node();
    let port = node.port();
    // `LOG0(0, 1 MiB)`
    let account = install(port, "0x621000005fa0");
    let from = node.addresses()[0];
    for _ in 0..40 {
        rpc(
            port,
            "eth_sendTransaction",
            json!([{ "from": from, "to": account, "gas": "0x1c9c380" }]),
        );
    }
    let answer = request(port, "eth_getLogs", json!([{ "fromBlock": "0x0" }]));
    assert_eq!(answer["error"]["code"], -32005);
    let words = answer["error"]["message"].as_str().expect("text");
    assert!(words.contains("64 MiB"), "{words}");
    let answer = request(port, "eth_getLogs", json!([{ "fromBlock": "0x20" }]));
    assert_eq!(answer["result"].as_array().unwrap().len(), 9);
}

#[test]
fn a_memory_limit_makes_more_evm_memory_out_of_gas() {
    let limited = Process::start(&["--memory-limit", "65536"]);
    let plain = node();
    // `MLOAD(1 MiB)`, and `MLOAD(1 KiB)`
    for (code, allowed) in [("0x6210000051", false), ("0x61040051", true)] {
        for (port, expected) in [(limited.port, allowed), (plain.port(), true)] {
            let account = install(port, code);
            let answer = request(port, "eth_call", json!([{ "to": account }, "latest"]));
            assert_eq!(answer.get("result").is_some(), expected, "{code}: {answer}");
        }
    }
}
