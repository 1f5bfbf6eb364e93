//! What an earlier run sent is the answer to the same command only while it holds, and only if this key
//! sent it.

use crate::prelude::*;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use stylus_upgrades::kill_point::VARIABLE;
use stylus_upgrades_interface::registry::IRegistry as abi;

const JOURNALS: &str = ".stylus-upgrades";

/// Admin's command, killed there.
fn killed(sandbox: &Sandbox, words: &(impl Words + ?Sized), at: &str) {
    let words = &words.list()[..];
    let words = [words, &["--private-key-path", "Admin"]].concat();
    let ended = sandbox.command(&words).env(VARIABLE, at).output();
    let ended = ended.expect("it starts");
    assert_eq!(ended.status.signal(), Some(9), "{ended:?}");
}

/// What the only definition is.
fn state(sandbox: &Sandbox) -> String {
    let status = sandbox.done("Other", "status A");
    text(&status["definitions"][0], "state").to_owned()
}

fn is_sent_again(answer: &Answer) -> bool {
    answer.stderr.contains("the same call is sent again")
}

/// The journal of that account.
fn journal_of(sandbox: &Sandbox, account: usize) -> PathBuf {
    let account = sandbox.node.addresses()[account];
    let file = format!("412346-{account:#x}.journal");
    sandbox.path(JOURNALS).join(file)
}

#[test]
fn a_pause_of_an_earlier_run_that_was_undone_since_is_sent() {
    let sandbox = Sandbox::with_counter("OR(Admin,Admin2)", 1);
    killed(&sandbox, "pause A", "mined:1");
    assert_eq!(state(&sandbox), "paused");
    sandbox.done("Admin2", "resume A");
    assert_eq!(state(&sandbox), "live");
    let again = sandbox.run("Admin", "pause A");
    assert_eq!(again.exit, Some(0), "{again:?}");
    assert!(is_sent_again(&again), "{again:?}");
    assert_eq!(state(&sandbox), "paused");
    assert!(!sandbox.path(JOURNALS).exists(), "a journal is left");

    // What nobody undid is reported, and nothing is sent.
    killed(&sandbox, "resume A", "mined:1");
    let again = sandbox.run("Admin", "resume A");
    assert_eq!(again.exit, Some(0), "{again:?}");
    assert!(!is_sent_again(&again), "{again:?}");
    assert_eq!(state(&sandbox), "live");
}

#[test]
fn a_journal_that_names_the_transaction_of_another_account_is_not_believed() {
    let sandbox = Sandbox::with_counter("OR(Admin,Admin2)", 1);
    let paused = sandbox.done("Admin", "pause A");
    sandbox.done("Admin", "resume A");
    let call = abi::pauseCall { name: "A".into() }.abi_encode();
    let line = json!({"sending": {
        "what": "pause A",
        "tx": paused["tx"],
        "nonce": 0,
        "to": sandbox.saved("registry"),
        "call": keccak256(call),
    }});
    std::fs::create_dir(sandbox.path(JOURNALS)).expect("a folder");
    std::fs::write(journal_of(&sandbox, 1), format!("{line}\n")).expect("written");
    let answer = sandbox.run("Admin2", "pause A");
    assert_eq!(answer.exit, Some(0), "{answer:?}");
    assert_ne!(answer.document["tx"], paused["tx"]);
    assert!(answer.stderr.contains("it is left out"), "{answer:?}");
    assert!(
        !answer.stderr.contains("an earlier run already sent"),
        "{answer:?}"
    );
    assert_eq!(state(&sandbox), "paused");
}

#[test]
fn a_journal_that_git_tracks_is_refused() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    killed(&sandbox, "pause A", "before-sending:1");
    let journal = journal_of(&sandbox, 0).display().to_string();
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.args(words).current_dir(sandbox.path(""));
        let ended = command.output().expect("git");
        assert!(ended.status.success(), "{ended:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-f", &journal]);
    let refused = sandbox.run("Admin", "pause A");
    refused.is(2, "JournalUntrusted");
    let found = text(&refused.document["error"], "found");
    assert!(found.contains("git tracks"), "{refused:?}");
    assert_eq!(state(&sandbox), "live");
    git(&["rm", "-q", "--cached", &journal]);
    sandbox.done("Admin", "pause A");
    assert_eq!(state(&sandbox), "paused");
}
