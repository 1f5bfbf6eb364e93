//! Recorded calls of ArbOS' precompiles: answer, estimate and gas.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy::sol_types::{SolCall, sol};
use serde_json::{Value, json};
use stylus_devnode::{NodeConfig, spawn};

use super::table::{ComparedRequest, Differences};
use super::{compare_answers, make_rich, node, recording};
use crate::recorded_node::{OWNER, RecordedNode};

/// The second of a chain at which its programs count a new hour.
const FULL_HOUR: u64 = 1_795_759_200;
/// Seconds after it at which the recorded chain was asked, of the age of its program.
const PROGRAM_AGE: u64 = 3_443;
/// The cache manager of this node's genesis, which the recorded chain did not have.
const CACHE_MANAGER: Address = address!("a6e41fFD769491a42A6e5Ce453259b93983a22EF");
/// The account of ArbOS' state.
const ARBOS_STATE: Address = address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
/// The account of what was paid for L1.
const L1_FUNDS: Address = address!("A4B00000000000000000000000000000000000f6");

/// The methods that answer what a chain did before, and what they read: a part of ArbOS' state, and a slot in it.
const COUNTERS: [(&str, u8, u8); 3] = [
    ("ArbGasInfo.getGasBacklog()", 1, 4),
    ("ArbGasInfo.getL1FeesAvailable()", 0, 11),
    ("ArbGasInfo.getL1PricingUnitsSinceUpdate()", 0, 6),
];

/// The other methods whose answers depend on what a chain did before.
const OF_A_CHAIN: [&str; 15] = [
    "ArbGasInfo.getL1PricingSurplus()",
    "ArbInfo.getBalance(address)",
    "ArbOwner.releaseL1PricerSurplusFunds(uint256)",
    "ArbStatistics.getStats()",
    "ArbSys.arbBlockHash(uint256)",
    "ArbSys.arbBlockNumber()",
    "ArbWasm.codehashAsmSize(bytes32)",
    "ArbWasm.codehashKeepalive(bytes32)",
    "ArbWasm.programInitGas(address)",
    "ArbWasm.programMemoryFootprint(address)",
    "ArbWasm.programTimeLeft(address)",
    "ArbWasm.programVersion(address)",
    "ArbWasmCache.allCacheManagers()",
    "ArbWasmCache.cacheProgram(address)",
    "NodeInterface.l2BlockRangeForL1(uint64)",
];

sol! {
    #![sol(alloy_sol_types = alloy::sol_types)]
    function activateProgram(address program) external payable;
    function removeWasmCacheManager(address manager) external;
}

#[test]
fn recorded_calls_of_precompiles_answer_and_cost_here_what_they_did_on_nitro() {
    let mut differences = Differences::new("precompiles");
    let lines = recording("precompiles.jsonl.gz");
    for arbos in [51, 60] {
        let node = node(arbos, Some(FULL_HOUR));
        make_rich(&node);
        let lines: Vec<&Value> = lines.iter().filter(|line| line["arbos"] == arbos).collect();
        make_as_recorded(&node, &lines);
        differences.arbos = arbos.to_string();
        for line in lines {
            ask_precompile(&node, &mut differences, line);
        }
    }
    differences.check();
}

/// The slot of ArbOS' state at a place of one of its parts.
fn arbos_slot(part: u8, place: u8) -> B256 {
    let space = keccak256([part]);
    let mut slot = keccak256([space.as_slice(), &[0; 31]].concat());
    slot[31] = place;
    slot
}

