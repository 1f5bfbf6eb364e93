//! What an earlier run sent is the answer to the same command only while it holds, and only if this key
//! sent it.

use crate::prelude::*;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use stylus_upgrades::kill_point::VARIABLE;

const JOURNALS: &str = ".stylus-upgrades";

/// Admin's command, killed there.
pub(crate) fn killed(sandbox: &Sandbox, words: &str, at: &str) {
    let ended = sandbox
        .command_of("Admin", words)
        .env(VARIABLE, at)
        .output();
    let ended = ended.expect("it starts");
    assert_eq!(ended.status.signal(), Some(9), "{ended:?}");
}

/// Asserts what the only definition is.
fn is(sandbox: &Sandbox, state: &str) {
    assert_eq!(text(&sandbox.definition("A"), "state"), state);
}

/// The same command once more; whether it is sent again.
fn is_sent_again(sandbox: &Sandbox, words: &str) -> bool {
    let again = sandbox.run("Admin", words);
    again.ends(0);
    again.stderr.contains("the same call is sent again")
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
    is(&sandbox, "paused");
    sandbox.done("Admin2", "resume A");
    is(&sandbox, "live");
    assert!(is_sent_again(&sandbox, "pause A"));
    is(&sandbox, "paused");
    assert!(!sandbox.path(JOURNALS).exists(), "a journal is left");

    // What nobody undid is reported, and nothing is sent.
    killed(&sandbox, "resume A", "mined:1");
    assert!(!is_sent_again(&sandbox, "resume A"));
    is(&sandbox, "live");
}

#[test]
fn an_instance_of_an_earlier_run_is_reported_for_the_same_value_alone() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    killed(&sandbox, CREATE, "mined:1");
    let other = sandbox.run("Admin", &format!("{CREATE} --value 5"));
    assert_ne!(other.exit, Some(0), "{other:?}");
    assert_eq!(sandbox.instances("A").len(), 1);
    sandbox.done("Admin", CREATE);
    assert_eq!(sandbox.instances("A").len(), 1);
}

/// Of two creations that were interrupted, each command finds its own.
#[test]
fn of_two_instances_of_earlier_runs_each_is_reported() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let other = CREATE.replace(" 7", " 8");
    killed(&sandbox, CREATE, "mined:1");
    killed(&sandbox, &other, "mined:1");
    assert_eq!(sandbox.instances("A").len(), 2);
    sandbox.done("Admin", &other);
    assert_eq!(sandbox.instances("A").len(), 2);
}

#[test]
fn a_journal_that_names_the_transaction_of_another_account_is_not_believed() {
    let sandbox = Sandbox::with_counter("OR(Admin,Admin2)", 1);
    let paused = sandbox.done("Admin", "pause A");
    sandbox.done("Admin", "resume A");
    let pause = abi::pauseCall {
        name: "A".into(),
        first: sandbox.proxies(),
    };
    let call = pause.abi_encode();
    let line = json!({"sending": {"what": "pause A", "tx": paused["tx"], "nonce": 0,
        "to": sandbox.saved("registry"), "call": keccak256(call)}});
    std::fs::create_dir(sandbox.path(JOURNALS)).expect("a folder");
    sandbox.write(journal_of(&sandbox, 1), format!("{line}\n"));
    let answer = sandbox.run("Admin2", "pause A");
    assert_ne!(answer.ends(0)["tx"], paused["tx"]);
    assert_snapshot!(answer.notes(), @"
    warning: the journal of [address] names [hash], which [address] sent: it is left out
    pause A  (decided by pause)
    sending pause A: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    ");
    is(&sandbox, "paused");
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
    assert_snapshot!(refused.refusal(), @"
    message: the journal cannot be used: git tracks [folder]/.stylus-upgrades/412346-[address].journal
    expected: a journal that only the commands of this machine have written
    found: git tracks [folder]/.stylus-upgrades/412346-[address].journal
    next: look at who committed it; then: git rm --cached [folder]/.stylus-upgrades/412346-[address].journal, and remove the file
    ");
    is(&sandbox, "live");
    git(&["rm", "-q", "--cached", &journal]);
    sandbox.done("Admin", "pause A");
    is(&sandbox, "paused");
}
