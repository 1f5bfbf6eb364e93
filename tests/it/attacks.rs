//! `docs/evidence/attacks.md` names tests that exist.

use crate::prelude::*;
use stylus_upgrades_harness::home;
use stylus_upgrades_test_support::{sources_below, tests_of};

#[test]
fn every_attack_has_tests_that_exist() {
    let mut known = BTreeSet::new();
    for folder in [
        "tests/it",
        "tests/model",
        "interface",
        "layout",
        "scripts",
        "registry",
        "proxy",
        "migratable",
        "node",
    ] {
        for file in sources_below(&home().join(folder)) {
            let text = std::fs::read_to_string(&file).expect("a source");
            known.extend(tests_of(&text).into_iter().map(str::to_owned));
        }
    }
    let page = std::fs::read_to_string(home().join("docs/evidence/attacks.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let rows = rows.filter(|line| !line.starts_with("| attack "));
    let mut missing = Vec::new();
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [_, _, tests] = cells[..] else {
            panic!("expected three cells in: {row}");
        };
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test in: {row}");
        missing.extend(named.into_iter().filter(|name| !known.contains(*name)));
        count += 1;
    }
    println!("{count} attacks");
    assert!(count >= 40, "{count} attacks");
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}
