//! Recorded requests that are refused, and the words of the refusals.

use serde_json::{Value, json};

use super::table::Differences;
use super::{answered, make_rich, node, recording};
use crate::recorded_node::{OWNER, RecordedNode};

/// What comes after Nitro's words and says what to do: one of a few.
fn is_hint(nitro: &str, ours: &str) -> bool {
    let Some(hint) = ours.strip_prefix(nitro) else {
        return false;
    };
    let lenient = [
        " (--lenient allows it)",
        " (--lenient waits for the transactions before it)",
    ];
    let key = "; use one of eth_accounts, impersonate it, or sign the transaction and use eth_sendRawTransaction";
    lenient.contains(&hint) || hint.starts_with(": no key for 0x") && hint.ends_with(key)
}

/// Compares an answer of the RPC. Parts that one rule of this node explains have names of their own.
fn asked(differences: &mut Differences, label: &str, nitro: &Value, ours: &Value) {
    /// The code of an unknown method.
    const METHOD: i64 = -32601;
    let code = |answer: &Value| answer["error"]["code"].as_i64();
    let words = |answer: &Value| {
        let words = answer["error"]["message"].as_str().unwrap_or_default();
        words.to_owned()
    };
    let data = |answer: &Value| answer["error"].get("data").cloned();
    let unknown = |label: &str| {
        let method = label.split(' ').next().unwrap_or_default();
        format!("the method {method} does not exist/is not available")
    };
    match (code(nitro), code(ours)) {
        (Some(METHOD), found) if found != Some(METHOD) && words(nitro) == unknown(label) => {
            differences.listed(label, "only here", &Value::Null, &Value::Null);
        }
        (expected, Some(METHOD)) if expected != Some(METHOD) && words(ours) == unknown(label) => {
            differences.listed(label, "not here", nitro, &Value::Null);
        }
        (Some(expected), Some(found))
            if expected == found
                && data(nitro) == data(ours)
                && is_hint(&words(nitro), &words(ours)) =>
        {
            let (nitros, own) = (words(nitro), words(ours));
            differences.listed(label, "hint", &nitros.into(), &own.into());
        }
        (Some(expected), Some(found))
            if expected == found
                && words(nitro) != words(ours)
                && words(nitro).eq_ignore_ascii_case(&words(ours)) =>
        {
            let (nitros, own) = (words(nitro), words(ours));
            differences.listed(label, "capital", &nitros.into(), &own.into());
        }
        _ => answered(differences, label, "answer", nitro, ours),
    }
}

/// Sends what is refused, and compares.
pub(super) fn ask_rpc(node: &RecordedNode, differences: &mut Differences) {
    for line in recording("rpc.jsonl.gz") {
        let (method, label) = (line["method"].as_str(), line["label"].as_str());
        let label = [method, label].map(Option::unwrap_or_default).join(" ");
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
            true => asked(differences, &label, &line["response"], &answer),
            false => drop(differences.compare(&label, "answer", &line["response"], &answer)),
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
