//! What findings say, and that nothing is told as good which nobody saw.

use super::*;
use crate::expect::Expectations;
use crate::ids::CodeHash;
use alloy::primitives::address;
use stylus_upgrades_interface::registry::IRegistry as abi;

const KNOWN: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
const LIKE: Address = address!("f39F000000000000000000000000000000002266");

fn set_policy(expression: String) -> Call {
    Call::SetPolicy(abi::setPolicyCall {
        name: "Note".into(),
        role: "migrate".into(),
        expression,
    })
}

fn of(call: &Call, facts: &[CodeFacts]) -> Vec<(String, Severity)> {
    let names = Names::default();
    let subject = Subject {
        call,
        facts,
        used_by: None,
        known: &[KNOWN],
        names: &names,
        obstacle: None,
        delayed_until: None,
    };
    let found = findings(&subject).into_iter();
    found
        .map(|one| (one.id.to_string(), one.severity))
        .collect()
}

#[test]
fn policies_are_weighed_by_who_can_satisfy_them() {
    let cases = [
        ("NONE".to_owned(), Severity::Danger),
        (
            format!("OR({KNOWN},{})", Address::with_last_byte(9)),
            Severity::Warning,
        ),
        (
            format!("AND({KNOWN},CALL({}))", Address::with_last_byte(9)),
            Severity::Unknown,
        ),
        (
            format!("AND({KNOWN},{})", Address::with_last_byte(9)),
            Severity::Note,
        ),
        ("AND(".into(), Severity::Danger),
    ];
    for (expression, weight) in cases {
        let found = of(&set_policy(expression.clone()), &[]);
        assert_eq!(found, [("policy".to_owned(), weight)], "{expression}");
    }
}

#[test]
fn an_address_that_looks_like_an_approvers_is_a_danger() {
    let found = of(&set_policy(format!("AND({KNOWN},{LIKE})")), &[]);
    assert!(
        found.contains(&("look-alike".to_owned(), Severity::Danger)),
        "{found:?}"
    );
    let found = of(&set_policy(KNOWN.to_string()), &[]);
    assert!(
        !found.iter().any(|(about, _)| about == "look-alike"),
        "{found:?}"
    );
}

#[test]
fn code_that_is_not_the_one_named_or_cannot_run_is_a_danger() {
    let fact = |is_as_named, is_program, size, days: Option<u64>| CodeFacts {
        what: "code".into(),
        account: KNOWN,
        size,
        fragments: 0,
        codehash: CodeHash::ZERO,
        is_as_named,
        seconds_left: days.map(|days| days * 86_400),
        is_program,
        expectations: None,
    };
    let cases = [
        (fact(true, true, 9, Some(300)), Severity::Good),
        (fact(true, true, 9, Some(10)), Severity::Warning),
        (fact(true, true, 9, None), Severity::Danger),
        (fact(false, true, 9, Some(300)), Severity::Danger),
        (fact(true, false, 9, None), Severity::Good),
        (fact(true, false, 0, None), Severity::Danger),
    ];
    let call = set_policy("NONE".into());
    for (fact, weight) in cases {
        let found = of(&call, std::slice::from_ref(&fact));
        assert!(
            found.contains(&("implementation".to_owned(), weight)),
            "{fact:?}: {found:?}"
        );
    }
}

#[test]
fn a_check_that_nobody_can_read_is_not_told_as_good() {
    let line = "unchanged total()".parse().expect("an expectation");
    let expected = Expectations::new(vec![line]).expect("a check");
    let call = set_policy("NONE".into());
    for (asks, severity, words) in [
        (
            Asks::Expectations(expected),
            Severity::Good,
            "it expects: unchanged total()",
        ),
        (Asks::Unknown, Severity::Unknown, "it expects: NOT KNOWN"),
    ] {
        let fact = CodeFacts {
            what: "check".into(),
            account: KNOWN,
            size: 9,
            fragments: 0,
            codehash: CodeHash::ZERO,
            is_as_named: true,
            seconds_left: None,
            is_program: false,
            expectations: Some(asks),
        };
        assert!(fact.lines().len() > 1, "{fact:?}");
        let found = of(&call, std::slice::from_ref(&fact));
        assert!(
            found.contains(&("step-check".to_owned(), severity)),
            "{found:?}"
        );
        assert!(code(&fact).message.contains(words), "{fact:?}");
    }
}

#[test]
fn an_address_with_the_ends_of_a_known_one_looks_like_it() {
    let known = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    let like = address!("f39F000000000000000000000000000000002266");
    let other = address!("f39F000000000000000000000000000000002267");
    assert_eq!(lookalike(like, &[known]), Some(known));
    assert_eq!(lookalike(other, &[known]), None);
    assert_eq!(lookalike(known, &[known, like]), None);
}
