//! What cards say, and that nothing is told as good which nobody saw.

use super::*;
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

fn of(call: &Call, facts: &[CodeFacts]) -> Vec<(&'static str, Weight)> {
    let names = Names::default();
    let subject = Subject {
        call,
        facts,
        used_by: None,
        known: &[KNOWN],
        names: &names,
        superseded: None,
        not_before: 0,
    };
    let found = cards(&subject).into_iter();
    found.map(|card| (card.about, card.weight)).collect()
}

#[test]
fn a_part_that_nobody_looked_at_is_not_reported_as_good() {
    let mut coverage = Coverage::default();
    assert_eq!(of_coverage(&coverage, &[]), []);
    coverage.lower(Part::Source, Extent::Partial, "not built");
    coverage.lower(Part::Layout, Extent::Absent, "no document");
    let found = of_coverage(&coverage, &[Part::Layout, Part::Steps, Part::Source]);
    let found: Vec<_> = found.iter().map(|one| (one.about, one.weight)).collect();
    let expected = [
        ("storage layout", Weight::Warning),
        ("initializers and migrations", Weight::Good),
        ("source", Weight::Unknown),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_interface_that_nobody_compared_is_reported_as_not_checked() {
    let mut coverage = Coverage::default();
    coverage.lower(
        Part::Interface,
        Extent::Absent,
        "of 1.0 it is not kept here",
    );
    let found = of_coverage(&coverage, &[Part::Interface]);
    let line = found[0].line();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(line.starts_with("? functions: not checked: "), "{line}");
    assert!(line.contains("--allow-absent interface"), "{line}");
}

#[test]
fn policies_are_weighed_by_who_can_satisfy_them() {
    let cases = [
        ("NONE".to_owned(), Weight::Danger),
        (
            format!("OR({KNOWN},{})", Address::with_last_byte(9)),
            Weight::Warning,
        ),
        (
            format!("AND({KNOWN},CALL({}))", Address::with_last_byte(9)),
            Weight::Unknown,
        ),
        (
            format!("AND({KNOWN},{})", Address::with_last_byte(9)),
            Weight::Note,
        ),
        ("AND(".into(), Weight::Danger),
    ];
    for (expression, weight) in cases {
        let found = of(&set_policy(expression.clone()), &[]);
        assert_eq!(found, [("policy", weight)], "{expression}");
    }
}

#[test]
fn an_address_that_looks_like_an_approvers_is_a_danger() {
    let found = of(&set_policy(format!("AND({KNOWN},{LIKE})")), &[]);
    assert!(
        found.contains(&("look-alike address", Weight::Danger)),
        "{found:?}"
    );
    let found = of(&set_policy(KNOWN.to_string()), &[]);
    assert!(
        !found
            .iter()
            .any(|(about, _)| *about == "look-alike address"),
        "{found:?}"
    );
}

#[test]
fn code_that_is_not_the_one_named_or_cannot_run_is_a_danger() {
    let fact = |is_as_named, is_program, size, days: Option<u64>| CodeFacts {
        what: "code",
        account: KNOWN,
        size,
        codehash: CodeHash::ZERO,
        is_as_named,
        seconds_left: days.map(|days| days * 86_400),
        is_program,
    };
    let cases = [
        (fact(true, true, 9, Some(300)), Weight::Good),
        (fact(true, true, 9, Some(10)), Weight::Warning),
        (fact(true, true, 9, None), Weight::Danger),
        (fact(false, true, 9, Some(300)), Weight::Danger),
        (fact(true, false, 9, None), Weight::Good),
        (fact(true, false, 0, None), Weight::Danger),
    ];
    let call = set_policy("NONE".into());
    for (fact, weight) in cases {
        let found = of(&call, std::slice::from_ref(&fact));
        assert!(
            found.contains(&("implementation", weight)),
            "{fact:?}: {found:?}"
        );
    }
}
