//! What is reported of an action that has ended, of what comes next, and by which names.

use crate::prelude::*;

#[test]
fn who_approves_what_was_executed_learns_by_whom_and_sends_nothing() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let action = sandbox.action("Admin", MIGRATE);
    let (approve, short) = (format!("approve {action}"), &action[..10]);
    assert_snapshot!(masked(text(&sandbox.open("A")[0], "next")), @"Admin2: look with `stylus-upgrades pending [hash]`, then `stylus-upgrades approve [hash]`, which names the flags that it needs");
    let executed = sandbox.done("Admin2", &approve);
    let tx = text(&executed, "tx");
    let late = sandbox.shown("Admin", &approve, 0);
    contains(&late, &[tx]);
    assert_snapshot!(masked(&late), @"
    [hash] was executed already, by Admin2 ([address]) in [hash]
    nothing was compared, and nothing was sent
    ");
    // A browser keeps no folder: `approve` does.
    let kept = PathBuf::from(text(&executed, "kept"));
    std::fs::remove_dir_all(&kept).expect("it was kept");
    let late = sandbox.done("Admin", &format!("approve {short}"));
    assert!(
        Path::new(text(&late, "kept")).is_dir() && kept.is_dir(),
        "{late}"
    );
    late.has(json!({"executed": true, "compared": false, "executed_by": {"tx": tx}, "tx": null}));
    let review = sandbox.done("Other", &format!("pending {short}"));
    let mut members = list(&review["tree"], "members").iter();
    assert!(members.all(|one| one["approved"] == true), "{review}");
    let mut told = Vec::new();
    for what in ["cancel", "revoke"] {
        let refused = sandbox.run("Admin", &format!("{what} {action}"));
        assert_eq!(error(&refused), "ExecutedAlready", "{refused:?}");
        refused.says("message", &[tx]);
        told.push(refused.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
}

/// An exit of 0 after a check that was asked for means that it was made.
#[test]
fn a_check_of_an_executed_action_is_made_or_refused() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let action = sandbox.action("Admin", MIGRATE);
    let pending = sandbox.done("Other", "pending A");
    sandbox.write("same.json", pending.to_string());
    let mut other = pending.clone();
    other["actions"][0]["call"] = "0xdeadbeef".into();
    sandbox.write("other.json", other.to_string());
    sandbox.write("layout.json", "{}");
    let approve = format!("approve {action}");
    sandbox.done("Admin2", &approve);
    for (key, words, name) in [
        ("Admin", "--reviewed other.json", "PayloadDiffers"),
        ("Admin", "--reviewed none.json", "Reviewed"),
        ("Admin", "--source /nonexistent", "ExecutedAlready"),
        ("Admin", "--script-source /nonexistent", "ExecutedAlready"),
        ("Admin", "--layout layout.json", "ExecutedAlready"),
        ("Admin", "--as Admin --export e.json", "ExecutedAlready"),
        ("Other", "", "ExecutedAlready"),
    ] {
        let answer = sandbox.run(key, &format!("{approve} {words}"));
        assert!(answer.exit.is_some_and(|exit| exit != 0), "{answer:?}");
        assert!(answer.document.get("tx").is_none(), "{answer:?}");
        assert_eq!(error(&answer), name, "{words}");
    }
    assert!(!sandbox.path("e.json").exists());
    let same = sandbox.done("Admin", &format!("{approve} --reviewed same.json"));
    same.has(json!({"executed": true, "compared": true}));
}

/// A signature is of an action. By the id of one that has ended, the same call as it would be proposed
/// again is not signed.
#[test]
fn by_the_id_of_an_action_that_has_ended_nothing_is_signed() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let executed = sandbox.done("Admin", "policy update A --role migrate Admin");
    sandbox.done("Admin", &format!("policy update A --role migrate {BOTH}"));
    let open = sandbox.action("Admin", MIGRATE);
    sandbox.done("Admin", &format!("cancel {open}"));
    let executed = text(&executed, "action");
    for (ended, name) in [(executed, "ExecutedAlready"), (&open, "ActionNotFound")] {
        let sign = format!("approve --offline {ended} --out signed.json");
        sandbox.run("Admin", &sign).is(1, name);
        assert!(!sandbox.path("signed.json").exists());
    }
}

#[test]
fn an_instance_is_named_by_its_alias() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let created = sandbox.done("Admin", CREATE_SAVED);
    let named = format!("instance counter ({})", account(&created, "proxy"));
    contains(&sandbox.shown("Other", "status A", 0), &[&named]);
}

#[test]
#[cfg(feature = "watch")]
fn instances_that_no_rollout_has_reached_are_told_until_one_has() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    sandbox.done("Admin", REGISTER);
    let migration = super::interrupted::migration(&sandbox, "A", "2.0");
    // What the last approval in a browser does: it activates, and moves no instance.
    sandbox.send(0, &migration);
    let told = |answer: &Answer| {
        let findings = list(&answer.document, "findings").iter();
        let waits = findings.filter(|one| one["id"] == "InstanceWaits");
        waits.cloned().collect::<Vec<Value>>()
    };
    let before = sandbox.run("Admin", "doctor");
    before.ends(3);
    let found = told(&before);
    assert_eq!(found.len(), 1, "{before:#?}");
    assert_snapshot!(masked(text(&found[0], "message")), @"2 instances of A at an older version than 2.0, which is current");
    assert_snapshot!(masked(text(&found[0], "next")), @"stylus-upgrades upgrade A, with any key that can pay");
    sandbox.done("Admin", "upgrade A");
    let after = sandbox.run("Admin", "doctor");
    assert!(told(&after).is_empty(), "{after:#?}");
}
