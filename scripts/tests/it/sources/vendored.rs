//! A folder of packages in the place of a registry is part of the sources.

use super::project::{Project, build, build_anew, home};

const SETTINGS: &str =
    "[source.crates-io]\nreplace-with = \"folder\"\n[source.folder]\ndirectory = \"vendor\"\n";
const CHECKSUM: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A contract that depends on a package of a registry, which lies in a folder of its workspace, with
/// the checksum that the lock file has beside it, as `cargo vendor` leaves it.
fn with_vendored(value: &str) -> Project {
    let project = Project::new();
    project.write("work/.cargo/config.toml", SETTINGS);
    let read = |name: &str| std::fs::read_to_string(project.path(name)).expect("a file");
    let manifest = read("work/contract/Cargo.toml");
    project.write(
        "work/contract/Cargo.toml",
        &format!("{manifest}tiny-vendored = \"1\"\n"),
    );
    let lock = read("work/Cargo.lock").replace(
        " \"tiny-library\",\n",
        " \"tiny-library\",\n \"tiny-vendored\",\n",
    );
    project.write(
        "work/Cargo.lock",
        &format!(
            "{lock}\n[[package]]\nname = \"tiny-vendored\"\nversion = \"1.0.0\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
             checksum = \"{CHECKSUM}\"\n"
        ),
    );
    let folder = "work/vendor/tiny-vendored";
    project.write(
        &format!("{folder}/Cargo.toml"),
        "[package]\nname = \"tiny-vendored\"\nversion = \"1.0.0\"\nedition = \"2024\"\n",
    );
    project.write(
        &format!("{folder}/.cargo-checksum.json"),
        &format!("{{\"files\":{{}},\"package\":\"{CHECKSUM}\"}}"),
    );
    edit(&project, value);
    let contract = read("work/contract/src/lib.rs");
    project.write(
        "work/contract/src/lib.rs",
        &contract.replace("    file!(),", "    tiny_vendored::VALUE,"),
    );
    project
}

/// Puts another value into the package; its checksum is whatever it says it is.
fn edit(project: &Project, value: &str) {
    project.write(
        "work/vendor/tiny-vendored/src/lib.rs",
        &format!("#![no_std]\npub const VALUE: &str = {value:?};\n"),
    );
}

#[test]
fn an_edit_of_a_vendored_package_is_built_and_has_another_source_hash() {
    let project = with_vendored("honest");
    let honest = build(&project.contract()).expect("it builds");
    edit(&project, "evil");
    for (what, evil) in [
        ("from the cache", build(&project.contract())),
        ("anew", build_anew(&project.contract())),
    ] {
        let evil = evil.expect("it builds");
        assert_ne!(evil.source_hash(), honest.source_hash(), "{what}");
        assert_ne!(evil.codehash(), honest.codehash(), "{what}: stale code");
    }
    // In other sources it is what it is there, whatever was compiled under its name and checksum.
    let other = with_vendored("honest");
    assert_eq!(build_anew(&other.contract()).expect("it builds"), honest);
    // Nothing is left of what was compiled of the other packages.
    let folder = home().join("target/contracts/replaced");
    let left = std::fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(left, 1, "{}", folder.display());
}
