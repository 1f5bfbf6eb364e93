//! `docs/evidence/attacks.md` names tests that exist.

use stylus_upgrades_harness::home;

#[test]
fn every_attack_has_tests_that_exist() {
    let known = crate::tools::tests_in_sources();
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
