//! What a migration adds to a contract, in bytes on chain: the examples are built with it and without it, as a project
//! of an author's own.

use std::fs;
use std::path::Path;

use stylus_upgrades::text::grouped;
use stylus_upgrades_harness::{HarnessError, builder, home};

use crate::authors::{package, without_framework};

/// What the examples use beside our crate.
const SHARED: &str = "alloy-sol-types.workspace = true\nshared.workspace = true\n";

const WORKSPACE: &str = r#"[workspace]
members = ["contract"]
resolver = "3"

[workspace.dependencies]
alloy-sol-types = { version = "=1.7.3", default-features = false }
shared = { path = "{home}/contracts/shared" }
stylus-sdk = { version = "=0.10.10", default-features = false, features = ["mini-alloc"] }
stylus-upgradeable = { path = "{home}/migratable/upgradeable" }

[profile.release]
codegen-units = 1
lto = true
opt-level = "s"
panic = "abort"
strip = true
"#;

#[test]
#[ignore = "nightly: compiles four contracts, about 40 s"]
fn a_migration_adds_the_bytes_that_the_page_says() -> Result<(), HarnessError> {
    let path = home().join("docs/migrations.md");
    for example in ["counter_v2", "erc20_v2"] {
        let with = bytes(example, str::to_owned)?;
        let bare = bytes(example, without_migration)?;
        let name = example.replace('_', "-");
        let row = format!(
            "| `{name}` | {} | {} |",
            grouped(with),
            grouped(with - bare)
        );
        let page = fs::read_to_string(&path).expect("the page");
        let begins = |line: &&str| line.starts_with(&format!("| `{name}` |"));
        let told = page.lines().find(begins).expect("its row").to_owned();
        if stylus_upgrades_test_support::update() {
            fs::write(&path, page.replace(&told, &row)).expect("written");
        } else {
            assert_eq!(told, row, "stale: run with STYLUS_UPGRADES_UPDATE=1");
        }
    }
    Ok(())
}

/// Bytes on chain of an example, with its root as `changed` makes it.
fn bytes(example: &str, changed: fn(&str) -> String) -> Result<u64, HarnessError> {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = WORKSPACE.replace("{home}", &home().display().to_string());
    fs::write(folder.path().join("Cargo.toml"), workspace).expect("written");
    let lock = fs::read_to_string(home().join("Cargo.lock")).expect("our lock file");
    fs::write(folder.path().join("Cargo.lock"), without_framework(&lock)).expect("written");
    let contract = folder.path().join("contract");
    copy(example, &contract, changed);
    let built = builder()?.path(&contract)?;
    Ok(built.code.len() as u64)
}

/// A crate with the sources of an example. Its name is the same whatever is changed: it decides on the order of the
/// functions, and so on the size.
fn copy(example: &str, to: &Path, changed: fn(&str) -> String) {
    let from = home().join("contracts").join(example).join("src");
    fs::create_dir_all(to.join("src")).expect("made");
    let manifest = package(&example.replace('_', "-"), "");
    let exported = "export-abi = [";
    let manifest = manifest.replace(exported, &format!("{exported}\"shared/export-abi\", "));
    fs::write(to.join("Cargo.toml"), manifest + SHARED).expect("written");
    for file in fs::read_dir(from).expect("sources") {
        let file = file.expect("a source").path();
        let mut source = fs::read_to_string(&file).expect("text");
        if file.ends_with("lib.rs") {
            source = changed(&source);
        }
        if !file.ends_with("main.rs") {
            let name = file.file_name().expect("a name");
            fs::write(to.join("src").join(name), source).expect("written");
        }
    }
}

/// A source without the function that the attribute marks, and without its documentation.
fn without_migration(source: &str) -> String {
    const END: &str = "\n    }\n";
    let (before, marked) = source.split_once("    #[migration(").expect("a migration");
    let (_, after) = marked.split_once(END).expect("its end");
    let kept: Vec<&str> = before.lines().collect();
    let is_documentation = |line: &&&str| line.trim_start().starts_with("///");
    let documented = kept.iter().rev().take_while(is_documentation).count();
    let kept = &kept[..kept.len() - documented];
    format!("{}\n{after}", kept.join("\n"))
}
