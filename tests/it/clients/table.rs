//! The table of clients in docs/evidence/anvil.md: their versions are those of the lock files, their counts those
//! of tests/snapshots/clients.json, where each suite has the names of its checks.

use crate::prelude::*;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stylus_upgrades_harness::{Report, home};
use stylus_upgrades_test_support::sources_below;

/// The names of all checks, by suite.
type Checks = BTreeMap<String, BTreeSet<String>>;

const ROWS: &str = "tests/clients/table.txt";
const CHECKS: &str = "tests/snapshots/clients.json";

/// Asserts that all checks of a suite passed, and that it has those that are recorded, no less.
#[track_caller]
pub(super) fn assert_passed(suite: &str, report: &Report) {
    let found = report.checks();
    let _lock = lock();
    let mut recorded = recorded();
    if stylus_upgrades_test_support::update() {
        recorded.insert(suite.to_owned(), found);
        let text = serde_json::to_string_pretty(&recorded).expect("names");
        std::fs::write(home().join(CHECKS), text + "\n").expect("written");
        // Not before each suite has run once.
        if let Some(table) = table(&recorded) {
            super::part_of_the_page("clients", &table);
        }
        return;
    }
    let expected = recorded.get(suite).cloned().unwrap_or_default();
    assert_eq!(
        found, expected,
        "{suite}: accept other checks with STYLUS_UPGRADES_UPDATE=1"
    );
}

static LOCK: Mutex<()> = Mutex::new(());

/// Suites that end at the same time write one after the other.
fn lock() -> MutexGuard<'static, ()> {
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn recorded() -> Checks {
    let text = std::fs::read_to_string(home().join(CHECKS)).expect(CHECKS);
    serde_json::from_str(&text).expect("names by suite")
}

/// A line of the file, in cells.
fn rows(text: &str) -> impl Iterator<Item = [&str; 4]> {
    let lines = text.lines();
    let lines = lines.filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| {
        let cells: Vec<_> = line.split(" | ").collect();
        cells.try_into().expect("four cells")
    })
}

/// Nothing where a suite has no recorded checks.
fn table(recorded: &Checks) -> Option<String> {
    let text = std::fs::read_to_string(home().join(ROWS)).expect(ROWS);
    let mut table = String::from("| client | what of it | test |\n|---|---|---|\n");
    let (mut suites, mut all) = (BTreeSet::new(), 0);
    for [suite, client, what, test] in rows(&text) {
        let mut what = what.to_owned();
        if suite != "-" {
            let checks = recorded.get(suite).filter(|checks| !checks.is_empty());
            let count = checks?.len();
            what = what.replace("{count}", &format!("{count} of {count}"));
            suites.insert(suite);
            all += count;
        }
        writeln!(table, "| {} | {what} | `{test}` |", versions(client)).expect("a text");
    }
    let unknown: Vec<_> = recorded.keys().map(String::as_str).collect();
    assert!(
        unknown.iter().all(|suite| suites.contains(suite)),
        "a suite of {unknown:?} has no row in {ROWS}"
    );
    writeln!(table, "\n{} suites have {all} checks.", suites.len()).expect("a text");
    Some(table)
}

/// `{folder:package}` as the version in the lock file of that folder of `tests`.
fn versions(text: &str) -> String {
    let mut parts = text.split('{');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').expect("a closing brace");
        let (folder, package) = name.split_once(':').expect("folder:package");
        whole.push_str(&version(&home().join("tests").join(folder), package));
        whole.push_str(rest);
    }
    whole
}

fn version(folder: &Path, package: &str) -> String {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let found = match read("package-lock.json") {
        Some(lock) => {
            let lock: Value = serde_json::from_str(&lock).expect("a lock file");
            let entry = &lock["packages"][format!("node_modules/{package}")];
            entry["version"].as_str().map(str::to_owned)
        }
        None => {
            let lines = read("requirements.txt").expect("a lock file");
            let begin = format!("{package}==");
            let mut found = lines.lines().filter_map(|line| line.strip_prefix(&begin));
            let version = found.next().and_then(|rest| rest.split_whitespace().next());
            version.map(str::to_owned)
        }
    };
    found.unwrap_or_else(|| panic!("{} pins no {package}", folder.display()))
}

#[test]
fn the_table_of_clients_has_the_counts_of_their_suites() {
    let _lock = lock();
    let table = table(&recorded()).expect("each suite has checks in the snapshot");
    super::part_of_the_page("clients", &table);
}

#[test]
fn every_test_in_the_table_of_clients_exists() {
    let folders = ["tests/it", "node/tests"].map(|folder| home().join(folder));
    let sources = folders.iter().flat_map(|folder| sources_below(folder));
    let text: String = sources
        .map(|file| std::fs::read_to_string(file).expect("a source"))
        .collect();
    let rows_text = std::fs::read_to_string(home().join(ROWS)).expect(ROWS);
    for [_, client, _, test] in rows(&rows_text) {
        assert!(text.contains(&format!("fn {test}(")), "{client}: {test}");
    }
}
