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
    assert_snapshot!(masked(&explained));
    let status = sandbox.shown("Admin", "status A", 0);
    assert_snapshot!(masked(&status), @"
    A  current nothing yet  sequence 1  live
      cancel   Other
      create   Admin
      migrate  AND(OutOf(2,Admin,Admin2,Admin3),AFTER(86400))
      policy   Admin
      pause: any one of Admin, Admin2, Admin3 (not set)
      control  1 account (Admin) can replace the code at once, by policy, then migrate
    ");
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
    assert_snapshot!(masked(&status), @"
    A  current nothing yet  sequence 0  live
      create   Admin
      migrate  Admin
      policy   AND(Admin,Admin2)
      pause: Admin (not set)
      cancel: nobody (not set)
      control  1 account (Admin) can replace the code at once
    ");
    // No guardian stops the change of a policy, and who proposed it can.
    let action = text(&sandbox.open("A")[0], "action").to_owned();
    let shown = sandbox.shown("Admin2", "pending A", 0);
    assert_snapshot!(masked(&shown), @"
    [hash]  set policy cancel of A: 1 of 2 approvals, still needed: Admin2; open until [time]; can still say no: Admin (proposer), until the last approval, which executes it; no guardian stops a change of policies
    next: `stylus-upgrades pending [hash]` shows what it does, what checks find, and who approves it how
    ");
    sandbox.done("Admin2", &format!("approve {action}"));
    let status = sandbox.shown("Admin", "status A", 0);
    assert_snapshot!(masked(&status), @"
    A  current nothing yet  sequence 1  live
      cancel   Other
      create   Admin
      migrate  Admin
      policy   AND(Admin,Admin2)
      pause: Admin (not set)
      control  1 account (Admin) can replace the code at once
    ");
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
    assert_snapshot!(masked(&shown), @"
    [hash]  register A 1.0: 1 of 2 approvals, still needed: Admin2 or Admin3, then 1 day; open until [time]; can still say no: Admin (proposer), until it is executed, or expires at [time]; cancel: nobody (not set)
    next: `stylus-upgrades pending [hash]` shows what it does, what checks find, and who approves it how
    ");
    sandbox.run("Admin2", &format!("approve {action}")).ends(3);
    let shown = sandbox.shown("Admin2", &format!("pending {action}"), 0);
    assert_snapshot!(masked(&shown));
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
    let told = ["migrate", "policy", "create"].map(|role| {
        let refused = sandbox.run("Admin", &format!("policy update A NONE --role {role}"));
        refused.is(2, "Unconfirmed").refusal()
    });
    assert_snapshot!(told.join("\n\n"));
    assert_eq!(sandbox.nonce(), before);
}

#[test]
fn users_of_a_paused_contract_read_that_it_is_paused_and_who_ends_it() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", CREATE_SAVED);
    sandbox.done("Admin", "pause A");
    let mut told = Vec::new();
    for words in ["call counter value()", "send counter increment()"] {
        let refused = sandbox.run("Other", words);
        refused.is(1, "UpgradeInProgress");
        told.push(refused.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
    // The pause ended, and nobody has resumed the instance.
    let resume = abi::resumeCall {
        name: "A".into(),
        version: "1.0".into(),
    };
    sandbox.send(0, &resume);
    let refused = sandbox.run("Other", "call counter value()");
    assert_snapshot!(refused.refusal(), @"
    message: value() was refused: A was paused, and this instance was not resumed yet
    expected: an instance that is live
    found: a paused contract, or an upgrade of it that is running
    next: stylus-upgrades upgrade A resumes it, by anybody
    ");
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
    let effects = texts(list(change, "effects"), "message");
    assert_snapshot!(masked(&effects.join("\n")), @"removes the approver Admin2 ([address])");
}
