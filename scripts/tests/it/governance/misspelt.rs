//! Names and words that are a slip away from what there is, and what the answer to them says.

use crate::prelude::*;

#[test]
fn a_definition_that_is_not_there_is_answered_with_those_that_are() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", "define Ledger --migrate Admin");
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
        let said = (answer.said("expected"), answer.said("next"));
        assert_eq!(
            said,
            ("one of A, Ledger", "did you mean Ledger?"),
            "{words}"
        );
    }
    // The name of an instance acts on no other one.
    let proxy = sandbox.done("Admin", CREATE_SAVED)["proxy"].clone();
    let proxy = proxy.as_str().expect("an address");
    for words in [
        "upgrade counter",
        "verify counter",
        "migrate counter 2.0 counter-v2",
    ] {
        let answer = sandbox.run("Admin", words);
        answer.is(1, "DefinitionNotFound");
        answer.says("found", &["counter is an instance of A"]);
        answer.says("next", &["stylus-upgrades upgrade counter VERSION"]);
    }
    let by_address = sandbox.run("Admin", &format!("upgrade {proxy}"));
    by_address.says("next", &[&format!("upgrade {proxy} VERSION")]);
    let nothing_like_it = sandbox.run("Admin", "status Points");
    let define = "stylus-upgrades define Points --migrate POLICY";
    nothing_like_it.says("next", &[define]);
}

#[test]
fn an_upgrade_of_nothing_says_so() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    contains(
        &sandbox.shown("Admin", "upgrade A", 0),
        &["A is at 1.0: nothing to upgrade\n"],
    );
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
    let found = answer.said("found");
    assert!(
        found.starts_with("the function initialise(uint256) "),
        "{found}"
    );
    let expected = answer.said("expected");
    assert!(expected.starts_with("initialize(uint256)"), "{expected}");
    for command in ["migrate", "plan"] {
        let words = format!("{command} A 2.0 counter-v2 --call migrat(uint256) 5");
        let document = sandbox.run("Admin", &words).document.to_string();
        contains(&document, &["the function migrat(uint256) "]);
    }
}

#[test]
fn a_slip_in_a_name_or_a_call_is_answered_with_what_was_meant() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", CREATE_SAVED);
    for (words, name, next) in [
        ("call Conter value", "UnknownAlias", "did you mean counter?"),
        ("call counter valu", "Usage", "did you mean value?"),
        (
            "plan A 2.0;id",
            "Usage",
            "stylus-upgrades plan A '2.0;id' SOURCE",
        ),
    ] {
        let refused = sandbox.run("Other", words);
        assert_eq!(
            (error(&refused), refused.said("next")),
            (name, next),
            "{words}"
        );
    }
    #[cfg(feature = "laboratory")]
    sandbox
        .run("Other", "census counter --confirm-url http://127.0.0.1:1")
        .says("next", &["give another --confirm-url"]);
    let missing = sandbox.run("Admin", "send counter increment 1");
    missing.is(2, "Usage");
    missing.says("message", &["increment() was given 1 argument"]);
    let changed = sandbox.run("Other", "call counter increment");
    changed.ends(0);
    changed.warns(&["returned nothing", "`send` sends it"]);
    assert!(
        !sandbox
            .run("Other", "call counter value")
            .stderr
            .contains("nothing")
    );
    sandbox
        .run("Admin", "registry deploy --save")
        .is(2, "ManifestDiffers")
        .says("next", &["it is there already"]);
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
    checked.says("next", &["InterfaceLost refuses it too"]);
    let lines = checked.stderr.lines();
    let next: Vec<&str> = lines.filter(|line| line.starts_with("  next ")).collect();
    let [refuse, _, other] = next[..] else {
        panic!("{next:#?}");
    };
    contains(refuse, &["stylus-upgrades revoke 0x"]);
    contains(other, &["InterfaceLost refuses it too"]);
    let checked = sandbox.run("Admin2", &format!("{approve} --accept {LOST}"));
    assert_eq!(error(&checked), "LayoutRefused", "{checked:?}");
    sandbox.run("Other", &approve).is(1, "NotAnApprover");
}
