//! What decides whether something is compiled again is its content, whatever the clock says.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use stylus_upgrades::build::{Artifact, BuildError, Builder};

use super::project::{Project, Report};

/// Builds the contract in the project's own target folder.
fn build(project: &Project) -> Artifact {
    try_build(project).expect("it builds")
}

fn try_build(project: &Project) -> Result<Artifact, BuildError> {
    let builder = Builder::at(&project.path("work"), Arc::new(Report::default()));
    builder?.contract("tiny")
}

/// Gives every file below `folder` the time of a clock that is ahead.
fn set_ahead(folder: &Path) {
    let ahead = SystemTime::now() + Duration::from_secs(365 * 24 * 3600);
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let kind = std::fs::symlink_metadata(&path).expect("it").file_type();
        if kind.is_dir() {
            set_ahead(&path);
        } else if kind.is_file() {
            let file = std::fs::File::options().append(true).open(&path);
            let file = file.expect("a file");
            file.set_modified(ahead).expect("a time");
        }
    }
}

#[test]
fn an_edit_is_compiled_in_a_folder_from_a_machine_whose_clock_is_ahead() {
    let project = Project::new();
    let mut last = build(&project);
    // The compiler reads the first one, only the build script the second one.
    for (name, text) in [
        ("work/contract/tests/value.txt", "text: 2"),
        ("work/contract/data/three", ""),
        ("library/src/lib.rs", LIBRARY),
    ] {
        set_ahead(&project.path("work/target/contracts"));
        project.write(name, text);
        let now = build(&project);
        assert_ne!(now.codehash(), last.codehash(), "{name}: stale code");
        last = now;
    }
}

/// The compiled library, and when it was written.
fn library(project: &Project) -> (PathBuf, SystemTime) {
    // it has a build script, so its outputs lie apart
    let apart = project.path("work/target/contracts/apart");
    let folders = std::fs::read_dir(apart).expect("a folder").flatten();
    let deps = folders.map(|one| one.path().join("wasm32-unknown-unknown/contract/deps"));
    let entries = deps.flat_map(|one| std::fs::read_dir(one).expect("a folder"));
    let times = entries.flatten().filter_map(|entry| {
        let path = entry.path();
        let time = path.metadata().ok()?.modified().ok()?;
        let is_it = path.to_str()?.contains("libtiny_library") && path.extension()? == "rlib";
        is_it.then_some((path, time))
    });
    times.max_by_key(|(_, time)| *time).expect("the library")
}

#[test]
fn an_edit_of_the_contract_compiles_no_library_that_does_not_read_it() {
    let project = Project::new();
    let before = build(&project);
    let compiled = library(&project);
    project.append("#[unsafe(no_mangle)] pub extern \"C\" fn more_code() -> u32 { 5 }");
    assert_ne!(build(&project).source_hash(), before.source_hash());
    assert_eq!(library(&project), compiled);
    project.write("library/src/lib.rs", LIBRARY);
    assert_ne!(build(&project).codehash(), before.codehash());
    assert_ne!(library(&project), compiled);
}

/// A library that is compiled from a file of the contract, which depends on it.
#[test]
fn an_edit_of_a_file_is_compiled_in_every_package_that_reads_it() {
    let project = Project::new();
    project.write("work/contract/src/file.rs", FILE);
    let manifest = project.read("library/Cargo.toml");
    for name in ["Cargo.toml", "src/lib.rs"] {
        project.write(
            &format!("work/library/{name}"),
            &project.read(&format!("library/{name}")),
        );
    }
    let root = project.read("work/Cargo.toml");
    project.write(
        "work/Cargo.toml",
        &root.replace("[\"contract\"]", "[\"contract\", \"library\"]"),
    );
    let contract = project.read("work/contract/Cargo.toml");
    project.write(
        "work/contract/Cargo.toml",
        &contract.replace("../../library", "../library"),
    );
    let path = "[lib]\npath = \"../contract/src/file.rs\"";
    project.write("work/library/Cargo.toml", &manifest.replace("[lib]", path));
    let before = build(&project);
    project.write("work/contract/src/file.rs", LIBRARY);
    assert_ne!(build(&project).codehash(), before.codehash(), "stale code");

    // It is compiled beside a contract with a slip, and then from another file that the contract needs.
    project.append("fn slip(");
    assert!(try_build(&project).is_err());
    let more = format!("{LIBRARY}pub const MORE: u32 = 6;\n");
    project.write("work/contract/src/file.rs", &more);
    project.append(
        "#[unsafe(no_mangle)] pub extern \"C\" fn more_code() -> u32 { tiny_library::MORE }",
    );
    build(&project);
}

const FILE: &str = "#![no_std]\npub const FILE: &str = file!();\n";
const LIBRARY: &str = "#![no_std]\npub const FILE: &str = concat!(file!(), \"2\");\n";
