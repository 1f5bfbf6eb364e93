//! The commands that bring a chain along, as processes.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

fn start(words: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_stylus-upgrades"))
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn node() -> (Child, Value) {
    let mut child = start(&["node", "--port", "0", "--json"]);
    let mut line = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    (child, serde_json::from_str(&line).expect("a document"))
}

fn end(mut child: Child) -> Option<i32> {
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    child.wait().expect("it ends").code()
}

#[test]
fn the_demo_holds_every_check_and_prints_one_document() {
    let mut child = start(&["demo", "--json"]);
    let mut text = String::new();
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_to_string(&mut text).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let document: Value = serde_json::from_str(&text).expect("one document");
    let fields: Vec<_> = document.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["artifacts", "checks", "ok", "seconds", "steps"]);
    assert_eq!(document["ok"], true);
    let all = |list: &str, holds: fn(&Value) -> bool| {
        document[list]
            .as_array()
            .is_some_and(|list| !list.is_empty() && list.iter().all(holds))
    };
    assert!(all("steps", |step| step["tx"].is_string()
        && step["gas"].is_u64()));
    assert!(all("checks", |check| check["name"].is_string()
        && check["ok"] == true));
    assert!(all("artifacts", |a| a["wasm_bytes"].is_u64()
        && a["code_bytes"].is_u64()));
}

#[test]
fn two_nodes_run_side_by_side_and_end_when_they_are_told_to() {
    let ((first, one), (second, two)) = (node(), node());
    assert_ne!(one["endpoint"], two["endpoint"]);
    assert_eq!(one["chain_id"], 412_346);
    assert_eq!((end(first), end(second)), (Some(0), Some(0)));
}
