//! Records of the suites: the tests that real anvil passes, in a snapshot, and those that fail here, in a file that
//! people write. The page has its tables from both.

use super::TestNames;
use crate::prelude::*;
use std::fmt::Write;

use stylus_upgrades_harness::home;

/// The tests that fail here, with reasons.
pub(super) const ROWS: &str = "tests/suites/failing.txt";
const RECORDED: &str = "tests/snapshots/suites.json";

/// Largest number of tests that may fail here.
const MAX_ROWS: usize = 12;

/// The suites: name, and the test that runs it.
const SUITES: [(&str, &str); 3] = [
    (
        "ape-foundry 0.8.9",
        "the_tests_of_ape_foundry_pass_as_with_anvil",
    ),
    ("alloy 2.4.1", "the_tests_of_alloy_pass_as_with_anvil"),
    (
        "ethers-rs 2.0.14",
        "the_tests_of_ethers_rs_pass_as_with_anvil",
    ),
];

/// A test that passes with real anvil and fails here.
struct FailureRow<'t> {
    suite: &'t str,
    test: &'t str,
    reason: &'t str,
}

fn parse_rows(text: &str) -> Vec<FailureRow<'_>> {
    let lines = text.lines();
    let lines = lines.filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows = lines.map(|line| {
        let cells: Vec<_> = line.split(" | ").collect();
        let [suite, test, reason] = cells.try_into().expect("suite | test | reason");
        FailureRow {
            suite,
            test,
            reason,
        }
    });
    rows.collect()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(home().join(file)).expect(file)
}

/// The names of a suite's tests that fail here.
pub(super) fn read_rows(suite: &str) -> TestNames {
    let text = read(ROWS);
    let rows = parse_rows(&text)
        .into_iter()
        .filter(|row| row.suite == suite);
    rows.map(|row| row.test.to_owned()).collect()
}

fn read_snapshot() -> BTreeMap<String, TestNames> {
    serde_json::from_str(&read(RECORDED)).expect("names by suite")
}

/// The names of a suite's tests that real anvil passes.
pub(super) fn read_recorded(suite: &str) -> TestNames {
    read_snapshot().remove(suite).unwrap_or_default()
}

/// Writes the names of a suite's tests that real anvil passes.
pub(super) fn record(suite: &str, passed: &TestNames) {
    let mut recorded = read_snapshot();
    recorded.insert(suite.to_owned(), passed.clone());
    let text = serde_json::to_string_pretty(&recorded).expect("names");
    std::fs::write(home().join(RECORDED), text + "\n").expect("written");
}

fn format_tables() -> String {
    let text = read(ROWS);
    let (rows, recorded) = (parse_rows(&text), read_snapshot());
    let mut tables = String::from(
        "| suite | real anvil passes | of these pass here | test |\n|---|---|---|---|\n",
    );
    for (suite, test) in SUITES {
        let all = recorded.get(suite).map_or(0, BTreeSet::len);
        let failing = rows.iter().filter(|row| row.suite == suite).count();
        writeln!(tables, "| {suite} | {all} | {} | `{test}` |", all - failing).expect("a text");
    }
    tables.push_str("\n| suite | fails here | why |\n|---|---|---|\n");
    for FailureRow {
        suite,
        test,
        reason,
    } in &rows
    {
        writeln!(tables, "| {suite} | `{test}` | {reason} |").expect("a text");
    }
    tables
}

#[test]
fn the_tables_of_suites_are_those_of_their_files() {
    let text = read(ROWS);
    let rows = parse_rows(&text);
    assert!(rows.len() <= MAX_ROWS, "at most {MAX_ROWS} tests may fail");
    let recorded = read_snapshot();
    let named: BTreeSet<_> = rows.iter().map(|row| (row.suite, row.test)).collect();
    assert_eq!(named.len(), rows.len(), "a test is named twice");
    for FailureRow {
        suite,
        test,
        reason,
    } in &rows
    {
        let is_known = recorded
            .get(*suite)
            .is_some_and(|tests| tests.contains(*test));
        assert!(is_known, "real anvil does not pass {test} of {suite}");
        assert!(reason.len() > 20, "{test} has no reason");
    }
    let suites: BTreeSet<_> = SUITES.iter().map(|(suite, _)| *suite).collect();
    let recorded: BTreeSet<_> = recorded.keys().map(String::as_str).collect();
    assert_eq!(recorded, suites);
    crate::clients::part_of_the_page("suites", &format_tables());
}
