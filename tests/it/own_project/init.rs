//! `init` on a contract as stylus-sdk's users write it: it is shown, written, built and registered.

use super::Empty;
use std::fs;
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
stylus-sdk = { version = "=0.10.10", default-features = false }
"#;

const SOURCE: &str = r#"#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*};

sol_storage! {
    #[entrypoint]
    pub struct Tally {
        uint256 total;
        mapping(address => uint256) shares;
    }
}

#[public]
impl Tally {
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
    let init = ["init", "--framework-path", &clone];
    let (exit, shown) = empty.json_in("note", 0, &init);
    assert_eq!(
        (exit, &shown["written"]),
        (Some(2), &false.into()),
        "{shown:#}"
    );
    let difference = shown["difference"].as_str().expect("a difference");
    for line in [
        "+#[upgradeable]",
        "+    #[derive(StorageLayout)]",
        "+stylus-upgradeable = ",
    ] {
        assert!(difference.contains(line), "{line}: {difference}");
    }
    assert_eq!(
        fs::read_to_string(&source).expect("it"),
        SOURCE,
        "nothing is written unasked"
    );

    empty.done(&[&init[..], &["--yes"]].concat());
    let layout = empty.done(&["layout", "show", "."]);
    let labels: Vec<_> = layout["layout"]["storage"]
        .as_array()
        .expect("fields")
        .iter()
        .collect();
    assert_eq!((labels.len(), &labels[0]["label"]), (2, &"total".into()));
    let again = empty.done(&[&init[..], &["--yes"]].concat());
    assert_eq!(again["written"], false);

    let me = empty.node.addresses()[0].to_string();
    empty.done(&["registry", "deploy", "--save"]);
    empty.done(&["define", "Note", "--migrate", &me]);
    empty.done(&["register", "Note", "1.0", "."]);
    empty.done(&["create-proxy", "Note", "1.0", "--save", "tally"]);
    let abi = fs::read_to_string(empty.kept("1.0").join("abi.json")).expect("the interface");
    assert!(
        abi.contains("\"pay\"") && abi.contains("\"payable\""),
        "{abi}"
    );

    // What would have to be thought about is left to its author.
    let with = SOURCE.replace("    #[payable]", "    #[constructor]");
    fs::write(&source, with).expect("written");
    empty.refused("NotInitialised", &init);
}
