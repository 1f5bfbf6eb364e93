//! Files that tests look for, and the tests in them.

use std::path::{Path, PathBuf};

/// Every file below a folder.
///
/// # Panics
/// If a folder cannot be read.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found
}

/// Every Rust source below a folder.
///
/// # Panics
/// If a folder cannot be read.
pub fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = files_below(folder);
    files.retain(|file| file.extension().is_some_and(|end| end == "rs"));
    files
}

/// Names of the functions after a test attribute in a Rust source.
pub fn tests_of(source: &str) -> Vec<&str> {
    let (mut found, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        let function = line.trim_start_matches("async ").strip_prefix("fn ");
        if line.starts_with("#[") {
            is_test |= line.contains("test]") || line.contains("test(");
        } else if let (true, Some(function)) = (is_test, function) {
            found.extend(function.split('(').next());
            is_test = false;
        } else if !line.starts_with("//") {
            is_test = false;
        }
    }
    found
}
