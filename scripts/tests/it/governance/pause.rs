//! Pauses that are signed, exported, half done, or decided twice at once.

use crate::prelude::*;

/// Instances of the definition.
const SEVEN: usize = 7;

/// How many instances are in that state.
fn in_state(sandbox: &Sandbox, wanted: &str) -> usize {
    let all = sandbox.instances("A");
    texts(&all, "state")
        .into_iter()
        .filter(|state| *state == wanted)
        .count()
}

/// Seven instances, and a pause that its transaction has done for four.
#[cfg(feature = "watch")]
fn half_paused() -> Sandbox {
    let sandbox = Sandbox::with_counter("Admin", SEVEN);
    let all = sandbox.instances("A");
    let first = texts(&all, "proxy").into_iter().take(4);
    let pause = abi::pauseCall {
        name: "A".into(),
        first: first.map(|proxy| proxy.parse().expect("it")).collect(),
    };
    sandbox.send(0, &pause);
    assert_eq!(in_state(&sandbox, "paused"), 4);
    sandbox
}

/// What to do next about a finding.
#[cfg(feature = "watch")]
fn next<'a>(answer: &'a Answer, id: &str) -> &'a str {
    let findings = list(&answer.document, "findings");
    let found = findings.iter().find(|one| one["id"] == id);
    text(
        found.unwrap_or_else(|| panic!("no {id} in {findings:?}")),
        "next",
    )
}

#[test]
fn a_signed_pause_and_resume_reach_every_instance() {
    let sandbox = Sandbox::with_counter("Admin", SEVEN);
    for (command, state, next) in [
        ("pause", "paused", Value::Null),
        ("resume", "live", json!("stylus-upgrades upgrade A")),
    ] {
        let export = format!("{command} A --as Admin --export call.txt --export-format text");
        let exported = sandbox.done("Admin", &export);
        assert_eq!(exported["next"], next, "{exported:#}");
        let sign = format!("approve --offline call.txt --out {command}.json");
        sandbox.done("Admin", &sign);
        let done = sandbox.done("Other", &format!("submit {command}.json"));
        done.has(json!({"executed": true}));
        assert_eq!(in_state(&sandbox, state), SEVEN, "{done}");
    }
}

#[test]
#[cfg(feature = "watch")]
fn a_pause_is_no_tick_to_doctor_verify_and_history() {
    let sandbox = half_paused();
    let half = sandbox.run("Admin", "doctor");
    half.ends(1);
    assert_snapshot!(masked(next(&half, "InstanceUnlikeDefinition")), @"stylus-upgrades upgrade A, with any key that can pay");
    let half = sandbox.run("Admin", "verify A");
    half.is(1, "Checks");
    assert_eq!(checks(&half.document, false).len(), SEVEN - 4, "{half:?}");

    sandbox.done("Admin", "upgrade A");
    let whole = sandbox.run("Admin", "doctor");
    let programs = whole.ends(3)["programs"].to_string();
    assert_snapshot!(masked(next(&whole, "DefinitionPaused")), @"stylus-upgrades resume A, once it may run again");
    let mut uses = programs.split("\"uses\"");
    let stub = uses.find(|uses| uses.contains("pause-stub"));
    assert!(!stub.expect("the pause stub").contains("implementation"));
    sandbox
        .done("Admin", "verify A")
        .has(json!({"paused": ["A"]}));
    let shown = sandbox.shown("Admin", "history A --full", 0);
    let of_pause = shown.lines().filter(|line| line.contains("pause"));
    let mut of_pause: Vec<String> = of_pause.map(masked).collect();
    of_pause.dedup();
    assert_snapshot!(of_pause.join("\n"), @"
    ✓ pause stub of [address]: [address]
    · A is paused: every call of its instances is refused
    Admin  proposed a pause  under any one of migrate's approvers: Admin
    Admin  approved a pause (1/1)  under any one of migrate's approvers: Admin
    Admin  paused
    Admin  instance [address] paused
    Admin  executed a pause  under any one of migrate's approvers: Admin
    Admin  instance [address] paused
    ");
}

/// The version that it starts went through the delay already.
#[test]
fn a_resume_waits_for_approvals_and_for_no_delay() {
    let sandbox = Sandbox::with_counter("OutOf(2,Admin,Admin2)", 1);
    sandbox.done("Admin", "pause A");
    let late = "policy update A --role migrate AND(OutOf(2,Admin,Admin2),AFTER(172800))";
    sandbox.done("Admin", late);
    let shown = sandbox.shown("Admin", "resume A", 3);
    assert_snapshot!(masked(&shown), @"
    1 of 2 approvals: Admin. Still needed: Admin2.
    resume A                                     [hash]  [amount] ETH, [number] L1+L2 gas
    action     [hash]
    open until [time]
    next: the same command, or stylus-upgrades approve [hash], by those needed
    ");
    let action = sandbox.action("Admin", "resume A");
    let shown = sandbox.shown("Admin2", &format!("pending {action}"), 0);
    assert_snapshot!(masked(&shown));
    contains(&shown, &[&action]);
    let approved = sandbox.done("Admin2", &format!("approve {action}"));
    approved.has(json!({"executed": true}));
}

/// Two approvals in one block: the second one finds the definition resumed.
#[test]
fn of_two_who_approve_a_resume_in_one_block_the_second_learns_that_it_is_live() {
    let sandbox = Sandbox::with_counter("OutOf(2,Admin,Admin2,Admin3)", 1);
    sandbox.done("Admin", "pause A");
    let action = sandbox.action("Admin", "resume A");
    let answers = sandbox.in_one_block(["Admin2", "Admin3"], &format!("approve {action}"));
    let (executed, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.exit == Some(0));
    assert_eq!((executed.len(), refused.len()), (1, 1), "{answers:?}");
    executed[0].document.has(json!({"executed": true}));
    refused[0].is(1, "DefinitionNotPaused");
    assert_eq!(in_state(&sandbox, "live"), 1);
}
