//! Deciding together, by commands: approvals, delays, policies, the way back, what waits.

use crate::prelude::*;

#[test]
fn two_approvers_type_the_same_and_see_success_1_2_and_success_2_2_activated() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let first = sandbox.shown("Admin", MIGRATE, 3);
    contains(&first, &["success 1/2  not executed: Admin2\n"]);
    contains(
        &sandbox.shown("Admin", MIGRATE, 3),
        &["success 1/2  not executed: Admin2\n"],
    );

    let last = sandbox.shown("Admin2", MIGRATE, 0);
    let (_, after) = last
        .split_once("success 2/2 activated\n")
        .expect("the exact words");
    let held = after.lines().find_map(|line| line.split_once("  ✓ "));
    let held = held.expect("an instance with its checks").1;
    assert_eq!(held, "pause, migration, version, code, resume");

    contains(
        &sandbox.shown("Admin", MIGRATE, 0),
        &["A 2.0 is activated already\n"],
    );
    assert!(sandbox.open("A").is_empty());
}

#[test]
fn a_version_that_is_registered_is_registered_again_by_nobody() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    sandbox.proposed("Admin", REGISTER);
    sandbox.done("Admin2", REGISTER);
    let before = sandbox.block();
    for who in ["Admin", "Admin2"] {
        let shown = sandbox.shown(who, REGISTER, 0);
        contains(&shown, &["A 2.0 is registered already\n"]);
        let first = sandbox.done(who, "register A 1.0 counter-v1");
        first.has(json!({"executed": true, "from": ""}));
    }
    let way = "stylus-upgrades upgrade INSTANCE 2.0 takes an instance at 1.0 there; for another migration";
    let other = sandbox.run("Admin", &REGISTER.replace(" 5", " 6"));
    other.is(1, "VersionExists").says("next", &[way]);
    other.says("found", &["a step from 1.0, with another migration"]);
    // Before any finding about a step that the registry does not take.
    let none = sandbox.run("Admin", "migrate A 2.0 counter-v2");
    none.is(1, "VersionExists").says("next", &[way]);
    assert!(!none.said("next").contains("would-fail"), "{none:?}");
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
    assert_eq!(
        [refused.said("expected"), refused.said("found")],
        ["as registered: no step (--initial)", "a step from 1.0"]
    );
    let only = "nothing was sent; stylus-upgrades register A 2.0 --from 1.0 adds a step, with the migrations that the \
                data of 1.0 need; ";
    assert!(refused.said("next").starts_with(only), "{refused:?}");

    // What was current before is registered as it was; nothing leads to it from what is newer, except with a new label.
    let sandbox = Sandbox::with_counter("Admin", 1);
    for words in [MIGRATE, ROLLBACK] {
        sandbox.done("Admin", words);
    }
    let before = sandbox.block();
    for words in ["register A 1.0 counter-v1", REGISTER] {
        let shown = sandbox.shown("Admin", words, 0);
        contains(&shown, &["is registered already\n"]);
    }
    let refused = sandbox.run("Admin", MIGRATE);
    refused.is(1, "VersionExists");
    refused.says("next", &["takes an instance at 1.0 there; to return to its code: stylus-upgrades rollback A --to 2.0 --label VERSION"]);
    assert!(!refused.said("next").contains("register"), "{refused:?}");
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
    for (words, says) in [
        (&define, "B is defined already\n"),
        (
            &create,
            " is created already; another --salt makes another instance\n",
        ),
        (
            &CREATE_SAVED.into(),
            " is created already; another --salt makes another instance\n",
        ),
        (&"resume A".into(), "A is live already\n"),
    ] {
        contains(&sandbox.shown("Admin2", words, 0), &[says]);
    }
    let again = sandbox.done("Admin2", &create);
    again.has(json!({"executed": true, "proxy": created["proxy"], "salt": created["salt"]}));

    let refused = sandbox.run("Admin", &name);
    refused.is(1, "DefinitionExists");
    refused.says(
        "next",
        &["policy update B --role policy 'AND(Admin,Admin2)'"],
    );
    assert_eq!(
        [refused.said("expected"), refused.said("found")],
        [BOTH, "Admin"]
    );
    assert_eq!(sandbox.block(), before, "nothing was sent");
    // What `define` sets nothing of counts too, once others have set it.
    sandbox.done("Admin", "policy update B --role pause Admin");
    let before = sandbox.block();
    let refused = sandbox.run("Admin", &define);
    refused.is(1, "DefinitionExists");
    assert_eq!(
        [refused.said("expected"), refused.said("found")],
        ["no policy of pause", "Admin"]
    );
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
    let needed = "1 of 2 approvals: Admin. Still needed: Admin2 or Admin3, then 2 days.\n";
    contains(&first, &[needed]);
    let again = sandbox.shown("Admin", register, 3);
    at_most(&again, 6);
    contains(&again, &[needed]);
    let action = text(&sandbox.open("A")[0], "action").to_owned();
    let second = sandbox.shown("Admin3", &format!("approve {action}"), 3);
    at_most(&second, 6);
    contains(
        &second,
        &["2 of 2 approvals: Admin, Admin3. Still needed: the delay until 20"],
    );
    assert!(!(first + &again + &second).contains("success"));
    sandbox.wait(2 * DAY);
    // Who executes it approves it, too, where the policy names him: two of three are enough.
    let executed = sandbox.shown("Admin2", &format!("execute {action}"), 0);
    at_most(&executed, 6);
    contains(&executed, &["success 2/2  executed\n"]);
    let create = "create-proxy A 1.0 --init initialize 7 --save a --kind evm";
    at_most(&sandbox.shown("Admin", create, 0), 5);

    let migrate = sandbox.shown("Admin", MIGRATE, 3);
    contains(
        &migrate,
        &["success 1/2  not executed: Admin2 or Admin3, then 2 days\n"],
    );
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
    refused.says("next", &[&refuse, "--accept"]);
    sandbox.run("Admin2", &format!("{approve} {accept}"));
    sandbox.wait(2 * DAY);
    let executed = sandbox.shown("Other", &execute(&action), 0);
    contains(&executed, &["step()"]);
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
    next.is(3, "NotRipe")
        .says("next", &["Admin2 can approve it"]);
    sandbox.proposed("Admin2", "register A 1.0 counter-v1");
    let later = sandbox.run("Other", &execute);
    later
        .is(3, "NotRipe")
        .says("message", &["a delay runs until"]);
    sandbox.wait(2 * DAY);

    let named =
        format!("register A 1.0 is approved and not executed yet: stylus-upgrades {execute}");
    contains(&sandbox.shown("Other", "status A", 0), &[&named]);
    let status = sandbox.done("Other", "status A");
    assert_eq!(status["ripe"][0]["action"], *action, "{status}");
    let upgrade = sandbox.run("Other", "upgrade A");
    contains(&upgrade.stderr, &[&named]);
    #[cfg(feature = "watch")]
    {
        let (_, doctor) = sandbox.reported("Other", "doctor");
        contains(&doctor.join("\n"), &[&named]);
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
    sandbox
        .run("Admin", unknown)
        .is(2, "Usage")
        .says("next", &["did you mean initialize?"]);
}

