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
    refused.is(2, "Unconfirmed").says("message", &[&action]);
    assert_snapshot!(refused.refusal(), @"
    message: another open action [hash] (proposer Admin ([address])) is about A 2.0 and has other code: [hash]: an approval of this one does not count for it. Compare: stylus-upgrades pending [hash]; then approve or cancel it
    expected: --accept other-action:[hex]
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept other-action:[hex]
    ");
    let meant = format!("{other},other-action:{}", &action[..18]);
    sandbox.proposed("Admin", &meant);
    sandbox.done("Admin2", &meant);
    let before = sandbox.block();
    let refused = sandbox.run("Admin2", &format!("approve {action}"));
    refused.is(1, "Superseded");
    assert_snapshot!(refused.refusal(), @"
    message: A 2.0 is registered with other code already
    expected: a version that is not registered, or is registered exactly as in the action
    found: 2.0 is registered with other code
    next: nothing was sent; to propose this code again, use a new version label
    ");
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
    let warned_of = [
        format!("define B --migrate {BOTH} --policy Admin --create Admin"),
        format!("define C --migrate {BOTH}"),
        "policy update A --role pause Admin".into(), // no new role
        format!("policy update A {BOTH}"),
        format!("policy update A --role policy {BOTH}"),
    ]
    .map(|words| {
        let answer = sandbox.run("Admin", &words);
        answer.ends(0);
        format!("{words}:\n{}", answer.notes())
    });
    assert_snapshot!(warned_of.join("\n\n"));
    // Until the role pause has a policy, any one address of migrate pauses.
    let pause = sandbox.run("Admin", "policy update B --role pause Admin");
    pause.ends(0);
    let effects = list(&pause.document["policy_change"], "effects");
    assert_snapshot!(masked(&texts(effects, "message").join("\n")), @"removes the approver Admin2 ([address])");
    // What is refused is not warned of.
    let refused = sandbox.run(
        "Admin",
        &format!("define D --migrate {BOTH} --policy Other"),
    );
    refused.is(2, "Unconfirmed");
    assert_snapshot!(refused.notes(), @"role create: --create not given, using the policy of --migrate: AND(Admin,Admin2)");
}

#[test]
fn another_policy_of_a_role_than_an_open_action_sets_has_to_be_meant() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.done("Admin", &format!("policy update A {BOTH} --role policy"));
    let first = sandbox.action("Admin", "policy update A OR(Admin,Admin2)");
    let other = "policy update A OutOf(1,Admin,Admin2)";
    let unmeant = sandbox.run("Admin2", other);
    unmeant.is(2, "Unconfirmed").says("message", &[&first]);
    assert_snapshot!(unmeant.refusal(), @"
    message: another open action [hash] (proposer Admin ([address])) is about the policy of migrate of A and sets another one: OR([address],[address]): an approval of this one does not count for it. Compare: stylus-upgrades pending [hash]; then approve or cancel it
    expected: --accept other-action:[hex]
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept other-action:[hex]
    ");
    let rival = &first[..18];
    sandbox.transcript(&format!(
        "Admin2 3 | policy update A OR(Admin,Admin2) --role create
         Admin2 3 | {other} --accept other-action:{rival}"
    ));
}
