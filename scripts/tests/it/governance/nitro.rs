//! What a Nitro node answered, beside what this repository's node answers to the same methods: every method that
//! commands use has a recorded answer of the same shape, and every refusal that Nitro words has its name.
//! `scripts/tests/nitro.jsonl` has the answers, each with the request that it is of and the ArbOS version.

use crate::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use stylus_upgrades::error_catalogue::endpoint_errors;

/// One of them for each line.
const RECORDED: &str = include_str!("../../nitro.jsonl");
const SEND: &str = "eth_sendRawTransaction";
/// Methods of which the recorded node has no such answer, and why.
const NOT_RECORDED: [(&str, &str); 1] = [(
    "debug_storageRangeAt",
    "a node that keeps its state by path answers none: `doctor --endpoint` says so, and a census uses proofs",
)];
/// What Nitro's answers have and the node's had not here, by the beginning of its place, and why nothing depends on it.
const DIFFERENT: [(&str, &str); 2] = [
    (
        "eth_getTransactionReceipt.contractAddress hexadecimal",
        CREATION,
    ),
    ("eth_getTransactionReceipt.to null", CREATION),
];
const CREATION: &str =
    "of a transaction that creates: contracts are deployed by calls of a deployer";
/// Errors of endpoints in the catalogue that no answer here has, with the origin of their words.
const OTHER_WORDS: [(&str, &str); 2] = [
    (
        "FeeTooLow",
        "of an estimate; what is sent is sent again with a higher fee, then `Underpriced`",
    ),
    (
        "SequencerBusy",
        "of Nitro's sources: the recorded node was never too busy",
    ),
];

/// The recorded answers.
fn recorded() -> Vec<Value> {
    let lines = RECORDED.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("lines of JSON")
}

/// The places in an answer, each with the kinds of what lies there. What an array holds has one place.
type Shape = BTreeMap<String, BTreeSet<&'static str>>;

fn add(shape: &mut Shape, place: &str, value: &Value) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(text) if text.starts_with("0x") => "hexadecimal",
        Value::String(_) => "text",
        Value::Array(all) => {
            all.iter()
                .for_each(|one| add(shape, &format!("{place}[]"), one));
            "array"
        }
        Value::Object(all) => {
            let members = all.iter();
            members.for_each(|(name, one)| add(shape, &format!("{place}.{name}"), one));
            "object"
        }
    };
    shape.entry(place.to_owned()).or_default().insert(kind);
}

/// The shapes of what the node answered, by method.
#[derive(Default)]
struct Answered(BTreeMap<String, Shape>);

impl Answered {
    /// Runs a command, and adds what it was answered; what it printed.
    fn by(&mut self, sandbox: &Sandbox, (who, words): (&str, &str)) -> Value {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("recording.jsonl");
        let mut command = sandbox.command_of(who, words);
        let url = sandbox.node.endpoint();
        command.args(["--rpc-url", &url]).arg("--record").arg(&file);
        let document = Answer::to(&mut command).ends(0).clone();
        for line in fs::read_to_string(&file).expect("a recording").lines() {
            let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
            let all = |one: &Value| one.as_array().cloned().unwrap_or(vec![one.clone()]);
            let (requests, answers) = (all(&exchange["request"]), all(&exchange["response"]));
            for request in requests {
                let answer = answers.iter().find(|one| one["id"] == request["id"]);
                let answer = answer.expect("its answer");
                let shape = self.0.entry(text(&request, "method").to_owned());
                let shape = shape.or_default();
                if let Some(result) = answer.get("result") {
                    add(shape, "", result);
                }
            }
        }
        document
    }
}

#[test]
fn every_method_that_commands_use_has_an_answer_of_nitro_of_the_same_shape() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let mut ours = Answered::default();
    ours.by(&sandbox, ("Admin", CREATE_SAVED));
    let migrated = ours.by(&sandbox, ("Admin", MIGRATE));
    let transactions = list(&migrated, "transactions");
    let last = transactions.last().expect("a transaction");
    let trace = format!("trace {}", text(last, "tx"));
    for words in [
        "call counter value()",
        "status counter",
        "pending",
        "history A",
        "verify A",
        "doctor",
        "doctor --endpoint",
        "census counter",
        &trace,
    ] {
        ours.by(&sandbox, ("Other", words));
    }
    let ours = ours.0;
    let mut nitro = BTreeMap::<String, Shape>::new();
    for row in recorded() {
        let shape = nitro.entry(text(&row, "method").to_owned()).or_default();
        if let Some(result) = row["response"].get("result") {
            add(shape, "", result);
        }
    }
    let lacks = ours.keys().filter(|method| !nitro.contains_key(*method));
    let lacks: Vec<&str> = lacks.map(String::as_str).collect();
    assert_eq!(lacks, NOT_RECORDED.map(|(method, _)| method));
    let unused: Vec<_> = nitro
        .keys()
        .filter(|one| !ours.contains_key(*one))
        .collect();
    assert!(unused.is_empty(), "no command asks for {unused:?}");

    let mut differ = BTreeSet::new();
    for (method, shape) in &nitro {
        for (place, kinds) in shape {
            let own = ours[method].get(place);
            let others = kinds
                .iter()
                .filter(|kind| !own.is_some_and(|own| own.contains(*kind)));
            differ.extend(others.map(|kind| format!("{method}{place} {kind}")));
        }
    }
    let unknown = differ.iter().filter(|place| {
        let mut known = DIFFERENT.iter();
        !known.any(|(begins, _)| place.starts_with(begins))
    });
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&String>::new());
    for (begins, why) in DIFFERENT {
        let is_used = differ.iter().any(|place| place.starts_with(begins));
        assert!(is_used, "{begins} is the same now: {why}");
    }
}

/// Each refusal, as an endpoint's answer to what a command sends.
#[test]
fn every_refusal_that_nitro_words_has_its_name() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let mut seen = BTreeSet::new();
    for row in recorded() {
        let Some(name) = row["name"].as_str() else {
            continue;
        };
        seen.insert(name.to_owned());
        let error = &row["response"]["error"];
        assert_eq!(error["code"], -32_000, "the relay's code");
        let words: &'static str = text(error, "message").to_owned().leak();
        let relay = Relay::to(&sandbox.node.endpoint(), move |request| {
            (request["method"] == SEND).then_some(words)
        });
        let refused = sandbox.run_at(&relay, "Admin", CREATE);
        refused.is(4, name);
    }
    assert!(sandbox.proxies().is_empty());
    let names: BTreeSet<&str> = endpoint_errors().map(|error| error.name).collect();
    assert!(names.len() >= 7, "{names:?}");
    let others = OTHER_WORDS.map(|(name, _)| name);
    let unseen = names
        .iter()
        .filter(|one| !seen.contains(**one) && !others.contains(one));
    assert_eq!(unseen.collect::<Vec<_>>(), Vec::<&&str>::new());
}
