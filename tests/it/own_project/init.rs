//! `init` on a contract as stylus-sdk's users write it: it is shown, written, built and registered.

use super::Empty;
use std::fs;
use std::process::Command;
use stylus_upgrades_harness::home;

const MANIFEST: &str = r#"[package]
name = "tally"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["lib", "cdylib"]

[features]
default = ["mini-alloc"]
export-abi = ["stylus-sdk/export-abi"]
mini-alloc = ["stylus-sdk/mini-alloc"]
contract-client-gen = []

[dependencies]
alloy-primitives = { version = "1", default-features = false }
alloy-sol-types = { version = "1", default-features = false }
stylus-sdk = { version = "=0.10.10", default-features = false }
"#;

const SOURCE: &str = r#"#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, alloy_sol_types::sol, prelude::*};

sol! {
    #[derive(Debug)]
    error TooMuch(uint256 total);
}

#[derive(SolidityError, Debug)]
pub enum TallyError {
    TooMuch(TooMuch),
}

sol_storage! {
    #[entrypoint]
    pub struct Tally {
        uint256 total;
        mapping(address => uint256) shares;
    }
}

#[public]
impl Tally {
    pub fn begin(&mut self, total: U256) -> Result<(), TallyError> {
        if total > U256::from(1_000) {
            return Err(TooMuch { total }.into());
        }
        self.total.set(total);
        Ok(())
    }

    pub fn total(&self) -> U256 {
        self.total.get()
    }

    #[payable]
    pub fn pay(&mut self) {
        let (payer, value) = (self.vm().msg_sender(), self.vm().msg_value());
        let share = self.shares.get(payer) + value;
        self.shares.setter(payer).set(share);
        self.total.set(self.total.get() + value);
    }
}
"#;

/// A contract as `cargo stylus new` of 0.10.10 makes it: the files of its own package, and what it
/// adds to the manifest of `cargo new`; with our compiler.
fn cargo_stylus_new(empty: &Empty) {
    let tools = "stylus-tools";
    let cargo = |folder: &str, words: &[&str]| {
        let output = Command::new("cargo")
            .args(words)
            .current_dir(empty.path(folder))
            .env("CARGO_HOME", empty.path("cargo"))
            .env_remove("RUSTUP_TOOLCHAIN")
            .output()
            .expect("cargo");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {words:?}: {said}");
    };
    fs::create_dir(empty.path("cargo")).expect("made");
    // The package is downloaded, and none of what it depends on.
    cargo("", &["info", "--quiet", &format!("{tools}@0.10.10")]);
    let sources = empty.path("cargo/registry/src");
    let index = fs::read_dir(sources).expect("it").next().expect("one");
    let template = index.expect("a folder").path();
    let template = template.join(format!("{tools}-0.10.10/templates/contract"));
    cargo("", &["new", "--quiet", "--lib", "--vcs", "none", "note"]);
    for file in ["src/lib.rs", "src/main.rs", "Stylus.toml"] {
        let text = fs::read_to_string(template.join(file)).expect("the template");
        fs::write(empty.path("note").join(file), text.replace("$lib", "note")).expect("written");
    }
    // Its older compiler would have to be installed, only for `init` to name this project's in its place.
    let compiler = "rust-toolchain.toml";
    fs::copy(home().join(compiler), empty.path("note").join(compiler)).expect("our compiler");
    let path = empty.path("note/Cargo.toml");
    let manifest = fs::read_to_string(&path).expect("cargo's own");
    let manifest = manifest.replace("[dependencies]\n", "");
    fs::write(path, format!("{manifest}{STYLUS_MANIFEST}")).expect("written");
    let lock = home().join("Cargo.lock");
    fs::copy(lock, empty.path("note/Cargo.lock")).expect("our lock file");
}

/// What cargo-stylus adds.
const STYLUS_MANIFEST: &str = r#"
[dependencies]
alloy-primitives = "1"
alloy-sol-types = "1"
stylus-sdk = "0.10.10"

[lib]
crate-type = ["lib", "cdylib"]

