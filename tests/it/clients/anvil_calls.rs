//! The same calls to the local chain and to real anvil: what differs has a reason, which stands in
//! docs/evidence/anvil.md, and is recorded field by field, so that nothing new hides behind that reason.

use crate::prelude::*;
use std::fmt::Write;
use std::io::Write as _;
use std::time::{Duration, Instant};

use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use stylus_upgrades_harness::{Anvil, home, launcher};

/// What a node answers to the calls.
struct Node {
    url: String,
    provider: DynProvider,
    variables: Vec<(&'static str, Value)>,
}

/// Init code of a contract that counts its calls and logs each.
const COUNTER: &str = "0x60128060095f395ff35f546001015f555f5fa0602a5f5260205ff3";
/// Init code of one that reverts with two bytes, and of one with an invalid opcode.
const REVERTING: &str = "0x600a8060095f395ff361beef5f526002601efd";
const INVALID: &str = "0x60018060095f395ff3fe";

impl Node {
    /// With three contracts and a call of the first one.
    async fn new(url: &str) -> Self {
        let provider = ProviderBuilder::new().connect_http(url.parse().expect("a URL"));
        let mut node = Self {
            url: url.to_owned(),
            provider: provider.erased(),
            variables: Vec::new(),
        };
        let accounts = node.result("eth_accounts", json!([])).await;
        let from = accounts[0].clone();
        node.variables.push(("$A0", accounts[0].clone()));
        node.variables.push(("$A1", accounts[1].clone()));
        for (name, code) in [
            ("$C", COUNTER),
            ("$REVERTING", REVERTING),
            ("$INVALID", INVALID),
        ] {
            let create = json!([{ "from": from, "data": code, "gas": "0xfffff" }]);
            let receipt = node.mined(create).await;
            node.variables
                .push((name, receipt["contractAddress"].clone()));
        }
        let counter = node.variables[2].1.clone();
        let receipt = node
            .mined(json!([{ "from": from, "to": counter, "gas": "0xfffff" }]))
            .await;
        node.variables
            .push(("$TX", receipt["transactionHash"].clone()));
        node.variables
            .push(("$BLOCK", receipt["blockHash"].clone()));
        node
    }

    async fn mined(&self, transaction: Value) -> Value {
        let hash = self.result("eth_sendTransaction", transaction).await;
        let receipt = self
            .result("eth_getTransactionReceipt", json!([hash]))
            .await;
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }

    async fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, &params).await;
        answer.unwrap_or_else(|error| panic!("{}: {method}: {error}", self.url))
    }

    /// The result, or code and message of the error. Anvil answers with a transaction's hash before it has mined, so
    /// this waits until it has.
    async fn answer(&self, method: &str, params: &Value) -> Result<Value, String> {
        let mut text = params.to_string();
        for (name, value) in &self.variables {
            text = text.replace(&format!("\"{name}\""), &value.to_string());
        }
        let params: Value = serde_json::from_str(&text).expect("JSON");
        let answer = self.request(method, params).await?;
        if method == "eth_sendTransaction" {
            let receipt = || self.request("eth_getTransactionReceipt", json!([answer]));
            let begun = Instant::now();
            while receipt().await?.is_null() && begun.elapsed() < Duration::from_secs(5) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(answer)
    }

    async fn request(&self, method: &str, params: Value) -> Result<Value, String> {
        let request = self.provider.raw_request(method.to_owned().into(), params);
        match request.await {
            Err(error) if error.is_null_resp() => Ok(Value::Null),
            answer => answer.map_err(|error| match error.as_error_resp() {
                Some(error) => error.code.to_string(),
                None => error.to_string(),
            }),
        }
    }
}

/// Every path of a document with the type that stands there; elements of a list are one.
fn shape(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(text) if text.starts_with("0x") => "hex",
        Value::String(_) => "text",
        Value::Array(items) => {
            for item in items {
                shape(item, &format!("{path}[]"), found);
            }
            "list"
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                // Addresses and hashes as names are data.
                let name = if name.starts_with("0x") {
                    "0x…"
                } else {
                    name
                };
                shape(field, &format!("{path}.{name}"), found);
            }
            "object"
        }
    };
    found.insert(format!("{path} {kind}"));
}