#[test]
fn an_upgrade_names_the_migration_that_still_waits() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let action = sandbox.action("Admin", MIGRATE);
    let upgrade = sandbox.run("Other", "upgrade A");
    let says = format!("1 more approval needed: stylus-upgrades pending {action}");
    contains(
        &upgrade.stderr,
        &["migrate A to 2.0 is open and not executed yet, ", &says],
    );
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
    contains(
        &sandbox.shown("Admin", &own, 0),
        &["set policy policy of the registry itself "],
    );
    let shown = sandbox.shown("Admin", "policy explain A", 0);
    contains(&shown, &["migrate: OR(Admin,Admin2)\n"]);
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
    wrong
        .is(2, "InvalidPolicy")
        .says("message", &["the policy is not valid after \"AND(Admin\":"]);
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
    let first = format!("migrate A to 2.0 ({})", &migration[..10]);
    let says = "ends-others: ends 1 open action, which must be proposed again";
    proposed.warns(&[&format!("{says}: {first}")]);
    let other = text(&proposed.document, "action").to_owned();
    let create = sandbox.action("Admin", &format!("policy update A --role create {BOTH}"));
    let named = format!("register A 3.0 ({})", &other[..10]);
    let ends = format!("ends 1 open action, which must be proposed again: {named}");
    contains(&review_of(&migration).join("\n"), &["ends-others", &ends]);
    let (_, lines) = sandbox.reported("Other", "pending A");
    contains(&lines.join("\n"), &[&format!("! {ends}")]);
    let open = sandbox.open("A");
    let listed = open.iter().find(|action| action["action"] == *migration);
    let ended = texts(list(listed.expect("it"), "ends"), "action");
    assert_eq!(ended, [other.as_str()]);
    let executed = sandbox.done("Admin2", &format!("approve {migration}"));
    executed.has(json!({"executed": true}));
    let by = format!(
        "another action ended it: migrate A to 2.0 ({})",
        &migration[..10]
    );
    contains(&review_of(&other).join("\n"), &["not open: ", &by]);
    let late = sandbox.run("Admin2", &format!("approve {other}"));
    late.is(1, "ActionNotFound").says("message", &[&by]);
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
    let named = format!("migrate A to 2.0 ({})", &migration[..10]);
    let ends = format!("ends 1 open action, which must be proposed again: {named}");
    let action = sandbox.action("Admin", "policy update A OR(Admin,Admin2)");

    let review = sandbox.done("Other", &format!("pending {action}"));
    let change = &review["policy_change"];
    change.has(json!({"role": "migrate", "was": delayed, "becomes": "OR(Admin,Admin2)"}));
    let effects = list(change, "effects").iter();
    let warnings = texts(
        effects.filter(|one| ["warning", "danger"].contains(&text(one, "severity"))),
        "message",
    );
    let named = |text: &str| warnings.iter().any(|one| one.starts_with(text));
    let fewer = "takes at least 1 approval, not 2";
    for effect in ["removes the delay of 2 days", fewer, "Admin (0x"] {
        assert!(named(effect), "{effect}: {warnings:?}");
    }
    // Of one action and of all of them, before each approves.
    {
        let (_, lines) = sandbox.reported("Admin2", &format!("pending {action}"));
        let now = format!("  now           {delayed}");
        let ends = format!("! ends-others: {ends}");
        let then = "  afterwards    OR(Admin,Admin2)";
        let delay = "  ! policy-change: removes the delay of 2 days";
        contains(&lines.join("\n"), &[&now, then, delay, &ends]);
    }
    // Approvals of a migration count for the policies as they are: a change of any of them ends it.
    let create = sandbox.action("Admin", &format!("policy update A --role create {BOTH}"));
    let review = sandbox.done("Other", &format!("pending {create}"));
    let ended = texts(list(&review, "ends"), "action");
    assert_eq!(ended, [migration.as_str()], "{review}");
    sandbox.done("Admin2", &format!("approve {create}"));
    let late = sandbox.run("Admin2", &format!("approve {migration}"));
    late.is(1, "ActionNotFound");
    let by = format!(
        "another action ended it: set policy create of A ({})",
        &create[..10]
    );
    late.says("message", &[&by]);
    let (_, ended) = sandbox.reported("Other", &format!("pending {migration}"));
    contains(&ended.join("\n"), &["not open: ", &by]);
    let (_, history) = sandbox.reported("Other", "history A");
    let ended = format!("ends 1 open action: {migration}");
    contains(&history.join("\n"), &[&ended]);

    let done = sandbox.done("Admin2", &format!("approve {action}"));
    done.has(json!({"executed": true}));
    assert!(sandbox.open("A").is_empty(), "the migration was ended");
    let review = sandbox.done("Other", &format!("pending {action}"));
    assert!(review.get("policy_change").is_none(), "{review:#}");
    let shown = sandbox.shown("Other", &format!("pending {action}"), 0);
    assert!(!shown.contains("--against"), "{shown}");
}

