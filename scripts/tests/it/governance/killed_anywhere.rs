//! Every command that sends, killed with SIGKILL in each phase of each of its transactions and
//! typed again: it ends as if it had never been killed, with no transaction more.

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
/// What a command says twice with the same words.
const SAME: &str = "address codehash executed from implementation name proxy registry to version";

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
        Self {
            manifest: sandbox.read(MANIFEST),
            snapshot: sandbox.chain(|chain| chain.snapshot()),
            sandbox,
        }
    }

    /// Everything as it was.
    fn again(&mut self) {
        let id = self.snapshot;
        assert!(
            self.sandbox.chain(move |chain| chain.revert(id)),
            "the snapshot is gone"
        );
        self.snapshot = self.sandbox.chain(|chain| chain.snapshot());
        self.sandbox.write(MANIFEST, &self.manifest);
        let _ = std::fs::remove_dir_all(self.sandbox.path(".stylus-upgrades"));
    }

    /// Whether the command was killed there; `false` if it ended before.
    fn killed(&self, words: &str, phase: Phase, count: u64) -> bool {
        let mut command = self.sandbox.command_of("Admin", words);
        command.env(VARIABLE, format!("{}:{count}", phase.name()));
        let output = command.output().expect("it starts");
        output.status.signal() == Some(9)
    }

    /// Open actions with who approved them, without what time changes.
    fn pending(&self) -> Value {
        let actions = self.sandbox.open("").into_iter();
        actions
            .map(|one| json!({"action": one["action"], "approved": one["approved"]}))
            .collect()
    }

    fn trace(&self, answer: &Answer, before: u64) -> Trace {
        let said = SAME.list().into_iter().filter_map(|field| {
            let value = answer.document.get(field)?;
            Some((field.to_owned(), value.clone()))
        });
        let manifest = self.sandbox.read(MANIFEST);
        let (status, pending) = match manifest.contains("registry") {
            true => (self.sandbox.done("Other", "status"), self.pending()),
            false => (Value::Null, Value::Null),
        };
        Trace {
            exit: answer.exit,
            said: said.collect::<serde_json::Map<_, _>>().into(),
            sent: self.sandbox.nonce() - before,
            status,
            pending,
            manifest,
        }
    }
}

/// At every how many of its transactions a command is killed: at each one where there are few, and
/// in the long run.
fn step_size(transactions: u64) -> usize {
    match transactions {
        _ if stylus_upgrades_test_support::long() => 1,
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    }
}

/// Kills the command everywhere; returns how often that was.
fn survives(sandbox: Sandbox, words: &str) -> u64 {
    survives_in(&PHASES, step_size, sandbox, words)
}

/// Kills the command in these phases, at every so many of its transactions; returns how often that was.
fn survives_in(
    phases: &[Phase],
    step_size: impl Fn(u64) -> usize,
    sandbox: Sandbox,
    words: &str,
) -> u64 {
    let mut fixture = Fixture::new(sandbox);
    let before = fixture.sandbox.nonce();
    let whole = fixture.sandbox.run("Admin", words);
    let expected = fixture.trace(&whole, before);
    assert!(matches!(expected.exit, Some(0 | 3 | 5)), "{whole:?}");
    let mut kills = 0;
    for phase in phases.iter().copied() {
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
            let is_left = fixture.sandbox.path(".stylus-upgrades").exists();
            assert!(!is_left, "a journal is left; {place}");
        }
    }
    println!("{words:?}: {kills} kills, {} transactions", expected.sent);
    kills
}

#[test]
#[ignore = "nightly: kills the command at every point, about 28 s"]
fn deploy_killed_anywhere_and_typed_again_deploys_once() {
    // Created and activated: two transactions, each with three phases of its own.
    assert!(survives(Sandbox::bare(), "deploy counter-v1") >= 9);
}

#[test]
#[ignore = "nightly: kills the command at every point, about 39 s"]
fn registry_deploy_killed_anywhere_and_typed_again_deploys_once() {
    // Ten transactions; killed at the 1st, 4th, 7th and last at least.
    assert!(survives(Sandbox::bare(), "registry deploy --save") >= 17);
}

