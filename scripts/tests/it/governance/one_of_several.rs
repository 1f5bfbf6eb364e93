//! One action, one instance, one approver among several: what is named is what is meant, and what is
//! not decided by it any more is said.

use crate::prelude::*;

#[test]
fn who_does_not_decide_alone_upgrades_no_single_instance() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let created = sandbox.done("Admin", CREATE);
    sandbox.agreed(BOTH, REGISTER);
    let before = sandbox.block();
    let upgrade = format!("upgrade {} 2.0", text(&created, "proxy"));
    sandbox.run("Admin", &upgrade).is(1, "UpgradeNotAuthorized");
    assert_eq!(sandbox.block(), before);
}

#[test]
fn an_action_that_another_one_overtook_is_approved_by_nobody() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    let action = sandbox.action("Admin", MIGRATE);
    let other = "register A 2.0 erc20-v1 --initial --accept=initializer-of-other";
    // One whose source is another learns whose action it is, before anything is sent.
    let refused = sandbox.run("Admin", other);
    refused
        .is(2, "Unconfirmed")
        .says("message", &[&action, "has other code"]);
    assert!(
        !refused.stderr.contains("sent before it failed"),
        "{refused:?}"
    );
    let meant = format!("{other},other-action:{}", &action[..18]);
    sandbox.proposed("Admin", &meant);
    sandbox.done("Admin2", &meant);
    let before = sandbox.block();
    let refused = sandbox.run("Admin2", &format!("approve {action}"));
    refused.is(1, "Superseded");
    assert_eq!(
        refused.said("message"),
        "A 2.0 is registered with other code already"
    );
    assert_eq!(sandbox.block(), before);
    assert!(sandbox.open("A").is_empty());
    #[cfg(feature = "watch")]
    {
        let examined = sandbox.run("Admin", "doctor").document;
        let programs = examined["programs"].to_string();
        assert!(!programs.contains("an open action"), "{examined}");
    }
}

#[test]
fn an_approver_whose_own_part_ends_says_so() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    sandbox.done("Admin", &format!("policy update A --role policy {BOTH}"));
    for (role, policy, what) in [
        ("other", BOTH, "new-role"),
        ("policy", "Admin", "excluded-sender"),
    ] {
        let update = format!("policy update A --role {role} {policy}");
        let action = sandbox.action("Admin", &format!("{update} --accept new-role"));
        let approve = format!("approve {action}");
        for words in [&update, &approve] {
            let refused = sandbox.run("Admin2", words);
            assert_eq!(error(&refused), "Unconfirmed", "{refused:?}");
            refused.says("next", &[&format!("--accept {what}")]);
        }
        let meant = sandbox.done("Admin2", &format!("{approve} --accept {what}"));
        meant.has(json!({"executed": true}));
    }
}

#[test]
fn policies_that_fewer_people_can_change_are_named() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let warning = "migrate needs 2 approvals and policy only 1";
    for (words, warned_of) in [
        (
            format!("define B --migrate {BOTH} --policy Admin --create Admin"),
            Some("B"),
        ),
        (format!("define C --migrate {BOTH}"), None),
        ("policy update A --role pause Admin".into(), None), // no new role
        (format!("policy update A {BOTH}"), Some("A")),
        (format!("policy update A --role policy {BOTH}"), None),
    ] {
        let answer = sandbox.run("Admin", &words);
        answer.ends(0);
        let warning = warned_of.map_or(warning.into(), |name| {
            let both = "'AND(Admin,Admin2)'";
            format!("policy update {name} --role policy {both}")
        });
        let is_warned = answer.stderr.contains(&warning);
        assert_eq!(is_warned, warned_of.is_some(), "{answer:?}");
    }
    // Until the role pause has a policy, any one address of migrate pauses.
    let pause = sandbox.run("Admin", "policy update B --role pause Admin");
    pause.ends(0);
    let effects = pause.document["policy_change"]["effects"].to_string();
    contains(&effects, &["removes the approver Admin2"]);
    // What is refused is not warned of.
    let refused = sandbox.run(
        "Admin",
        &format!("define D --migrate {BOTH} --policy Other"),
    );
    refused.is(2, "Unconfirmed");
    assert!(!refused.stderr.contains(warning), "{refused:?}");
}

#[test]
fn another_policy_of_a_role_than_an_open_action_sets_has_to_be_meant() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.done("Admin", &format!("policy update A {BOTH} --role policy"));
    let first = sandbox.action("Admin", "policy update A OR(Admin,Admin2)");
    let other = "policy update A OutOf(1,Admin,Admin2)";
    let unmeant = sandbox.run("Admin2", other);
    unmeant.is(2, "Unconfirmed").says("message", &[&first]);
    let rival = &first[..18];
    sandbox.transcript(&format!(
        "Admin2 3 | policy update A OR(Admin,Admin2) --role create
         Admin2 3 | {other} --accept other-action:{rival}"
    ));
}
