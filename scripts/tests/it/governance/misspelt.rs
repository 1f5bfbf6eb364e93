//! Names and words that are a slip away from what there is, and what the answer to them says.

use crate::prelude::*;

#[test]
fn a_definition_that_is_not_there_is_answered_with_those_that_are() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", "define Ledger --migrate Admin");
    let mut told = Vec::new();
    for words in [
        "status Leger",
        "history Leger",
        "upgrade Leger",
        "pending Leger",
        "policy explain Leger",
        "plan Leger 2.0 counter-v2",
        "register Leger 2.0 counter-v2",
        "create-proxy Leger 1.0 --accept=initializer-omitted",
    ] {
        let answer = sandbox.run("Admin", words);
        answer.is(1, "DefinitionNotFound");
        told.push(answer.refusal());
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"), @r#"
    message: the registry has no definition "Leger"
    expected: one of A, Ledger
    found: Leger
    next: did you mean Ledger?
    "#);
    // The name of an instance acts on no other one.
    let proxy = sandbox.done("Admin", CREATE_SAVED)["proxy"].clone();
    let proxy = proxy.as_str().expect("an address");
    let mut told = Vec::new();
    for words in [
        "upgrade counter",
        "verify counter",
        "migrate counter 2.0 counter-v2",
    ] {
        let answer = sandbox.run("Admin", words);
        answer.is(1, "DefinitionNotFound");
        told.push(answer.refusal());
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"), @r#"
    message: the registry has no definition "counter"
    expected: the name of a definition
    found: counter is an instance of A
    next: name A, its definition; to upgrade this instance alone: stylus-upgrades upgrade counter VERSION
    "#);
    let by_address = sandbox.run("Admin", &format!("upgrade {proxy}"));
    by_address.says("next", &[proxy]);
    assert_snapshot!(by_address.refusal(), @r#"
    message: the registry has no definition "[address]"
    expected: the name of a definition
    found: [address] is an instance of A
    next: name A, its definition; to upgrade this instance alone: stylus-upgrades upgrade [address] VERSION
    "#);
    let nothing_like_it = sandbox.run("Admin", "status Points");
    assert_snapshot!(nothing_like_it.refusal(), @r#"
    message: the registry has no definition "Points"
    expected: one of A, Ledger
    found: Points
    next: stylus-upgrades status lists the definitions; a new one: stylus-upgrades define Points --migrate POLICY
    "#);
}

#[test]
fn an_upgrade_of_nothing_says_so() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    assert_snapshot!(masked(&sandbox.shown("Admin", "upgrade A", 0)), @"A is at 1.0: nothing to upgrade");
    sandbox.transcript("Admin 0 | define B --migrate Admin");
    for words in [
        "upgrade B",
        "verify B --source counter-v1",
        "layout show B@live",
    ] {
        sandbox.run("Admin", words).is(1, "NoCurrentVersion");
    }
}

#[test]
fn a_function_that_the_code_does_not_declare_is_repeated_as_it_was_typed() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let create = "create-proxy A 1.0 --init initialise(uint256) 7";
    let answer = sandbox.run("Admin", create);
    assert_eq!(error(&answer), "InitializerUndeclared", "{answer:?}");
    assert_snapshot!(answer.refusal(), @"
    message: no initializer of 1.0 that the code of A 1.0 declares: the function initialise(uint256) (selector [hex])
    expected: initialize(uint256), the initializer of 1.0
    found: the function initialise(uint256) (selector [hex])
    next: --init 'initialize(uint256)' UINT256
    ");
    let [migrated, planned] = ["migrate", "plan"].map(|command| {
        let words = format!("{command} A 2.0 counter-v2 --call migrat(uint256) 5");
        sandbox.run("Admin", &words).refusal()
    });
    assert_snapshot!(migrated, @"
    message: no migration 1.0 → 2.0 that the code of A 2.0 declares: the function migrat(uint256) (selector [hex])
    expected: migrate(uint256)
    found: the function migrat(uint256) (selector [hex])
    next: --call 'migrate(uint256)' UINT256
    ");
    assert_snapshot!(planned, @r#"
    message: the upgrade of [address] would be refused: MigrationNotApplied("1.0", "2.0"): its code reverted without data, as a panic does, and as code does that has no function [hex], or whose function takes no ether
    expected: a migration 1.0 → 2.0 that marks itself
    found: its code reverted without data, as a panic does, and as code does that has no function [hex], or whose function takes no ether
    next: leave out a --value that the function does not take; else call the function in a test with the data that the instance holds, and correct it: an overflow, an index or an unwrap panics; to leave it behind: --accept MigrationNotApplied:[address]
    "#);
}

#[test]
fn a_slip_in_a_name_or_a_call_is_answered_with_what_was_meant() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", CREATE_SAVED);
    let mut told = Vec::new();
    for (words, name) in [
        ("call Conter value", "UnknownAlias"),
        ("call counter valu", "Usage"),
        ("plan A 2.0;id", "Usage"),
    ] {
        let refused = sandbox.run("Other", words);
        assert_eq!(error(&refused), name, "{words}");
        told.push(refused.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
    #[cfg(feature = "laboratory")]
    {
        let census = "census counter --confirm-url http://127.0.0.1:1";
        assert_snapshot!(sandbox.run("Other", census).refusal(), @"
        message: no answer from http://127.0.0.1:[port]: error sending request: client error (Connect): tcp connect error: Connection refused (os error [number])
        expected: an answer in JSON-RPC
        found: error sending request: client error (Connect): tcp connect error: Connection refused (os error [number])
        next: start a chain (stylus-upgrades node) or give another --confirm-url
        ");
    }
    let missing = sandbox.run("Admin", "send counter increment 1");
    missing.is(2, "Usage");
    assert_snapshot!(missing.refusal(), @"
    message: increment() was given 1 argument
    expected: 0 arguments
    found: 1
    next: write it as 'name(type,…)' argument …, or as calldata 0x…
    ");
    let changed = sandbox.run("Other", "call counter increment");
    changed.ends(0);
    assert_snapshot!(changed.notes(), @"increment() returned nothing, and what it changed is not kept: `send` sends it as a transaction");
    assert_snapshot!(sandbox.run("Other", "call counter value").notes(), @"");
    let differs = sandbox.run("Admin", "registry deploy --save");
    differs.is(2, "ManifestDiffers");
    assert_snapshot!(differs.refusal(), @"
    message: [folder]/stylus-upgrades.toml has another registry
    expected: no registry
    found: [address]
    next: it is there already; for another one remove it there, or leave --save out
    ");
}

/// What the interface of counter-v1 loses with points-v1.
const LOST: &str =
    "function-removed:increment(),function-removed:value(),error-removed:Overflow(uint256,uint256)";

#[test]
fn a_stranger_who_approves_is_refused_before_anything_is_checked() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    // The storage of another contract: a check of it refuses it.
    let migrate = "migrate A 2.0 points-v1 --accept=migration-omitted";
    let refused = sandbox.run("Admin", migrate);
    assert_eq!(error(&refused), "LayoutRefused", "{refused:?}");
    let mut words: Vec<&str> = migrate.list();
    for finding in refused.said("found").split(", ") {
        words.extend(["--accept", finding]);
    }
    words.extend(["--accept", LOST]);
    let action = sandbox.action("Admin", &words);
    let approve = format!("approve {action}");
    let checked = sandbox.run("Admin2", &approve);
    assert_eq!(error(&checked), "LayoutRefused", "{checked:?}");
    assert_snapshot!(checked.refusal(), @r#"
    message: A 2.0 would misread the storage of 1.0:
      insert:state.members  state.members: struct CounterState @ slot 0 → struct PointsState @ slot 0: on bytes that hold value; add new fields after all old ones
      delete:state.value  state.value: struct CounterState @ slot 0 → struct PointsState @ slot 0: keep it even if it is unused, or migrate: what follows may reuse bytes that are not zero
    expected: every field of 1.0 in its place, or a migration that declares what it moves
    found: insert:state.members, delete:state.value
    next: to refuse the action, so that everybody sees it: stylus-upgrades revoke [hex]. The rest is for who proposed it, or accepts it; keep the old fields where they are, or run a migration (stylus-upgrades layout migration writes its code; --call or --script) and declare what it moves in Cargo.toml: [package.metadata.stylus-upgrades] migrates = ["insert:state.members", "delete:state.value"]; to accept it: --accept insert:state.members,delete:state.value; InterfaceLost refuses it too (callers of 1.0 would lose what they call): keep it; to accept it: --accept 'function-removed:increment(),function-removed:value(),error-removed:Overflow(uint256,uint256)'
    "#);
    let checked = sandbox.run("Admin2", &format!("{approve} --accept {LOST}"));
    assert_eq!(error(&checked), "LayoutRefused", "{checked:?}");
    sandbox.run("Other", &approve).is(1, "NotAnApprover");
}
