//! What a Nitro node answered, compared with this node's answers: `tests/recordings`.
//!
//! Every difference stands in `tests/recordings/differences.txt` with its reason. One that does not
//! fails, and so does a row without a difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use alloy::consensus::{EMPTY_ROOT_HASH, constants::KECCAK_EMPTY};
use alloy::primitives::{B256, U256, hex, keccak256};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use stylus_chain::ChainConfig;
use stylus_devnode::{NodeConfig, spawn};

use crate::recorded_node::{OWNER, RecordedNode};

/// The label of a row that holds for what is in `tests/recordings/listed.txt`, and for nothing else.
const IN_THE_LIST: &str = "(listed)";
/// The beginning of that file.
const LISTED: &str = "# The requests of the rows `(listed)` of differences.txt: kind | request | Nitro's answer | this node's.\n\
    # A test writes this file with STYLUS_UPGRADES_UPDATE=1, and fails on any other request or answer.\n";
/// Rows of the table of differences.
const MOST_ROWS: usize = 88;
/// The event whose module hash is this chain's own, and whose version the recording leaves out.
const ACTIVATED: &str = "0xc0e812780707128d9a180db8ee4d1c1f1300b6dd0626d577b5d9ac759b76253c";

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// The lines of a recording.
fn recording(name: &str) -> Vec<Value> {
    let file = std::fs::File::open(home().join(name)).expect("the recording is there");
    let mut text = String::new();
    let read = GzDecoder::new(file).read_to_string(&mut text);
    read.expect("a recording is compressed text");
    let lines = text.lines().map(serde_json::from_str);
    lines.map(|line| line.expect("a line is JSON")).collect()
}

/// A row of the table: where the difference is, and why.
struct Row {
    suite: String,
    arbos: String,
    label: String,
    field: String,
    reason: String,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(home().join("differences.txt")).expect("the table");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [suite, arbos, label, field, reason] = cells[..] else {
                panic!("expected five cells in: {line}");
            };
            let [suite, arbos, label, field, reason] =
                [suite, arbos, label, field, reason].map(str::to_owned);
            Row {
                suite,
                arbos,
                label,
                field,
                reason,
            }
        })
        .collect()
}

/// Whether a pattern, in which `*` stands for any text, is the whole text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|left| {
            (0..=left.len())
                .filter(|at| left.is_char_boundary(*at))
                .any(|at| fits(rest, &left[at..]))
        }),
    }
}

/// The differences of one suite.
struct Differences {
    suite: &'static str,
    arbos: String,
    found: Vec<(String, String, String, String)>,
    /// Those of the kinds that many requests have.
    listed: BTreeSet<String>,
}

impl Differences {
    fn new(suite: &'static str) -> Self {
        Self {
            suite,
            arbos: String::new(),
            found: Vec::new(),
            listed: BTreeSet::new(),
        }
    }

    /// Compares a field; true if both are equal.
    fn compare(&mut self, label: &str, field: &str, nitro: &Value, ours: &Value) -> bool {
        let is_equal = same(nitro, ours);
        if !is_equal {
            let values = format!("{nitro} / {ours}");
            let (arbos, label) = (self.arbos.clone(), label.to_owned());
            self.found.push((arbos, label, field.to_owned(), values));
        }
        is_equal
    }

    /// Notes a difference of a kind that many requests have: its row in the table holds only for those that
    /// `tests/recordings/listed.txt` has, with both answers.
    fn listed(&mut self, label: &str, kind: &str, nitro: &Value, ours: &Value) {
        let line = format!("{kind} | {label} | {nitro} | {ours}");
        self.listed.insert(line);
    }