/// What differs between two answers, in words; empty where nothing does.
fn difference(own: &Result<Value, String>, anvils: &Result<Value, String>) -> String {
    match (own, anvils) {
        (Err(own), Err(anvils)) if own == anvils => String::new(),
        (Err(own), Err(anvils)) => format!("error {own} here, {anvils} there"),
        (Err(own), Ok(_)) => format!("error {own} here"),
        (Ok(_), Err(anvils)) => format!("error {anvils} there"),
        (Ok(own), Ok(anvils)) => {
            let [mut here, mut there] = [BTreeSet::new(), BTreeSet::new()];
            shape(own, "", &mut here);
            shape(anvils, "", &mut there);
            let only = |of: &BTreeSet<String>, other: &BTreeSet<String>| {
                let only: Vec<_> = of
                    .difference(other)
                    .map(|path| path.trim().to_owned())
                    .collect();
                only.join(", ")
            };
            let (here, there) = (only(&here, &there), only(&there, &here));
            match (here.is_empty(), there.is_empty()) {
                (true, true) => String::new(),
                (false, true) => format!("here alone: {here}"),
                (true, false) => format!("there alone: {there}"),
                (false, false) => format!("here alone: {here}; there alone: {there}"),
            }
        }
    }
}

/// Reasons by method, of the file beside the calls.
fn reasons() -> BTreeMap<String, String> {
    let path = home().join("tests/clients/differences.txt");
    let text = std::fs::read_to_string(path).expect("the reasons");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let pairs = lines.map(|line| line.split_once(" | ").expect("method | reason"));
    pairs
        .map(|(method, reason)| (method.to_owned(), reason.to_owned()))
        .collect()
}

/// Asserts that the differences are those of the snapshot, or writes them there.
fn assert_recorded(differences: &BTreeMap<String, BTreeSet<String>>) {
    let path = home().join("tests/snapshots/anvil_calls.json");
    if stylus_upgrades_test_support::update() {
        let text = serde_json::to_string_pretty(differences).expect("a document");
        std::fs::write(&path, text + "\n").expect("written");
        return;
    }
    let text = std::fs::read_to_string(&path).expect("the recorded differences");
    let recorded: BTreeMap<String, BTreeSet<String>> =
        serde_json::from_str(&text).expect("differences by method");
    let methods: BTreeSet<_> = recorded.keys().chain(differences.keys()).collect();
    let mut lines = String::new();
    for method in methods {
        let (before, now) = (recorded.get(method), differences.get(method));
        if before != now {
            writeln!(lines, "{method}\n  recorded {before:?}\n  found    {now:?}").expect("a text");
        }
    }
    assert!(
        lines.is_empty(),
        "{lines}give a new difference its reason in tests/clients/differences.txt, and accept it with \
         STYLUS_UPGRADES_UPDATE=1"
    );
}

#[tokio::test]
async fn what_differs_from_anvils_answers_has_a_reason() -> Result<(), HarnessError> {
    let anvil = launcher(&Npm::install(&Lines)?.anvil())?;
    let flags = ["-p", "0", "--chain-id", "412346"];
    let anvil = Anvil::start_program(&anvil, &flags)?;
    let own = stylus_upgrades_harness::Chain::embedded()?;
    let here = Node::new(own.url()).await;
    let there = Node::new(anvil.endpoint()).await;
    let path = home().join("tests/clients/calls.json");
    let calls = std::fs::read_to_string(path).expect("the calls");
    let calls: Vec<(String, Value)> = serde_json::from_str(&calls).expect("calls");
    let mut differences = BTreeMap::<String, BTreeSet<String>>::new();
    let mut alike = 0;
    for (method, params) in &calls {
        let answers = (
            here.answer(method, params).await,
            there.answer(method, params).await,
        );
        match difference(&answers.0, &answers.1) {
            same if same.is_empty() => alike += 1,
            found => {
                differences.entry(method.clone()).or_default().insert(found);
            }
        }
    }
    assert_recorded(&differences);
    let reasons = reasons();
    let (mut table, mut without) = (String::new(), Vec::new());
    for (method, found) in &differences {
        let found: Vec<_> = found.iter().cloned().collect();
        let found = found.join("; ").replace('|', "\\|");
        match reasons.get(method) {
            Some(reason) => {
                writeln!(table, "| `{method}` | {reason} |").expect("a text");
            }
            None => without.push(format!("{method} | {found}")),
        }
    }
    assert!(
        without.is_empty(),
        "without a reason:\n{}",
        without.join("\n")
    );
    let stale: Vec<_> = reasons
        .keys()
        .filter(|method| !differences.contains_key(*method))
        .collect();
    assert!(stale.is_empty(), "nothing differs any more: {stale:?}");
    let (all, methods) = (
        calls.len(),
        calls
            .iter()
            .map(|call| &call.0)
            .collect::<BTreeSet<_>>()
            .len(),
    );
    let line = format!(
        "anvil: {alike} of {all} calls of {methods} methods are answered in the same shape"
    );
    let _ = writeln!(std::io::stderr(), "{line}");
    let text = format!(
        "{all} calls of {methods} methods are sent to both. {alike} are answered by the same fields of the same types, \
         or by an error of the same code. The others:\n\n| method | why it differs |\n|---|---|\n{table}"
    );
    super::part_of_the_page("calls", &text);
    Ok(())
}
