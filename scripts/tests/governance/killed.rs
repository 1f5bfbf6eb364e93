//! A command that is killed at any moment and typed again ends as if nothing had happened, and
//! does nothing twice.

use crate::desk::{CREATE_SAVED, Desk, MIGRATE, text};
use alloy::primitives::Address;
use serde_json::json;
use std::process::Child;
use std::time::{Duration, Instant};
use stylus_chain::BlockId;

/// Transactions of the first approver: deploy, activate, publish the layout, approve.
const FIRST: u64 = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a command is killed: when so many of its transactions were sent, the last of them still
/// unmined, or mined and unread.
#[derive(Debug, Clone, Copy)]
struct Moment {
    sent: u64,
    mined: bool,
}

fn nonce(desk: &Desk, who: Address) -> u64 {
    desk.node
        .with_chain(move |chain| chain.account(who, BlockId::latest()).map(|a| a.nonce))
        .expect("the chain")
        .expect("the account")
}

fn pooled(desk: &Desk) -> usize {
    desk.node
        .with_chain(|chain| chain.pool().pending.len())
        .expect("the chain")
}

fn mine(desk: &Desk) {
    desk.node
        .with_chain(|chain| chain.mine(1, None).expect("a block"))
        .expect("the chain");
}

fn automine(desk: &Desk, on: bool) {
    desk.node
        .with_chain(move |chain| chain.set_automine(on))
        .expect("the chain");
}

/// Mines for a running command until it has sent its `moment.sent`th transaction, then kills it.
fn kill_at(desk: &Desk, who: Address, mut command: Child, moment: Moment) {
    let before = nonce(desk, who);
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "{moment:?} never came");
        if pooled(desk) == 0 {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        if nonce(desk, who) - before + 1 == moment.sent {
            break;
        }
        mine(desk);
    }
    command.kill().expect("it runs");
    command.wait().expect("it ends");
    if moment.mined {
        mine(desk);
    }
}

