//! One action, one instance, one approver among several: what is named is what is meant, and what is
//! not decided by it any more is said.

use crate::governance::sandbox::{CREATE, MIGRATE, Sandbox, error, text};

const BOTH: &str = "AND(Admin,Admin2)";

#[test]
fn who_does_not_decide_alone_upgrades_no_single_instance() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.agreed(BOTH, &MIGRATE);
    let created = sandbox.done("Admin", &CREATE);
    let before = sandbox.block();
    let refused = sandbox.run("Admin", &format!("upgrade {} 2.0", text(&created, "proxy")));
    refused.is(1, "UpgradeNotAuthorized");
    assert_eq!(sandbox.block(), before);
}

#[test]
fn an_action_that_another_one_overtook_is_approved_by_nobody() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    let proposed = sandbox.run("Admin", &MIGRATE).document;
    let action = text(&proposed, "action");
    let other = "register A 2.0 erc20-v1 --initial --accept=initializer-of-other";
    // One whose source is another learns whose action it is, before anything is sent.
    let refused = sandbox.run("Admin", &other);
    refused.is(2, "Unconfirmed");
    let said = text(&refused.document["error"], "message");
    assert!(
        said.contains(action) && said.contains("has other code"),
        "{said}"
    );
    assert!(
        !refused.stderr.contains("sent before it failed"),
        "{}",
        refused.stderr
    );
    let other = "register A 2.0 erc20-v1 --initial --accept=initializer-of-other,other-action";
    sandbox.proposed("Admin", &other);
    sandbox.done("Admin2", &other);
    let before = sandbox.block();
    let refused = sandbox.run("Admin2", &format!("approve {action}"));
    refused.is(1, "Superseded");
    let said = text(&refused.document["error"], "message");
    assert_eq!(
        said,
        "A 2.0 is registered with other code: this action has ended and can never be executed"
    );
    assert_eq!(sandbox.block(), before);
    let open = sandbox.done("Admin2", "pending A");
    assert_eq!(open["actions"].as_array().map(Vec::len), Some(0), "{open}");
    let examined = sandbox.run("Admin", "doctor").document;
    assert!(
        !examined["programs"].to_string().contains("an open action"),
        "{examined}"
    );
}

#[test]
fn an_approver_whose_own_part_ends_says_so() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    sandbox.done("Admin", &format!("policy update A --role policy {}", BOTH));
    let cases = [
        (
            ["policy", "update", "A", "--role", "other", BOTH],
            "new-role",
        ),
        (
            ["policy", "update", "A", "--role", "policy", "Admin"],
            "excluded-sender",
        ),
    ];
    for (update, what) in cases {
        let proposed =
            sandbox.proposed("Admin", &[&update[..], &["--accept", "new-role"]].concat());
        let action = text(&proposed, "action");
        let approve = ["approve", action];
        for words in [&update[..], &approve] {
            let refused = sandbox.run("Admin2", words);
            assert_eq!(error(&refused), "Unconfirmed", "{refused:?}");
            let next = text(&refused.document["error"], "next");
            assert!(next.contains(&format!("--accept {what}")), "{next}");
        }
        let meant = [&approve[..], &["--accept", what]].concat();
        assert_eq!(sandbox.done("Admin2", &meant)["executed"], true);
    }
}

#[test]
fn policies_that_fewer_people_can_change_are_named() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let define = format!("define B --migrate {} --policy Admin --create Admin", BOTH);
    let warning = "migrate needs 2 approvals and policy only 1";
    let defined = sandbox.run("Admin", &define);
    assert!(
        defined.exit == Some(0) && defined.stderr.contains(warning),
        "{defined:?}"
    );
    let same = sandbox.run("Admin", &format!("define C --migrate {}", BOTH));
    assert!(
        same.exit == Some(0) && !same.stderr.contains(warning),
        "{same:?}"
    );
    let updated = sandbox.run("Admin", &format!("policy update A {}", BOTH));
    assert!(
        updated.exit == Some(0) && updated.stderr.contains(warning),
        "{updated:?}"
    );
    let mended = sandbox.run("Admin", &format!("policy update A --role policy {}", BOTH));
    assert!(
        mended.exit == Some(0) && !mended.stderr.contains(warning),
        "{mended:?}"
    );
}

#[test]
fn another_policy_of_a_role_than_an_open_action_sets_has_to_be_meant() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let both = "policy update A AND(Admin,Admin2) --role policy";
    sandbox.done("Admin", &both);
    let first = sandbox.proposed("Admin", "policy update A OR(Admin,Admin2)");
    let other = ["policy", "update", "A", "OutOf(1,Admin,Admin2)"];
    let unmeant = sandbox.run("Admin2", &other);
    unmeant.is(2, "Unconfirmed");
    let said = text(&unmeant.document["error"], "message");
    assert!(said.contains(text(&first, "action")), "{said}");
    let role = "policy update A OR(Admin,Admin2) --role create";
    assert_eq!(sandbox.run("Admin2", &role).exit, Some(3));
    let meant = [&other[..], &["--accept", "other-action"]].concat();
    assert_eq!(sandbox.run("Admin2", &meant).exit, Some(3));
}
