//! Whose layout a contract carries that is made of components, which say of themselves that they are
//! top-level storage, as those of OpenZeppelin do.

use super::outsider::Author;
use crate::prelude::*;

/// A component under an entrypoint; `{component}` and `{entrypoint}` are what stands above them.
const CONTRACT: &str = r#"#![allow(unused, reason = "one head for contracts of other attributes")]
extern crate alloc;

use stylus_sdk::alloy_primitives::U256;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageU256;
use stylus_upgradeable::prelude::*;

#[storage]
#[derive(StorageLayout)]
pub struct Component {
    supply: StorageU256,
}

// SAFETY: it takes what the contract gives it.
unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Component {}

{component}
impl Component {
    pub fn supply(&self) -> U256 {
        self.supply.get()
    }
}

#[storage]
#[entrypoint]
{derive}
pub struct Note {
    value: StorageU256,
    component: Component,
}

{entrypoint}
impl Note {
    pub fn value(&self) -> U256 {
        self.value.get()
    }
}
"#;
const DERIVE: &str = "#[derive(StorageLayout)]";
const PUBLIC: &str = "#[public]";
const UPGRADEABLE: &str = "#[upgradeable]\n#[public]";

fn contract(author: &Author, name: &str, [component, derive, entrypoint]: [&str; 3]) -> String {
    let source = CONTRACT
        .replace("{component}", component)
        .replace("{derive}", derive)
        .replace("{entrypoint}", entrypoint);
    author.source(name, &source, "")
}

#[test]
fn a_contract_has_its_own_layout_and_never_that_of_a_component() {
    let author = Author::new();
    let own = contract(&author, "own", [PUBLIC, DERIVE, UPGRADEABLE]);
    let shown = author.project.done(&format!("layout show {own}"));
    let storage = shown["layout"]["storage"].as_array().expect("variables");
    let labels: Vec<&str> = storage.iter().map(|one| text(one, "label")).collect();
    assert_eq!(labels, ["value", "component"]);

    // The derive was forgotten.
    let forgotten = contract(&author, "forgotten", [PUBLIC, "", UPGRADEABLE]);
    let answer = author.project.run(&format!("layout show {forgotten}"));
    assert_ne!(answer.exit, Some(0), "{answer:?}");
    let message = "the storage layout of `Note` is not known";
    assert!(answer.stderr.contains(message), "{answer:?}");

    // Both were, and the component says that it is the contract.
    let decoy = contract(&author, "decoy", [UPGRADEABLE, "", PUBLIC]);
    let answer = author.project.run(&format!("layout show {decoy}"));
    answer.is_refused("LayoutOfAnother");
    let plain = contract(&author, "plain", [PUBLIC, "", PUBLIC]);
    let answer = author.project.run(&format!("layout show {plain}"));
    assert_eq!(answer.error("name"), "LayoutUnknown", "{answer:?}");
}

/// An entrypoint without a layout, and a struct of its name with one.
const DECOY: &str = r#"extern crate alloc;

use alloc::string::String;
use stylus_sdk::alloy_primitives::U256;
use stylus_sdk::prelude::entrypoint as ep;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageU256;

mod decoy {
    use super::*;
    use stylus_upgradeable::prelude::*;

    #[storage]
    #[derive(StorageLayout)]
    pub struct Note {
        value: StorageU256,
    }

    // SAFETY: none.
    unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Note {}

    #[upgradeable]
    #[public]
    impl Note {}
}

#[storage]
#[ep]
pub struct Note {
    other: StorageU256,
    value: StorageU256,
}

#[public]
impl Note {
    pub fn is_migrated(&self, _version: String) -> bool {
        true
    }
    pub fn value(&self) -> U256 {
        self.value.get()
    }
}
"#;

#[test]
fn a_struct_that_says_that_it_is_the_contract_is_named() {
    let author = Author::new();
    for (name, source) in [
        ("aliased", DECOY.to_owned()),
        (
            "namesake",
            DECOY
                .replace(" as ep", "")
                .replace("#[ep]", "#[entrypoint]"),
        ),
    ] {
        let decoy = author.source(name, &source, "");
        let shown = author.project.done(&format!("layout show {decoy}"));
        let unlisted = shown["layout"]["unlisted"].to_string();
        assert!(
            unlisted.contains("src/lib.rs: impl TopLevelStorage"),
            "{shown:#}"
        );
    }
}
