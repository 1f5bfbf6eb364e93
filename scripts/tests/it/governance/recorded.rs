//! What `--record` writes answers the same command again, and holds nothing that is secret.

use crate::prelude::*;
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::sync::Mutex;
use stylus_upgrades_test_support::http::{respond, serve};

/// What a provider would put into its URL.
const SECRET: &str = "f00dfeed0123456789abcdef";

/// A question: its method and parameters. Topics that mean "any of these" come in any order.
fn question(one: &Value) -> String {
    let mut parameters = one["params"].clone();
    if let Some(topics) = parameters
        .pointer_mut("/0/topics")
        .and_then(Value::as_array_mut)
    {
        for any_of in topics.iter_mut().filter_map(Value::as_array_mut) {
            any_of.sort_by_key(Value::to_string);
        }
    }
    format!("{} {parameters}", one["method"])
}

/// Answers of a recording, by question, in their order.
type Answers = HashMap<String, VecDeque<Value>>;

fn answers(recording: &str) -> Answers {
    let mut all = Answers::new();
    for line in recording.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(exchange["status"], 200, "{line}");
        let several = |one: &Value| one.as_array().cloned().unwrap_or(vec![one.clone()]);
        let (requests, responses) = (
            several(&exchange["request"]),
            several(&exchange["response"]),
        );
        for request in requests {
            let is_its = |one: &&Value| one["id"] == request["id"];
            let response = responses.iter().find(is_its).expect("its answer");
            all.entry(question(&request))
                .or_default()
                .push_back(response.clone());
        }
    }
    all
}

/// An endpoint that knows a recording alone; its URL.
fn replaying(recording: &str) -> String {
    let answers = Arc::new(Mutex::new(answers(recording)));
    let one = move |request: &Value| {
        let mut answers = answers.lock().expect("it");
        let all = answers.get_mut(&question(request));
        let all = all.unwrap_or_else(|| panic!("not recorded: {request}"));
        // The last one again, where a question is asked once more.
        let mut answer = match all.len() {
            1 => all[0].clone(),
            _ => all.pop_front().expect("an answer"),
        };
        answer["id"] = request["id"].clone();
        answer
    };
    let address = serve(move |connection, request| {
        let request: Value = serde_json::from_slice(&request.body).expect("JSON");
        let answer = match request.as_array() {
            Some(all) => all.iter().map(&one).collect(),
            None => one(&request),
        };
        let _ = respond(connection, "200 OK", "", &answer.to_string());
    });
    format!("http://{address}")
}

#[test]
fn a_recording_answers_the_same_command_again() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", CREATE_SAVED);
    let folder = tempfile::tempdir().expect("a folder");
    for (at, words) in [
        "status counter",
        "pending",
        "history A",
        "call counter value()",
    ]
    .into_iter()
    .enumerate()
    {
        let file = folder.path().join(format!("{at}.jsonl"));
        let record = ["--record".to_owned(), file.display().to_string()];
        let url = format!("{}/v2/{SECRET}", sandbox.node.endpoint());
        let asked = |url: &str, more: &[String]| {
            let mut command = sandbox.command_of("Admin", words);
            Answer::to(command.args(["--rpc-url", url]).args(more))
        };
        let first = asked(&url, &record);
        let recording = fs::read_to_string(&file).expect("a recording");
        assert!(recording.lines().count() > 3, "{words}: {recording}");
        assert!(!recording.contains(SECRET), "{words}: {recording}");
        let again = asked(&replaying(&recording), &[]);
        assert_eq!(again.ends(0), first.ends(0), "{words}");
        // What is there is not written over.
        asked(&url, &record).is(2, "FileExists");
        assert_eq!(fs::read_to_string(&file).expect("it"), recording);
    }
}
