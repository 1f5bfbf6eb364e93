//! Writes `docs/evidence/guards.md` from the list and from the last full result.

use std::fmt::Write as _;
use std::path::Path;

use super::record::Record;
use super::table::{Guard, Table, Test, Unreachable};

/// The parts, with their titles.
const PARTS: [(&str, &str); 4] = [
    ("proxy", "Proxy: the proxies, and UpgradeabilityStorage"),
    ("registry", "Registry"),
    (
        "migratable",
        "Migratable: the mixin and its attributes, complex and lazy migrations, layouts",
    ),
    (
        "layout",
        "Layout: the rules by which two versions are compared",
    ),
];

/// The page for the checkout in `home`.
pub fn page(home: &Path, table: &Table, record: &Record) -> String {
    let is_noticed = |guard: &&Guard| record.noticed.contains_key(&guard.name);
    let noticed = table.guards.iter().filter(is_noticed).count();
    let mut page = format!(
        "# Guards\n\n\
         What proxy, registry and migratable refuse, and by which rules layouts are compared, each with the test that \
         fails without it. A test writes \
         this page from `tests/tools/guards/guards.toml` and fails if it is stale: \
         `STYLUS_UPGRADES_UPDATE=1 cargo test -p stylus-upgrades-tests --test it guards::the_page`.\n\n\
         A guard is proven so: it is disabled in a copy of the sources, the contracts are built from the copy, and its \
         test must fail by an assertion. With nothing disabled the test must pass. An ordinary run of `cargo test` \
         disables none: it compares this list with the sources. `cargo test --workspace --test it -- --ignored \
         guards::a_guard` tries four guards whose test needs a chain, chosen by the commit; the nightly run, with \
         `--include-ignored`, tries all.\n\n\
         `cargo run -p stylus-upgrades-tests --bin guards -- --all` tries every guard; `-- stranger` tries those \
         with that word in their name.\n\n\
         {} guards. Last full run, with single runs since: {} of {} noticed, {}, {}.\n",
        table.guards.len(),
        noticed,
        table.guards.len(),
        record.date,
        record.rustc,
    );
    for (part, title) in PARTS {
        let guards: Vec<_> = table
            .guards
            .iter()
            .filter(|guard| guard.part == part)
            .collect();
        let _ = write!(
            page,
            "\n## {title}\n\n{} guards.\n\n| guard | file | test | serves |\n|---|---|---|---|\n",
            guards.len()
        );
        for guard in guards {
            let _ = writeln!(page, "{}", row(home, guard));
        }
    }
    page.push_str(
        "\n## Guards without a test\n\nThese checks have no test, because no known call reaches them.\n\n\
         | guard | file | why nothing reaches it |\n|---|---|---|\n",
    );
    for Unreachable {
        name, file, why, ..
    } in &table.unreachable
    {
        let _ = writeln!(page, "| {name} | [`{file}`](../../{file}) | {why} |");
    }
    page
}

fn row(home: &Path, guard: &Guard) -> String {
    let Guard {
        name, file, serves, ..
    } = guard;
    let test = match &guard.test {
        Test::It(name) => match file_of(home, name) {
            Some(file) => format!("[`{name}`](../../{file})"),
            None => format!("`{name}`"),
        },
        Test::Cargo { package, name, .. } => format!("`{name}` of `{package}`"),
    };
    format!("| {name} | [`{file}`](../../{file}) | {test} | {serves} |")
}

/// The file of a test of the binary `it`: its modules are folders and a file.
fn file_of(home: &Path, name: &str) -> Option<String> {
    let (mut modules, _) = name.rsplit_once("::")?;
    loop {
        let path = modules.replace("::", "/");
        for file in [
            format!("tests/it/{path}.rs"),
            format!("tests/it/{path}/mod.rs"),
        ] {
            if home.join(&file).is_file() {
                return Some(file);
            }
        }
        (modules, _) = modules.rsplit_once("::")?;
    }
}
