//! The sentences of the program, as snapshots have them: without what differs from run to run, from machine to machine,
//! or with each change of a contract's code.

use regex::{Captures, Regex};
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// A pattern and what replaces it, in order.
static FILTERS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let filters = [
        // A folder of `tempfile`, wherever the system has its own.
        (r#"[^\s'"`(=:]*/\.tmp[A-Za-z0-9]{6}"#, "[folder]"),
        (r"\b(127\.0\.0\.1|localhost):\d+", "$1:[port]"),
        (
            r"\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( UTC|Z)?",
            "[time]",
        ),
        (r"\b20\d\d-\d\d-\d\d\b", "[date]"),
        (r"\b(blocks?) [\d,]+( to [\d,]+)?", "$1 [number]"),
        // A column of figures is as wide as its longest.
        (r" {2,}(\d[\d,.]* (?:L1\+L2 )?gas)\b", "  $1"),
        (r"\b\d[\d,.]* ((?:L1\+L2 )?gas)\b", "[number] $1"),
        // The amounts of gas that a trial was repeated with.
        (r"\b\d+ amounts\b", "[number] amounts"),
        (r"\b\d+ (more days|days left)\b", "[number] $1"),
        (r"\b\d[\d,.]* (ETH|gwei)\b", "[amount] $1"),
        (r"\b\d[\d,]{5,} wei\b", "[amount] wei"),
        (r"\b\d[\d,.]* (KB|MB|KiB|MiB|bytes)\b", "[size] $1"),
        (r"\b\d+(\.\d+)? ?(ms|s)\b", "[duration]"),
        (
            r"\b(solc|rustc|node|npm|cargo) v?\d+\.\d+\.\d+[\w.+-]*",
            "$1 [version]",
        ),
        (r"\b(\d{1,3}(,\d{3})+|\d{7,})\b", "[number]"),
        (r"\bos error \d+\b", "os error [number]"),
        (r"\b0x[0-9a-f]{4}…[0-9a-f]{4}\b", "[hex]"),
    ];
    let filter = |(pattern, replacement)| (Regex::new(pattern).expect("a pattern"), replacement);
    filters.map(filter).into()
});

/// Hexadecimal digits that stand for a number of their own: an address, a hash, an id, calldata.
static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:0x[0-9a-fA-F]{8,}|[0-9a-f]{32,})\b").expect("a pattern"));

/// A text of the program as a snapshot has it. Addresses, hashes, folders, ports, gas, amounts, blocks, times and
/// versions of tools are words in brackets.
///
/// # Panics
/// If this crate does not lie in a workspace.
pub fn masked(text: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let workspace = workspace.expect("a workspace").display().to_string();
    let mut text = text.replace(&workspace, "[repository]");
    for (pattern, replacement) in FILTERS.iter() {
        text = pattern.replace_all(&text, *replacement).into_owned();
    }
    let text = DIGITS.replace_all(&text, |found: &Captures<'_>| masked_digits(&found[0]));
    text.trim_end().to_owned()
}

fn masked_digits(digits: &str) -> String {
    let plain = digits.trim_start_matches("0x");
    // A small number in a word, which the test has chosen.
    let is_small = plain.len() == 64 && plain.starts_with(&"0".repeat(48));
    let kind = match plain.len() {
        _ if is_small => return digits.to_owned(),
        40 => "[address]",
        64 => "[hash]",
        _ => "[hex]",
    };
    kind.to_owned()
}

/// The sentences of the error in a command's document: a line for each of its fields.
pub fn refusal(document: &Value) -> String {
    let field = |name: &str| {
        let text = document["error"][name].as_str()?;
        Some(format!("{name}: {text}"))
    };
    let fields = ["message", "expected", "found", "next"];
    let lines: Vec<String> = fields.into_iter().filter_map(field).collect();
    masked(&lines.join("\n"))
}

/// The notes and warnings on a command's stderr: what is neither progress nor the error that ends it.
pub fn notes(stderr: &str) -> String {
    let lines = stderr.lines().take_while(|line| !line.starts_with("error"));
    let notes: Vec<&str> = lines.filter(|line| !is_progress(line)).collect();
    masked(&notes.join("\n"))
}

/// Returns true for a line about work that takes its time: how much of it is told depends on the machine and its caches.
fn is_progress(line: &str) -> bool {
    [" …", "bytes of WASM", "waiting for another build"]
        .iter()
        .any(|part| line.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_a_word_in_brackets() {
        for (text, expected) in [
            (
                "at 0x00000000000000000000000000000000000000aA",
                "at [address]",
            ),
            (
                "wrote '/tmp/.tmpA1b2C3/call.json'",
                "wrote '[folder]/call.json'",
            ),
            (
                "http://127.0.0.1:8547 answers",
                "http://127.0.0.1:[port] answers",
            ),
            (
                "costs 1,234,567 gas, 0.0012 ETH",
                "costs [number] gas, [amount] ETH",
            ),
            ("open until 2026-11-30 18:25 UTC", "open until [time]"),
            (
                "read at block 17 in 3.2 s",
                "read at block [number] in [duration]",
            ),
            ("revoke 0x12345678", "revoke [hex]"),
            ("A 2.0 after 2 days, 0x07", "A 2.0 after 2 days, 0x07"),
        ] {
            assert_eq!(masked(text), expected);
        }
        let small = format!("0x{:064x}", 7);
        assert_eq!(masked(&small), small);
    }

    #[test]
    fn notes_are_without_progress_and_without_the_error() {
        let stderr = "building counter …\nwarning: it would fail\nerror[Usage]: no\n  next  read";
        assert_eq!(notes(stderr), "warning: it would fail");
    }
}