/// Gives the chain what the recorded one had: program, balances, counters, height.
fn make_as_recorded(node: &RecordedNode, lines: &[&Value]) {
    let remove = removeWasmCacheManagerCall {
        manager: CACHE_MANAGER,
    };
    let call =
        json!({ "to": Address::with_last_byte(0x70), "data": Bytes::from(remove.abi_encode()) });
    node.own(&call).expect("an owner removes the cache manager");
    for line in lines {
        if let Some(program) = line.get("program") {
            node.rpc(
                "anvil_setCode",
                json!([program["address"], program["code"]]),
            );
            let program = serde_json::from_value(program["address"].clone()).expect("an address");
            let data = Bytes::from(activateProgramCall { program }.abi_encode());
            let call = json!({ "from": OWNER, "to": Address::with_last_byte(0x71), "data": data, "value": "0xde0b6b3a7640000" });
            node.rpc("eth_sendTransaction", json!([call]));
            continue;
        }
        let Some(word) = line["response"]["result"].as_str() else {
            continue;
        };
        let label = line["label"].as_str().unwrap_or_default();
        if label.starts_with("ArbInfo.getBalance") {
            let data = line["params"][0]["data"].as_str().unwrap_or_default();
            let account: String = data.chars().skip(data.len() - 40).collect();
            node.rpc("anvil_setBalance", json!([account, word]));
        }
        for (method, part, place) in COUNTERS {
            if label.starts_with(method) {
                let slot = arbos_slot(part, place);
                node.rpc("anvil_setStorageAt", json!([ARBOS_STATE, slot, word]));
            }
        }
        if label.starts_with("ArbGasInfo.getL1FeesAvailable") {
            node.rpc("anvil_setBalance", json!([L1_FUNDS, word]));
        }
    }
    let stats = lines
        .iter()
        .find(|line| line["label"] == "ArbStatistics.getStats() args0");
    let stats: Bytes = stats
        .and_then(|line| serde_json::from_value(line["response"]["result"].clone()).ok())
        .expect("the number of the newest block");
    let height = U256::from_be_slice(&stats[..32]);
    let here: U256 =
        serde_json::from_value(node.rpc("eth_blockNumber", json!([]))).expect("a number");
    node.rpc("anvil_mine", json!([height - here - U256::ONE]));
    node.rpc(
        "evm_setNextBlockTimestamp",
        json!([FULL_HOUR + PROGRAM_AGE]),
    );
    node.rpc("evm_mine", json!([]));
}

/// Calls methods of precompiles whose answers depend on nothing that a chain did before, and compares.
pub(super) fn ask_precompiles(
    node: &RecordedNode,
    differences: &mut Differences,
    lines: &[Value],
    arbos: u64,
) {
    for line in lines.iter().filter(|line| line["arbos"] == arbos) {
        let label = line["label"].as_str().unwrap_or_default();
        let counters = COUNTERS.iter().map(|(method, ..)| method);
        let mut of_a_chain = OF_A_CHAIN.iter().chain(counters);
        if !of_a_chain.any(|method| label.starts_with(method)) {
            ask_precompile(node, differences, line);
        }
    }
}

/// Calls a method of a precompile as it was recorded, and compares.
fn ask_precompile(node: &RecordedNode, differences: &mut Differences, line: &Value) {
    if line.get("program").is_some() {
        return;
    }
    let label = line["label"].as_str().unwrap_or_default();
    let params = &line["params"];
    let traced = json!([params[0], params[1], {}]);
    let answers = node.batch(&[
        ("eth_call", params.clone()),
        ("eth_estimateGas", params.clone()),
        ("debug_traceCall", traced),
    ]);
    let request = |method| ComparedRequest { method, label };
    let called = request("eth_call");
    compare_answers(differences, called, &line["response"], &answers[0]);
    if let Some(estimate) = line.get("estimateGas") {
        let estimated = request("eth_estimateGas");
        compare_answers(differences, estimated, estimate, &answers[1]);
    }
    if let Some(gas) = line.get("traceGas") {
        let found = answers[2]["result"]["gas"].as_u64();
        let found = found.map(|gas| json!(format!("{gas:#x}")));
        let found = found.unwrap_or_default();
        differences.compare(request("debug_traceCall"), "result.gas", gas, &found);
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
