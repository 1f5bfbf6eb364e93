//! Selects the guards that one run checks: a few, different ones with every commit, and the same
//! ones for the same commit.

use std::path::Path;
use std::process::Command;

use alloy::primitives::{hex, keccak256};

use super::table::{Guard, Table, Test};

/// The commit that is checked out; without git a hash of the list.
pub fn commit(home: &Path, table: &Table) -> String {
    let requested = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(home)
        .output();
    let found = requested.ok().filter(|output| output.status.success());
    found.map_or_else(
        || hex::encode(keccak256(&table.source)),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// `count` of the guards that the tests on a chain notice (the others need another build of the
/// crates of this machine), by the hash of each with the `seed`.
pub fn chosen(table: &Table, count: usize, seed: &str) -> Vec<Guard> {
    let mut guards = table.guards.clone();
    guards.retain(|guard| matches!(guard.test, Test::It(_)));
    guards.sort_by_cached_key(|guard| keccak256(format!("{seed}\n{}", guard.name)));
    guards.truncate(count);
    guards
}
