//! The table of differences from a Nitro node, `tests/recordings/differences.txt`, and what the comparisons find.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::home;

/// The label of a row that holds for what is in `tests/recordings/listed.txt`, and for nothing else.
const IN_THE_LIST: &str = "(listed)";

/// The beginning of that file.
const LISTED: &str = "# The requests of the rows `(listed)` of differences.txt: kind | request | Nitro's answer | this node's.\n\
    # A test writes this file with STYLUS_UPGRADES_UPDATE=1, and fails on any other request or answer.\n";

/// Rows of the table of differences.
const MOST_ROWS: usize = 88;

/// A row of the table: where the difference is, and why.
pub(super) struct Row {
    pub(super) suite: String,
    pub(super) arbos: String,
    pub(super) label: String,
    pub(super) field: String,
    pub(super) reason: String,
}

impl Row {
    /// Whether it is about that difference.
    fn holds_for(&self, arbos: &str, label: &str, field: &str) -> bool {
        fits(&self.arbos, arbos) && fits(&self.label, label) && fits(&self.field, field)
    }
}

pub(super) fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(home().join("differences.txt")).expect("the table");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [suite, arbos, label, field, reason] = cells[..] else {
                panic!("expected five cells in: {line}");
            };
            let [suite, arbos, label, field, reason] =
                [suite, arbos, label, field, reason].map(str::to_owned);
            Row {
                suite,
                arbos,
                label,
                field,
                reason,
            }
        })
        .collect()
}

/// Whether a pattern, in which `*` stands for any text, is the whole text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|left| {
            (0..=left.len())
                .filter(|at| left.is_char_boundary(*at))
                .any(|at| fits(rest, &left[at..]))
        }),
    }
}

/// The differences of one suite.
pub(super) struct Differences {
    pub(super) suite: &'static str,
    pub(super) arbos: String,
    pub(super) found: Vec<(String, String, String, String)>,
    /// Parts of answers that were compared.
    pub(super) asked: usize,
    /// Those of the kinds that many requests have.
    pub(super) listed: BTreeSet<String>,
}

impl Differences {
    pub(super) fn new(suite: &'static str) -> Self {
        Self {
            suite,
            arbos: String::new(),
            asked: 0,
            found: Vec::new(),
            listed: BTreeSet::new(),
        }
    }

    /// Compares a field; true if both are equal.
    pub(super) fn compare(
        &mut self,
        label: &str,
        field: &str,
        nitro: &Value,
        ours: &Value,
    ) -> bool {
        self.asked += 1;
        let is_equal = same(nitro, ours);
        if !is_equal {
            let values = format!("{nitro} / {ours}");
            let (arbos, label) = (self.arbos.clone(), label.to_owned());
            self.found.push((arbos, label, field.to_owned(), values));
        }
        is_equal
    }

    /// Notes a difference of a kind that many requests have: its row in the table holds only for those that
    /// `tests/recordings/listed.txt` has, with both answers.
    pub(super) fn listed(&mut self, label: &str, kind: &str, nitro: &Value, ours: &Value) {
        self.asked += 1;
        let line = format!("{kind} | {label} | {nitro} | {ours}");
        self.listed.insert(line);
    }

    /// Fails where the list of such differences is another one.
    fn check_listed(&self) {
        let path = home().join("listed.txt");
        let mut text = String::from(LISTED);
        for line in &self.listed {
            let _ = writeln!(text, "{line}");
        }
        if stylus_upgrades_test_support::update() {
            std::fs::write(&path, &text).expect("the list can be written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) =
            (found.lines().collect(), text.lines().collect());
        let (new, gone): (Vec<_>, Vec<_>) = (
            expected.difference(&found).collect(),
            found.difference(&expected).collect(),
        );
        assert!(
            new.is_empty() && gone.is_empty(),
            "differences that tests/recordings/listed.txt does not have: {new:#?}\nthat it has, and are none: {gone:#?}\n\
             read them; STYLUS_UPGRADES_UPDATE=1 writes the file"
        );
    }

    /// How many differences have a row, and those that have none.
    pub(super) fn divided(&self) -> (usize, Vec<String>) {
        let rows: Vec<Row> = rows()
            .into_iter()
            .filter(|row| row.suite == self.suite)
            .collect();
        let mut different = Vec::new();
        for (arbos, label, field, values) in &self.found {
            if !rows.iter().any(|row| row.holds_for(arbos, label, field)) {
                let values: String = values.chars().take(300).collect();
                different.push(format!("{label} | {field} | {values}"));
            }
        }
        let kinds: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row.label == IN_THE_LIST)
            .map(|row| row.field.as_str())
            .collect();
        let listed = self.listed.iter().filter(|line| {
            let kind = line.split(" | ").next().unwrap_or_default();
            !kinds.contains(kind)
        });
        different.extend(listed.map(|line| line.chars().take(300).collect()));
        let all = self.found.len() + self.listed.len();
        (all - different.len(), different)
    }

    /// Fails on what is not in the table, and on rows of this suite that nothing needs.
    pub(super) fn check(self) {
        if self.suite == "rpc" {
            self.check_listed();
        }
        let kinds = self
            .listed
            .iter()
            .filter_map(|line| line.split(" | ").next());
        let kinds: BTreeSet<&str> = kinds.collect();
        let rows: Vec<Row> = rows()
            .into_iter()
            .filter(|row| row.suite == self.suite)
            .collect();
        let mut needed = BTreeSet::new();
        let mut report = String::new();
        for (arbos, label, field, values) in &self.found {
            let known = rows
                .iter()
                .position(|row| row.holds_for(arbos, label, field));
            match known {
                Some(at) => drop(needed.insert(at)),
                None => {
                    let values: String = values.chars().take(300).collect();
                    let _ = writeln!(report, "{arbos} | {label} | {field} | {values}");
                }
            }
        }
        for kind in &kinds {
            let is_row = |row: &Row| row.label == IN_THE_LIST && row.field == *kind;
            match rows.iter().position(is_row) {
                Some(at) => drop(needed.insert(at)),
                None => drop(writeln!(report, "{IN_THE_LIST} | {kind}")),
            }
        }
        for (at, row) in rows.iter().enumerate() {
            if !needed.contains(&at) {
                let _ = writeln!(
                    report,
                    "a row without a difference: {} | {} | {}",
                    row.arbos, row.label, row.field
                );
            }
        }
        assert!(
            report.is_empty(),
            "differences from Nitro that tests/recordings/differences.txt does not have (Nitro / this node):\n{report}"
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
        assert!(row.reason.len() > 10, "{} has no reason", row.label);
        let suites = ["transactions", "precompiles", "rpc", "answers", "l1cost"];
        assert!(suites.contains(&row.suite.as_str()), "{}", row.suite);
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
            "| {} | {} | `{}` | {} | {} |",
            row.suite, row.arbos, row.label, row.field, row.reason
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
