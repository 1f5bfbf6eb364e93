//! Every guard has a test that fails without it. An ordinary run compares the list with the sources. `--ignored` disables
//! a few guards, different ones with every commit; the long run disables all.

use crate::prelude::*;
use stylus_upgrades_harness::home;
use stylus_upgrades_test_support::page::compare;
use stylus_upgrades_tests::tools::guards::{
    Record, Table, Test, chosen, commit, page, prove, refusals,
};

/// How many guards `--ignored` tries; each means that contracts are built again.
const SAMPLE: usize = 4;

fn table() -> Table {
    Table::read(&home()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_guard_stands_where_the_list_says_and_its_test_is_there() {
    let tests = crate::tools::tests();
    let table = table();
    assert!(table.guards.len() >= 60, "{} guards", table.guards.len());
    for guard in &table.guards {
        let source = std::fs::read_to_string(home().join(&guard.file)).expect(&guard.file);
        if let Err(error) = guard.disabled_in(&source) {
            panic!("{error}");
        }
        if let Test::It(name) = &guard.test {
            assert!(tests.contains(name.as_str()), "there is no test {name}");
        }
    }
    for unreachable in &table.unreachable {
        let source =
            std::fs::read_to_string(home().join(&unreachable.file)).expect(&unreachable.file);
        let found = source.matches(&unreachable.guard).count();
        assert_eq!(found, 1, "{} in {}", unreachable.name, unreachable.file);
    }
}

#[test]
fn every_refusal_of_the_contracts_is_listed_or_excused() {
    let table = table();
    let refusals = refusals(&home()).unwrap_or_else(|error| panic!("{error}"));
    assert!(refusals.len() >= 130, "{} refusals", refusals.len());
    let listed: Vec<(&str, &str)> = table
        .guards
        .iter()
        .map(|guard| (guard.file.as_str(), guard.guard.as_str()))
        .chain(
            table
                .unreachable
                .iter()
                .map(|unreachable| (unreachable.file.as_str(), unreachable.guard.as_str())),
        )
        .collect();
    let mut excuses: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for excuse in &table.excused {
        for text in &excuse.refusals {
            let twice = excuses.insert((&excuse.file, text), false);
            assert_eq!(twice, None, "{}: {text} is excused twice", excuse.file);
        }
    }
    let mut missing = Vec::new();
    for refusal in &refusals {
        let source = std::fs::read_to_string(home().join(&refusal.file)).expect(&refusal.file);
        let is_listed = listed.iter().any(|(file, text)| {
            *file == refusal.file
                && source.find(text).is_some_and(|at| {
                    at < refusal.condition.end && refusal.condition.start < at + text.len()
                })
        });
        let condition = one_line(&refusal.text);
        let excuse = excuses
            .iter_mut()
            .find(|((file, text), _)| *file == refusal.file && condition.contains(&one_line(text)));
        match excuse {
            _ if is_listed => {}
            Some((_, used)) => *used = true,
            None => missing.push(format!("{}:{}: {condition}", refusal.file, refusal.line)),
        }
    }
    assert!(
        missing.is_empty(),
        "{} refusals are neither in tests/tools/guards/guards.toml nor excused there:\n{}",
        missing.len(),
        missing.join("\n")
    );
    let unused: Vec<_> = excuses.iter().filter(|(_, used)| !**used).collect();
    assert!(
        unused.is_empty(),
        "excuses that no refusal needs: {unused:?}"
    );
}

/// The text without line breaks, and with single spaces.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_is_what_the_list_and_the_last_full_result_say() {
    let record = Record::read(&home()).unwrap_or_else(|error| panic!("{error}"));
    let written = page(&home(), &table(), &record);
    compare(&home().join("docs/evidence/guards.md"), &written);
}

#[test]
#[ignore = "nightly: compiles contracts without their guards, about 305 s"]
fn a_guard_that_is_gone_is_noticed() {
    let (home, table) = (home(), table());
    let all = stylus_upgrades_test_support::long();
    let guards = if all {
        table.guards.clone()
    } else {
        let seed = commit(&home, &table);
        println!("{SAMPLE} guards, chosen by {seed}");
        chosen(&table, SAMPLE, &seed)
    };
    let it = std::env::current_exe().expect("the running program");
    let report = prove(&home, &it, guards, &mut |row| println!("{row}"))
        .unwrap_or_else(|error| panic!("{error}"));
    let missing: Vec<_> = report.missing().map(|row| row.guard.name.clone()).collect();
    assert!(missing.is_empty(), "nobody notices: {}", missing.join("; "));
}
