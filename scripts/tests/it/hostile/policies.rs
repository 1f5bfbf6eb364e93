//! Acts that are final, unusual, or mistyped: nothing is sent before they are meant and understood.

use crate::hostile::keys::encrypt;
use crate::hostile::sandbox::{Run, Sandbox, node, nonce};
use crate::prelude::*;
use pty_process::blocking::{Command, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};
use std::io::{Read, Write};
use stylus_devnode::NodeHandle;

/// An address whose checksum does not hold: the last letter's case is changed.
const WRONG: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD";

/// How the question for a password begins.
const PASSWORD: &str = "Password of";

pub(crate) fn team() -> (NodeHandle, Sandbox) {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    sandbox.done("registry deploy --save");
    sandbox.done("define A --migrate Admin");
    (node, sandbox)
}

fn refused(sandbox: &Sandbox, words: &(impl Words + ?Sized), name: &str) -> Run {
    let run = sandbox.run_with_key(words);
    run.is(2, name);
    run
}

#[test]
fn final_and_unusual_actions_need_their_flag_without_a_terminal() {
    let (node, sandbox) = team();
    let sender = node.addresses()[0];
    let other = node.addresses()[1];
    let before = nonce(&node, sender);
    let cases = format!(
        "policy-none     | policy update A NONE
         policy-none     | policy update A --role create NONE
         new-role        | policy update A --role creat Admin
         excluded-sender | policy update A {other}
         policy-none     | define B --migrate Admin --create NONE
         excluded-sender | define B --migrate {other}
         policy-none     | registry deploy --define NONE"
    );
    for (flag, words) in cases.lines().filter_map(|line| line.split_once('|')) {
        let run = refused(&sandbox, words, "Unconfirmed");
        run.says("next", &format!("--accept {}", flag.trim()));
    }
    assert_eq!(nonce(&node, sender), before, "nothing was sent");
    for meant in [
        "policy update A --role audit Admin --accept new-role",
        "policy update A --role create NONE --accept policy-none",
    ] {
        sandbox.done(meant).has(json!({"executed": true}));
    }
}

#[test]
fn who_approves_a_final_policy_says_that_it_is_meant_too() {
    let (node, sandbox) = team();
    let second = &node.accounts().mnemonic()[1];
    sandbox.write_private("second", &second.to_bytes().to_string());
    let both = format!("AND(Admin,{})", second.address());
    sandbox.done(&format!("policy update A --role policy {both}"));
    let proposed = sandbox.run_with_key("policy update A NONE --accept policy-none");
    assert_eq!(proposed.exit, Some(3), "{proposed:?}");
    let document = proposed.document();
    let action = text(&document, "action");
    let approve = format!("approve {action} --private-key-path second --json");
    sandbox.run(&approve).is(2, "Unconfirmed");
    let meant = sandbox.run(&format!("{approve} --accept policy-none"));
    assert_eq!(meant.exit, Some(0), "{meant:?}");
}

/// Runs a command at a terminal and types `answer` when it asks; its exit code, and what was seen.
fn at_a_terminal(
    sandbox: &Sandbox,
    words: &str,
    prompt: &str,
    answer: &str,
) -> (Option<i32>, String) {
    let (mut pty, pts) = open().expect("a terminal");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stylus-upgrades"));
    for name in stylus_upgrades_test_support::outer_variables() {
        command = command.env_remove(name);
    }
    let command = command.args(words.list()).current_dir(sandbox.folder());
    let command = command.envs(crate::clone::variables());
    let mut child = command.spawn(pts).expect("it starts");
    let (mut seen, mut buffer, mut answered) = (String::new(), [0; 4096], false);
    // A read fails when the program has ended.
    while let Ok(length @ 1..) = pty.read(&mut buffer) {
        seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
        if !answered && seen.contains(prompt) {
            answered = true;
            while prompt == PASSWORD && shows_what_is_typed(&pty) {
                std::thread::yield_now(); // as a person is slower than the program
            }
            writeln!(pty, "{answer}").expect("typed");
        }
    }
    (child.wait().expect("it ends").code(), seen)
}

