//! Recorded transactions: status, gas, logs and the accounts that they changed.

use alloy::consensus::{EMPTY_ROOT_HASH, constants::KECCAK_EMPTY};
use alloy::primitives::{B256, hex, keccak256};
use serde_json::{Value, json};

use super::table::{ComparedRequest, Differences};
use super::{ACTIVATED, compare_answers, node, recording};
use crate::recorded_node::RecordedNode;

/// What was set before a transaction.
const SET: ComparedRequest<'static> = ComparedRequest {
    method: "-",
    label: "set",
};

/// The precompile of programs.
const ARB_WASM: &str = "0x0000000000000000000000000000000000000071";

#[test]
fn recorded_transactions_do_here_what_they_did_on_nitro() {
    let mut differences = Differences::new("transactions");
    let mut running: Option<RecordedNode> = None;
    let lines = recording("transactions.jsonl.gz");
    let first = lines.iter().find_map(|line| line["ts"].as_u64());
    let start = first.expect("a transaction") - 10_000;
    for line in &lines {
        if line.get("format").is_some() {
            continue;
        }
        if let Some(arbos) = line.get("chain") {
            let fresh = node(51, Some(start));
            for call in line["setup"].as_array().into_iter().flatten() {
                fresh.own(call).expect("an owner sets it");
            }
            fresh.rpc("evm_mine", json!([]));
            differences.arbos = arbos.to_string();
            running = Some(fresh);
            continue;
        }
        let node = running.as_ref().expect("a chain comes first");
        done_again(node, &mut differences, line);
    }
    differences.check();
}

/// Does again what a line of a recorded chain says, and compares.
pub(super) fn done_again(node: &RecordedNode, differences: &mut Differences, line: &Value) {
    if let Some(set) = line.get("set") {
        for (account, values) in set.as_object().into_iter().flatten() {
            let account = json!(account);
            if let Some(balance) = values.get("balance")
                && let Err(why) = node.set_balance(&account, balance)
            {
                differences.compare(SET, "balance", &Value::Null, &why.into());
            }
            if let Some(nonce) = values.get("nonce").and_then(Value::as_u64) {
                node.set_nonce(&account, &json!(format!("{nonce:#x}")));
            }
        }
    } else if let Some(call) = line.get("owner") {
        if let Err(why) = node.own(call) {
            differences.compare(SET, "by an owner", &Value::Null, &why.into());
        }
    } else if let Some(call) = line.get("call") {
        called(node, differences, line, call);
    } else {
        sent(node, differences, line);
    }
}

/// The transaction of a line.
fn sent_request(line: &Value) -> ComparedRequest<'_> {
    ComparedRequest {
        method: "eth_sendRawTransaction",
        label: line["label"].as_str().unwrap_or_default(),
    }
}

/// Compares a transaction with its receipt and the accounts that it changed.
fn sent(node: &RecordedNode, differences: &mut Differences, line: &Value) {
    let request = sent_request(line);
    let raw = line["raw"].as_str().expect("a raw transaction");
    let hash = json!(keccak256(hex::decode(raw).expect("hexadecimal")));
    let mut requests = vec![("eth_sendRawTransaction", json!([raw]))];
    if node.has_a_clock() {
        requests.push(("evm_setNextBlockTimestamp", json!([line["ts"]])));
        let fee = json!([line["baseFee"]]);
        requests.push(("anvil_setNextBlockBaseFeePerGas", fee));
        requests.rotate_left(1);
    }
    let answers = node.batch(&requests);
    let refused = answers.iter().find_map(|answer| answer.get("error"));
    let receipt = match refused {
        None => node.receipt(&hash),
        Some(_) => Value::Null,
    };
    if receipt.is_null() {
        let error = refused.cloned().unwrap_or_default();
        differences.compare(request, "refused", &Value::Null, &error);
        return;
    }
    let number = |field: &str| {
        let digits = receipt[field].as_str().unwrap_or_default();
        u64::from_str_radix(digits.trim_start_matches("0x"), 16).unwrap_or_default()
    };
    differences.compare(request, "status", &line["status"], &number("status").into());
    let gas = number("gasUsed") - number("gasUsedForL1");
    differences.compare(request, "gas", &line["gas"], &gas.into());
    let created = line.get("contract").unwrap_or(&Value::Null);
    differences.compare(request, "contract", created, &receipt["contractAddress"]);
    let logs = receipt["logs"].as_array().into_iter().flatten();
    let logs: Vec<Value> = logs.map(log).collect();
    let (mut expected, mut logs) = (line["logs"].clone(), Value::from(logs));
    if !node.has_a_clock() {
        erase_data_fees(&mut expected);
        erase_data_fees(&mut logs);
    }
    differences.compare(request, "logs", &expected, &logs);
    changed(node, differences, line);
}

