//! Recorded requests that are refused, and the words of the refusals.

use serde_json::{Value, json};

use super::table::{ComparedRequest, Differences};
use super::{compare_answers, make_rich, node, recording};
use crate::recorded_node::{OWNER, RecordedNode};

/// The code of an unknown method.
const UNKNOWN_METHOD: i64 = -32601;

/// Returns true if the answer is that there is no such method.
fn is_unknown(method: &str, answer: &Value) -> bool {
    let words = format!("the method {method} does not exist/is not available");
    let error = &answer["error"];
    error["code"] == UNKNOWN_METHOD && error["message"] == words
}

/// Compares an answer of the RPC; a method that one of both does not have is one difference.
fn compare_refusals(
    differences: &mut Differences,
    request: ComparedRequest<'_>,
    nitro: &Value,
    ours: &Value,
) {
    let is_there = |answer: &Value| json!(!is_unknown(request.method, answer));
    let (on_nitro, here) = (is_there(nitro), is_there(ours));
    if differences.compare(request, "the method itself", &on_nitro, &here) {
        compare_answers(differences, request, nitro, ours);
    }
}

/// Sends what is refused, and compares.
pub(super) fn ask_rpc(node: &RecordedNode, differences: &mut Differences) {
    for line in recording("rpc.jsonl.gz") {
        let [method, label] = ["method", "label"].map(|name| line[name].as_str());
        let request = ComparedRequest {
            method: method.unwrap_or_default(),
            label: label.unwrap_or_default(),
        };
        let body = match line["body"].as_str() {
            Some(body) => body.to_owned(),
            None => {
                let (method, params) = (&line["method"], &line["params"]);
                json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
            }
        };
        let text = node.post(&body);
        let mut answer: Value = serde_json::from_str(&text).unwrap_or(json!(text));
        if let Value::Object(fields) = &mut answer {
            fields.remove("jsonrpc");
            fields.remove("id");
        }
        match line["response"].is_object() {
            true => compare_refusals(differences, request, &line["response"], &answer),
            false => drop(differences.compare(request, "answer", &line["response"], &answer)),
        }
    }
}

#[test]
fn what_the_rpc_refuses_it_refuses_here_in_nitros_words() {
    let mut differences = Differences::new("rpc");
    differences.arbos = "51".to_owned();
    let node = node(51, None);
    make_rich(&node);
    // As on the recorded chain, the newest block has gas: simulated base fees follow from it.
    let sent = node.own(&json!({ "to": OWNER, "data": "0x" }));
    sent.expect("a transaction goes through");
    ask_rpc(&node, &mut differences);
    differences.check();
}
