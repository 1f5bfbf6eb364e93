//! The list of files that OpenZeppelin published, compared with their packages.

use crate::prelude::*;
use std::collections::BTreeSet;

use alloy::primitives::keccak256;
use stylus_upgrades_harness::home;

/// The packages, and the versions that the list has: those whose `Initializable` our readers know.
const PACKAGES: [&str; 2] = [
    "@openzeppelin/contracts",
    "@openzeppelin/contracts-upgradeable",
];
const FIRST: [u32; 3] = [4, 1, 0];
const LAST: [u32; 3] = [5, 7, 0];
const LIST: &str = "scripts/lifecycle/src/layout/published.txt";

#[test]
#[ignore = "nightly: it fetches 76 packages"]
fn the_published_files_are_those_of_the_packages() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = BTreeSet::new();
    for package in PACKAGES {
        let versions = npm(folder.path(), &["view", package, "versions", "--json"]);
        let versions: Vec<String> = serde_json::from_str(&versions).expect("versions");
        for version in versions.iter().filter(|version| is_listed(version)) {
            let packed = npm(
                folder.path(),
                &["pack", "--silent", &format!("{package}@{version}")],
            );
            let file = packed.lines().last().expect("a file's name");
            let unpacked = folder.path().join(version);
            std::fs::create_dir_all(&unpacked).expect("a folder");
            let status = Command::new("tar")
                .args(["xzf", file, "-C"])
                .arg(&unpacked)
                .current_dir(folder.path())
                .status();
            assert!(status.expect("tar runs").success(), "{package} {version}");
            hashes(&unpacked, &mut lines);
            std::fs::remove_dir_all(&unpacked).expect("removed");
        }
    }
    let list = home().join(LIST);
    let text: String = lines.into_iter().collect();
    if std::env::var_os("STYLUS_UPGRADES_UPDATE").is_some() {
        std::fs::write(&list, &text).expect("written");
    }
    let listed = std::fs::read_to_string(&list).expect("the list");
    assert!(listed == text, "{LIST} is not the list of the packages");
}

/// Whether a version is one that the list has.
fn is_listed(version: &str) -> bool {
    let parts = version.split('.').map(str::parse);
    let parts: Result<Vec<u32>, _> = parts.collect();
    parts.is_ok_and(|parts| (&FIRST[..]..=&LAST[..]).contains(&parts.as_slice()))
}

/// What npm prints.
fn npm(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("npm runs");
    assert!(output.status.success(), "npm {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Adds a line for each source below a folder.
fn hashes(folder: &Path, lines: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = entry.path();
        if path.is_dir() {
            if entry.file_name() != "mocks" {
                hashes(&path, lines);
            }
        } else if path.extension().is_some_and(|extension| extension == "sol") {
            let hash = keccak256(std::fs::read(&path).expect("a source"));
            lines.insert(format!("{}\n", hex::encode(&hash[..16])));
        }
    }
}
