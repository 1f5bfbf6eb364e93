//! Recorded calls of ArbOS' precompiles: answer, estimate and gas.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stylus_devnode::{NodeConfig, spawn};

use super::table::Differences;
use super::{answered, make_rich, node, recording};
use crate::recorded_node::{OWNER, RecordedNode};

#[test]
fn recorded_calls_of_precompiles_answer_and_cost_here_what_they_did_on_nitro() {
    let mut differences = Differences::new("precompiles");
    let lines = recording("precompiles.jsonl.gz");
    for arbos in [51, 60] {
        let node = node(arbos, None);
        make_rich(&node);
        node.rpc("evm_mine", json!([]));
        differences.arbos = arbos.to_string();
        ask_precompiles(&node, &mut differences, &lines, arbos);
    }
    differences.check();
}

/// Calls methods of precompiles, and compares.
pub(super) fn ask_precompiles(
    node: &RecordedNode,
    differences: &mut Differences,
    lines: &[Value],
    arbos: u64,
) {
    for line in lines.iter().filter(|line| line["arbos"] == arbos) {
        let label = line["label"].as_str().unwrap_or_default();
        let params = &line["params"];
        let traced = json!([params[0], params[1], {}]);
        let answers = node.batch(&[
            ("eth_call", params.clone()),
            ("eth_estimateGas", params.clone()),
            ("debug_traceCall", traced),
        ]);
        answered(differences, label, "call", &line["response"], &answers[0]);
        if let Some(estimate) = line.get("estimateGas") {
            answered(differences, label, "estimate", estimate, &answers[1]);
        }
        if let Some(gas) = line.get("traceGas") {
            let found = answers[2]["result"]["gas"].as_u64();
            let found = found.map(|gas| json!(format!("{gas:#x}")));
            differences.compare(label, "gas", gas, &found.unwrap_or_default());
        }
    }
}

/// A method of a precompile, as the recording names it, and a call of it.
fn methods() -> BTreeMap<String, Value> {
    let mut methods = BTreeMap::new();
    for line in recording("precompiles.jsonl.gz") {
        let label = line["label"].as_str().unwrap_or_default();
        if let Some((method, _)) = label.split_once(')') {
            let call = line["params"][0].clone();
            methods.entry(format!("{method})")).or_insert(call);
        }
    }
    methods
}

#[test]
fn every_method_of_nitros_precompiles_answers_or_says_why_not() {
    const FEWEST: usize = 190;
    /// ArbOS 31 took it away.
    const ENDED: &str = "ArbWasmCache.cacheCodehash(bytes32)";
    let node = RecordedNode::embedded(spawn(NodeConfig::default()).expect("the node starts"));
    let methods = methods();
    assert!(methods.len() > FEWEST, "{} methods", methods.len());
    let mut unknown = Vec::new();
    for (method, mut call) in methods.into_iter().filter(|(method, _)| method != ENDED) {
        let from = json!(OWNER);
        call = json!({ "from": from, "to": call["to"], "data": call["data"] });
        let answer = node.ask("eth_call", json!([call, "latest"]));
        let words = answer["error"]["message"].as_str();
        let is_unknown = words.is_some_and(|words| words.contains("no method"));
        if is_unknown || answer["result"] == "0x" && method.contains("NodeInterface") {
            unknown.push(format!("{method}: {answer}"));
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}
