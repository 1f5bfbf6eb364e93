//! Every command that sends, killed with SIGKILL in each phase of each of its transactions and
//! typed again: it ends as if it had never been killed, with no transaction more.

use crate::governance::sandbox::{CREATE_SAVED, ROLLBACK};
use crate::prelude::*;
use std::os::unix::process::ExitStatusExt;
use stylus_upgrades::kill_point::{Phase, VARIABLE};

const PHASES: [Phase; 5] = [
    Phase::BeforeSending,
    Phase::Sent,
    Phase::Mined,
    Phase::Reported,
    Phase::Journal,
];
/// More kills than any command here has places for.
const PLACES_MAX: u64 = 40;
const MANIFEST: &str = "stylus-upgrades.toml";
/// What a command says twice with the same words.
const SAME: [&str; 10] = [
    "address",
    "codehash",
    "executed",
    "from",
    "implementation",
    "name",
    "proxy",
    "registry",
    "to",
    "version",
];

/// A sandbox, and what it was like before the command.
struct Fixture {
    sandbox: Sandbox,
    manifest: String,
    snapshot: u64,
}

/// What is left of a command.
#[derive(Debug, PartialEq)]
struct Trace {
    exit: Option<i32>,
    said: Value,
    sent: u64,
    status: Value,
    pending: Value,
    manifest: String,
}

impl Fixture {
    fn new(sandbox: Sandbox) -> Self {
        let manifest = std::fs::read_to_string(sandbox.path(MANIFEST)).expect("a manifest");
        let snapshot = snapshot(&sandbox);
        Self {
            sandbox,
            manifest,
            snapshot,
        }
    }

    /// Everything as it was.
    fn again(&mut self) {
        let id = self.snapshot;
        let went = self.sandbox.node.with_chain(move |chain| chain.revert(id));
        assert!(went.expect("the chain"), "the snapshot is gone");
        self.snapshot = snapshot(&self.sandbox);
        std::fs::write(self.sandbox.path(MANIFEST), &self.manifest).expect("written");
        let _ = std::fs::remove_dir_all(self.sandbox.path(".stylus-upgrades"));
    }

    /// Whether the command was killed there; `false` if it ended before.
    fn killed(&self, words: &(impl Words + ?Sized), phase: Phase, count: u64) -> bool {
        let words = &words.list()[..];
        let words = [words, &["--json", "--private-key-path", "Admin"]].concat();
        let mut command = self.sandbox.command(&words);
        command.env(VARIABLE, format!("{}:{count}", phase.name()));
        let output = command.output().expect("it starts");
        output.status.signal() == Some(9)
    }

    /// Open actions with who approved them, without what time changes.
    fn pending(&self) -> Value {
        let pending = self.sandbox.done("Other", "pending");
        let actions = pending["actions"].as_array().expect("a list").iter();
        actions
            .map(|one| json!({"action": one["action"], "approved": one["approved"]}))
            .collect()
    }

    fn trace(&self, answer: &Answer, before: u64) -> Trace {
        let said = SAME.iter().filter_map(|field| {
            let value = answer.document.get(*field)?;
            Some(((*field).to_owned(), value.clone()))
        });
        let on_chain = std::fs::read_to_string(self.sandbox.path(MANIFEST)).expect("a manifest");
        let (status, pending) = match on_chain.contains("registry") {
            true => (self.sandbox.done("Other", "status"), self.pending()),
            false => (Value::Null, Value::Null),
        };
        Trace {
            exit: answer.exit,
            said: said.collect::<serde_json::Map<_, _>>().into(),
            sent: self.sandbox.nonce() - before,
            status,
            pending,
            manifest: on_chain,
        }
    }
}

fn snapshot(sandbox: &Sandbox) -> u64 {
    sandbox.chain(|chain| chain.snapshot())
}

/// At every how many of its transactions a command is killed: at each one where there are few, and
/// in the long run (`STYLUS_UPGRADES_LONG=1`).
fn step_size(transactions: u64) -> usize {
    match transactions {
        _ if stylus_upgrades_test_support::long() => 1,
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    }
}

/// Kills the command everywhere; returns how often that was.
fn survives(sandbox: Sandbox, words: &(impl Words + ?Sized)) -> u64 {
    let words = &words.list()[..];
    let mut fixture = Fixture::new(sandbox);
    let before = fixture.sandbox.nonce();
    let whole = fixture.sandbox.run("Admin", words);
    let expected = fixture.trace(&whole, before);
    assert!(
        [Some(0), Some(3), Some(5)].contains(&expected.exit),
        "{whole:?}"
    );
    let mut kills = 0;
    for phase in PHASES {
        for count in (1..PLACES_MAX).step_by(step_size(expected.sent)) {
            fixture.again();
            if !fixture.killed(words, phase, count) {
                assert!(count > 1, "{words:?} never comes to {phase:?}");
                break;
            }
            kills += 1;
            let answer = fixture.sandbox.run("Admin", words);
            let found = fixture.trace(&answer, before);
            let place = format!("{words:?} killed at {phase:?} {count}: {answer:?}");
            assert_eq!(found, expected, "{place}");
            assert!(
                !fixture.sandbox.path(".stylus-upgrades").exists(),
                "a journal is left; {place}"
            );
        }
    }
    println!("{words:?}: {kills} kills, {} transactions", expected.sent);
    kills
}

