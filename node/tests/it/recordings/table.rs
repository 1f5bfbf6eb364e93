//! The table of differences from a Nitro node, `tests/recordings/differences.txt`, and what the comparisons find.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::path::Path;

use serde_json::Value;

use super::home;

/// Most rows of the table.
const MOST_ROWS: usize = 60;

/// Most characters of both values of a difference that are printed.
const SHOWN: usize = 300;

/// A row of the table: where answers differ, in which field, and why.
struct DifferenceRow {
    suite: String,
    /// Versions of ArbOS.
    arbos: Vec<String>,
    /// Methods of the RPC or of precompiles, or single requests.
    places: Vec<String>,
    field: String,
    reason: String,
}

impl DifferenceRow {
    /// Reads a line of the table; the second and the third cell are lists with semicolons.
    fn parse(line: &str) -> Self {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [suite, arbos, places, field, reason] = cells[..] else {
            panic!("expected five cells in: {line}");
        };
        let list = |cell: &str| cell.split(';').map(|part| part.trim().to_owned()).collect();
        Self {
            suite: suite.to_owned(),
            arbos: list(arbos),
            places: list(places),
            field: field.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The version of ArbOS and the place in the row that name a difference.
    fn parts_of(&self, found: &Difference) -> Option<[&str; 2]> {
        let arbos = self.arbos.iter().find(|arbos| **arbos == found.arbos)?;
        let place = self.places.iter().find(|place| found.is_at(place))?;
        (self.field == found.field).then_some([arbos, place])
    }
}

fn rows() -> Vec<DifferenceRow> {
    let text = std::fs::read_to_string(home().join("differences.txt")).expect("the table");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(DifferenceRow::parse).collect()
}

/// A part of an answer that differs from Nitro's.
struct Difference {
    arbos: String,
    /// The method of the RPC.
    method: String,
    /// The request as the recording names it.
    label: String,
    field: String,
    /// Nitro's value and this node's.
    values: String,
}

impl Difference {
    /// Returns true if a row with that place is about it: the method, the method of a precompile, or the request.
    fn is_at(&self, place: &str) -> bool {
        let called = self
            .label
            .split_once(')')
            .map(|(function, _)| format!("{function})"));
        let request = format!("{} {}", self.method, self.label);
        [self.method.as_str(), &self.label, &request].contains(&place)
            || called.is_some_and(|called| called == place)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: String = self.values.chars().take(SHOWN).collect();
        write!(
            f,
            "{} | {} {} | {} | {values}",
            self.arbos, self.method, self.label, self.field
        )
    }
}

/// A request whose answers are compared.
#[derive(Clone, Copy)]
pub(super) struct ComparedRequest<'a> {
    pub(super) method: &'a str,
    /// Its name in the recording.
    pub(super) label: &'a str,
}

/// The differences of one suite.
pub(super) struct Differences {
    suite: &'static str,
    pub(super) arbos: String,
    found: Vec<Difference>,
    /// Parts of answers that were compared.
    pub(super) asked: usize,
}

/// The differences of a suite beside the rows of the table.
pub(super) struct TableResult {
    /// How many differences have a row.
    pub(super) by_row: usize,
    /// The differences without one.
    pub(super) different: Vec<String>,
    /// Parts of rows without a difference.
    unused: Vec<String>,
}

impl Differences {
    pub(super) fn new(suite: &'static str) -> Self {
        Self {
            suite,
            arbos: String::new(),
            asked: 0,
            found: Vec::new(),
        }
    }

    /// Compares a field; true if both are equal.
    pub(super) fn compare(
        &mut self,
        request: ComparedRequest<'_>,
        field: &str,
        nitro: &Value,
        ours: &Value,
    ) -> bool {
        self.asked += 1;
        let is_equal = same(nitro, ours);
        if !is_equal {
            self.add(request, field, format!("{nitro} / {ours}"));
        }
        is_equal
    }

