//! A command that is killed at any moment and typed again ends as if nothing had happened, and
//! does nothing twice.

use crate::governance::sandbox::{MIGRATE, Sandbox, text};
use alloy::primitives::Address;
use serde_json::json;
use std::process::Child;
use std::time::{Duration, Instant};
use stylus_chain::BlockId;

/// Transactions of the first approver: deploy, activate, publish the layout, approve.
const FIRST: u64 = 4;
const TIMEOUT: Duration = Duration::from_secs(300);

/// Where a command is killed: when so many of its transactions were sent, the last of them still
/// unmined, or mined and unread.
#[derive(Debug, Clone, Copy)]
struct Moment {
    sent: u64,
    mined: bool,
}

fn nonce(sandbox: &Sandbox, who: Address) -> u64 {
    sandbox
        .node
        .with_chain(move |chain| chain.account(who, BlockId::latest()).map(|a| a.nonce))
        .expect("the chain")
        .expect("the account")
}

fn pooled(sandbox: &Sandbox) -> usize {
    sandbox
        .node
        .with_chain(|chain| chain.pool().pending.len())
        .expect("the chain")
}

fn mine(sandbox: &Sandbox) {
    sandbox
        .node
        .with_chain(|chain| chain.mine(1, None).expect("a block"))
        .expect("the chain");
}

fn automine(sandbox: &Sandbox, on: bool) {
    sandbox
        .node
        .with_chain(move |chain| chain.set_automine(on))
        .expect("the chain");
}

/// Mines for a running command until it has sent its `moment.sent`th transaction, then kills it.
fn kill_at(sandbox: &Sandbox, who: Address, mut command: Child, moment: Moment) {
    let before = nonce(sandbox, who);
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < TIMEOUT, "{moment:?} never came");
        if pooled(sandbox) == 0 {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        if nonce(sandbox, who) - before + 1 == moment.sent {
            break;
        }
        mine(sandbox);
    }
    command.kill().expect("it runs");
    command.wait().expect("it ends");
    if moment.mined {
        mine(sandbox);
    }
}

/// Mines until the command ends by itself; its exit code.
fn let_it_end(sandbox: &Sandbox, mut command: Child) -> Option<i32> {
    mine_for(sandbox, &mut command)
}

fn mine_for(sandbox: &Sandbox, command: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < TIMEOUT, "it never ended");
        if let Some(status) = command.try_wait().expect("it") {
            return status.code();
        }
        if pooled(sandbox) > 0 {
            mine(sandbox);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Killed there and typed again, an approver's command has approved once.
fn approves_once(moment: Moment) {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let admin = sandbox.node.addresses()[0];
    let before = nonce(&sandbox, admin);
    automine(&sandbox, false);
    kill_at(&sandbox, admin, sandbox.start("Admin", &MIGRATE), moment);
    let exit = let_it_end(&sandbox, sandbox.start("Admin", &MIGRATE));
    assert_eq!(exit, Some(3), "{moment:?}");
    assert_eq!(nonce(&sandbox, admin) - before, FIRST, "{moment:?}");
    automine(&sandbox, true);
    let pending = sandbox.done("Other", "pending A");
    let actions = pending["actions"].as_array().expect("a list");
    assert_eq!(actions.len(), 1, "{moment:?}");
    assert_eq!(actions[0]["approvals"], 1, "{moment:?}");
    let journal = sandbox.path(".stylus-upgrades");
    assert!(!journal.exists(), "{moment:?}: a journal is left");
}

#[test]
fn migrate_killed_before_its_approval_is_mined_and_typed_again_approves_once() {
    let (sent, mined) = (FIRST, false);
    approves_once(Moment { sent, mined });
}

#[test]
#[ignore = "nightly: kills the command at every transaction, about 15 s"]
fn migrate_killed_at_every_transaction_and_typed_again_approves_once() {
    for sent in 1..=FIRST {
        for mined in [false, true] {
            approves_once(Moment { sent, mined });
        }
    }
}

#[test]
fn two_approvers_who_type_it_at_once_deploy_once_and_decide_once() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    automine(&sandbox, false);
    let commands = ["Admin", "Admin2"].map(|who| sandbox.start_heard(who, &MIGRATE));
    let begun = Instant::now();
    while pooled(&sandbox) < 2 {
        assert!(begun.elapsed() < TIMEOUT, "they never sent both");
        std::thread::sleep(Duration::from_millis(2));
    }
    mine(&sandbox); // one deploys, the other one comes too late
    let answers = commands.map(|mut command| {
        mine_for(&sandbox, &mut command.child);
        command.answer()
    });
    let mut exits = answers.each_ref().map(|answer| answer.exit);
    exits.sort_unstable();
    // Where both approvals are in one block, the first one learns that the second executed it.
    assert!(
        [[Some(0), Some(3)], [Some(0), Some(0)]].contains(&exits),
        "{answers:#?}"
    );
    automine(&sandbox, true);
    let status = sandbox.done("Other", "status A");
    let instance = &status["definitions"][0]["instances"][0];
    assert_eq!(text(instance, "version"), "2.0");
}

#[test]
fn the_last_approver_killed_and_typing_again_activates_once() {
    for mined in [false, true] {
        let moment = Moment { sent: 1, mined };
        let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
        let second = sandbox.node.addresses()[1];
        let before = nonce(&sandbox, second);
        assert_eq!(sandbox.run("Admin", &MIGRATE).exit, Some(3));
        automine(&sandbox, false);
        kill_at(&sandbox, second, sandbox.start("Admin2", &MIGRATE), moment);
        let exit = let_it_end(&sandbox, sandbox.start("Admin2", &MIGRATE));
        assert_eq!(exit, Some(0), "{moment:?}");
        assert_eq!(nonce(&sandbox, second) - before, 1, "{moment:?}");
        automine(&sandbox, true);
        let status = sandbox.done("Other", "status A");
        assert_eq!(
            text(&status["definitions"][0]["instances"][0], "version"),
            "2.0"
        );
        assert_eq!(sandbox.done("Other", "pending")["actions"], json!([]));
    }
}

#[test]
fn a_lost_or_foreign_journal_blocks_nothing() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    std::fs::create_dir(sandbox.path(".stylus-upgrades")).expect("a folder");
    let genesis = sandbox
        .node
        .with_chain(|chain| chain.block(BlockId::earliest()).map(|block| block.hash))
        .expect("the chain")
        .expect("block 0");
    let mark = alloy::hex::encode(&genesis[..4]);
    let name = format!("412346-{mark}-{:#x}.journal", sandbox.node.addresses()[0]);
    let foreign = json!({"sending": {"what": "something", "tx": format!("0x{}", "11".repeat(32)), "nonce": 3}});
    let text = format!("rubbish\n{foreign}\n{{\"sending\":{{\"wh");
    std::fs::write(sandbox.path(".stylus-upgrades").join(name), text).expect("written");
    assert_eq!(sandbox.run("Admin", &MIGRATE).exit, Some(3));
    assert_eq!(sandbox.run("Admin2", &MIGRATE).exit, Some(0));
}

#[test]
fn a_file_where_the_journals_folder_belongs_is_reported_and_nothing_is_sent() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let before = nonce(&sandbox, sandbox.node.addresses()[0]);
    std::fs::write(
        sandbox.path(".stylus-upgrades"),
        "a file where a folder belongs",
    )
    .expect("written");
    let answer = sandbox.run("Admin", &MIGRATE);
    assert_eq!(answer.exit, Some(2));
    assert_eq!(answer.document["error"]["name"], "JournalUntrusted");
    assert_eq!(nonce(&sandbox, sandbox.node.addresses()[0]), before);
}
