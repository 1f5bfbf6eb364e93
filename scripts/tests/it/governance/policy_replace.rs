//! `policy replace`: one account in place of another one, in every role, in an order in which no change ends another one.

use crate::prelude::*;

/// The states of the changes: `DEFINITION/ROLE STATE`.
#[track_caller]
fn states(document: &Value) -> Vec<String> {
    let changes = list(document, "changes").iter();
    let states = changes.map(|change| {
        let [definition, role, state] =
            ["definition", "role", "state"].map(|field| text(change, field).to_owned());
        format!("{definition}/{role} {state}")
    });
    states.collect()
}

/// The policies of a definition, with names.
fn policies(sandbox: &Sandbox, name: &str) -> String {
    let explained = sandbox.done("Admin", &["policy", "explain", name]);
    let named = texts(list(&explained, "policies"), "named");
    named.join(" ")
}

#[test]
fn one_key_hands_everything_over_in_one_run_and_the_registry_last() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let replaced = sandbox.run(
        "Admin",
        "policy replace Admin Admin2 --accept excluded-sender",
    );
    let expected = [
        "A/create executed",
        "A/migrate executed",
        "A/policy executed",
        "/define executed",
        "/policy executed",
    ];
    assert_eq!(states(replaced.ends(0)), expected);
    for name in ["A", ""] {
        let now = policies(&sandbox, name);
        assert!(
            !now.contains("Admin ") && now.contains("Admin2"),
            "{name}: {now}"
        );
    }
    let before = sandbox.nonce();
    let again = sandbox.run("Admin", "policy replace Admin Admin2");
    assert_snapshot!(again.notes(), @"no policy names Admin ([address]): nothing to replace");
    again.ends(0).has(json!({"executed": true}));
    assert_eq!(sandbox.nonce(), before);
}

#[test]
fn two_approve_each_change_and_role_policy_waits_for_the_others() {
    let sandbox = Sandbox::new();
    sandbox.done(
        "Admin",
        &[
            "define",
            "A",
            "--migrate",
            BOTH,
            "--create",
            "Other",
            "--accept",
            "excluded-sender",
        ],
    );
    let open = sandbox.action("Admin", "register A 1.0 counter-v1");
    let replace = "policy replace Admin2 Admin3";
    let first = sandbox.run("Admin", replace);
    assert_eq!(
        states(first.ends(3)),
        ["A/migrate open", "A/policy after-others"]
    );
    let ends = list(&first.document, "ends");
    assert_eq!(
        texts(ends, "action"),
        [open.as_str()],
        "what has to be proposed again"
    );
    assert_snapshot!(first.notes());

    // Who leaves approves that, and what comes next is proposed in the same run.
    let leaves = format!("{replace} --accept excluded-sender");
    let second = sandbox.run("Admin2", &leaves);
    assert_eq!(
        states(second.ends(3)),
        ["A/migrate executed", "A/policy open"]
    );
    let left = text(&list(&second.document, "changes")[1], "waits");
    assert_eq!(left, "Admin");
    let third = sandbox.run("Admin", replace);
    assert_eq!(states(third.ends(0)), ["A/policy executed"]);
    assert_eq!(
        policies(&sandbox, "A"),
        "Other AND(Admin,Admin3) AND(Admin,Admin3)"
    );
}

#[test]
fn a_command_continues_after_what_was_done_before_and_passes_over_what_others_decide() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let theirs = [
        "define",
        "B",
        "--migrate",
        "Admin",
        "--policy",
        "Other",
        "--create",
        "Admin",
        "--accept",
        "excluded-sender",
    ];
    sandbox.done("Admin", &theirs);
    sandbox.done(
        "Admin",
        "policy update A Admin2 --role create --accept excluded-sender",
    );
    let replaced = sandbox.run(
        "Admin",
        "policy replace Admin Admin2 --accept excluded-sender",
    );
    let expected = [
        "A/migrate executed",
        "A/policy executed",
        "B/create of-others",
        "B/migrate of-others",
        "/define executed",
        "/policy executed",
    ];
    assert_eq!(states(replaced.ends(3)), expected);
    let (_, lines) = sandbox.reported(
        "Other",
        "policy replace Admin Admin2 --accept excluded-sender",
    );
    assert_snapshot!(masked(&lines.join("\n")), @"
    success  2 changes executed
    B create  Admin2  executed
    B migrate  Admin2  executed
    ");
    assert_eq!(policies(&sandbox, "B"), "Admin2 Admin2 Other");
}

#[test]
fn what_could_not_be_replaced_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::with_counter("OutOf(2,Admin,Admin2,Admin3)", 0);
    let before = sandbox.nonce();
    sandbox.transcript(
        "Admin 2 InvalidPolicy | policy replace Admin Admin2
         Admin 2 Usage         | policy replace Admin Admin
         Admin 2 UnknownAlias  | policy replace Admin nobody
         Admin 2 Usage         | policy replace Admin Other --as Admin --export file.json",
    );
    assert_eq!(sandbox.nonce(), before);
}

#[test]
#[ignore = "nightly: 18 changes by two approvers, about 40 s"]
fn more_changes_than_an_account_may_have_open_go_in_rounds() {
    let sandbox = Sandbox::new();
    for at in 0..9 {
        let name = format!("D{at}");
        let define = ["define", &name, "--migrate", BOTH, "--create", BOTH];
        sandbox.done("Admin", &define);
    }
    let replace = "policy replace Admin2 Admin3 --accept excluded-sender";
    let first = sandbox.run("Admin", replace);
    let open = |answer: &Answer, state: &str| {
        let states = states(&answer.document);
        states.iter().filter(|one| one.ends_with(state)).count()
    };
    first.ends(3);
    assert_eq!((open(&first, " open"), open(&first, "next-round")), (16, 2));
    sandbox.run("Admin2", replace).ends(3);
    for key in ["Admin", "Admin2", "Admin", "Admin2", "Admin"] {
        sandbox.run(key, replace);
    }
    sandbox
        .run("Admin", replace)
        .ends(0)
        .has(json!({"executed": true}));
    for at in 0..9 {
        let now = policies(&sandbox, &format!("D{at}"));
        assert!(!now.contains("Admin2"), "{now}");
    }
}
