//! The page with the table of gas.

use std::fmt::Write as _;

use super::Row;

const BEGINNING: &str = "<!-- table of gas -->\n";
const END: &str = "<!-- end of the table of gas -->\n";

/// The table: ours, then those of others.
pub fn governed_table(rows: &[Row]) -> String {
    let mut table =
        String::from("| flow | floor | cached | × floor | uncached |\n|---|---:|---:|---:|---:|\n");
    for row in rows.iter().filter(|row| row.ours) {
        let (floor, cached) = (number(row.floor.total()), number(row.cached));
        let (times, uncached) = (times(row), number(row.uncached));
        let name = row.name;
        let _ = writeln!(
            table,
            "| {name} | {floor} | {cached} | {times} | {uncached} |"
        );
    }
    table.push_str(
        "\n| the same with others' contracts | floor | gas | × floor |\n|---|---:|---:|---:|\n",
    );
    for row in rows.iter().filter(|row| !row.ours) {
        let (floor, gas) = (number(row.floor.total()), number(row.cached));
        let (name, times) = (row.name, times(row));
        let _ = writeln!(table, "| {name} | {floor} | {gas} | {times} |");
    }
    table.push_str("\n| above the floor, cached | how the code is cut | execution | frames |\n|---|---:|---:|---:|\n");
    for row in rows.iter().filter(|row| row.ours) {
        let excluded = row.floor.excluded;
        let execution = row.cached.saturating_sub(row.floor.total() + excluded);
        let (excluded, execution) = (number(excluded), number(execution));
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
        let parts: Vec<_> = parts.into_iter().map(number).collect();
        let _ = writeln!(table, "| {} | {} |", row.name, parts.join(" | "));
    }
    table
}

/// The page with its table anew; `None` where its marks are missing.
pub fn governed_page(page: &str, rows: &[Row]) -> Option<String> {
    let (before, rest) = page.split_once(BEGINNING)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGINNING, &governed_table(rows), END, after].concat())
}

/// With two digits behind the point.
fn times(row: &Row) -> String {
    let percent = row.percent();
    format!("{}.{:02}", percent / 100, percent % 100)
}

/// With commas between thousands.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