    /// Fails where the list of such differences is another one.
    fn check_listed(&self) {
        let path = home().join("listed.txt");
        let mut text = String::from(LISTED);
        for line in &self.listed {
            let _ = writeln!(text, "{line}");
        }
        if stylus_upgrades_test_support::update() {
            std::fs::write(&path, &text).expect("the list can be written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) =
            (found.lines().collect(), text.lines().collect());
        let (new, gone): (Vec<_>, Vec<_>) = (
            expected.difference(&found).collect(),
            found.difference(&expected).collect(),
        );
        assert!(
            new.is_empty() && gone.is_empty(),
            "differences that tests/recordings/listed.txt does not have: {new:#?}\nthat it has, and are none: {gone:#?}\n\
             read them; STYLUS_UPGRADES_UPDATE=1 writes the file"
        );
    }

    /// Fails on what is not in the table, and on rows of this suite that nothing needs.
    fn check(self) {
        if self.suite == "rpc" {
            self.check_listed();
        }
        let kinds = self
            .listed
            .iter()
            .filter_map(|line| line.split(" | ").next());
        let kinds: BTreeSet<&str> = kinds.collect();
        let rows: Vec<Row> = rows()
            .into_iter()
            .filter(|row| row.suite == self.suite)
            .collect();
        let mut needed = BTreeSet::new();
        let mut report = String::new();
        for (arbos, label, field, values) in &self.found {
            let known = rows.iter().position(|row| {
                fits(&row.arbos, arbos) && fits(&row.label, label) && fits(&row.field, field)
            });
            match known {
                Some(at) => drop(needed.insert(at)),
                None => {
                    let values: String = values.chars().take(300).collect();
                    let _ = writeln!(report, "{arbos} | {label} | {field} | {values}");
                }
            }
        }
        for kind in &kinds {
            let is_row = |row: &Row| row.label == IN_THE_LIST && row.field == *kind;
            match rows.iter().position(is_row) {
                Some(at) => drop(needed.insert(at)),
                None => drop(writeln!(report, "{IN_THE_LIST} | {kind}")),
            }
        }
        for (at, row) in rows.iter().enumerate() {
            if !needed.contains(&at) {
                let _ = writeln!(
                    report,
                    "a row without a difference: {} | {} | {}",
                    row.arbos, row.label, row.field
                );
            }
        }
        assert!(
            report.is_empty(),
            "differences from Nitro that tests/recordings/differences.txt does not have (Nitro / this node):\n{report}"
        );
    }
}

/// Equal, but for the case of addresses.
fn same(nitro: &Value, ours: &Value) -> bool {
    match (nitro, ours) {
        (Value::String(a), Value::String(b)) => {
            a == b || (a.starts_with("0x") && a.eq_ignore_ascii_case(b))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

/// A node as the recorded one was started.
fn node(arbos: u64, timestamp: Option<u64>) -> RecordedNode {
    let chain = ChainConfig {
        arbos_version: arbos,
        l1_block_number: Some(0),
        timestamp,
        ..ChainConfig::default()
    };
    let config = NodeConfig {
        chain,
        ..NodeConfig::default()
    };
    RecordedNode::embedded(spawn(config).expect("the node starts"))
}

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
                fresh.own(call);
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
    for (field, values) in found {
        // A reason after Nitro's words is one of the method.
        let label = if field.ends_with(" reason") {
            method.to_owned()
        } else {
            format!("{method} {request}")
        };
        differences
            .found
            .push((differences.arbos.clone(), label, field, values));
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
            // What a refusal says after Nitro's words is a reason.
            let says_why = |nitro: &str, ours: &str| {
                ours.strip_prefix(nitro)
                    .is_some_and(|more| more.starts_with(": "))
            };
            let has_reason = nitro
                .as_str()
                .zip(ours.as_str())
                .is_some_and(|(nitro, ours)| says_why(nitro, ours));
            let path = if has_reason {
                format!("{path} reason")
            } else {
                path.to_owned()
            };
            found
                .entry(path)
                .or_insert_with(|| format!("{nitro} / {ours}"));
        }
    }
}

/// Does again what a line of a recorded chain says, and compares.
fn done_again(node: &RecordedNode, differences: &mut Differences, line: &Value) {
    if let Some(set) = line.get("set") {
        for (account, values) in set.as_object().into_iter().flatten() {
            let account = json!(account);
            if let Some(balance) = values.get("balance") {
                node.set_balance(&account, balance);
            }
            if let Some(nonce) = values.get("nonce").and_then(Value::as_u64) {
                node.set_nonce(&account, &json!(format!("{nonce:#x}")));
            }
        }
    } else if let Some(call) = line.get("owner") {
        node.own(call);
    } else if let Some(call) = line.get("call") {
        called(node, differences, line, call);
    } else {
        sent(node, differences, line);
    }
}

/// Compares a transaction with its receipt and the accounts that it changed.
fn sent(node: &RecordedNode, differences: &mut Differences, line: &Value) {
    let label = line["label"].as_str().unwrap_or_default();
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
        differences.compare(label, "refused", &Value::Null, &error);
        return;
    }
    let number = |field: &str| {
        let digits = receipt[field].as_str().unwrap_or_default();
        u64::from_str_radix(digits.trim_start_matches("0x"), 16).unwrap_or_default()
    };
    differences.compare(label, "status", &line["status"], &number("status").into());
    let gas = number("gasUsed") - number("gasUsedForL1");
    differences.compare(label, "gas", &line["gas"], &gas.into());
    let created = line.get("contract").unwrap_or(&Value::Null);
    differences.compare(label, "contract", created, &receipt["contractAddress"]);
    let logs = receipt["logs"].as_array().into_iter().flatten();
    let logs: Vec<Value> = logs.map(log).collect();
    differences.compare(label, "logs", &line["logs"], &logs.into());
    changed(node, differences, line);
}

/// Compares the accounts that a transaction changed.
fn changed(node: &RecordedNode, differences: &mut Differences, line: &Value) {
    let label = line["label"].as_str().unwrap_or_default();
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
            if differences.compare(label, field, &expected[at], &found) {
                continue;
            }
            // One difference is no reason for those that would follow.
            match field {
                "nonce" => node.set_nonce(&account, &expected[at]),
                "balance" => node.set_balance(&account, &expected[at]),
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

/// Compares an `eth_call`.
fn called(node: &RecordedNode, differences: &mut Differences, line: &Value, call: &Value) {
    let label = line["label"].as_str().unwrap_or_default();
    let answer = node.ask("eth_call", json!([call, "latest"]));
    let expected = &line["result"];
    let expected = match expected[0].as_str() {
        Some("ok") => json!({ "result": expected[1] }),
        _ => {
            json!({ "error": { "code": expected[1], "data": expected[2], "message": expected[3] } })
        }
    };
    answered(differences, label, "call", &expected, &answer);
}

/// Compares an answer: its result, or the code, data and text of its error.
fn answered(differences: &mut Differences, label: &str, what: &str, nitro: &Value, ours: &Value) {
    let (nitros, own) = (nitro.get("error"), ours.get("error"));
    let (Some(nitros), Some(own)) = (nitros, own) else {
        let of = |answer: &Value| answer.get("result").or(answer.get("error")).cloned();
        let (nitro, ours) = (of(nitro), of(ours));
        let field = format!("{what} result");
        differences.compare(label, &field, &json!(nitro), &json!(ours));
        return;
    };
    for part in ["code", "data"] {
        let of = |error: &Value| error.get(part).cloned().unwrap_or(Value::Null);
        let field = format!("{what} {part}");
        differences.compare(label, &field, &of(nitros), &of(own));
    }
    let text = |error: &Value| error["message"].as_str().unwrap_or_default().to_owned();
    let (nitros, own) = (text(nitros), text(own));
    // A refusal without data says here why.
    let is_bare = nitros == "execution reverted" && own.starts_with("execution reverted: ");
    let part = if is_bare { "reason" } else { "text" };
    let field = format!("{what} {part}");
    differences.compare(label, &field, &nitros.into(), &own.into());
}

/// Calls methods of precompiles, and compares.
fn ask_precompiles(
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

/// Gives those who ask what they had.
fn make_rich(node: &RecordedNode) {
    for account in [
        "0xEF00bDd2FE012c50ead99847E05aE31679807877",
        "0xb0F22e541a7290408f416c0397A257aa201893FA",
    ] {
        node.set_balance(&json!(account), &json!("0x56bc75e2d63100000"));
    }
}

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
fn ask_rpc(node: &RecordedNode, differences: &mut Differences) {
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
    node.own(&json!({ "to": OWNER, "data": "0x" }));
    ask_rpc(&node, &mut differences);
    differences.check();
}

/// What differs between a node of one's own, at its version of ArbOS, and the recordings that need no history; with the
/// key of an account that pays, on a chain whose id is the recorded one, the transactions too:
/// `RPC_URL=http://127.0.0.1:8547 RPC_KEY_FILE=key.txt cargo test --workspace --test it node_at_rpc_url -- --ignored`.
#[test]
#[ignore = "asks the node at RPC_URL, about 60 s"]
fn the_node_at_rpc_url_answers_as_recorded() {
    /// What ArbSys.arbOSVersion adds to the version.
    const OFFSET: u64 = 55;
    /// The chain that signed transactions are for.
    const CHAIN: &str = "0x64aba";
    let url = std::env::var("RPC_URL").expect("RPC_URL, such as http://127.0.0.1:8547");
    let key = std::env::var("RPC_KEY_FILE").ok();
    let node = RecordedNode::remote(&url, key.as_deref());
    let version = json!([{ "to": "0x0000000000000000000000000000000000000064", "data": "0x051038f2" }, "latest"]);
    let version: U256 =
        serde_json::from_value(node.rpc("eth_call", version)).expect("a version of ArbOS");
    let arbos = if version < U256::from(OFFSET + 60) {
        51
    } else {
        60
    };
    let mut report = String::new();
    let mut suites = vec!["rpc", "precompiles"];
    if node.can_send() {
        make_rich(&node);
        let is_signed_for = node.rpc("eth_chainId", json!([])) == CHAIN;
        match (is_signed_for, node.is_owned()) {
            (true, true) => suites.push("transactions"),
            (true, false) => report.push_str(
                "transactions | expected the key of a chain owner, who sets what they need\n",
            ),
            (false, _) => {
                report.push_str("transactions | expected chain 412346, for which they are signed\n")
            }
        }
    }
    for suite in suites {
        let mut differences = Differences::new(suite);
        differences.arbos = arbos.to_string();
        match suite {
            "rpc" => ask_rpc(&node, &mut differences),
            "precompiles" => {
                let lines = recording("precompiles.jsonl.gz");
                ask_precompiles(&node, &mut differences, &lines, arbos);
            }
            _ => send_all(&node, &mut differences, arbos),
        }
        for (_, label, field, values) in &differences.found {
            let values: String = values.chars().take(300).collect();
            let _ = writeln!(report, "{suite} | {label} | {field} | {values}");
        }
        for line in &differences.listed {
            let line: String = line.chars().take(300).collect();
            let _ = writeln!(report, "{suite} | {line}");
        }
    }
    assert!(report.is_empty(), "recorded / the node at {url}:\n{report}");
}

/// Sends the transactions that were recorded at that version of ArbOS, which the node has already.
fn send_all(node: &RecordedNode, differences: &mut Differences, arbos: u64) {
    let lines = recording("transactions.jsonl.gz");
    let lines = lines.iter().skip_while(|line| line["chain"] != arbos);
    let mut chains = 0;
    for line in lines {
        chains += usize::from(line.get("chain").is_some());
        match line.get("chain") {
            Some(_) if chains > 1 => return,
            Some(_) => {}
            None => done_again(node, differences, line),
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

#[test]
fn the_table_of_differences_is_short_and_has_reasons() {
    let rows = rows();
    assert!(rows.len() <= MOST_ROWS, "{} rows", rows.len());
    for row in &rows {
        assert!(row.reason.len() > 10, "{} has no reason", row.label);
        let suites = ["transactions", "precompiles", "rpc", "answers", "l1cost"];
        assert!(suites.contains(&row.suite.as_str()), "{}", row.suite);
    }
}

#[test]
fn the_page_on_differences_from_nitro_is_up_to_date() {
    let mut page = String::from(
        "# The local chain beside a Nitro node\n\n\
         A test sends to the local chain what was sent to a Nitro node, and compares the answers. There are 1,523 \
         transactions with receipts, logs and changed accounts, 1,394 calls, 963 of them of precompiles with \
         estimate and gas, 377 requests that are refused, and 1,300 requests whose whole answers are compared: traces, simulations, \
         estimates and access lists (`node/tests/recordings`). The test fails on a difference that is not in this table, and on a row without a difference. \
         `STYLUS_UPGRADES_UPDATE=1 cargo test --workspace --test it recordings` writes this page from \
         `node/tests/recordings/differences.txt`.\n\n\
         | what | ArbOS | where | part of the answer | why |\n|---|---|---|---|---|\n",
    );
    for row in rows() {
        let _ = writeln!(
            page,
            "| {} | {} | `{}` | {} | {} |",
            row.suite, row.arbos, row.label, row.field, row.reason
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evidence/nitro.md");
    if stylus_upgrades_test_support::update() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = "docs/evidence/nitro.md is stale: run with STYLUS_UPGRADES_UPDATE=1";
    assert!(found == page, "{stale}");
}
