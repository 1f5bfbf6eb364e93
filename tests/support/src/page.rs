//! Files and parts of pages that a test generates.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Pages have parts of several tests, which run beside each other.
static LOCK: Mutex<()> = Mutex::new(());

/// Compares a file with what a test generated, or writes it where snapshots are written.
///
/// # Panics
/// If they differ, or the file cannot be written.
pub fn compare(path: &Path, generated: &str) {
    if crate::update() {
        std::fs::write(path, generated)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == generated,
        "{} is stale: run with {}=1",
        path.display(),
        crate::UPDATE
    );
}

/// As [`compare`], of the part of a page between the comments `NAME` and `end of NAME`.
///
/// # Panics
/// As [`compare`], and if the page has no such part.
pub fn compare_part(path: &Path, name: &str, generated: &str) {
    let _lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let page =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let marks = [
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->\n"),
    ];
    let part = page
        .split_once(&marks[0])
        .and_then(|(before, rest)| Some((before, rest.split_once(&marks[1])?.1)));
    let (before, after) = part.unwrap_or_else(|| panic!("{}: no {name}", path.display()));
    let whole = [before, &marks[0], generated, &marks[1], after].concat();
    compare(path, &whole);
}
