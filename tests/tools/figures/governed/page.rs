//! The page with the table of gas.

use std::fmt::Write as _;

use stylus_upgrades::text::grouped;

use super::Row;

/// What `create-proxy` costs by kind, in a sentence for the page of kinds.
pub fn creation_sentence(rows: &[Row]) -> String {
    let cached = |name: &str| {
        let row = rows.iter().find(|row| row.name == name);
        grouped(row.unwrap_or_else(|| panic!("no flow {name}")).cached)
    };
    format!(
        "`create-proxy`, an initializer included, takes {} gas for `evm` and {} for `wasm`\n\
         ([measured](evidence/gas.md) with every program in the cache).\n",
        cached("createProxy, an EVM proxy"),
        cached("createProxy")
    )
}

/// The table: this project, then others.
pub fn governed_table(rows: &[Row]) -> String {
    let mut table =
        String::from("| flow | floor | cached | × floor | uncached |\n|---|---:|---:|---:|---:|\n");
    for row in rows.iter().filter(|row| row.own) {
        let (floor, cached) = (grouped(row.floor.total()), grouped(row.cached));
        let (times, uncached) = (times(row), grouped(row.uncached));
        let name = row.name;
        let _ = writeln!(
            table,
            "| {name} | {floor} | {cached} | {times} | {uncached} |"
        );
    }
    table.push_str(
        "\n| the same with others' contracts | floor | gas | × floor |\n|---|---:|---:|---:|\n",
    );
    for row in rows.iter().filter(|row| !row.own) {
        let (floor, gas) = (grouped(row.floor.total()), grouped(row.cached));
        let (name, times) = (row.name, times(row));
        let _ = writeln!(table, "| {name} | {floor} | {gas} | {times} |");
    }
    table.push_str("\n| above the floor, cached | how the code is cut | execution | frames |\n|---|---:|---:|---:|\n");
    for row in rows.iter().filter(|row| row.own) {
        let excluded = row.floor.excluded;
        let execution = row.cached.saturating_sub(row.floor.total() + excluded);
        let (excluded, execution) = (grouped(excluded), grouped(execution));
        let (name, frames) = (row.name, row.floor.frames);
        let _ = writeln!(table, "| {name} | {excluded} | {execution} | {frames} |");
    }
    table.push_str("\n| floor of | base, calldata | creation | stores | reads | accounts | logs |\n|---|---:|---:|---:|---:|---:|---:|\n");
    for row in rows {
        let floor = &row.floor;
        let parts = [
            floor.transaction,
            floor.creation,
            floor.stores,
            floor.reads,
            floor.accounts,
            floor.logs,
        ];
        let parts: Vec<_> = parts.into_iter().map(grouped).collect();
        let _ = writeln!(table, "| {} | {} |", row.name, parts.join(" | "));
    }
    table
}

/// With two digits after the point.
fn times(row: &Row) -> String {
    let percent = row.percent();
    format!("{}.{:02}", percent / 100, percent % 100)
}
