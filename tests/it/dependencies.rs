//! Checks the lock files. The licences and sources of their packages are those that deny.toml allows,
//! and the number of packages in Cargo.lock is the one in `tests/snapshots/dependencies.json`. `cargo deny` itself runs in
//! `.ci/nightly`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use spdx::{Expression, LicenseReq, ParseMode};
use stylus_upgrades_harness::home;
use stylus_upgrades_tests::snapshot::{self, Figures};

/// What is read of deny.toml.
#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
    clarify: Vec<Clarification>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Clarification {
    #[serde(rename = "crate")]
    package: String,
    expression: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
    allow_git: Vec<String>,
}

/// What is read of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

impl Package {
    /// Whether `spec` of deny.toml (`name` or `name@version`) means this package.
    fn is(&self, spec: &str) -> bool {
        let (name, version) = spec.split_once('@').unwrap_or((spec, ""));
        let rest = self.version.strip_prefix(version);
        name == self.name
            && rest
                .is_some_and(|rest| version.is_empty() || rest.starts_with('.') || rest.is_empty())
    }
}

fn deny() -> Deny {
    let text = std::fs::read_to_string(home().join("deny.toml")).expect("deny.toml");
    toml::from_str(&text).expect("deny.toml is understood")
}

/// The output of cargo with `words`, from the lock file as it is. On a new machine cargo fetches the packages of other
/// systems first, which no build needs here.
fn cargo(words: &[&str]) -> String {
    cargo_in(&home(), words)
}

fn cargo_in(folder: &Path, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(words)
        .arg("--locked")
        .current_dir(folder)
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {}: {errors}",
        words.join(" ")
    );
    String::from_utf8(output.stdout).expect("text")
}

const METADATA: [&str; 4] = ["metadata", "--format-version", "1", "--all-features"];

fn packages() -> Vec<Package> {
    packages_of(&cargo(&METADATA))
}

fn packages_of(metadata: &str) -> Vec<Package> {
    let metadata: Metadata = serde_json::from_str(metadata).expect("cargo's metadata");
    metadata.packages
}

/// The packages of this workspace and of `tests/ethers`, which has a lock file of its own.
fn all_packages() -> Vec<Package> {
    let ethers = cargo_in(&home().join("tests/ethers"), &METADATA);
    [packages(), packages_of(&ethers)]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_package_in_the_lock_has_a_licence_that_is_allowed() {
    let Licenses {
        allow,
        exceptions,
        clarify,
    } = deny().licenses;
    let mut unused: BTreeSet<_> = exceptions.iter().map(|entry| &entry.package).collect();
    for package in all_packages() {
        let clarified = clarify.iter().find(|entry| package.is(&entry.package));
        let expression = clarified
            .map(|entry| &entry.expression)
            .or(package.license.as_ref());
        let named = format!("{} {}", package.name, package.version);
        let expression = expression.unwrap_or_else(|| panic!("{named} names no licence"));
        let parsed = Expression::parse_mode(expression, ParseMode::LAX)
            .unwrap_or_else(|error| panic!("{named}: {expression}: {error}"));
        let mine: Vec<_> = exceptions
            .iter()
            .filter(|entry| package.is(&entry.package))
            .collect();
        for entry in &mine {
            unused.remove(&entry.package);
        }
        let excepted = mine.iter().flat_map(|entry| &entry.allow);
        let allowed: BTreeSet<&str> = allow.iter().chain(excepted).map(String::as_str).collect();
        // `+` admits the version that is allowed.
        let allows = |license: &LicenseReq| {
            let name = license.to_string();
            allowed.contains(name.trim_end_matches('+'))
        };
        assert!(
            parsed.evaluate(allows),
            "{named} has the licence {expression}: look whether it may be allowed in deny.toml"
        );
    }
    assert!(
        unused.is_empty(),
        "exceptions in deny.toml that no package needs: {unused:?}"
    );
}

#[test]
fn every_package_in_the_lock_comes_from_a_source_that_is_allowed() {
    let Sources {
        allow_registry,
        allow_git,
    } = deny().sources;
    let registries = allow_registry.iter().map(|url| format!("registry+{url}"));
    let gits = allow_git.iter().map(|url| format!("git+{url}"));
    let allowed: Vec<_> = registries.chain(gits).collect();
    for package in all_packages() {
        // A package without a source is in this repository.
        let Some(source) = package.source else {
            continue;
        };
        assert!(
            allowed.contains(&source),
            "{} comes from {source}",
            package.name
        );
    }
}

#[test]
fn as_many_packages_are_locked_and_built_as_recorded() {
    let packages = packages();
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for package in &packages {
        *versions.entry(&package.name).or_default() += 1;
    }
    let figures = Figures::from([
        (
            "packages in Cargo.lock, count".to_owned(),
            packages.len() as u64,
        ),
        (
            "packages in Cargo.lock in more than one version, count".to_owned(),
            versions.values().filter(|count| **count > 1).count() as u64,
        ),
        (
            "packages that the command line is built from, count".to_owned(),
            built_from("stylus-upgrades", &[]),
        ),
        (
            "packages that the command line without TLS is built from, count".to_owned(),
            built_from("stylus-upgrades", &["--no-default-features"]),
        ),
        (
            "packages that the local chain is built from, count".to_owned(),
            built_from("stylus-upgrades-devnode", &[]),
        ),
    ]);
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
    // Paths, the linker and small changes move it a little.
    assert!(
        size.abs_diff(recorded) <= recorded / 20,
        "{size} bytes, more than a twentieth off the recorded {recorded}; if that is meant, accept \
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
    let mut words = vec![
        "tree",
        "-p",
        package,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--target",
        "x86_64-unknown-linux-gnu",
    ];
    words.extend(features);
    let tree = cargo(&words);
    let names: BTreeSet<_> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    names.len() as u64
}
