//! `docs/evidence/attacks.md` names tests that exist.

use crate::prelude::*;
use stylus_upgrades_harness::home;

/// Names of all functions behind a test attribute, in every folder with tests.
fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
                let function = line.trim_start_matches("async ").strip_prefix("fn ");
                if let (true, Some(function)) = (is_test, function) {
                    let name = function.split('(').next().unwrap_or_default();
                    found.insert(name.to_owned());
                    is_test = false;
                }
            }
        }
    }
}

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
        tests(&home().join(folder), &mut known);
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
