//! Pauses that are signed, exported, half done, or decided twice at once.

use crate::governance::sandbox::Heard;
use crate::prelude::*;
use std::time::Instant;

/// More than the transaction of the decision handles.
const SEVEN: usize = 7;

/// The decision in a file, for Admin.
fn export<'a>(command: &'a str, file: &'a str) -> [&'a str; 8] {
    let [flag, text] = ["--export-format", "text"];
    [command, "A", "--as", "Admin", "--export", file, flag, text]
}

/// The instances that are in that state.
fn in_state(sandbox: &Sandbox, wanted: &str) -> Vec<Address> {
    let status = sandbox.done("Admin", "status A");
    let instances = &status["definitions"][0]["instances"];
    let instances = instances.as_array().expect("instances");
    let of_it = instances.iter().filter(|one| text(one, "state") == wanted);
    of_it
        .map(|one| text(one, "proxy").parse().expect("an address"))
        .collect()
}

/// Seven instances, and a pause that its transaction has done for four.
fn half_paused() -> Sandbox {
    let sandbox = Sandbox::with_counter("Admin", SEVEN);
    sandbox.done("Admin", &export("pause", "pause.txt"));
    let call = std::fs::read_to_string(sandbox.path("pause.txt")).expect("a file");
    let registry: Address = sandbox.saved("registry").parse().expect("an address");
    let accounts = sandbox.node.accounts().mnemonic();
    let admin = accounts[0].address();
    let request = CallRequest {
        to: Some(registry),
        input: call.trim().parse().expect("calldata"),
        ..CallRequest::default()
    };
    sandbox.chain(move |chain| {
        chain.impersonate(admin);
        chain.submit_unsigned(admin, request).expect("paused");
        chain.stop_impersonating(admin);
    });
    assert_eq!(in_state(&sandbox, "paused").len(), 4);
    sandbox
}

fn finding<'a>(answer: &'a Answer, name: &str) -> &'a Value {
    let findings = answer.document["findings"].as_array().expect("findings");
    let found = findings.iter().find(|one| one["id"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {findings:?}"))
}

#[test]
fn a_signed_pause_and_resume_reach_every_instance() {
    let sandbox = Sandbox::with_counter("Admin", SEVEN);
    for (command, state) in [("pause", "paused"), ("resume", "live")] {
        let exported = sandbox.done("Admin", &export(command, "call.txt"));
        assert_eq!(exported["next"], "stylus-upgrades upgrade A");
        let signed = format!("{command}.json");
        sandbox.done(
            "Admin",
            &format!("approve --offline call.txt --out {signed}"),
        );
        let done = sandbox.done("Other", &format!("submit {signed}"));
        assert_eq!(done["left"], 0, "{done}");
        assert_eq!(in_state(&sandbox, state).len(), SEVEN, "{done}");
    }
}

#[test]
fn a_pause_is_no_tick_to_doctor_verify_and_history() {
    let sandbox = half_paused();
    let half = sandbox.run("Admin", "doctor");
    assert_eq!(half.exit, Some(1), "{half:?}");
    let unlike = finding(&half, "InstanceUnlikeDefinition");
    assert!(text(unlike, "next").starts_with("stylus-upgrades upgrade A"));
    let half = sandbox.run("Admin", "verify A");
    half.is(1, "Checks");
    let checks = half.document["checks"].as_array().expect("checks");
    let failed = checks.iter().filter(|check| check["ok"] == false);
    assert_eq!(failed.count(), SEVEN - 4, "{checks:?}");

    sandbox.done("Admin", "upgrade A");
    let whole = sandbox.run("Admin", "doctor");
    assert_eq!(whole.exit, Some(3), "{whole:?}");
    let paused = finding(&whole, "DefinitionPaused");
    assert!(text(paused, "next").starts_with("stylus-upgrades resume A"));
    let programs = whole.document["programs"].to_string();
    let stub = programs
        .split("\"uses\"")
        .find(|uses| uses.contains("pause-stub"));
    assert!(!stub.expect("the pause stub").contains("implementation"));
    let verified = sandbox.done("Admin", "verify A");
    assert_eq!(verified["paused"], json!(["A"]));
    let (exit, lines) = sandbox.reported("Admin", "history A");
    assert_eq!(exit, Some(0));
    let has = |text: &str| lines.iter().any(|line| line.contains(text));
    assert!(has("A is paused: every call of its instances is refused"));
    let decided = lines.iter().find(|line| line.contains("approved a pause"));
    let decided = decided.expect("it was approved");
    assert!(
        decided.contains("under any one of migrate's approvers: "),
        "{decided}"
    );
    assert!(
        has("✓ pause stub of") && !has("✓ implementation of"),
        "{lines:?}"
    );
}

/// How long both may take to send.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Two approvals in one block: the second one finds the definition resumed.
#[test]
fn of_two_who_approve_a_resume_in_one_block_the_second_learns_that_it_is_live() {
    let sandbox = Sandbox::with_counter("OutOf(2,Admin,Admin2,Admin3)", 1);
    sandbox.done("Admin", "pause A");
    let open = sandbox.proposed("Admin", "resume A");
    let approve = ["approve", text(&open, "action")];
    let answers = in_one_block(&sandbox, ["Admin2", "Admin3"], &approve);
    let (executed, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.exit == Some(0));
    assert_eq!((executed.len(), refused.len()), (1, 1), "{answers:?}");
    assert_eq!(executed[0].document["executed"], true);
    let found = (refused[0].exit, error(refused[0]));
    assert_eq!(found, (Some(1), "DefinitionNotPaused"), "{refused:?}");
    assert_eq!(in_state(&sandbox, "live").len(), 1);
}

/// Two type the same words; one block takes both transactions.
fn in_one_block(sandbox: &Sandbox, keys: [&str; 2], words: &(impl Words + ?Sized)) -> [Answer; 2] {
    let on_chain = |automine| {
        sandbox.chain(move |chain| chain.set_automine(automine));
    };
    on_chain(false);
    let started = keys.map(|key| sandbox.start_heard(key, words));
    let begun = Instant::now();
    let sent = || sandbox.node.with_chain(|chain| chain.pool().pending.len());
    while sent().expect("the chain") < 2 {
        assert!(begun.elapsed() < TIMEOUT, "they never sent both");
        std::thread::sleep(Duration::from_millis(2));
    }
    let mined = sandbox.chain(|chain| chain.mine(1, None).map(drop));
    mined.expect("a block");
    on_chain(true);
    started.map(Heard::answer)
}
