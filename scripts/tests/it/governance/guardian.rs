//! Roles that act without a policy, and the guardian: who can still say no, and what no guardian stops.

use crate::prelude::*;

/// A team of three with a day.
const TEAM: &str = "AND(OutOf(2,Admin,Admin2,Admin3),AFTER(1d))";

#[test]
fn a_definition_is_created_with_its_guardian_in_two_actions() {
    let sandbox = Sandbox::new();
    let define = [
        "define",
        "A",
        "--migrate",
        TEAM,
        "--policy",
        "Admin",
        "--create",
        "Admin",
        "--cancel",
        "Other",
    ];
    let defined = sandbox.done("Admin", &define);
    defined.has(json!({"executed": true}));
    assert_eq!(list(&defined, "transactions").len(), 2, "{defined:#}");
    assert_eq!(texts(list(&defined, "unset"), "role"), ["pause"]);
    // Once more it sends nothing.
    let before = sandbox.nonce();
    sandbox.done("Admin", &define);
    assert_eq!(sandbox.nonce(), before);
    let explained = sandbox.shown("Admin", "policy explain A", 0);
    contains(
        &explained,
        &[
            "cancel: Other",
            "pause: any one of Admin, Admin2, Admin3 (not set)",
            "no AFTER in the policy of create",
            "the guardian stops no change of policies",
        ],
    );
    let status = sandbox.shown("Admin", "status A", 0);
    contains(
        &status,
        &[
            "cancel   Other",
            "pause: any one of Admin, Admin2, Admin3 (not set)",
        ],
    );
}

#[test]
fn until_its_action_is_executed_nobody_is_the_guardian() {
    let sandbox = Sandbox::new();
    let define = [
        "define",
        "A",
        "--migrate",
        "Admin",
        "--policy",
        BOTH,
        "--cancel",
        "Other",
    ];
    let first = sandbox.run("Admin", &define);
    first.ends(3);
    assert_eq!(
        texts(list(&first.document, "unset"), "role"),
        ["pause", "cancel"]
    );
    let status = sandbox.shown("Admin", "status A", 0);
    contains(&status, &["cancel: nobody (not set)"]);
    // No guardian stops the change of a policy, and who proposed it can.
    let action = text(&sandbox.open("A")[0], "action").to_owned();
    let shown = sandbox.shown("Admin2", "pending A", 0);
    contains(
        &shown,
        &[
            "can still say no: Admin (proposer)",
            "no guardian stops a change of policies",
        ],
    );
    sandbox.done("Admin2", &format!("approve {action}"));
    let status = sandbox.shown("Admin", "status A", 0);
    contains(&status, &["cancel   Other"]);
}

#[test]
fn an_open_action_names_who_can_still_say_no_and_until_when() {
    let sandbox = Sandbox::new();
    let define = [
        "define",
        "A",
        "--migrate",
        TEAM,
        "--policy",
        "Admin",
        "--create",
        "Admin",
    ];
    sandbox.done("Admin", &define);
    let action = sandbox.action("Admin", "register A 1.0 counter-v1");
    let shown = sandbox.shown("Admin2", "pending A", 0);
    contains(
        &shown,
        &[
            "can still say no: Admin (proposer)",
            "cancel: nobody (not set)",
        ],
    );
    sandbox.run("Admin2", &format!("approve {action}")).ends(3);
    let shown = sandbox.shown("Admin2", &format!("pending {action}"), 0);
    contains(
        &shown,
        &["can still say no: Admin (proposer), until it is executed, "],
    );
    let review = sandbox.done("Other", &format!("pending {action}"));
    let rights = &review["cancel_rights"];
    assert_eq!(
        texts(list(rights, "who"), "reason"),
        ["proposer"],
        "{rights}"
    );
    assert!(rights["executed_from"].as_u64().is_some(), "{rights}");
}

#[test]
fn what_becomes_final_names_the_keys_that_stay() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done(
        "Admin",
        "policy update A Admin2 --role pause --accept excluded-sender",
    );
    sandbox.done("Admin", "policy update A Other --role cancel");
    let before = sandbox.nonce();
    for (role, stays) in [
        ("migrate", &["the policy of pause stays Admin2"][..]),
        (
            "policy",
            &[
                "the policy of pause stays Admin2",
                "the policy of cancel stays Other",
            ],
        ),
        ("create", &[]),
    ] {
        let refused = sandbox.run("Admin", &format!("policy update A NONE --role {role}"));
        refused.is(2, "Unconfirmed").says("message", stays);
        let has_pause = refused.said("message").contains("pause stays");
        assert_eq!(has_pause, !stays.is_empty(), "{role}");
    }
    assert_eq!(sandbox.nonce(), before);
}

#[test]
fn users_of_a_paused_contract_read_that_it_is_paused_and_who_ends_it() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", CREATE_SAVED);
    sandbox.done("Admin", "pause A");
    for words in ["call counter value()", "send counter increment()"] {
        let refused = sandbox.run("Other", words);
        refused
            .is(1, "UpgradeInProgress")
            .says(
                "message",
                &["A is paused: every call of its instances is refused"],
            )
            .says("next", &["stylus-upgrades resume A"]);
    }
    // The pause ended, and nobody has resumed the instance.
    let resume = abi::resumeCall {
        name: "A".into(),
        version: "1.0".into(),
    };
    sandbox.send(0, &resume);
    let refused = sandbox.run("Other", "call counter value()");
    refused
        .says("message", &["this instance was not resumed yet"])
        .says("next", &["stylus-upgrades upgrade A"]);
}

#[test]
fn the_first_policy_of_pause_is_compared_with_any_one_address_of_migrate() {
    let sandbox = Sandbox::new();
    sandbox.done(
        "Admin",
        &[
            "define",
            "A",
            "--migrate",
            BOTH,
            "--policy",
            BOTH,
            "--create",
            "Admin",
        ],
    );
    let action = sandbox.action("Admin", "policy update A Admin --role pause");
    let review = sandbox.done("Admin2", &format!("pending {action}"));
    let change = &review["policy_change"];
    assert_eq!(text(change, "was"), "OR(Admin,Admin2)", "{change}");
    let effects = change["effects"].to_string();
    contains(&effects, &["removes the approver Admin2"]);
    assert!(!effects.contains("can decide alone"), "{effects}");
}
