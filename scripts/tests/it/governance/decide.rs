//! Deciding together, by commands: approvals, delays, policies, the way back, what waits.

use crate::prelude::*;

#[test]
fn two_approvers_type_the_same_and_see_success_1_2_and_success_2_2_activated() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let first = sandbox.shown("Admin", MIGRATE, 3);
    assert_snapshot!(masked(&first), @"
    success 1/2  not executed: Admin2
    code of A 2.0 deployed at [address]
    migrate A to 2.0                             [hash]  [amount] ETH, [number] L1+L2 gas
    all 4 transactions: [amount] ETH, [number] L1+L2 gas
    action     [hash]
    open until [time]
    next: the same command, or stylus-upgrades approve [hash], by those needed
    ");
    assert_snapshot!(masked(&sandbox.shown("Admin", MIGRATE, 3)), @"
    success 1/2  not executed: Admin2
    code of A 2.0 deployed at [address]
    action     [hash]
    open until [time]
    next: the same command, or stylus-upgrades approve [hash], by those needed
    ");

    let last = sandbox.shown("Admin2", MIGRATE, 0);
    assert_snapshot!(masked(&last), @"
    success 2/2 activated
    code of A 2.0 deployed at [address]
    rollout 1/1
    instance [address]  ✓ pause, migration, version, code, resume
    migrate A to 2.0                             [hash]  [amount] ETH, [number] L1+L2 gas
    rollout A                                    [hash]  [amount] ETH, in all [amount] ETH, [number] L1+L2 gas
    ");

    assert_snapshot!(masked(&sandbox.shown("Admin", MIGRATE, 0)), @"
    A 2.0 is activated already
    code of A 2.0 deployed at [address]
    A is at 2.0: nothing to upgrade
    ");
    assert!(sandbox.open("A").is_empty());
}

#[test]
fn a_version_that_is_registered_is_registered_again_by_nobody() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    sandbox.proposed("Admin", REGISTER);
    sandbox.done("Admin2", REGISTER);
    let before = sandbox.block();
    let mut told = Vec::new();
    for who in ["Admin", "Admin2"] {
        let shown = sandbox.shown(who, REGISTER, 0);
        told.push(masked(&shown));
        let first = sandbox.done(who, "register A 1.0 counter-v1");
        first.has(json!({"executed": true, "from": ""}));
    }
    assert_snapshot!(told.join("\n\n"), @"
    A 2.0 is registered already
    code of A 2.0 deployed at [address]

    A 2.0 is registered already
    code of A 2.0 deployed at [address]
    ");
    let other = sandbox.run("Admin", &REGISTER.replace(" 5", " 6"));
    other.is(1, "VersionExists");
    assert_snapshot!(other.refusal(), @"
    message: A 2.0 is registered already, with other steps into it
    expected: as registered: a step from 1.0
    found: a step from 1.0, with another migration
    next: nothing was sent; stylus-upgrades upgrade INSTANCE 2.0 takes an instance at 1.0 there; for another migration, choose another label
    ");
    // Before any finding about a step that the registry does not take.
    let none = sandbox.run("Admin", "migrate A 2.0 counter-v2");
    none.is(1, "VersionExists");
    assert_snapshot!(none.refusal(), @"
    message: A 2.0 is registered already, with other steps into it
    expected: as registered: a step from 1.0
    found: a step from 1.0, with another migration
    next: nothing was sent; stylus-upgrades upgrade INSTANCE 2.0 takes an instance at 1.0 there; for another migration, choose another label
    ");
    assert_eq!(sandbox.block(), before, "nothing was sent");

    // A version that instances are only created at has no step from the current one.
    let sandbox = Sandbox::with_counter("Admin", 0);
    let initial = "register A 2.0 counter-v2 --initial";
    sandbox.done("Admin", initial);
    let again = sandbox.done("Admin", initial);
    again.has(json!({"executed": true, "from": ""}));
    let step = "register A 2.0 counter-v2";
    let refused = sandbox.run("Admin", step);
    refused.is(1, "VersionExists");
    assert_snapshot!(refused.refusal(), @"
    message: A 2.0 is registered already, with other steps into it
    expected: as registered: no step (--initial)
    found: a step from 1.0
    next: nothing was sent; stylus-upgrades register A 2.0 --from 1.0 adds a step, with the migrations that the data of 1.0 need; for another migration, choose another label
    ");

    // What was current before is registered as it was; nothing leads to it from what is newer, except with a new label.
    let sandbox = Sandbox::with_counter("Admin", 1);
    for words in [MIGRATE, ROLLBACK] {
        sandbox.done("Admin", words);
    }
    let before = sandbox.block();
    let mut told = Vec::new();
    for words in ["register A 1.0 counter-v1", REGISTER] {
        let shown = sandbox.shown("Admin", words, 0);
        told.push(masked(&shown));
    }
    assert_snapshot!(told.join("\n\n"), @"
    A 1.0 is registered already
    code of A 1.0 deployed at [address]
    checked    interface partial: 1.0 begins from scratch, so its functions were not compared with those of 3.0

    A 2.0 is registered already
    code of A 2.0 deployed at [address]
    ");
    let refused = sandbox.run("Admin", MIGRATE);
    refused.is(1, "VersionExists");
    assert_snapshot!(refused.refusal(), @"
    message: A 2.0 is registered already, with other steps into it
    expected: as registered: a step from 1.0
    found: a step from 3.0
    next: nothing was sent; stylus-upgrades upgrade INSTANCE 2.0 takes an instance at 1.0 there; to return to its code: stylus-upgrades rollback A --to 2.0 --label VERSION
    ");
    assert_eq!(sandbox.block(), before, "nothing was sent");
}

#[test]
fn a_definition_and_an_instance_that_are_there_are_made_again_by_nobody() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let define = format!("define B --migrate {BOTH} --policy Admin");
    sandbox.done("Admin", &define);
    sandbox.done("Admin", "policy update A --role create OR(Admin,Admin2)");
    let create = format!("{CREATE_SAVED} --salt 5");
    let created = sandbox.done("Admin", &create);
    let before = sandbox.block();
    let name = format!("define B --migrate {BOTH}");
    let told = [&define, &create, CREATE_SAVED, "resume A"]
        .map(|words| masked(&sandbox.shown("Admin2", words, 0)));
    assert_snapshot!(told.join("\n\n"));
    let again = sandbox.done("Admin2", &create);
    again.has(json!({"executed": true, "proxy": created["proxy"], "salt": created["salt"]}));

    let refused = sandbox.run("Admin", &name);
    refused.is(1, "DefinitionExists");
    assert_snapshot!(refused.refusal(), @"
    message: B is defined already, with another policy of policy
    expected: AND(Admin,Admin2)
    found: Admin
    next: stylus-upgrades policy update B --role policy 'AND(Admin,Admin2)' changes it; or choose another name
    ");
    assert_eq!(sandbox.block(), before, "nothing was sent");
    // What `define` sets nothing of counts too, once others have set it.
    sandbox.done("Admin", "policy update B --role pause Admin");
    let before = sandbox.block();
    let refused = sandbox.run("Admin", &define);
    refused.is(1, "DefinitionExists");
    assert_snapshot!(refused.refusal(), @"
    message: B is defined already, with another policy of pause
    expected: no policy of pause
    found: Admin
    next: leave it as it is: no call takes it away; or choose another name
    ");
    for (words, typed, found) in [
        (
            CREATE_SAVED.replace(" 7 ", " 8 "),
            "08, --value 0",
            "07, --value 0",
        ),
        (
            format!("{create} --value 5"),
            "07, --value 5",
            "07, --value 0",
        ),
    ] {
        let refused = sandbox.run("Admin", &words);
        refused.is(1, "ProxyExists");
        refused.says("expected", &[typed]).says("found", &[found]);
    }
    assert_eq!(sandbox.block(), before, "nothing was sent");
}

#[test]
fn an_instance_that_others_approvals_created_is_created_already() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let team = "OutOf(2,Admin,Admin2,Admin3)";
    sandbox.done("Admin", &format!("policy update A --role create {team}"));
    sandbox.proposed("Admin", CREATE);
    let created = sandbox.done("Admin2", CREATE);
    let before = sandbox.block();
    for who in ["Admin2", "Admin3"] {
        sandbox
            .done(who, CREATE)
            .has(json!({"proxy": created["proxy"]}));
    }
    assert_eq!(sandbox.block(), before, "nothing was sent");
}

#[test]
fn code_that_both_build_is_deployed_once_and_the_action_is_one() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let first = sandbox.proposed("Admin", MIGRATE);
    let second = sandbox.done("Admin2", MIGRATE);
    for same in ["action", "implementation"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_eq!(list(&second, "transactions").len(), 2);
    assert_eq!(list(&second, "checks").len(), 5);
    holds(&second);
}

#[test]
fn code_at_an_address_that_an_open_action_names_is_found_by_its_hash() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let deployed = sandbox.done("Admin", "deploy counter-v2");
    let elsewhere = text(&deployed, "address");
    let by_address = format!("migrate A 2.0 {elsewhere} --call migrate(uint256) 5");
    sandbox.proposed("Admin", &by_address);
    let second = sandbox.done("Admin2", MIGRATE);
    second.has(json!({"implementation": elsewhere, "executed": true}));
}

#[test]
fn the_rollout_follows_with_a_line_for_each_instance() {
    let sandbox = Sandbox::with_counter("Admin", 6);
    let shown = sandbox.shown("Admin", MIGRATE, 0);
    let position = |line: &str| shown.lines().position(|one| one == line).expect("a line");
    assert!(position("success 1/1 activated") < position("rollout 6/6"));
    let instances = shown.lines().filter(|line| line.starts_with("instance "));
    assert_eq!(instances.count(), 6, "{shown}");
    sandbox
        .done("Admin", "upgrade A")
        .has(json!({"upgraded": 0, "left": 0}));
}

#[test]
fn a_delay_is_reported_with_its_end_and_anybody_may_complete_it() {
    let policy = "AND(OutOf(2,Admin,Admin2,Admin3),AFTER(172800))";
    let sandbox = Sandbox::new();
    let define = format!("define A --migrate {policy} --policy Admin --create Admin");
    sandbox.done("Admin", &define);
    let register = "register A 1.0 counter-v1";
    sandbox.proposed("Admin", register);
    let second = sandbox.proposed("Admin3", register);
    second.has(json!({"approvals": 2, "required": 2, "blocked_by": "delay"}));
    sandbox
        .proposed("Admin3", register)
        .has(json!({"blocked_by": "delay"}));
    sandbox.run("Other", register).is(1, "NotAnApprover");
    sandbox.wait(2 * DAY);
    sandbox.open("A")[0].has(json!({"blocked_by": "nothing"}));
    sandbox
        .done("Other", register)
        .has(json!({"approvals": 2, "executed": true}));
}

#[test]
fn a_delay_that_ended_since_the_newest_block_is_over_for_what_is_sent_now() {
    let policy = "AND(Admin,AFTER(172800))";
    let sandbox = Sandbox::new();
    let define = format!("define A --migrate {policy} --policy Admin --create Admin");
    sandbox.done("Admin", &define);
    let register = "register A 1.0 counter-v1";
    let action = sandbox.action("Admin", register);
    let approve = format!("approve {action}");
    sandbox.open("A")[0].has(json!({"blocked_by": "delay"}));
    sandbox
        .run("Other", &format!("{approve} --dry-run"))
        .is(1, "NotAnApprover");
    // No block is made.
    sandbox.chain(|chain| chain.increase_time(2 * DAY + 15));
    sandbox.open("A")[0].has(json!({"blocked_by": "nothing"}));
    for tried in [register, approve.as_str()] {
        let tried = sandbox.done("Other", &format!("{tried} --dry-run"));
        tried.has(json!({"executed": true}));
    }
    sandbox
        .done("Other", &approve)
        .has(json!({"executed": true}));
}

#[test]
fn what_is_done_or_missing_stands_in_few_lines_and_is_never_called_a_success_before() {
    let sandbox = Sandbox::new();
    let policy = "AND(OutOf(2,Admin,Admin2,Admin3),AFTER(2d))";
    let define = format!("define A --migrate {policy} --policy Admin --create Admin");
    sandbox.done("Admin", &define);
    let at_most = |lines: &str, most: usize| {
        assert!(
            lines.lines().count() <= most,
            "more than {most} lines: {lines}"
        );
    };
    let register = "register A 1.0 counter-v1";
    let first = sandbox.shown("Admin", register, 3);
    assert_snapshot!(masked(&first), @"
    1 of 2 approvals: Admin. Still needed: Admin2 or Admin3, then 2 days.
    code of A 1.0 deployed at [address]
    register A 1.0                               [hash]  [amount] ETH, [number] L1+L2 gas
    all 4 transactions: [amount] ETH, [number] L1+L2 gas
    action     [hash]
    open until [time]
    next: the same command, or stylus-upgrades approve [hash], by those needed
    ");
    let again = sandbox.shown("Admin", register, 3);
    at_most(&again, 6);
    assert_snapshot!(masked(&again), @"
    1 of 2 approvals: Admin. Still needed: Admin2 or Admin3, then 2 days.
    code of A 1.0 deployed at [address]
    action     [hash]
    open until [time]
    next: the same command, or stylus-upgrades approve [hash], by those needed
    ");
    let action = text(&sandbox.open("A")[0], "action").to_owned();
    let second = sandbox.shown("Admin3", &format!("approve {action}"), 3);
    at_most(&second, 6);
    assert_snapshot!(masked(&second), @"
    2 of 2 approvals: Admin, Admin3. Still needed: the delay until [time].
    checked    source partial: the hash of the sources is named; only a build compares them with the code (--source)
    register A 1.0                               [hash]  [amount] ETH, [number] L1+L2 gas
    action     [hash]
    open until [time]
    next: stylus-upgrades execute [hash], by anybody
    ");
    assert!(!(first + &again + &second).contains("success"));
    sandbox.wait(2 * DAY);
    // Who executes it approves it, too, where the policy names him: two of three are enough.
    let executed = sandbox.shown("Admin2", &format!("execute {action}"), 0);
    at_most(&executed, 6);
    assert_snapshot!(masked(&executed), @"
    success 2/2  executed
    checked    source partial: the hash of the sources is named; only a build compares them with the code (--source)
    register A 1.0                               [hash]  [amount] ETH, [number] L1+L2 gas
    ");
    let create = "create-proxy A 1.0 --init initialize 7 --save a --kind evm";
    at_most(&sandbox.shown("Admin", create, 0), 5);

    let migrate = sandbox.shown("Admin", MIGRATE, 3);
    assert_snapshot!(masked(&migrate), @"
    success 1/2  not executed: Admin2 or Admin3, then 2 days
    code of A 2.0 deployed at [address]
    migrate A to 2.0                             [hash]  [amount] ETH, [number] L1+L2 gas
    all 4 transactions: [amount] ETH, [number] L1+L2 gas
    action     [hash]
    open until [time]
    next: the same command, or stylus-upgrades approve [hash], by those needed
    ");
    let register = "register A 3.0 counter-v1 --from 1.0 --accept function-removed:step()";
    at_most(&sandbox.shown("Admin", register, 3), 8);
}

/// Who executes answers for nothing: its approvers accepted what was found.
#[test]
fn what_approvers_accepted_is_told_to_who_executes_and_not_asked() {
    let sandbox = Sandbox::new();
    let policy = "AND(Admin,Admin2,AFTER(2d))";
    sandbox.done(
        "Admin",
        &format!("define A --migrate {policy} --policy Admin --create Admin"),
    );
    let execute = |action: &str| format!("execute {action}");
    let action = sandbox.action("Admin", "register A 2.0 counter-v2");
    sandbox.run("Admin2", &format!("approve {action}"));
    sandbox.wait(2 * DAY);
    sandbox.done("Other", &execute(&action));

    let accept = "--accept function-removed:step(),delete:step";
    let register = format!("register A 3.0 counter-v1 --from 2.0 {accept}");
    let action = sandbox.action("Admin", &register);
    let approve = format!("approve {action}");
    let refused = sandbox.run("Admin2", &approve);
    refused.is(1, "LayoutRefused");
    let refuse = format!("stylus-upgrades revoke {}", &action[..10]);
    refused.says("next", &[&refuse]);
    assert_snapshot!(refused.refusal(), @r#"
    message: A 3.0 would misread the storage of 2.0:
      delete:step  step: uint256 @ slot 1 → gone: keep it even if it is unused, or migrate: what follows may reuse bytes that are not zero
    expected: every field of 2.0 in its place, or a migration that declares what it moves
    found: delete:step
    next: to refuse the action, so that everybody sees it: stylus-upgrades revoke [hex]. The rest is for who proposed it, or accepts it; keep the old fields where they are, or run a migration (stylus-upgrades layout migration writes its code; --call or --script) and declare what it moves in Cargo.toml: [package.metadata.stylus-upgrades] migrates = ["delete:step"]; to accept it: --accept delete:step; InterfaceLost refuses it too (callers of 2.0 would lose what they call): keep it; to accept it: --accept 'function-removed:step()'
    "#);
    sandbox.run("Admin2", &format!("{approve} {accept}"));
    sandbox.wait(2 * DAY);
    let executed = sandbox.shown("Other", &execute(&action), 0);
    assert_snapshot!(masked(&executed), @"
    success 2/2  executed
    checked    source partial: the hash of the sources is named; only a build compares them with the code (--source)
    ! delete:step: step: uint256 @ slot 1 → gone: keep it even if it is unused, or migrate: what follows may reuse bytes that are not zero; accepted
    ! function-removed:step(): the function step() is not there any more; accepted
    register A 3.0                               [hash]  [amount] ETH, [number] L1+L2 gas
    ");
}

/// Nobody answered for what the last approver could not see.
#[test]
fn a_finding_that_may_have_arisen_after_the_last_approval_is_asked_of_who_executes() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.done("Admin", "policy update A AND(Admin,Admin2,AFTER(1d))");
    let action = sandbox.action("Admin", MIGRATE);
    sandbox.run("Admin2", &format!("approve {action}"));
    let proxy = account(&sandbox.done("Admin", CREATE), "proxy");
    // A new field of version 2 has a value there already.
    let slot = B256::with_last_byte(1);
    sandbox.set_slot(proxy, slot, B256::with_last_byte(9));
    sandbox.wait(DAY);
    let execute = format!("execute {action}");
    let refused = sandbox.run("Other", &execute);
    refused.is(1, "DirtyField");
    refused.says("next", &["--accept dirty:step"]);
    sandbox.done("Other", &format!("{execute} --accept dirty:step"));
}

#[test]
fn a_ripe_action_is_named_and_executed_by_anybody_by_its_id() {
    let sandbox = Sandbox::new();
    let policy = "AND(Admin,Admin2,AFTER(2d))";
    sandbox.done(
        "Admin",
        &format!("define A --migrate {policy} --policy Admin --create Admin"),
    );
    let action = sandbox.action("Admin", "register A 1.0 counter-v1");
    let execute = format!("execute {action}");
    let next = sandbox.run("Other", &execute);
    next.is(3, "NotRipe");
    assert_snapshot!(next.refusal(), @"
    message: [hex] cannot be executed yet: 1 more approval needed
    expected: an action that waits for nobody
    found: 1 more approval needed
    next: Admin2 can approve it: stylus-upgrades approve [hex]
    ");
    sandbox.proposed("Admin2", "register A 1.0 counter-v1");
    let later = sandbox.run("Other", &execute);
    later.is(3, "NotRipe");
    assert_snapshot!(later.refusal(), @"
    message: [hex] cannot be executed yet: a delay runs until [time]
    expected: an action that waits for nobody
    found: a delay runs until [time]
    next: execute it after [time]
    ");
    sandbox.wait(2 * DAY);

    let shown = sandbox.shown("Other", "status A", 0);
    contains(&shown, &[&execute]);
    assert_snapshot!(masked(&shown), @"
    A  current nothing yet  sequence 0  live
      create   Admin
      migrate  AND(Admin,Admin2,AFTER(172800))
      policy   Admin
      pause: any one of Admin, Admin2 (not set)
      cancel: nobody (not set)
      control  1 account (Admin) can replace the code at once, by policy, then migrate
      ripe     register A 1.0 is approved and not executed yet: stylus-upgrades execute [hash]
    ");
    let status = sandbox.done("Other", "status A");
    assert_eq!(status["ripe"][0]["action"], *action, "{status}");
    let upgrade = sandbox.run("Other", "upgrade A");
    contains(&upgrade.stderr, &[&execute]);
    assert_snapshot!(upgrade.notes(), @"register A 1.0 is approved and not executed yet: stylus-upgrades execute [hash]");
    #[cfg(feature = "watch")]
    {
        let (_, doctor) = sandbox.reported("Other", "doctor");
        contains(&doctor.join("\n"), &[&execute]);
        assert_snapshot!(masked(&doctor.join("\n")));
    }

    let executed = sandbox.done("Other", &execute);
    executed.has(json!({"approvals": 2, "executed": true}));
    let again = sandbox.done("Other", &execute);
    assert!(again.get("tx").is_none(), "nothing is sent: {again}");
    // A declared initializer is typed by its name.
    let create = "create-proxy A 1.0 --init initialize 7 --save a --kind evm";
    sandbox.done("Admin", create).has(json!({"executed": true}));
    assert_eq!(sandbox.shown("Other", "call a value", 0), "7\n");
    let unknown = "create-proxy A 1.0 --init initialise 7 --salt 9 --kind evm";
    assert_snapshot!(sandbox.run("Admin", unknown).is(2, "Usage").refusal(), @"
    message: A 1.0 has no known function initialise
    expected: the function's signature, or one of initialize(uint256)
    found: initialise
    next: did you mean initialize?
    ");
}

#[test]
fn an_upgrade_names_the_migration_that_still_waits() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let action = sandbox.action("Admin", MIGRATE);
    let upgrade = sandbox.run("Other", "upgrade A");
    contains(&upgrade.stderr, &[&action]);
    assert_snapshot!(upgrade.notes(), @"
    migrate A to 2.0 is open and not executed yet, 1 more approval needed: stylus-upgrades pending [hash]
    rollout of A: 0/0
    ");
}

#[test]
fn a_policy_is_updated_by_names_and_explained_in_words() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let update = "policy update A OR(Admin,Admin2)";
    sandbox.done("Admin", update).has(json!({"executed": true}));
    let again = sandbox.done("Admin", update);
    assert!(again.get("tx").is_none(), "nothing to do: {again}");
    let explained = sandbox.done("Admin", "policy explain A --role migrate");
    let policy = &explained["policies"][0];
    policy.has(json!({"named": "OR(Admin,Admin2)", "fewest": 1}));
    assert_eq!(list(policy, "alone").len(), 2);
    let own = [
        "policy",
        "update",
        "",
        "OR(Admin,Admin2)",
        "--role",
        "policy",
    ];
    assert_snapshot!(masked(&sandbox.shown("Admin", &own, 0)), @"
    success 1/1  executed
    set policy policy of the registry itself     [hash]  [amount] ETH, [number] L1+L2 gas
    ");
    let shown = sandbox.shown("Admin", "policy explain A", 0);
    assert_snapshot!(masked(&shown));
    // The same words of one that nobody has set, without a chain.
    let (_, words) = shown.split_once("migrate: ").expect("the role");
    let (words, _) = words.split_once("policy: ").expect("another role");
    let typed = [
        "policy",
        "explain",
        "or(Admin,Admin2)",
        "--rpc-url",
        "http://127.0.0.1:1",
    ];
    assert_eq!(sandbox.shown("Admin", &typed, 0), words);
    let account = sandbox.node.addresses()[0].to_string();
    let one = sandbox.done("Admin", &["policy", "explain", &account]);
    one["policies"][0].has(json!({"role": "", "named": "Admin", "fewest": 1}));
    let wrong = sandbox.run("Admin", "policy explain AND(Admin,Nobody)");
    wrong.is(2, "UnknownAlias");
    let wrong = sandbox.run("Admin", "policy explain AND(Admin");
    wrong.is(2, "InvalidPolicy");
    assert_snapshot!(wrong.refusal(), @r#"
    message: the policy is not valid after "AND(Admin": neither a policy nor the comma or parenthesis that belongs here
    expected: an address or an alias, AND(p,…), OR(p,…), OutOf(n,p,…), CALL(contract), AFTER(seconds, or 2d, 12h, 30m), or NONE
    found: neither a policy nor the comma or parenthesis that belongs here
    next: correct the expression there
    "#);
    sandbox
        .done("Admin2", MIGRATE)
        .has(json!({"executed": true}));
    sandbox.transcript("Other 1 NotAnApprover | policy update A Other");
}

#[test]
fn a_key_that_the_policy_does_not_name_pays_for_no_deployment() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let before = sandbox.block();
    sandbox.run("Other", MIGRATE).is(1, "NotAnApprover");
    // Before anything is built, or looked for.
    for unbuilt in ["migrate A 3.0 nowhere", "register A 3.0 nowhere"] {
        sandbox.run("Other", unbuilt).is(1, "NotAnApprover");
    }
    assert_eq!(sandbox.block(), before, "nothing was sent");
}

#[test]
fn a_new_version_names_the_open_actions_that_it_ends_and_they_name_it() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.done("Admin", &format!("policy update A --role policy {BOTH}"));
    let migration = sandbox.action("Admin", MIGRATE);
    let review_of = |id: &str| sandbox.reported("Other", &format!("pending {id}")).1;
    let alone = review_of(&migration).join("\n");
    assert!(!alone.contains("ends-others"), "{alone}");
    let proposed = sandbox.run(
        "Admin",
        "register A 3.0 counter-v2 --accept migration-omitted",
    );
    proposed.ends(3);
    // Before it is sent: each of them ends the other one.
    let first = &migration[..10];
    proposed.warns(&[first]);
    assert_snapshot!(proposed.notes(), @"
    read from  registry [address] on chain 412346 at block [number]
    storage    3.0 can take over the storage of 1.0
    counter-v2 is at [address]: an open action names it
    register A 3.0  (decided by migrate)
      ! ends-others: ends 1 open action, which must be proposed again: migrate A to 2.0 ([hex])
    sending register A 3.0: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    ");
    let other = text(&proposed.document, "action").to_owned();
    let create = sandbox.action("Admin", &format!("policy update A --role create {BOTH}"));
    let review = review_of(&migration).join("\n");
    contains(&review, &[&other[..10]]);
    assert_snapshot!(masked(&review));
    let (_, lines) = sandbox.reported("Other", "pending A");
    contains(&lines.join("\n"), &[&other[..10]]);
    assert_snapshot!(masked(&lines.join("\n")), @"
    [hash]  migrate A to 2.0: 1 of 2 approvals, still needed: Admin2; open until [time]; can still say no: Admin (proposer), until the last approval, which executes it; cancel: nobody (not set); ! ends 1 open action, which must be proposed again: register A 3.0 ([hex])
    [hash]  register A 3.0: 1 of 2 approvals, still needed: Admin2; open until [time]; can still say no: Admin (proposer), until the last approval, which executes it; cancel: nobody (not set); ! ends 1 open action, which must be proposed again: migrate A to 2.0 ([hex])
    [hash]  set policy create of A: 1 of 2 approvals, still needed: Admin2; open until [time]; can still say no: Admin (proposer), until the last approval, which executes it; no guardian stops a change of policies; ! ends 2 open actions, which must be proposed again: migrate A to 2.0 ([hex]), register A 3.0 ([hex])
    next: `stylus-upgrades pending [hash]` shows what it does, what checks find, and who approves it how
    ");
    let open = sandbox.open("A");
    let listed = open.iter().find(|action| action["action"] == *migration);
    let ended = texts(list(listed.expect("it"), "ends"), "action");
    assert_eq!(ended, [other.as_str()]);
    let executed = sandbox.done("Admin2", &format!("approve {migration}"));
    executed.has(json!({"executed": true}));
    let review = review_of(&other).join("\n");
    contains(&review, &[first]);
    assert_snapshot!(masked(&review));
    let late = sandbox.run("Admin2", &format!("approve {other}"));
    late.is(1, "ActionNotFound").says("message", &[first]);
    assert_snapshot!(late.refusal(), @"
    message: the action [hex] is not open: another action ended it: migrate A to 2.0 ([hex]) was executed on [time]
    expected: an open action
    found: another action ended it: migrate A to 2.0 ([hex]) was executed on [time]
    next: if it is still wanted, propose it again; stylus-upgrades pending lists what is open
    ");
    let review = sandbox.done("Other", &format!("pending {other}"));
    assert_eq!(review["ended_by"]["action"], *migration, "{review}");
    // What another role decides stays open.
    let open = sandbox.open("A");
    assert_eq!(texts(open.iter(), "action"), [create.as_str()], "{open:?}");
}

#[test]
fn a_change_of_a_policy_is_shown_from_the_old_one_to_the_new_one() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let delayed = "AND(Admin,Admin2,AFTER(172800))";
    sandbox.done("Admin", &format!("policy update A {delayed}"));
    sandbox.done("Admin", &format!("policy update A --role policy {BOTH}"));
    let migration = sandbox.action("Admin", MIGRATE);
    let action = sandbox.action("Admin", "policy update A OR(Admin,Admin2)");

    let review = sandbox.done("Other", &format!("pending {action}"));
    let change = &review["policy_change"];
    change.has(json!({"role": "migrate", "was": delayed, "becomes": "OR(Admin,Admin2)"}));
    let effects = list(change, "effects").iter();
    let warnings = texts(
        effects.filter(|one| ["warning", "danger"].contains(&text(one, "severity"))),
        "message",
    );
    assert_snapshot!(masked(&warnings.join("\n")), @"
    removes the delay of 2 days
    takes at least 1 approval, not 2
    Admin ([address]) can decide alone
    Admin2 ([address]) can decide alone
    ");
    // Of one action and of all of them, before each approves.
    let (_, lines) = sandbox.reported("Admin2", &format!("pending {action}"));
    contains(&lines.join("\n"), &[&migration[..10]]);
    assert_snapshot!(masked(&lines.join("\n")));
    // Approvals of a migration count for the policies as they are: a change of any of them ends it.
    let create = sandbox.action("Admin", &format!("policy update A --role create {BOTH}"));
    let review = sandbox.done("Other", &format!("pending {create}"));
    let ended = texts(list(&review, "ends"), "action");
    assert_eq!(ended, [migration.as_str()], "{review}");
    sandbox.done("Admin2", &format!("approve {create}"));
    let late = sandbox.run("Admin2", &format!("approve {migration}"));
    late.is(1, "ActionNotFound");
    late.says("message", &[&create[..10]]);
    assert_snapshot!(late.refusal(), @"
    message: the action [hex] is not open: another action ended it: set policy create of A ([hex]) was executed on [time]
    expected: an open action
    found: another action ended it: set policy create of A ([hex]) was executed on [time]
    next: if it is still wanted, propose it again; stylus-upgrades pending lists what is open
    ");
    let (_, ended) = sandbox.reported("Other", &format!("pending {migration}"));
    contains(&ended.join("\n"), &[&create[..10]]);
    assert_snapshot!(masked(&ended.join("\n")));
    let (_, history) = sandbox.reported("Other", "history A");
    contains(&history.join("\n"), &[&migration]);
    assert_snapshot!(masked(&history.join("\n")));

    let done = sandbox.done("Admin2", &format!("approve {action}"));
    done.has(json!({"executed": true}));
    assert!(sandbox.open("A").is_empty(), "the migration was ended");
    let review = sandbox.done("Other", &format!("pending {action}"));
    assert!(review.get("policy_change").is_none(), "{review:#}");
    let shown = sandbox.shown("Other", &format!("pending {action}"), 0);
    assert_snapshot!(masked(&shown));
}

#[test]
fn the_call_of_a_script_is_told_in_words() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let script = "--accept migration-omitted --script counter-v2 --call increment()";
    let action = sandbox.action("Admin", &format!("migrate A 2.0 counter-v2 {script}"));
    sandbox.open("A")[0]["decoded"][0].has(json!({"function": "increment()"}));
    let shown = sandbox.shown("Admin2", &format!("pending {action}"), 0);
    assert_snapshot!(masked(&shown));
}

#[test]
fn going_back_is_a_new_version_with_the_old_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", MIGRATE);
    let shown = sandbox.shown("Admin", ROLLBACK, 0);
    assert_snapshot!(masked(&shown), @"
    success 1/1 activated
    A 3.0 has the code of 1.0 again; accepted losses: function-removed:step()
    checked    steps partial: the fields of the code that migrates are not known: derive StorageLayout, and build it here
    ! function-removed:step(): the function step() is not there any more; accepted
    rollout 1/1
    instance [address]  ✓ pause, migration, version, code, resume
    migrate A to 3.0                             [hash]  [amount] ETH, [number] L1+L2 gas
    all 4 transactions: [amount] ETH, [number] L1+L2 gas
    ");
    let definition = sandbox.definition("A");
    assert_eq!(text(&definition, "current"), "3.0");
    let versions = list(&definition, "versions");
    assert_eq!(versions[0]["codehash"], versions[2]["codehash"]);
    let history = sandbox.shown("Admin", "history A", 0);
    assert_snapshot!(masked(&history), @"
    ✓ 12 checks hold
    [time]  Admin  definition A created; policy of migrate is Admin; policy of policy is Admin; policy of create is Admin
    [time]  Admin  proposed version 1.0; approved version 1.0 (1/1); version 1.0 added, code [address]; initial step of 1.0 added; 1.0 is current; executed version 1.0  under Admin
    [time]  Admin  proposed an instance at 1.0; approved an instance at 1.0 (1/1); instance [address] created at 1.0; executed an instance at 1.0  under Admin
    [time]  Admin  proposed migration to 2.0; approved migration to 2.0 (1/1); version 2.0 added, code [address]; step 1.0 → 2.0 added; 2.0 is current; executed migration to 2.0  under Admin
    [time]  Admin  instance [address] 1.0 → 2.0
    [time]  Admin  proposed migration to 3.0 (the code of 1.0 again); approved migration to 3.0 (1/1); version 3.0 added, code [address] (the code of 1.0 again); step 2.0 → 3.0 added; 3.0 is current; executed migration to 3.0  under Admin
    [time]  Admin  instance [address] 2.0 → 3.0
    ");
    sandbox.transcript("Admin 1 VersionNotFound | rollback A --to 9.0 --label 10.0");
}

#[test]
fn what_is_pending_names_who_approved_who_is_missing_and_what_blocks() {
    let sandbox = Sandbox::with_counter("OutOf(2,Admin,Admin2,Admin3)", 1);
    sandbox.proposed("Admin", MIGRATE);
    let pending = sandbox.done("Other", "pending");
    let action = &pending["actions"][0];
    action.has(
        json!({"definition": "A", "approvals": 1, "required": 2, "blocked_by": "approvals",
        "display": {"function": "migrate"}}),
    );
    assert_eq!(
        (
            list(action, "approved").len(),
            list(action, "missing").len()
        ),
        (1, 2)
    );
    let fact = &action["facts"][0];
    fact.has(json!({"is_as_named": true}));
    assert!(fact["size"].as_u64() > Some(1000), "{fact}");
    // One line for each action, and one that leads on.
    let listed = sandbox.shown("Other", "pending", 0);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    let pending = format!("pending {}", text(action, "action"));
    contains(lines[0], &[text(action, "action")]);
    contains(lines[1], &[&pending]);
    assert_snapshot!(masked(&listed), @"
    [hash]  migrate A to 2.0: 1 of 2 approvals, still needed: Admin2 or Admin3; open until [time]; can still say no: Admin (proposer), until the last approval, which executes it; cancel: nobody (not set)
    next: `stylus-upgrades pending [hash]` shows what it does, what checks find, and who approves it how
    ");
    let shown = sandbox.shown("Other", &pending, 0);
    assert_snapshot!(masked(&shown));
    assert!(shown.lines().count() <= 43, "{shown}");
}

#[test]
fn an_approval_is_withdrawn_and_an_action_is_cancelled() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let action = sandbox.action("Admin", MIGRATE);
    let revoked = sandbox.done("Admin", &format!("revoke {action}"));
    revoked.has(json!({"approvals": 0}));
    sandbox.transcript(&format!(
        "Admin  0               | revoke {action}
         Other  1 NotApproved   | revoke {action}
         Admin2 1 NotAnApprover | cancel {action}
         Admin  0               | cancel {}",
        &action[..10]
    ));
    let ended = sandbox.raw(&format!("pending {action}"));
    assert_snapshot!(masked(&String::from_utf8_lossy(&ended.stdout)));
    sandbox.transcript(&format!(
        "Other  1 ActionNotFound | revoke {action}
         Admin  2 Usage          | cancel 0x1234"
    ));
    let again = sandbox.shown("Admin", &format!("cancel {action}"), 0);
    assert_snapshot!(masked(&again), @"the action [hash] was cancelled by [address] in block [number] already");
    let again = sandbox.done("Admin", &format!("cancel {action}"));
    assert_snapshot!(masked(text(&again, "already")), @"the action [hash] was cancelled by [address] in block [number] already");
}

#[test]
fn an_action_is_approved_by_its_id_after_review_of_its_very_bytes() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let action = sandbox.action("Admin", MIGRATE);
    let reviewed = sandbox.done("Admin2", "pending A");
    let write = |name: &str, document: &Value| sandbox.write(name, document.to_string());
    write("honest.json", &reviewed);
    let mut other = reviewed.clone();
    other["actions"][0]["display"]["fields"][1]["value"] = json!("something harmless");
    write("display.json", &other);
    let mut other = reviewed.clone();
    other["actions"][0]["call"] = json!("0x1234");
    write("payload.json", &other);
    write("broken.json", &json!({"actions": 7}));

    sandbox.transcript(&format!(
        "Admin2 1 DisplayDiffers | approve {action} --reviewed display.json
         Admin2 1 PayloadDiffers | approve {action} --reviewed payload.json
         Admin2 2 Reviewed       | approve {action} --reviewed broken.json"
    ));
    sandbox.open("A")[0].has(json!({"approvals": 1}));
    let approve = format!("approve {action} --reviewed honest.json");
    let done = sandbox.done("Admin2", &approve);
    done.has(json!({"executed": true, "action": action}));
    assert_eq!(list(&done, "checks").len(), 5);
    // ERC-8213: the length as a word, and the bytes.
    let call: Bytes = text(&reviewed["actions"][0], "call")
        .parse()
        .expect("bytes");
    let length = U256::from(call.len()).to_be_bytes::<32>();
    let digest = keccak256([&length[..], &call].concat());
    assert_eq!(done["calldata_digest"], digest.to_string());
}

#[test]
fn the_descriptors_for_wallets_name_the_registry_and_its_chain() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    let write = "registry descriptors --out wallets";
    let done = sandbox.done("Other", write);
    assert_eq!(list(&done, "files").len(), 2);
    for (file, kind) in [("calldata", "contract"), ("eip712", "eip712")] {
        let descriptor = sandbox.json(&format!("wallets/{file}-stylus-upgrades.json"));
        let place = &descriptor["context"][kind]["deployments"][0];
        place.has(json!({"address": sandbox.saved("registry"), "chainId": done["chain_id"]}));
    }
    // Again over one's own, and over nothing else: neither file is written.
    sandbox.done("Other", write);
    let key = "wallets/eip712-stylus-upgrades.json";
    sandbox.write(key, "a key");
    assert_eq!(error(&sandbox.run("Other", write)), "FileExists");
    assert_eq!(sandbox.read(key), "a key");
    let nobody = Address::repeat_byte(7);
    sandbox.transcript(&format!(
        "Other 4 Missing | registry descriptors --registry {nobody}"
    ));
}

#[test]
fn a_definition_that_two_must_create_waits_for_the_second() {
    let sandbox = Sandbox::bare();
    sandbox.done("Admin", &format!("registry deploy --save --define {BOTH}"));
    let define = "define B --migrate Admin";
    sandbox
        .proposed("Admin", define)
        .has(json!({"required": 2}));
    sandbox.open("")[0].has(json!({"definition": ""}));
    sandbox
        .done("Admin2", define)
        .has(json!({"executed": true}));
}