    /// Notes a difference.
    pub(super) fn add(&mut self, request: ComparedRequest<'_>, field: &str, values: String) {
        self.found.push(Difference {
            arbos: self.arbos.clone(),
            method: request.method.to_owned(),
            label: request.label.to_owned(),
            field: field.to_owned(),
            values,
        });
    }

    /// Looks up each difference in the table.
    pub(super) fn divide(&self) -> TableResult {
        let rows = rows();
        let rows: Vec<&DifferenceRow> = rows.iter().filter(|row| row.suite == self.suite).collect();
        let (mut used, mut different) = (BTreeSet::new(), Vec::new());
        for found in &self.found {
            let row = rows.iter().enumerate();
            let mut row = row.filter_map(|(at, row)| Some((at, row.parts_of(found)?)));
            match row.next() {
                Some((at, parts)) => used.extend(parts.map(|part| (at, part))),
                None => different.push(found.to_string()),
            }
        }
        let mut unused = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let parts = row.arbos.iter().chain(&row.places);
            let parts = parts.filter(|part| !used.contains(&(at, part.as_str())));
            unused.extend(parts.map(|part| format!("{part} in the row of {}", row.field)));
        }
        TableResult {
            by_row: self.found.len() - different.len(),
            different,
            unused,
        }
    }

    /// Fails on a difference without a row, and on a part of a row without a difference.
    pub(super) fn check(self) {
        let TableResult {
            different, unused, ..
        } = self.divide();
        assert!(
            different.is_empty() && unused.is_empty(),
            "differences from Nitro in {} that tests/recordings/differences.txt does not have (Nitro / this node):\n{}\n\
             rows without a difference:\n{}",
            self.suite,
            different.join("\n"),
            unused.join("\n")
        );
    }
}

/// Equal, but for the case of addresses.
pub(super) fn same(nitro: &Value, ours: &Value) -> bool {
    match (nitro, ours) {
        (Value::String(a), Value::String(b)) => {
            a == b || (a.starts_with("0x") && a.eq_ignore_ascii_case(b))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

#[test]
fn the_table_of_differences_is_short_and_has_reasons() {
    let rows = rows();
    assert!(rows.len() <= MOST_ROWS, "{} rows", rows.len());
    for row in &rows {
        let place = row.places.join("; ");
        assert!(row.reason.len() > 10, "{place} has no reason");
        let suites = ["transactions", "precompiles", "rpc", "answers", "l1cost"];
        assert!(suites.contains(&row.suite.as_str()), "{}", row.suite);
        assert!(!place.contains('*') && !row.field.contains('*'), "{place}");
    }
}

#[test]
fn the_page_on_differences_from_nitro_is_up_to_date() {
    let mut page = String::from(
        "# The local chain beside a Nitro node\n\n\
         A test sends to the local chain what was sent to a Nitro node, and compares the answers. There are 1,523 \
         transactions with receipts, logs and changed accounts, 1,394 calls, 963 of them of precompiles with \
         estimate and gas, 377 requests that are refused, and 1,300 requests whose whole answers are compared: traces, simulations, \
         estimates and access lists (`node/tests/recordings`). The test fails on a difference that is not in this table, and on a row without a difference. \
         `STYLUS_UPGRADES_UPDATE=1 cargo test --workspace --test it recordings` writes this page from \
         `node/tests/recordings/differences.txt`.\n\n\
         | what | ArbOS | where | part of the answer | why |\n|---|---|---|---|---|\n",
    );
    for row in rows() {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            row.suite,
            row.arbos.join(", "),
            row.places
                .iter()
                .map(|place| format!("`{place}`"))
                .collect::<Vec<_>>()
                .join(", "),
            row.field,
            row.reason
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evidence/nitro.md");
    if stylus_upgrades_test_support::update() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = "docs/evidence/nitro.md is stale: run with STYLUS_UPGRADES_UPDATE=1";
    assert!(found == page, "{stale}");
}