#[test]
fn the_call_of_a_script_is_told_in_words() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let script = "--accept migration-omitted --script counter-v2 --call increment()";
    let action = sandbox.action("Admin", &format!("migrate A 2.0 counter-v2 {script}"));
    sandbox.open("A")[0]["decoded"][0].has(json!({"function": "increment()"}));
    let shown = sandbox.shown("Admin2", &format!("pending {action}"), 0);
    contains(&shown, &["  migration     calls increment()\n"]);
}

#[test]
fn going_back_is_a_new_version_with_the_old_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", MIGRATE);
    let shown = sandbox.shown("Admin", ROLLBACK, 0);
    let headline = "A 3.0 has the code of 1.0 again; accepted losses: function-removed:step()\n";
    contains(&shown, &[headline, "success 1/1 activated\n"]);
    let definition = sandbox.definition("A");
    assert_eq!(text(&definition, "current"), "3.0");
    let versions = list(&definition, "versions");
    assert_eq!(versions[0]["codehash"], versions[2]["codehash"]);
    let history = sandbox.shown("Admin", "history A", 0);
    let again = "proposed migration to 3.0 (the code of 1.0 again); ";
    contains(
        &history,
        &[again, " (the code of 1.0 again); step 2.0 → 3.0 added"],
    );
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
    let row = "migrate A to 2.0: 1 of 2 approvals, still needed: Admin2 or Admin3; open until 20";
    contains(lines[0], &[row, text(action, "action")]);
    let pending = format!("pending {}", text(action, "action"));
    contains(lines[1], &[&format!("next: `stylus-upgrades {pending}`")]);
    let shown = sandbox.shown("Other", &pending, 0);
    let (found, verdict) = shown.split_once('\n').expect("lines");
    assert_eq!(found, "findings: 1 not checked, 2 notes, 6 checked");
    let begins = "1 of 2 approvals: Admin. Still needed: Admin2 or Admin3.\nproposed by Admin";
    assert!(verdict.starts_with(begins), "{shown}");
    contains(&shown, &["  code hash     0x", ", open until 20"]);
    assert!(shown.lines().count() <= 42, "{shown}");
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
    contains(
        &String::from_utf8_lossy(&ended.stdout),
        &["not open: cancelled\n"],
    );
    sandbox.transcript(&format!(
        "Other  1 ActionNotFound | revoke {action}
         Admin  2 Usage          | cancel 0x1234"
    ));
    let again = sandbox.shown("Admin", &format!("cancel {action}"), 0);
    contains(&again, &["was cancelled by", "already"]);
    let again = sandbox.done("Admin", &format!("cancel {action}"));
    contains(text(&again, "already"), &["was cancelled by"]);
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