/// Compares the accounts that a transaction changed.
fn changed(node: &RecordedNode, differences: &mut Differences, line: &Value) {
    let request = sent_request(line);
    let state = line["state"].as_object().cloned().unwrap_or_default();
    let proofs: Vec<_> = state
        .keys()
        .map(|account| ("eth_getProof", json!([account, [], "latest"])))
        .collect();
    if proofs.is_empty() {
        return;
    }
    let answers = node.batch(&proofs);
    for ((account, expected), answer) in state.iter().zip(&answers) {
        let (account, proof) = (json!(account), &answer["result"]);
        for (at, field) in ["nonce", "balance", "codeHash", "storageHash"]
            .into_iter()
            .enumerate()
        {
            // Wei follow from base fees, which only a node with a clock has as recorded.
            if field == "balance" && !node.has_a_clock() {
                continue;
            }
            // The recording has the hashes of what is empty where an account is absent.
            let found = match (field, proof[field] == json!(B256::ZERO)) {
                ("codeHash", true) => json!(KECCAK_EMPTY),
                ("storageHash", true) => json!(EMPTY_ROOT_HASH),
                _ => proof[field].clone(),
            };
            if differences.compare(request, field, &expected[at], &found) {
                continue;
            }
            // One difference is no reason for those that would follow.
            match field {
                "nonce" => node.set_nonce(&account, &expected[at]),
                "balance" => {
                    let set = node.set_balance(&account, &expected[at]);
                    set.expect("a balance is set");
                }
                _ => {}
            }
        }
    }
}

/// A log as the recording has it.
fn log(log: &Value) -> Value {
    let data = log["data"].as_str().unwrap_or_default();
    let data = match log["topics"][0] == ACTIVATED {
        true => format!("0x{:064}{}", 0, &data[66..data.len() - 64]),
        false => data.to_owned(),
    };
    json!([log["address"], log["topics"], data])
}

/// Leaves the program of activations: the fee for data follows from the time.
fn erase_data_fees(logs: &mut Value) {
    for log in logs.as_array_mut().into_iter().flatten() {
        if log[1][0] == ACTIVATED {
            let data = log[2].as_str().unwrap_or_default();
            log[2] = data.chars().take(2 + 2 * 64).collect::<String>().into();
        }
    }
}

/// Whether the answer to a call follows from a chain's clock or from the fees that its blocks paid: fees and ages of
/// ArbWasm, and programs that return the time or a balance.
fn follows_from_blocks(label: &str, call: &Value) -> bool {
    let programs = [
        "sol24.json53.30",
        "public:h_block_timestamp ",
        "public:h_balance_00 ",
    ];
    call["to"] == ARB_WASM || programs.iter().any(|program| label.starts_with(program))
}

/// Compares an `eth_call`.
fn called(node: &RecordedNode, differences: &mut Differences, line: &Value, call: &Value) {
    let label = line["label"].as_str().unwrap_or_default();
    if !node.has_a_clock() && follows_from_blocks(label, call) {
        return;
    }
    let answer = node.ask("eth_call", json!([call, "latest"]));
    let expected = &line["result"];
    let expected = match expected[0].as_str() {
        Some("ok") => json!({ "result": expected[1] }),
        _ => {
            json!({ "error": { "code": expected[1], "data": expected[2], "message": expected[3] } })
        }
    };
    let request = ComparedRequest {
        method: "eth_call",
        label,
    };
    compare_answers(differences, request, &expected, &answer);
}
