//! `docs/internals/design.md` shows the registry's parts as the table of the interface has them.

use std::fmt::Write;

use stylus_upgrades_harness::home;
use stylus_upgrades_interface::parts::{Answer, PARTS};
use stylus_upgrades_test_support::page::compare_part;

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
    compare_part(
        &home().join("docs/internals/design.md"),
        "registry parts",
        &table(),
    );
}
