//! `docs/design.md` shows the registry's parts as the table of the interface has them.

use std::fmt::Write;

use stylus_upgrades_harness::home;
use stylus_upgrades_interface::parts::{Answer, PARTS};

const BEGINNING: &str = "<!-- registry parts -->\n";
const END: &str = "<!-- end of registry parts -->\n";

/// The table in the form of the page.
fn table() -> String {
    let head = "| part | task | answers | executes, once governance approved it |\n";
    let mut table = format!("{head}|---|---|---|---|\n");
    for part in PARTS {
        let [answers, executes] = [part.answers, part.executes].map(names);
        let (package, task) = (part.package, part.task);
        writeln!(table, "| `{package}` | {task} | {answers} | {executes} |")
            .expect("a text takes everything");
    }
    table
}

/// Their names.
fn names(answers: &[Answer]) -> String {
    let names = answers.iter().map(|answer| format!("`{}`", answer.name()));
    names.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_shows_the_parts_of_the_registry_as_the_table_has_them() {
    let path = home().join("docs/design.md");
    let page = std::fs::read_to_string(&path).expect("docs/design.md");
    let (before, rest) = page.split_once(BEGINNING).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where the table ends");
    let written = [before, BEGINNING, &table(), END, after].concat();
    if stylus_upgrades_test_support::update() {
        std::fs::write(&path, written).expect("docs/design.md is written");
        return;
    }
    assert!(
        page == written,
        "docs/design.md is stale: run with STYLUS_UPGRADES_UPDATE=1"
    );
}
