//! The commands that bring a chain along, as processes.

use crate::prelude::*;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

fn start(words: &(impl Words + ?Sized)) -> Child {
    let words = &words.list()[..];
    Command::new(env!("CARGO_BIN_EXE_stylus-upgrades"))
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn node() -> (Child, Value) {
    let mut child = start("node --port 0 --json");
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
fn every_command_of_the_demo_does_what_the_page_says_and_its_chain_can_be_looked_at() {
    let mut child = start("demo --keep --json");
    let mut text = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut text).expect("text");
    let document: Value = serde_json::from_str(&text).expect("one document");
    let fields: Vec<_> = document.as_object().expect("an object").keys().collect();
    assert_eq!(
        fields,
        ["commands", "endpoint", "ok", "registry", "seconds"]
    );
    assert_eq!(document["ok"], true);
    let commands = document["commands"].as_array().expect("commands");
    assert!(commands.len() > 50 && commands.iter().all(|done| done["ok"] == true));
    let exits: Vec<_> = commands.iter().map(|done| done["exit"].as_i64()).collect();
    assert!(
        [0, 1, 3].iter().all(|code| exits.contains(&Some(*code))),
        "{exits:?}"
    );

    let [endpoint, registry] = ["endpoint", "registry"].map(|field| document[field].as_str());
    let [endpoint, registry] = [endpoint, registry].map(|text| text.expect("text"));
    let status = ["status", "--rpc-url", endpoint, "--registry", registry];
    let status = start(&[&status[..], &["--json"]].concat());
    let status = status.wait_with_output().expect("it ends");
    let status: Value = serde_json::from_slice(&status.stdout).expect("a document");
    let names = status["definitions"].as_array().expect("definitions");
    assert!(names.iter().any(|one| one["name"] == "Counter"), "{status}");
    assert_eq!(end(child), Some(128 + 15));
}

#[test]
fn two_nodes_run_side_by_side_and_end_on_request() {
    let ((first, one), (second, two)) = (node(), node());
    assert_ne!(one["endpoint"], two["endpoint"]);
    assert_eq!(one["chain_id"], 412_346);
    assert_eq!((end(first), end(second)), (Some(0), Some(0)));
}
