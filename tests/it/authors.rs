//! Tests the author's crate from outside the workspace. A contract in an empty folder has one line
//! of this framework in its Cargo.toml. Plain cargo checks it; then it is built, deployed, and upgraded by a
//! complex migration. The line names the crate by path, by git and as a package.

use crate::prelude::*;
use std::borrow::BorrowMut;
use std::fs;

use alloy::sol;
use stylus_upgrades::build::Builder;
use stylus_upgrades::error::Explain as _;
use stylus_upgrades_harness::home;
use stylus_upgrades_interface::complex::IComplexMigration::endMigrationCall;
use stylus_upgrades_tests::examples::example;

sol! {
    function initialize(uint256 value);
    function value() view returns (uint256);
}

#[tokio::test]
async fn one_line_by_path_is_all_that_an_author_needs() -> Result<(), HarnessError> {
    let author = Author::new(&format!(
        "path = {:?}",
        home().join("migratable/upgradeable")
    ));
    author.upgrades().await
}

#[test]
#[ignore = "nightly: compiles crates of an author, about 396 s"]
fn cargo_alone_checks_a_complex_migration_and_what_it_builds_is_refused() {
    let author = Author::new(&format!(
        "path = {:?}",
        home().join("migratable/upgradeable")
    ));
    let target = home().join("target/authors");
    let wasm = ["--target", "wasm32-unknown-unknown"];
    for arguments in [["check"].as_slice(), &["build", wasm[0], wasm[1]]] {
        let mut cargo = author.cargo(arguments);
        cargo.args(["--offline", "--quiet", "--package", "rescale"]);
        run(cargo.arg("--target-dir").arg(&target));
    }
    let builder = Builder::new(std::sync::Arc::new(Lines));
    let unlinked = target.join("wasm32-unknown-unknown/debug/rescale.wasm");
    let refusal = builder.path(&unlinked).expect_err("a placeholder is in it");
    assert_eq!(refusal.name(), "Placeholder", "{refusal}");
    assert!(
        refusal.to_string().contains("STYLUS_UPGRADES_STORAGE"),
        "{refusal}"
    );
}

/// An author's workspace: two versions and the complex migration between them.
pub(super) struct Author(tempfile::TempDir);

impl Author {
    /// `origin` tells cargo where our one crate is.
    pub(super) fn new(origin: &str) -> Self {
        let author = Self(tempfile::tempdir().expect("a folder"));
        author.write("Cargo.toml", &WORKSPACE.replace("{origin}", origin));
        for (name, source) in [("v1", V1), ("v2", V2), ("rescale", RESCALE)] {
            author.write(&format!("{name}/src/lib.rs"), source);
            let feature = match name {
                "rescale" => ", features = [\"complex\"]",
                _ => "",
            };
            author.write(&format!("{name}/Cargo.toml"), &package(name, feature));
        }
        // Every other dependency has the version that our own contracts have.
        let lock = fs::read_to_string(home().join("Cargo.lock")).expect("our lock file");
        author.write("Cargo.lock", &without_framework(&lock));
        author
    }

    async fn upgrades(&self) -> Result<(), HarnessError> {
        let harness = Harness::start().await?;
        let value = U256::from(7);
        let folders = ["v1", "v2"].map(|name| self.0.path().join(name));
        let it = example(&harness, "Note", folders, &initializeCall { value }).await?;
        it.add_complex(self.0.path().join("rescale")).await?;
        let (note, handler) = (it.instance, harness.account(5));
        note.upgrade("2.0").await?;
        let next = calls::migrate_next(1_000_000);
        note.by(handler).send(&next).await?;
        note.by(handler).send(&endMigrationCall {}).await?;
        assert_eq!(note.read(&valueCall {}).await?, U256::from(70));
        Ok(())
    }

    /// Cargo in the author's folder, with the compiler that our contracts are built with.
    fn cargo(&self, arguments: &[&str]) -> Command {
        let toolchain = fs::read_to_string(home().join("rust-toolchain.toml"));
        self.write("rust-toolchain.toml", &toolchain.expect("our toolchain"));
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(&self.0);
        cargo.env_remove("RUSTUP_TOOLCHAIN");
        cargo
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

/// A lock file without the packages of this workspace.
pub(crate) fn without_framework(lock: &str) -> String {
    let entries = lock.split("\n[[package]]\n");
    let kept =
        entries.filter(|entry| entry.contains("\nsource = ") || !entry.starts_with("name = "));
    kept.collect::<Vec<_>>().join("\n[[package]]\n")
}

#[track_caller]
fn run(mut command: impl BorrowMut<Command>) {
    let command = command.borrow_mut();
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

const WORKSPACE: &str = r#"[workspace]
members = ["v1", "v2", "rescale"]
resolver = "3"

[workspace.dependencies]
stylus-sdk = { version = "=0.10.10", default-features = false, features = ["mini-alloc"] }
stylus-upgradeable = { {origin} }
"#;

/// The manifest of an author's contract, with a feature of our crate: `, features = ["…"]`.
pub(crate) fn package(name: &str, feature: &str) -> String {
    PACKAGE
        .replace("{name}", name)
        .replace("{feature}", feature)
}

const PACKAGE: &str = r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["lib", "cdylib"]

[features]
export-abi = ["stylus-sdk/export-abi", "stylus-upgradeable/export-abi"]
contract-client-gen = []

[dependencies]
stylus-sdk.workspace = true
stylus-upgradeable = { workspace = true{feature} }
"#;

const V1: &str = r#"extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};
use stylus_upgradeable::prelude::*;

#[derive(SolidityError, Debug)]
pub enum NoteError {
    Migratable(MigratableError),
}

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Note {
    value: StorageU256,
}

#[upgradeable]
#[public]
impl Note {
    #[initializer("1.0", nonzero(value))]
    pub fn initialize(&mut self, value: U256) -> Result<(), NoteError> {
        self.value.set(value);
        Ok(())
    }

    pub fn value(&self) -> U256 {
        self.value.get()
    }
}
"#;

const V2: &str = r#"extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};
use stylus_upgradeable::prelude::*;

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Note {
    value: StorageU256,
}

#[upgradeable]
#[public]
impl Note {
    pub fn value(&self) -> U256 {
        self.value.get()
    }
}
"#;

const RESCALE: &str = r#"extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};
use stylus_upgradeable::{complex::Outcome, prelude::*};

#[storage]
#[entrypoint]
pub struct Rescale {
    value: StorageU256,
}

impl ComplexMigration for Rescale {
    const FROM: &'static str = "1.0";
    const TO: &'static str = "2.0";
    const ITEM_GAS: u64 = 50_000;

    fn start(&mut self) -> Outcome<u64> {
        Ok(1)
    }

    fn next(&mut self, _: u64) -> Outcome<()> {
        let value = self.value.get();
        self.value.set(value * U256::from(10));
        Ok(())
    }
}

complex_program!(Rescale);
"#;