fn shows_what_is_typed(pty: &Pty) -> bool {
    let modes = tcgetattr(pty).expect("a terminal").local_modes;
    modes.contains(LocalModes::ECHO)
}

#[test]
fn a_terminal_prompts_for_a_keystores_password_and_does_not_show_it() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let key = node.accounts().mnemonic()[0].to_bytes();
    encrypt(&sandbox, &key[..], "open sesame");
    let words = "deploy counter-back --no-activate --keystore store";
    for (typed, exit) in [("open sesame", 0), ("open barley", 2)] {
        let (found, seen) = at_a_terminal(&sandbox, words, PASSWORD, typed);
        assert_eq!(found, Some(exit), "{seen}");
        assert!(!seen.contains(typed), "{seen}");
    }
}

#[test]
fn an_address_whose_checksum_does_not_hold_is_refused_wherever_it_is_written() {
    let (node, sandbox) = team();
    let sender = node.addresses()[0];
    let before = nonce(&node, sender);
    let list = format!("[0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,{WRONG}]");
    let commands = format!(
        "status --registry {WRONG}
         status {WRONG}
         upgrade {WRONG} 2.0
         run-migration {WRONG} --handler Admin
         run-migration Admin --handler {WRONG}
         run-migration {WRONG}
         policy update A OR(Admin,{WRONG})
         define B --migrate Admin --create {WRONG}
         registry deploy --define {WRONG}
         register A 1.0 {WRONG}
         create-proxy A 1.0 --init initialize(address) {WRONG}
         create-proxy A 1.0 --init initialize(address[]) {list}"
    );
    for words in commands.lines() {
        let run = refused(&sandbox, words, "AddressChecksum");
        contains(&run.stdout, &[WRONG]);
    }
    let mut command = sandbox.command("deploy counter-v1 --json --private-key-path key");
    Run::of(command.env("ETH_FROM", WRONG)).is(2, "FromMalformed");
    let manifest = sandbox.read(MANIFEST);
    let mut told = Vec::new();
    for wrong in [
        format!("{manifest}x = \"{WRONG}\"\n"),
        format!("registry = \"{WRONG}\"\n"),
    ] {
        sandbox.write(MANIFEST, &wrong);
        let run = refused(&sandbox, "status", "ManifestSyntax");
        told.push(run.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
    assert_eq!(nonce(&node, sender), before, "nothing was sent");
}

#[test]
fn what_can_be_understood_is_understood_before_anything_is_paid_for() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let sender = node.addresses()[0];
    let malformed = [
        "AND(Admin",
        "Admin,Admin",
        "OutOf(3,Admin)",
        "admin",
        "AND(Admin,Admin)x",
        "",
    ];
    for policy in malformed {
        let run = sandbox.run_with_key(&["registry", "deploy", "--define", policy]);
        assert!(matches!(run.exit, Some(1 | 2)), "{policy}: {run:?}");
    }
    let nobody = "OR(Admin,CALL(0x1111111111111111111111111111111111111111))";
    let run = sandbox.run_with_key(&format!("registry deploy --define {nobody}"));
    assert_eq!(run.error("name"), "Missing", "{run:?}");
    assert_eq!(nonce(&node, sender), 0, "nothing was sent");

    sandbox.done("registry deploy --save");
    sandbox.done("define A --migrate Admin");
    sandbox.done("register A 1.0 counter-v1");
    let before = nonce(&node, sender);
    refused(&sandbox, "registry deploy --save", "ManifestDiffers");
    for alias in ["0x12", "Admin", "NONE", "a b"] {
        let words = [&CREATE.list()[..], &["--save", alias]].concat();
        let run = sandbox.run_with_key(&words);
        assert_eq!(run.exit, Some(2), "{alias}: {run:?}");
    }
    assert_eq!(nonce(&node, sender), before, "nothing was sent");
}