/// Mines until the command ends by itself; its exit code.
fn let_it_end(desk: &Desk, mut command: Child) -> Option<i32> {
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "it never ended");
        if let Some(status) = command.try_wait().expect("it") {
            return status.code();
        }
        if pooled(desk) > 0 {
            mine(desk);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn migrate_killed_at_every_transaction_and_typed_again_approves_once() {
    for sent in 1..=FIRST {
        for mined in [false, true] {
            let moment = Moment { sent, mined };
            let desk = Desk::with_counter("AND(Admin,Admin2)", 1);
            let admin = desk.node.addresses()[0];
            let before = nonce(&desk, admin);
            automine(&desk, false);
            kill_at(&desk, admin, desk.start("Admin", &MIGRATE), moment);
            let exit = let_it_end(&desk, desk.start("Admin", &MIGRATE));
            assert_eq!(exit, Some(3), "{moment:?}");
            assert_eq!(nonce(&desk, admin) - before, FIRST, "{moment:?}");
            automine(&desk, true);
            let pending = desk.done("Other", &["pending", "A"]);
            assert_eq!(
                pending["actions"].as_array().map(Vec::len),
                Some(1),
                "{moment:?}"
            );
            assert_eq!(pending["actions"][0]["approvals"], 1, "{moment:?}");
            assert!(
                !desk.path(".stylus-upgrades").exists(),
                "{moment:?}: a journal is left"
            );
        }
    }
}

#[test]
fn two_approvers_who_type_it_at_once_deploy_once_and_decide_once() {
    let desk = Desk::with_counter("AND(Admin,Admin2)", 1);
    automine(&desk, false);
    let commands = ["Admin", "Admin2"].map(|who| desk.start(who, &MIGRATE));
    let begun = Instant::now();
    while pooled(&desk) < 2 {
        assert!(begun.elapsed() < PATIENCE, "they never sent both");
        std::thread::sleep(Duration::from_millis(2));
    }
    mine(&desk); // one deploys, the other one comes too late
    let mut exits = commands.map(|command| let_it_end(&desk, command));
    exits.sort_unstable();
    // Where both approvals are in one block, the first one learns that the second executed it.
    assert!(
        [[Some(0), Some(3)], [Some(0), Some(0)]].contains(&exits),
        "{exits:?}"
    );
    automine(&desk, true);
    let status = desk.done("Other", &["status", "A"]);
    let instance = &status["definitions"][0]["instances"][0];
    assert_eq!(text(instance, "version"), "2.0");
}

#[test]
fn the_last_approver_killed_and_typing_again_activates_once() {
    for mined in [false, true] {
        let moment = Moment { sent: 1, mined };
        let desk = Desk::with_counter("AND(Admin,Admin2)", 1);
        let second = desk.node.addresses()[1];
        let before = nonce(&desk, second);
        assert_eq!(desk.run("Admin", &MIGRATE).exit, Some(3));
        automine(&desk, false);
        kill_at(&desk, second, desk.start("Admin2", &MIGRATE), moment);
        let exit = let_it_end(&desk, desk.start("Admin2", &MIGRATE));
        assert_eq!(exit, Some(0), "{moment:?}");
        assert_eq!(nonce(&desk, second) - before, 1, "{moment:?}");
        automine(&desk, true);
        let status = desk.done("Other", &["status", "A"]);
        assert_eq!(
            text(&status["definitions"][0]["instances"][0], "version"),
            "2.0"
        );
        assert_eq!(desk.done("Other", &["pending"])["actions"], json!([]));
    }
}

#[test]
fn a_rollout_killed_in_the_middle_goes_on_where_it_was() {
    let desk = Desk::with_counter("Admin", 12);
    let admin = desk.node.addresses()[0];
    automine(&desk, false);
    let moment = Moment {
        sent: FIRST + 1,
        mined: true,
    };
    kill_at(&desk, admin, desk.start("Admin", &MIGRATE), moment);
    assert_eq!(let_it_end(&desk, desk.start("Admin", &MIGRATE)), Some(0));
    automine(&desk, true);
    let status = desk.done("Other", &["status", "A"]);
    let instances = status["definitions"][0]["instances"]
        .as_array()
        .expect("them");
    assert_eq!(instances.len(), 12);
    assert!(instances.iter().all(|one| text(one, "version") == "2.0"));
    let history = desk.done("Other", &["history", "A"]);
    let upgrades = history["entries"].as_array().expect("them").iter();
    let upgrades = upgrades.filter(|entry| entry["event"] == "InstanceUpgraded");
    assert_eq!(upgrades.count(), 12);
}

#[test]
fn create_proxy_killed_before_it_reads_its_receipt_creates_one() {
    let desk = Desk::with_counter("Admin", 0);
    let admin = desk.node.addresses()[0];
    automine(&desk, false);
    let moment = Moment {
        sent: 1,
        mined: true,
    };
    kill_at(&desk, admin, desk.start("Admin", &CREATE_SAVED), moment);
    assert_eq!(
        let_it_end(&desk, desk.start("Admin", &CREATE_SAVED)),
        Some(0)
    );
    automine(&desk, true);
    let status = desk.done("Other", &["status", "A"]);
    let instances = status["definitions"][0]["instances"]
        .as_array()
        .expect("them");
    assert_eq!(instances.len(), 1);
    let manifest = std::fs::read_to_string(desk.path("stylus-upgrades.toml")).expect("it");
    assert!(manifest.contains("counter = "));
}

#[test]
fn a_lost_or_foreign_journal_blocks_nothing() {
    let desk = Desk::with_counter("AND(Admin,Admin2)", 1);
    std::fs::create_dir(desk.path(".stylus-upgrades")).expect("a folder");
    let genesis = desk
        .node
        .with_chain(|chain| chain.block(BlockId::earliest()).map(|block| block.hash))
        .expect("the chain")
        .expect("block 0");
    let mark = alloy::hex::encode(&genesis[..4]);
    let name = format!("412346-{mark}-{:#x}.journal", desk.node.addresses()[0]);
    let foreign = json!({"sending": {"what": "something", "tx": format!("0x{}", "11".repeat(32)), "nonce": 3}});
    let text = format!("rubbish\n{foreign}\n{{\"sending\":{{\"wh");
    std::fs::write(desk.path(".stylus-upgrades").join(name), text).expect("written");
    assert_eq!(desk.run("Admin", &MIGRATE).exit, Some(3));
    assert_eq!(desk.run("Admin2", &MIGRATE).exit, Some(0));
}

#[test]
fn a_file_where_the_journals_folder_belongs_is_told_and_nothing_is_sent() {
    let desk = Desk::with_counter("AND(Admin,Admin2)", 1);
    let before = nonce(&desk, desk.node.addresses()[0]);
    std::fs::write(
        desk.path(".stylus-upgrades"),
        "a file where a folder belongs",
    )
    .expect("written");
    let answer = desk.run("Admin", &MIGRATE);
    assert_eq!(answer.exit, Some(2));
    assert_eq!(answer.document["error"]["name"], "JournalUntrusted");
    assert_eq!(nonce(&desk, desk.node.addresses()[0]), before);
}

#[test]
fn registry_deploy_killed_before_it_reads_its_receipt_deploys_one() {
    let desk = Desk::bare();
    let admin = desk.node.addresses()[0];
    let deploy = ["registry", "deploy", "--save"];
    // Six shared programs, five activations, the registry.
    let moment = Moment {
        sent: 12,
        mined: true,
    };
    automine(&desk, false);
    kill_at(&desk, admin, desk.start("Admin", &deploy), moment);
    assert_eq!(let_it_end(&desk, desk.start("Admin", &deploy)), Some(0));
    assert_eq!(nonce(&desk, admin), moment.sent);
    automine(&desk, true);
    desk.done("Admin", &["define", "A", "--migrate", "Admin"]);
}
