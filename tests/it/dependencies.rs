//! How many packages Cargo.lock has and the programs are built from, as `tests/snapshots/dependencies.json` records,
//! and what is not built into the program. `cargo deny` in `.ci/nightly` checks licenses and sources.

use crate::prelude::*;
use stylus_upgrades_harness::home;
use stylus_upgrades_tests::snapshot::{self, Figures};

/// The output of cargo with `words`. On a new machine cargo fetches the packages of other systems first, which no
/// build needs here.
fn cargo(words: &(impl Words + ?Sized)) -> String {
    crate::tools::cargo(&home(), &words.list())
}

#[test]
fn as_many_packages_are_locked_and_built_as_recorded() {
    let metadata = cargo("metadata --format-version 1 --all-features");
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        *versions.entry(text(package, "name")).or_default() += 1;
    }
    let several = versions.values().filter(|count| **count > 1).count();
    let figures = [
        ("packages in Cargo.lock, count", packages.len() as u64),
        (
            "packages in Cargo.lock in more than one version, count",
            several as u64,
        ),
        (
            "packages that the command line is built from, count",
            built_from("stylus-upgrades", &[]),
        ),
        (
            "packages that the command line without TLS is built from, count",
            built_from(
                "stylus-upgrades",
                &[
                    "--no-default-features",
                    "--features",
                    "console,laboratory,watch",
                ],
            ),
        ),
        (
            "packages that the core of the command line is built from, count",
            built_from(
                "stylus-upgrades",
                &["--no-default-features", "--features", "tls"],
            ),
        ),
        (
            "packages that the local chain is built from, count",
            built_from("stylus-upgrades-devnode", &[]),
        ),
    ];
    let figures = Figures::from(figures.map(|(what, count)| (what.to_owned(), count)));
    snapshot::check("dependencies", &BTreeMap::new(), &figures)
        .unwrap_or_else(|difference| panic!("{difference}"));
}

/// The test aid that must not be installed.
const KILL_POINTS: &str = "kill-points";
/// The figure of `tests/snapshots/program.json`.
const SIZE: &str = "the command line as the tests build it, bytes";

#[test]
fn the_command_line_is_as_large_as_recorded() {
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_cli")).expect("the program");
    let size = program.len();
    if stylus_upgrades_test_support::update() {
        let figures = Figures::from([(SIZE.to_owned(), size)]);
        snapshot::record("program", &BTreeMap::new(), &figures).expect("recorded");
        return;
    }
    let recorded = snapshot::recorded("program", SIZE).unwrap_or_else(|error| panic!("{error}"));
    // A build from nothing and one that continues an earlier one differ by a twentieth.
    assert!(
        size.abs_diff(recorded) <= recorded / 10,
        "{size} bytes, more than a tenth off the recorded {recorded}; if that is meant, accept \
         with STYLUS_UPGRADES_UPDATE=1"
    );
}

#[test]
fn what_is_installed_has_no_kill_points() {
    let features = |edges| {
        let target = ["--target", "x86_64-unknown-linux-gnu"];
        let words = ["tree", "--package", "stylus-upgrades", "--edges", edges];
        cargo(&[&words[..], &target[..]].concat())
    };
    assert!(features("normal,build,dev,features").contains(KILL_POINTS));
    assert!(!features("normal,build,features").contains(KILL_POINTS));
    assert!(has_kill_points(Path::new(env!("CARGO_BIN_EXE_cli"))));
}

#[test]
#[ignore = "nightly: compiles the command line as `cargo install` does, about 400 s"]
fn the_release_build_has_no_kill_points() {
    let folder = home().join("target/installed");
    let target = folder.to_str().expect("text").to_owned();
    let words = ["build", "--release", "--package", "stylus-upgrades"];
    cargo(&[&words[..], &["--target-dir", &target]].concat());
    assert!(!has_kill_points(&folder.join("release/stylus-upgrades")));
}

/// Whether the variable that arms kill points is named in a program.
fn has_kill_points(program: &Path) -> bool {
    let variable = stylus_upgrades::kill_point::VARIABLE.as_bytes();
    let program = std::fs::read(program).expect("the program");
    program
        .windows(variable.len())
        .any(|window| window == variable)
}

/// How many packages a build of `package` on Linux compiles.
fn built_from(package: &str, features: &[&str]) -> u64 {
    let listed = "--edges normal,build --prefix none --format {p}";
    let tree = format!("tree -p {package} {listed} --target x86_64-unknown-linux-gnu");
    let tree = cargo(&[&tree.list()[..], features].concat());
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.collect::<BTreeSet<_>>().len() as u64
}
