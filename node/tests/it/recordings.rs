//! What a Nitro node answered, compared with this node's answers: `tests/recordings`.
//!
//! Every difference stands in `tests/recordings/differences.txt` with its reason. One that does not
//! fails, and so does a row without a difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use alloy::consensus::{EMPTY_ROOT_HASH, constants::KECCAK_EMPTY};
use alloy::primitives::{Address, B256, U256, address, hex, keccak256};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use stylus_chain::ChainConfig;
use stylus_devnode::{NodeConfig, NodeHandle, spawn};

use crate::support::{mine, post, rpc};

/// Rows of the table of differences.
const MOST_ROWS: usize = 60;
const OWNER: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
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
}

impl Differences {
    fn new(suite: &'static str) -> Self {
        let (arbos, found) = (String::new(), Vec::new());
        Self {
            suite,
            arbos,
            found,
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

    /// Fails on what is not in the table, and on rows of this suite that nothing needs.
    fn check(self) {
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
fn node(arbos: u64, timestamp: Option<u64>) -> NodeHandle {
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
    spawn(config).expect("the node starts")
}

/// The answers of several requests, sent as one batch.
fn batch(port: u16, requests: &[(&str, Value)]) -> Vec<Value> {
    let requests = requests.iter().enumerate();
    let body: Vec<Value> = requests
        .map(|(id, (method, params))| {
            json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
        })
        .collect();
    let (_, text) = post(port, &Value::from(body).to_string());
    let answers: Vec<Value> = serde_json::from_str(&text).expect("a list of answers");
    let mut answers = answers;
    answers.sort_by_key(|answer| answer["id"].as_u64());
    answers
}

/// A call of a chain owner.
fn own(port: u16, call: &Value) {
    rpc(port, "anvil_impersonateAccount", json!([OWNER]));
    let call = json!({ "from": OWNER, "to": call["to"], "data": call["data"], "gas": "0x989680" });
    rpc(port, "eth_sendTransaction", json!([call]));
}

#[test]
fn recorded_transactions_do_here_what_they_did_on_nitro() {
    let mut differences = Differences::new("transactions");
    let mut running: Option<NodeHandle> = None;
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
                own(fresh.port(), call);
            }
            rpc(fresh.port(), "evm_mine", json!([]));
            differences.arbos = arbos.to_string();
            running = Some(fresh);
            continue;
        }
        let port = running.as_ref().expect("a chain comes first").port();
        if let Some(set) = line.get("set") {
            for (account, values) in set.as_object().into_iter().flatten() {
                if let Some(balance) = values.get("balance") {
                    rpc(port, "anvil_setBalance", json!([account, balance]));
                }
                if let Some(nonce) = values.get("nonce").and_then(Value::as_u64) {
                    rpc(
                        port,
                        "anvil_setNonce",
                        json!([account, format!("{nonce:#x}")]),
                    );
                }
            }
        } else if let Some(call) = line.get("owner") {
            own(port, call);
        } else if let Some(call) = line.get("call") {
            called(port, &mut differences, line, call);
        } else {
            sent(port, &mut differences, line);
        }
    }
    differences.check();
}

/// Compares a transaction with its receipt and the accounts that it changed.
fn sent(port: u16, differences: &mut Differences, line: &Value) {
    let label = line["label"].as_str().unwrap_or_default();
    let raw = line["raw"].as_str().expect("a raw transaction");
    let hash = keccak256(hex::decode(raw).expect("hexadecimal"));
    let state = line["state"].as_object().cloned().unwrap_or_default();
    let mut requests = vec![
        ("evm_setNextBlockTimestamp", json!([line["ts"]])),
        ("anvil_setNextBlockBaseFeePerGas", json!([line["baseFee"]])),
        ("eth_sendRawTransaction", json!([raw])),
        ("eth_getTransactionReceipt", json!([hash])),
    ];
    let proofs = state
        .keys()
        .map(|account| ("eth_getProof", json!([account, [], "latest"])));
    requests.extend(proofs);
    let answers = batch(port, &requests);
    let receipt = &answers[3]["result"];
    if receipt.is_null() {
        differences.compare(label, "refused", &Value::Null, &answers[2]["error"]);
        return;
    }
    let number = |value: &Value| {
        let digits = value.as_str().unwrap_or_default().trim_start_matches("0x");
        u64::from_str_radix(digits, 16).map_or(Value::Null, Value::from)
    };
    differences.compare(
        label,
        "status",
        &line["status"],
        &number(&receipt["status"]),
    );
    differences.compare(label, "gas", &line["gas"], &number(&receipt["gasUsed"]));
    let created = line.get("contract").unwrap_or(&Value::Null);
    differences.compare(label, "contract", created, &receipt["contractAddress"]);
    let logs = receipt["logs"].as_array().into_iter().flatten();
    let logs: Vec<Value> = logs.map(log).collect();
    differences.compare(label, "logs", &line["logs"], &logs.into());
    for ((account, expected), answer) in state.iter().zip(&answers[4..]) {
        let proof = &answer["result"];
        for (at, field) in ["nonce", "balance", "codeHash", "storageHash"]
            .into_iter()
            .enumerate()
        {
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
                "nonce" => drop(rpc(port, "anvil_setNonce", json!([account, expected[at]]))),
                "balance" => drop(rpc(
                    port,
                    "anvil_setBalance",
                    json!([account, expected[at]]),
                )),
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
fn called(port: u16, differences: &mut Differences, line: &Value, call: &Value) {
    let label = line["label"].as_str().unwrap_or_default();
    let answer = &batch(port, &[("eth_call", json!([call, "latest"]))])[0];
    let expected = &line["result"];
    let expected = match expected[0].as_str() {
        Some("ok") => json!({ "result": expected[1] }),
        _ => {
            json!({ "error": { "code": expected[1], "data": expected[2], "message": expected[3] } })
        }
    };
    answered(differences, label, "call", &expected, answer);
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
fn ask_precompiles(port: u16, differences: &mut Differences, lines: &[Value], arbos: u64) {
    for line in lines.iter().filter(|line| line["arbos"] == arbos) {
        let label = line["label"].as_str().unwrap_or_default();
        let params = &line["params"];
        let traced = json!([params[0], params[1], {}]);
        let answers = batch(
            port,
            &[
                ("eth_call", params.clone()),
                ("eth_estimateGas", params.clone()),
                ("debug_traceCall", traced),
            ],
        );
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
        let port = node.port();
        let rich = json!([
            "0xEF00bDd2FE012c50ead99847E05aE31679807877",
            "0x56bc75e2d63100000"
        ]);
        rpc(port, "anvil_setBalance", rich);
        mine(port);
        differences.arbos = arbos.to_string();
        ask_precompiles(port, &mut differences, &lines, arbos);
    }
    differences.check();
}

/// Whether words go on where others end: with what to do.
fn says_more(nitro: &str, ours: &str) -> bool {
    let rest = ours.strip_prefix(nitro);
    rest.is_some_and(|rest| rest.starts_with(" (--lenient ") || rest.starts_with(": no key for "))
}

/// Compares an answer of the RPC. Parts that one rule of this node explains have names of their own.
fn asked(differences: &mut Differences, label: &str, nitro: &Value, ours: &Value) {
    /// The code of a wrong parameter, and that of an unknown method.
    const PARAMETERS: i64 = -32602;
    const METHOD: i64 = -32601;
    let code = |answer: &Value| answer["error"]["code"].as_i64();
    let words = |answer: &Value| {
        let words = answer["error"]["message"].as_str().unwrap_or_default();
        words.to_owned()
    };
    match (code(nitro), code(ours)) {
        (Some(METHOD), found) if found != Some(METHOD) => {
            differences.compare(label, "only here", nitro, ours);
        }
        (expected, Some(METHOD)) if expected != Some(METHOD) => {
            differences.compare(label, "not here", nitro, ours);
        }
        (Some(PARAMETERS), Some(PARAMETERS)) => {
            let (nitros, own) = (words(nitro), words(ours));
            differences.compare(label, "parameters", &nitros.into(), &own.into());
        }
        (Some(expected), Some(found))
            if expected == found && says_more(&words(nitro), &words(ours)) =>
        {
            let (nitros, own) = (words(nitro), words(ours));
            differences.compare(label, "hint", &nitros.into(), &own.into());
        }
        _ => answered(differences, label, "answer", nitro, ours),
    }
}

/// Sends what is refused, and compares.
fn ask_rpc(port: u16, differences: &mut Differences) {
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
        let (_, text) = post(port, &body);
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
    let port = node.port();
    for account in [
        "0xEF00bDd2FE012c50ead99847E05aE31679807877",
        "0xb0F22e541a7290408f416c0397A257aa201893FA",
    ] {
        let rich = json!([account, "0x56bc75e2d63100000"]);
        rpc(port, "anvil_setBalance", rich);
    }
    mine(port);
    ask_rpc(port, &mut differences);
    differences.check();
}

/// What differs between a node of one's own, at its version of ArbOS, and the recordings that need no history:
/// `RPC_URL=http://127.0.0.1:8547 cargo test --workspace --test it node_at_rpc_url -- --ignored`.
#[test]
#[ignore = "asks the node at RPC_URL, about 60 s"]
fn the_node_at_rpc_url_answers_as_recorded() {
    /// What ArbSys.arbOSVersion adds to the version.
    const OFFSET: u64 = 55;
    let url = std::env::var("RPC_URL").expect("RPC_URL, such as http://127.0.0.1:8547");
    let port = url
        .rsplit(':')
        .next()
        .map(|port| port.trim_end_matches('/'));
    let port = port.and_then(|port| port.parse().ok());
    let port: u16 = port.expect("the URL of a node on this machine, with its port");
    let version = json!([{ "to": "0x0000000000000000000000000000000000000064", "data": "0x051038f2" }, "latest"]);
    let version: U256 =
        serde_json::from_value(rpc(port, "eth_call", version)).expect("a version of ArbOS");
    let arbos = if version < U256::from(OFFSET + 60) {
        51
    } else {
        60
    };
    let mut report = String::new();
    for suite in ["rpc", "precompiles"] {
        let mut differences = Differences::new(suite);
        differences.arbos = arbos.to_string();
        match suite {
            "rpc" => ask_rpc(port, &mut differences),
            _ => {
                let lines = recording("precompiles.jsonl.gz");
                ask_precompiles(port, &mut differences, &lines, arbos);
            }
        }
        for (_, label, field, values) in &differences.found {
            let values: String = values.chars().take(300).collect();
            let _ = writeln!(report, "{suite} | {label} | {field} | {values}");
        }
    }
    assert!(report.is_empty(), "recorded / the node at {url}:\n{report}");
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
    let config = NodeConfig::default();
    let node = spawn(config).expect("the node starts");
    let methods = methods();
    assert!(methods.len() > FEWEST, "{} methods", methods.len());
    let mut unknown = Vec::new();
    for (method, mut call) in methods.into_iter().filter(|(method, _)| method != ENDED) {
        let from = json!(OWNER);
        call = json!({ "from": from, "to": call["to"], "data": call["data"] });
        let answer = &batch(node.port(), &[("eth_call", json!([call, "latest"]))])[0];
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
        let suites = ["transactions", "precompiles", "rpc"];
        assert!(suites.contains(&row.suite.as_str()), "{}", row.suite);
    }
}

#[test]
fn the_page_on_differences_from_nitro_is_up_to_date() {
    let mut page = String::from(
        "# The local chain beside a Nitro node\n\n\
         A test sends to the local chain what was sent to a Nitro node, and compares the answers. There are 1,523 \
         transactions with receipts, logs and changed accounts, 1,394 calls, 963 of them of precompiles with \
         estimate and gas, and 377 requests that are refused (`node/tests/recordings`). The test fails on a difference that is not in this table, and on a row without a difference. \
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