[features]
default = ["mini-alloc"]
export-abi = ["stylus-sdk/export-abi"]
debug = ["stylus-sdk/debug"]
mini-alloc = ["stylus-sdk/mini-alloc"]
contract-client-gen = []

[profile.release]
codegen-units = 1
strip = true
lto = true
panic = "abort"
opt-level = 3
"#;

#[test]
#[ignore = "nightly: compiles a project of an author, about 13 s"]
fn what_cargo_stylus_makes_is_made_upgradeable_and_registered() {
    let empty = Empty::new();
    cargo_stylus_new(&empty);
    fs::write(empty.path("note/stylus-upgrades.toml"), "").expect("a manifest");
    let clone = home().display().to_string();
    let init = format!("init --framework-path {clone}");
    let shown = empty.done(&init);
    let files = shown["files"].as_array().expect("files");
    assert!(files.len() >= 2, "{shown:#}");
    empty.done(&format!("{init} --yes"));

    empty.registered();
    let created = empty.done("create-proxy Note 1.0 --save note");
    assert_eq!(created["executed"], true, "{created:#}");
    let layout = empty.done("layout show Note@1.0");
    assert_eq!(
        layout["layout"]["storage"][0]["label"], "number",
        "{layout:#}"
    );
}

#[test]
fn an_existing_contract_is_shown_changed_and_registered() {
    let empty = Empty::new();
    fs::create_dir_all(empty.path("note/src")).expect("made");
    let source = empty.path("note/src/lib.rs");
    fs::write(&source, SOURCE).expect("written");
    fs::write(empty.path("note/Cargo.toml"), MANIFEST).expect("written");
    let lock = home().join("Cargo.lock");
    fs::copy(lock, empty.path("note/Cargo.lock")).expect("our lock file");
    fs::write(empty.path("note/stylus-upgrades.toml"), "").expect("a manifest");

    let clone = home().display().to_string();
    let init = format!("init --framework-path {clone}");
    let shown = empty.done(&init);
    assert_eq!(shown["written"], false, "{shown:#}");
    let difference = shown["difference"].as_str().expect("a difference");
    for line in [
        "+#[upgradeable]",
        "+    #[derive(StorageLayout)]",
        "+stylus-upgradeable = ",
    ] {
        assert!(difference.contains(line), "{line}: {difference}");
    }
    let found = fs::read_to_string(&source).expect("it");
    assert_eq!(found, SOURCE, "nothing is written unasked");

    empty.done(&format!("{init} --yes"));
    empty.lock_stays();
    // What is left to the author is one attribute, and our variant in the enum of errors.
    let written = fs::read_to_string(&source).expect("it");
    let begin = "    pub fn begin(";
    let marked = written.replace(begin, &format!("    #[initializer(\"1.0\")]\n{begin}"));
    assert_ne!(written, marked);
    let errors = "pub enum TallyError {\n";
    let marked = marked.replace(
        errors,
        &format!("{errors}    Migratable(MigratableError),\n"),
    );
    fs::write(&source, marked).expect("written");
    let layout = empty.done("layout show .");
    let fields = layout["layout"]["storage"].as_array().expect("fields");
    assert_eq!((fields.len(), &fields[0]["label"]), (2, &"total".into()));
    let again = empty.done(&format!("{init} --yes"));
    assert_eq!(again["written"], false);

    empty.registered();
    let create = "create-proxy Note 1.0 --save tally";
    let over = format!("{create} --init begin(uint256) 1001");
    // Its own error is returned.
    empty.json_in("note", 0, &over).ends_with(1);
    empty.done(&format!("{create} --init begin(uint256) 7"));
    // Its manifest names no network, so the record lies under the chain's number.
    let abi = empty.path("note/stylus-upgrades-versions/412346/Note/1.0/layout.json");
    let abi = fs::read_to_string(abi).expect("the interface");
    assert!(abi.contains("function pay() payable"), "{abi}");

    // What would have to be thought about is left to its author.
    let with = SOURCE.replace("    #[payable]", "    #[constructor]");
    fs::write(&source, with).expect("written");
    empty.refused("NotInitialized", &init);
}