const VERSION_2: [&str; 6] = ["A", "2.0", "counter-v2", "--call", "migrate(uint256)", "5"];

fn with<'w>(command: &'w str, words: &[&'w str]) -> Vec<&'w str> {
    [&[command], words].concat()
}

/// A sandbox whose instance `counter` can go to 2.0.
fn with_version_2() -> Sandbox {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", &CREATE_SAVED);
    sandbox.done("Admin", &with("register", &VERSION_2));
    sandbox
}

#[test]
#[ignore = "nightly: kills the command at every point, about 28 s"]
fn deploy_killed_anywhere_and_typed_again_deploys_once() {
    // Created and activated: two transactions, each with three phases of its own.
    assert!(survives(Sandbox::bare(), &["deploy", "counter-v1"]) >= 9);
}

#[test]
#[ignore = "nightly: kills the command at every point, about 39 s"]
fn registry_deploy_killed_anywhere_and_typed_again_deploys_once() {
    let words = ["registry", "deploy", "--save"];
    // Ten transactions; killed at the 1st, 4th, 7th and last at least.
    assert!(survives(Sandbox::bare(), &words) >= 17);
}

#[test]
#[ignore = "nightly: kills the command at every point, about 68 s"]
fn define_and_register_killed_anywhere_and_typed_again_decide_once() {
    assert!(survives(Sandbox::new(), &["define", "A", "--migrate", "Admin"]) >= 5);
    let sandbox = Sandbox::new();
    sandbox.done("Admin", "define A --migrate Admin");
    assert!(survives(sandbox, "register A 1.0 counter-v1") >= 9);
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 0);
    assert!(survives(sandbox, &with("register", &VERSION_2)) >= 9);
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 0);
    assert_eq!(
        sandbox.run("Admin2", &with("register", &VERSION_2)).exit,
        Some(3)
    );
    assert!(survives(sandbox, &with("register", &VERSION_2)) >= 5);
}

#[test]
fn create_proxy_killed_anywhere_and_typed_again_creates_one() {
    assert!(survives(Sandbox::with_counter("Admin", 0), &CREATE_SAVED) >= 5);
}

#[test]
fn upgrade_killed_anywhere_and_typed_again_upgrades_once() {
    let words = ["upgrade", "counter", "2.0"];
    assert!(survives(with_version_2(), &words) >= 5);
}

#[test]
#[ignore = "nightly: kills the command at every point, about 90 s"]
fn migrate_rollout_and_rollback_killed_anywhere_and_typed_again_go_on() {
    // Deploy, activate, publish, migrate, and two transactions of the rollout.
    let words = with("migrate", &VERSION_2);
    assert!(survives(Sandbox::with_counter("Admin", 10), &words) >= 13);

    let fixture = Fixture::new(Sandbox::with_counter("Admin", 10));
    assert!(fixture.killed(&words, Phase::BeforeSending, 5));
    let _ = std::fs::remove_dir_all(fixture.sandbox.path(".stylus-upgrades"));
    assert!(survives(fixture.sandbox, "upgrade A") >= 9);

    let sandbox = Sandbox::with_counter("Admin", 2);
    sandbox.done("Admin", &words);
    assert!(survives(sandbox, &ROLLBACK) >= 9);
}
#[test]
fn what_an_earlier_run_did_counts_only_for_the_same_command() {
    let fixture = Fixture::new(Sandbox::with_counter("Admin", 0));
    assert!(fixture.killed(&CREATE_SAVED, Phase::Mined, 1));
    let other = "create-proxy A 1.0 --init initialize(uint256) 8";
    fixture.sandbox.done("Admin", &other);
    let status = fixture.sandbox.done("Other", "status A");
    let instances = &status["definitions"][0]["instances"];
    assert_eq!(instances.as_array().map(Vec::len), Some(2), "{status}");

    let fixture = Fixture::new(Sandbox::bare());
    let deploy = "registry deploy";
    assert!(fixture.killed(&deploy, Phase::Mined, 10));
    let policy = "AND(Admin,Admin2)";
    let other = format!("registry deploy --save --define {policy}");
    fixture.sandbox.done("Admin", &other);
    let words = "define A --migrate Admin";
    let defined = fixture.sandbox.run("Admin", &words);
    assert_eq!(
        defined.document["required"],
        json!(2),
        "the registry that was asked for, not the earlier one: {defined:?}"
    );
}
