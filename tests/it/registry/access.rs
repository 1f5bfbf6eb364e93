//! Who may call what: every function that a part of the registry answers or executes, and every one that
//! UpgradeabilityStorage answers, has a row in `docs/evidence/access.md`, which names tests that exist.

use crate::prelude::*;
use alloy::sol_types::SolInterface;
use stylus_upgrades_harness::home;
use stylus_upgrades_interface::complex::IComplexStep::{IComplexStepCalls, finishStepCall};
use stylus_upgrades_interface::parts::PARTS;

const PAGE: &str = "docs/evidence/access.md";

/// The rows of the page, cell by cell: those of the registry's functions, then those of a proxy's.
fn rows() -> [Vec<Vec<String>>; 2] {
    let page = std::fs::read_to_string(home().join(PAGE)).expect(PAGE);
    let (registry, proxy) = page
        .split_once("\n## UpgradeabilityStorage")
        .expect("the second table");
    [registry, proxy].map(|part| {
        let rows = part.lines().filter(|line| line.starts_with("| `"));
        let cells = |line: &str| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        };
        rows.map(cells).collect()
    })
}

/// What stands in backquotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Which part answers a function, and which executes it.
fn of_parts() -> BTreeMap<&'static str, [&'static str; 2]> {
    let mut parts = BTreeMap::<_, [&str; 2]>::new();
    for part in PARTS {
        for answer in part.answers {
            parts.entry(answer.name()).or_default()[0] = part.package;
        }
        for answer in part.executes {
            parts.entry(answer.name()).or_default()[1] = part.package;
        }
    }
    parts
}

#[test]
fn every_function_has_a_row() {
    let [registry, proxy] = rows();
    let found: Vec<_> = registry
        .iter()
        .map(|row| {
            let [function, answers, executes, ..] = &row[..] else {
                panic!("a row of the registry's: {row:?}");
            };
            let part = |cell: &'_ str| quoted(cell).concat();
            (part(function), [part(answers), part(executes)])
        })
        .collect();
    let parts = of_parts().into_iter();
    let expected = parts.map(|(name, parts)| (name.to_owned(), parts.map(str::to_owned)));
    assert_eq!(found, Vec::from_iter(expected), "one row each, in order");

    let answered = [
        Proxy::implementationCall::SIGNATURE,
        Proxy::registryCall::SIGNATURE,
        Proxy::implementationVersionCall::SIGNATURE,
        Proxy::upgradeToCall::SIGNATURE,
        Proxy::upgradeToAndCallCall::SIGNATURE,
        finishStepCall::SIGNATURE,
    ];
    let selectors = Proxy::IUpgradeabilityProxyCalls::selectors().count();
    let all = selectors + IComplexStepCalls::selectors().count();
    assert_eq!(answered.len(), all, "the interface has another function");
    let name = |signature: &'static str| signature.split('(').next().expect("a name");
    let found: Vec<_> = proxy.iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(found, answered.map(name));
}

#[test]
fn every_test_that_is_named_is_there() {
    let there = crate::tools::tests();
    for row in rows().concat() {
        let tests = quoted(row.last().expect("a cell"));
        assert!(!tests.is_empty(), "{}", row[0]);
        for test in tests {
            assert!(there.contains(test), "{}: no test {test}", row[0]);
        }
    }
}
