//! Recorded requests whose whole answers are compared: traces, simulations, estimates, access lists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stylus_chain::ChainConfig;
use stylus_devnode::{NodeConfig, spawn};

use super::table::{ComparedRequest, Differences, same};
use super::{ACTIVATED, AddedWords, recording};
use crate::recorded_node::RecordedNode;

/// Fields that depend on the blocks of a chain: in Nitro's each block begins with a transaction of its own.
const OF_BLOCKS: [&str; 12] = [
    "blockHash",
    "parentHash",
    "hash",
    "stateRoot",
    "receiptsRoot",
    "transactionsRoot",
    "mixHash",
    "size",
    "transactionIndex",
    "transactionPosition",
    "timeboosted",
    "totalDifficulty",
];

/// A recording of answers: its file, its place in the table, and the price on L1 of its chain, in wei.
const ANSWERS: [(&str, &str, u64); 2] = [
    ("answers.jsonl.gz", "answers", 0),
    ("l1cost.jsonl.gz", "l1cost", 10_000_000_000),
];

#[test]
fn recorded_answers_are_answered_here_as_nitro_did() {
    for (file, suite, l1_price) in ANSWERS {
        let lines = recording(file);
        let time = |line: &Value| {
            let is_time = line["method"] == "evm_setNextBlockTimestamp";
            line["params"][0].as_u64().filter(|_| is_time)
        };
        let first = lines.iter().find_map(time).expect("the time of a block");
        let chain = ChainConfig {
            arbos_version: 51,
            l1_block_number: Some(0),
            l2_speed_limit: Some(100_000_000_000_000),
            l1_price,
            timestamp: Some(first - 1_000),
            ..ChainConfig::default()
        };
        let config = NodeConfig {
            chain,
            ..NodeConfig::default()
        };
        let node = RecordedNode::embedded(spawn(config).expect("the node starts"));
        let mut differences = Differences::new(suite);
        differences.arbos = "51".to_owned();
        for line in &lines {
            compare_answer(&node, &mut differences, line);
        }
        differences.check();
    }
}

/// Sends a recorded request again, and compares the whole answer.
fn compare_answer(node: &RecordedNode, differences: &mut Differences, line: &Value) {
    let text = |field: &str| line[field].as_str().unwrap_or_default();
    let (label, method) = (text("label"), text("method"));
    let number = |value: &Value| {
        let digits = value.as_str().unwrap_or_default();
        u64::from_str_radix(digits.trim_start_matches("0x"), 16).unwrap_or_default()
    };
    if label == "height" {
        let here = number(&node.rpc("eth_blockNumber", json!([])));
        let missing = number(&line["result"]).saturating_sub(here);
        if missing > 0 {
            node.rpc("anvil_mine", json!([missing]));
        }
        return;
    }
    let answers = node.batch(&[(method, line["params"].clone())]);
    let answer = &answers[0];
    if line.get("result").is_none() && line.get("error").is_none() {
        return;
    }
    // What a trace shows is named by its tracer, anything else by its request.
    let request = label.rsplit_once(" | ").map_or(label, |(_, tracer)| tracer);
    let mut found = BTreeMap::new();
    for field in ["result", "error"] {
        let [nitro, ours] = [line, answer].map(|answer| {
            let mut value = answer.get(field).cloned();
            value.iter_mut().for_each(erase_module_hashes);
            value
        });
        differing(field, nitro.as_ref(), ours.as_ref(), &mut found);
    }
    let request = ComparedRequest {
        method,
        label: request,
    };
    for (field, values) in found {
        differences.add(request, &field, values);
    }
}

/// Leaves program and fee of activations: the module hash is the compiler's own, and receipts of the recording have no
/// version.
fn erase_module_hashes(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(erase_module_hashes),
        Value::Object(fields) => {
            let is_activation = fields
                .get("topics")
                .is_some_and(|topics| topics[0] == ACTIVATED);
            if let Some(Value::String(data)) = fields.get_mut("data").filter(|_| is_activation) {
                *data = data.chars().skip(2 + 64).take(2 * 64).collect();
            }
            fields.values_mut().for_each(erase_module_hashes);
        }
        _ => {}
    }
}

/// The last step of a program that came to its end.
const RETURNED: &str = "user_returned";

/// Opcodes of programs are host functions here, and those of ArbOS' own reads on Nitro: the lists differ as a whole.
const AS_A_WHOLE: &str = "result.structLogs";

/// Notes the fields that differ, by their path: places in lists are `[]`, accounts and slots `{}`.
fn differing(
    path: &str,
    nitro: Option<&Value>,
    ours: Option<&Value>,
    found: &mut BTreeMap<String, String>,
) {
    match (nitro, ours) {
        (Some(Value::Object(nitro)), Some(Value::Object(ours))) => {
            let names: BTreeSet<&String> = nitro.keys().chain(ours.keys()).collect();
            let has_returned = nitro.get("name").is_some_and(|name| name == RETURNED);
            for name in names {
                if has_returned && name.ends_with("Ink") {
                    if nitro.get(name) != ours.get(name) {
                        let (root, _) = path.split_once('[').unwrap_or((path, ""));
                        let values = format!("{:?} / {:?}", nitro.get(name), ours.get(name));
                        found.insert(format!("{root} ink of {RETURNED}"), values);
                    }
                    continue;
                }
                if OF_BLOCKS.contains(&name.as_str()) {
                    continue;
                }
                let is_key = name.len() > 20;
                let place = if is_key { "{}" } else { name.as_str() };
                let path = format!("{path}.{place}");
                differing(&path, nitro.get(name), ours.get(name), found);
            }
        }
        (Some(Value::Array(nitro)), Some(Value::Array(ours)))
            if nitro.len() == ours.len() && path != AS_A_WHOLE =>
        {
            let path = format!("{path}[]");
            for (nitro, ours) in nitro.iter().zip(ours) {
                differing(&path, Some(nitro), Some(ours), found);
            }
        }
        (None, None) => {}
        (nitro, ours) => {
            let nothing = Value::Null;
            let (nitro, ours) = (nitro.unwrap_or(&nothing), ours.unwrap_or(&nothing));
            let is_there = nitro.is_null() == ours.is_null();
            if same(nitro, ours) && is_there {
                return;
            }
            let added = nitro
                .as_str()
                .zip(ours.as_str())
                .and_then(|(nitro, ours)| AddedWords::find(nitro, ours));
            let path = added.map_or(path.to_owned(), |added| added.field().to_owned());
            found
                .entry(path)
                .or_insert_with(|| format!("{nitro} / {ours}"));
        }
    }
}
