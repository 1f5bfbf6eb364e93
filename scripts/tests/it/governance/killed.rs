//! A command that is killed at any moment and typed again ends as if nothing had happened, and
//! does nothing twice.

use crate::prelude::*;
use std::process::Child;
use std::time::Instant;
const TIMEOUT: Duration = Duration::from_secs(300);

fn nonce(sandbox: &Sandbox, who: Address) -> u64 {
    sandbox
        .chain(move |chain| chain.account(who, BlockId::latest()).map(|a| a.nonce))
        .expect("the account")
}

fn pooled(sandbox: &Sandbox) -> usize {
    sandbox.chain(|chain| chain.pool().pending.len())
}

fn mine(sandbox: &Sandbox) {
    sandbox.chain(|chain| chain.mine(1, None).expect("a block"));
}

fn automine(sandbox: &Sandbox, on: bool) {
    sandbox.chain(move |chain| chain.set_automine(on));
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
fn a_lost_or_foreign_journal_blocks_nothing() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    std::fs::create_dir(sandbox.path(".stylus-upgrades")).expect("a folder");
    let genesis = sandbox
        .chain(|chain| chain.block(BlockId::earliest()).map(|block| block.hash))
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