#[test]
#[ignore = "nightly: kills the command at every point, about 68 s"]
fn define_and_register_killed_anywhere_and_typed_again_decide_once() {
    let define = "define A --migrate Admin";
    assert!(survives(Sandbox::new(), define) >= 5);
    let sandbox = Sandbox::new();
    sandbox.done("Admin", define);
    assert!(survives(sandbox, "register A 1.0 counter-v1") >= 9);
    assert!(survives(Sandbox::with_counter(BOTH, 0), REGISTER) >= 9);
    let sandbox = Sandbox::with_counter(BOTH, 0);
    sandbox.proposed("Admin2", REGISTER);
    assert!(survives(sandbox, REGISTER) >= 5);
}

#[test]
fn create_proxy_killed_anywhere_and_typed_again_creates_one() {
    assert!(survives(Sandbox::with_counter("Admin", 0), CREATE_SAVED) >= 5);
}

#[test]
fn upgrade_killed_anywhere_and_typed_again_upgrades_once() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", CREATE_SAVED);
    sandbox.done("Admin", REGISTER);
    assert!(survives(sandbox, "upgrade counter 2.0") >= 5);
}

#[test]
#[ignore = "nightly: kills the command at every point, about 90 s"]
fn migrate_rollout_and_rollback_killed_anywhere_and_typed_again_continue() {
    // Deploy, activate, publish, migrate, and two transactions of the rollout.
    assert!(survives(Sandbox::with_counter("Admin", 10), MIGRATE) >= 13);

    let fixture = Fixture::new(Sandbox::with_counter("Admin", 10));
    assert!(fixture.killed(MIGRATE, Phase::BeforeSending, 5));
    let _ = std::fs::remove_dir_all(fixture.sandbox.path(".stylus-upgrades"));
    assert!(survives(fixture.sandbox, "upgrade A") >= 9);

    let sandbox = Sandbox::with_counter("Admin", 2);
    sandbox.done("Admin", MIGRATE);
    assert!(survives(sandbox, ROLLBACK) >= 9);
}

/// One key hands everything over: five policies, of a definition and of the registry.
const REPLACE: &str = "policy replace Admin Admin2 --accept excluded-sender";

#[test]
fn policy_replace_killed_after_each_of_its_actions_and_typed_again_continues() {
    let kills = |sandbox, words| survives_in(&[Phase::Mined], |_| 1, sandbox, words);
    assert_eq!(kills(Sandbox::with_counter("Admin", 0), REPLACE), 5);
    // One of two proposes, and the other one goes on.
    let of_two = || {
        let sandbox = Sandbox::new();
        let define = ["define", "A", "--migrate", BOTH, "--create", BOTH];
        sandbox.done("Admin", &define);
        sandbox
    };
    assert_eq!(kills(of_two(), "policy replace Admin2 Admin3"), 2);
    let sandbox = of_two();
    let replace = "policy replace Admin2 Admin3 --accept excluded-sender";
    sandbox.run("Admin2", replace).ends(3);
    // It executes both, and proposes that of role `policy`.
    assert_eq!(kills(sandbox, replace), 3);
}

#[test]
#[ignore = "nightly: kills the command at every point, about 40 s"]
fn policy_replace_killed_anywhere_and_typed_again_continues() {
    assert!(survives(Sandbox::with_counter("Admin", 0), REPLACE) >= 13);
}

#[test]
fn what_an_earlier_run_did_counts_only_for_the_same_command() {
    let fixture = Fixture::new(Sandbox::with_counter("Admin", 0));
    assert!(fixture.killed(CREATE_SAVED, Phase::Mined, 1));
    let other = "create-proxy A 1.0 --init initialize(uint256) 8";
    fixture.sandbox.done("Admin", other);
    assert_eq!(fixture.sandbox.proxies().len(), 2);

    let fixture = Fixture::new(Sandbox::bare());
    assert!(fixture.killed("registry deploy", Phase::Mined, 10));
    let other = format!("registry deploy --save --define {BOTH}");
    fixture.sandbox.done("Admin", &other);
    // In the registry that was asked for, not the earlier one.
    let defined = fixture.sandbox.run("Admin", "define A --migrate Admin");
    defined.document.has(json!({"required": 2}));
}
