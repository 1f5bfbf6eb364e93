//! `--print`: what a build and a send run, in full, before they run.

use crate::prelude::*;
use crate::sources::project::Project;
use alloy::consensus::Transaction;

/// The lines of stderr that are commands.
fn commands(stderr: &str) -> Vec<&str> {
    let lines = stderr.lines();
    lines.filter_map(|line| line.strip_prefix("$ ")).collect()
}

#[test]
fn every_transaction_is_printed_as_it_is_sent() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let quiet = sandbox.run("Admin", "define B --migrate Admin");
    assert!(commands(&quiet.stderr).is_empty(), "{}", quiet.stderr);
    let answer = sandbox.run("Admin", "define C --migrate Admin --print");
    answer.ends(0);
    let printed = commands(&answer.stderr);
    let [command] = printed[..] else {
        panic!("one transaction, not {printed:?}");
    };
    let tx: B256 = text(&answer.document, "tx").parse().expect("a hash");
    let sent = sandbox.chain(move |chain| chain.transaction(tx));
    let sent = sent.expect("mined").envelope;
    let expected = format!(
        "cast send --chain {} --nonce {} --gas-limit {} --gas-price {} --priority-gas-price {} {} {} # 'define C'",
        sent.chain_id().expect("one"),
        sent.nonce(),
        sent.gas_limit(),
        sent.max_fee_per_gas(),
        sent.max_priority_fee_per_gas().expect("one"),
        sent.to().expect("the registry"),
        sent.input(),
    );
    assert_eq!(command, expected);
}

#[test]
fn a_command_that_is_told_leads_to_the_registry_that_the_flags_name() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    let action = sandbox.action("Admin", REGISTER);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let run = |words: &[&str]| {
        let mut command = crate::clone::command(elsewhere.path(), words);
        let output = command.output().expect("it starts");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{words:?}: {text}");
        text
    };
    let (registry, endpoint) = (sandbox.saved("registry"), sandbox.node.endpoint());
    let listed = run(&[
        "pending",
        "A",
        "--registry",
        &registry,
        "--rpc-url",
        &endpoint,
    ]);
    let mut told = listed.split('`');
    let told = told.find_map(|part| part.strip_prefix("stylus-upgrades "));
    let told = told.unwrap_or_else(|| panic!("no command in {listed}"));
    contains(told, &[&endpoint, &registry, &action]);
    let words: Vec<&str> = told.split(' ').collect();
    contains(&run(&words), &[&action]);
    // The manifest leads there by itself.
    let plain = sandbox.shown("Other", "pending A", 0);
    contains(&plain, &[&format!("`stylus-upgrades pending {action}`")]);
}

#[test]
fn the_compiler_of_a_build_is_printed_as_it_is_called() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let project = Project::new();
    let folder = project.contract().display().to_string();
    let words = format!("verify A --version 1.0 --source {folder} --print");
    let answer = sandbox.run("Other", &words);
    answer.ends(1); // other code, but it was built
    let printed = commands(&answer.stderr);
    let rustc = printed.iter().find(|line| line.contains("\"rustc\""));
    let rustc = rustc.unwrap_or_else(|| panic!("{printed:?}"));
    assert!(rustc.starts_with("cd \"/\" && env -i "), "{rustc}");
    let target = "\"wasm32-unknown-unknown\"";
    contains(
        rustc,
        &["CARGO_HOME=", "--frozen", target, "contract/Cargo.toml"],
    );
}
