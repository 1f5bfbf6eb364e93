//! A command that is killed at any moment and typed again ends as if nothing had happened, and
//! does nothing twice.

use crate::prelude::*;
use rustix::process::{Pid, Signal, kill_process};
use std::process::Child;
use std::time::Instant;

/// Mines whatever the command sends until it ends.
fn mine_for(sandbox: &Sandbox, command: &mut Child) {
    let begun = Instant::now();
    while command.try_wait().expect("it").is_none() {
        assert!(begun.elapsed() < TIMEOUT, "it never ended");
        if sandbox.pooled() > 0 {
            sandbox.mine();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn two_approvers_who_type_it_at_once_deploy_once_and_decide_once() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.automine(false);
    let commands = ["Admin", "Admin2"].map(|who| sandbox.start_heard(who, MIGRATE));
    sandbox.until_pooled(2);
    sandbox.mine(); // one deploys, the other one comes too late
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
    sandbox.automine(true);
    assert_eq!(texts(&sandbox.instances("A"), "version"), ["2.0"]);
}

#[test]
fn a_command_that_a_signal_ends_says_that_a_transaction_may_have_been_sent() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.automine(false);
    let command = sandbox.start_heard("Admin", "define B --migrate Admin");
    sandbox.until_pooled(1);
    kill_process(Pid::from_child(&command.child), Signal::INT).expect("it runs");
    let answer = command.answer();
    assert_eq!(error(&answer), "Interrupted", "{answer:?}");
    assert_snapshot!(answer.refusal(), @"
    message: a transaction may have been sent: the same command again continues from there
    expected: a command that runs to its end
    found: a signal
    next: run the same command again
    ");
    assert_eq!(answer.exit, Some(128 + 2));
}

#[test]
fn a_lost_or_foreign_journal_blocks_nothing() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    std::fs::create_dir(sandbox.path(".stylus-upgrades")).expect("a folder");
    let genesis = sandbox
        .chain(|chain| chain.block(BlockId::earliest()).map(|block| block.hash))
        .expect("block 0");
    let mark = hex::encode(&genesis[..4]);
    let name = format!("412346-{mark}-{:#x}.journal", sandbox.node.addresses()[0]);
    let foreign = json!({"sending": {"what": "something", "tx": format!("0x{}", "11".repeat(32)), "nonce": 3}});
    let text = format!("rubbish\n{foreign}\n{{\"sending\":{{\"wh");
    sandbox.write(Path::new(".stylus-upgrades").join(name), text);
    sandbox.proposed("Admin", MIGRATE);
    sandbox.done("Admin2", MIGRATE);
}

#[test]
fn a_file_where_the_journals_folder_belongs_is_reported_and_nothing_is_sent() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let before = sandbox.nonce();
    sandbox.write(".stylus-upgrades", "a file where a folder belongs");
    sandbox.run("Admin", MIGRATE).is(2, "JournalUntrusted");
    assert_eq!(sandbox.nonce(), before);
}
