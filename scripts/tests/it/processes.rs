//! The commands that bring a chain along, as processes.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
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
fn every_command_of_the_demo_does_what_the_page_says_and_its_chain_can_be_looked_at() {
    let mut child = start(&["demo", "--keep", "--json"]);
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

/// Gives a command a terminal, with what somebody types; its output and its exit code.
fn at_a_terminal(folder: &Path, words: &[&str], typed: &str) -> (String, Option<i32>) {
    const TERMINAL: &str =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut child = Command::new("python3")
        .args(["-c", TERMINAL, env!("CARGO_BIN_EXE_stylus-upgrades")])
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(typed.as_bytes()).expect("typed");
    let output = child.wait_with_output().expect("it ends");
    drop(input);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (printed, output.status.code())
}

#[test]
fn a_terminal_prompts_for_what_is_missing_and_the_printed_command_does_the_same() {
    const KEY: &str = "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
    let (node, document) = node();
    let endpoint = document["endpoint"].as_str().expect("an endpoint");
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    std::fs::write(&key, KEY).expect("written");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).expect("set");

    let words = ["registry", "deploy", "--rpc-url", endpoint];
    let (printed, exit) = at_a_terminal(folder.path(), &words, "\n\nkey\n");
    assert_eq!(exit, Some(0), "{printed}");
    let manifest = folder.path().join("stylus-upgrades.toml");
    let saved = std::fs::read_to_string(&manifest).expect("the manifest");
    assert!(saved.contains("registry = "), "{saved}");

    let line = printed.lines().find_map(|line| {
        let (_, command) = line.split_once("command: stylus-upgrades ")?;
        Some(command.trim())
    });
    let line = line.unwrap_or_else(|| panic!("no command in {printed}"));
    let repeated: Vec<&str> = line.split(' ').collect();
    let expected = [&words[..], &["--save", "--private-key-path", "key"]].concat();
    assert_eq!(repeated, expected);
    std::fs::remove_file(&manifest).expect("removed");
    let again = Command::new(env!("CARGO_BIN_EXE_stylus-upgrades"))
        .args(&repeated)
        .current_dir(folder.path())
        .output()
        .expect("it starts");
    let errors = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(0), "{errors}");
    assert!(manifest.is_file(), "{errors}");
    assert_eq!(end(node), Some(0));
}
