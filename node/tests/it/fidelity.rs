//! The page on fidelity is written from the list of rules and their tests, `tests/fidelity.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use stylus_upgrades_test_support::{sources_below, tests_of};

const RULES: &str = include_str!("../fidelity.txt");

struct Row {
    section: &'static str,
    rule: &'static str,
    status: &'static str,
    tests: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let lines = RULES
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let cells: Vec<_> = line.split(" | ").collect();
            let [section, rule, status, tests] = cells[..] else {
                panic!("expected four cells in: {line}");
            };
            let tests = tests.split_whitespace().collect();
            Row {
                section,
                rule,
                status,
                tests,
            }
        })
        .collect()
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every test function with its file.
fn tests() -> BTreeMap<String, String> {
    let mut tests = BTreeMap::new();
    for folder in [
        "node/src",
        "node/tests",
        "node/vm",
        "node/chain",
        "tests/it",
    ] {
        for file in sources_below(&home().join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            let name = file.strip_prefix(home()).unwrap().display().to_string();
            let names = tests_of(&text).into_iter().map(str::to_owned);
            tests.extend(names.map(|test| (test, name.clone())));
        }
    }
    tests
}

/// Names and families of all measured vectors.
fn vectors() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for file in ["public.json", "random.json", "v3.json"] {
        let text = std::fs::read_to_string(home().join("tests/vectors").join(file)).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        for record in file["records"].as_array().unwrap() {
            known.extend(["name", "family"].map(|key| record[key].as_str().unwrap().to_owned()));
        }
    }
    known
}

/// Links to the tests of a row, which must exist.
fn links(row: &Row, tests: &BTreeMap<String, String>, vectors: &BTreeSet<String>) -> String {
    let mut links = Vec::new();
    for test in &row.tests {
        if let Some(prefix) = test.strip_prefix("vector:") {
            let known = vectors.iter().any(|name| name.starts_with(prefix));
            assert!(known, "no vector begins with {prefix}");
            links.push(format!("vectors `{prefix}`"));
            continue;
        }
        let file = tests
            .get(*test)
            .unwrap_or_else(|| panic!("no test is called {test}"));
        links.push(format!("[`{test}`](../../{file})"));
    }
    assert!(!links.is_empty(), "{} has no test", row.rule);
    links.join(", ")
}

fn page() -> String {
    let (tests, vectors) = (tests(), vectors());
    // Rows whose section is a version of ArbOS say what a chain must do to call itself so.
    let (versions, rows): (Vec<Row>, Vec<Row>) = rows()
        .into_iter()
        .partition(|row| row.section.starts_with("ArbOS "));
    let count = |status: &str| rows.iter().filter(|row| row.status == status).count();
    let mut page = String::from("# How true the local chain is\n\n");
    let (exact, near, absent) = (count("exact"), count("approximate"), count("absent"));
    assert_eq!(
        exact + near + absent,
        rows.len(),
        "exact, approximate or absent"
    );
    let _ = write!(
        page,
        "A test writes this page from `node/tests/fidelity.txt`. It fails if a named test or vector does not \
         exist, or if the page is stale: `STYLUS_UPGRADES_UPDATE=1 cargo test -p stylus-upgrades-devnode --test it fidelity`. \
         Vectors are the records in `tests/vectors`, measured on the original crates. All of \
         them must agree to the ink (`every_public_vector_agrees`, `every_vector_of_random_modules_agrees`, \
         `every_vector_of_stylus_version_3_agrees`).\n\n\
         {exact} rules are exact, {near} approximate, {absent} absent. An absent rule answers with an error \
         that says so. An approximate rule says how it differs.\n"
    );
    page.push_str(
        "\n[Method by method](anvil.md#calls) says where answers of the RPC differ from those of anvil, and why.\n",
    );
    page.push_str(
        "\nSections: 1 code and dispatch, 2 activation, 3 running a program, 4 ink prices, 5 gas of the EVM's \
         side, 6 parameters, expiry, caching and versions, 7 precompiles, 8 environment and genesis, 11 what \
         was measured on the original crates.\n",
    );
    for (title, status) in [
        ("Absent", "absent"),
        ("Approximate", "approximate"),
        ("Exact", "exact"),
    ] {
        let _ = write!(
            page,
            "\n## {title}\n\n| section | rule | tests |\n|---|---|---|\n"
        );
        for row in rows.iter().filter(|row| row.status == status) {
            let section = match row.section {
                "-" => String::new(),
                section => format!("§{section}"),
            };
            let links = links(row, &tests, &vectors);
            let _ = writeln!(page, "| {section} | {} | {links} |", row.rule);
        }
    }
    page.push_str(
        "\n## What a chain must do to call itself ArbOS 59, 60 and 61\n\n\
         Each version demands what the ones before it do. 61 is the default and the version of the live chains; \
         51 becomes 61 in one step.\n\n\
         | version | what it demands | here | tests |\n|---|---|---|---|\n",
    );
    for row in &versions {
        let links = links(row, &tests, &vectors);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {links} |",
            row.section, row.rule, row.status
        );
    }
    page
}

#[test]
fn the_page_on_fidelity_is_up_to_date() {
    let path = home().join("docs/evidence/fidelity.md");
    let page = page();
    if stylus_upgrades_test_support::update() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = "docs/evidence/fidelity.md is stale: run with STYLUS_UPGRADES_UPDATE=1";
    assert!(found == page, "{stale}");
}
