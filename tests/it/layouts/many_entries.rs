//! Names of ten thousand entries that a complex migration converts.

use super::outsider::Author;
use crate::prelude::*;
use std::collections::BTreeSet;

/// The number of accounts, and of titles; each has an entry in a mapping.
const ITEMS: u64 = 5_000;
/// The number of items that one transaction adds.
const STEP: u64 = 250;

#[test]
#[ignore = "nightly: fills two mappings and tries a migration of all their entries, about 25 s"]
fn ten_thousand_entries_of_a_complex_migration_are_named_by_their_keys() {
    let author = Author::new();
    author.project.done(&format!(
        "register Note 1.0 {}",
        author.source("first", &contract(""), "")
    ));
    author
        .project
        .done("create-proxy Note 1.0 --save note --init initialize()");
    for start in (0..ITEMS).step_by(STEP as usize) {
        let fill = format!("send note fill(uint256,uint256) {start} {STEP}");
        author.project.done(&fill);
    }
    let second = author.source("second", &contract("scale: StorageU256,"), "");
    let program = author.source("scale", PROGRAM, "");
    let handler = Address::repeat_byte(0xaa);
    let plan = format!("plan Note 2.0 {second} --complex {program} --handler {handler}");
    let planned = author.project.done(&plan);

    let instance = &planned["instances"][0];
    assert_eq!(instance["is_cut"], Value::Null, "{}", instance["is_cut"]);
    assert_eq!(instance["unexplained"], Value::Null);
    let changes = instance["changes"].as_array().expect("changes");
    let names: BTreeSet<&str> = changes
        .iter()
        .map(|change| change["name"].as_str().expect("a name"))
        .collect();
    for item in 0..ITEMS {
        let account = Address::from_word(B256::from(U256::from(item + 1)));
        for name in [
            format!("points[{account}]"),
            format!("titles[\"the title with the number {item}\"]"),
        ] {
            assert!(names.contains(name.as_str()), "no {name} in {names:#?}");
        }
    }
}

fn contract(field: &str) -> String {
    CONTRACT.replace("{field}", field)
}

const CONTRACT: &str = r#"extern crate alloc;

use alloc::format;
use stylus_sdk::alloy_primitives::{Address, B256, U256};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageString, StorageU256};
use stylus_upgradeable::prelude::*;

#[derive(SolidityError, Debug)]
pub enum NoteError {
    Migratable(MigratableError),
}

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Note {
    points: StorageMap<Address, StorageU256>,
    titles: StorageMap<alloc::string::String, StorageU256>,
    {field}
}

#[upgradeable]
#[public]
impl Note {
    #[initializer("1.0")]
    pub fn initialize(&mut self) -> Result<(), NoteError> {
        Ok(())
    }

    pub fn fill(&mut self, start: U256, count: U256) {
        let start = start.to::<u64>();
        for item in start..start + count.to::<u64>() {
            let account = Address::from_word(B256::from(U256::from(item + 1)));
            self.points.setter(account).set(U256::from(item + 1));
            let title = format!("the title with the number {item}");
            self.titles.setter(title).set(U256::from(item + 1));
        }
    }
}
"#;

const PROGRAM: &str = r#"extern crate alloc;

use alloc::format;
use stylus_sdk::alloy_primitives::{Address, B256, U256};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU256};
use stylus_upgradeable::{complex::Outcome, prelude::*};

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Scale {
    points: StorageMap<Address, StorageU256>,
    titles: StorageMap<alloc::string::String, StorageU256>,
}

impl ComplexMigration for Scale {
    const FROM: &'static str = "1.0";
    const TO: &'static str = "2.0";
    const ITEM_GAS: u64 = 50_000;

    fn start(&mut self) -> Outcome<u64> {
        Ok(5_000)
    }

    fn next(&mut self, item: u64) -> Outcome<()> {
        let account = Address::from_word(B256::from(U256::from(item + 1)));
        let mut points = self.points.setter(account);
        let scaled = points.get() * U256::from(10);
        points.set(scaled);
        let title = format!("the title with the number {item}");
        let mut titles = self.titles.setter(title);
        let scaled = titles.get() * U256::from(10);
        titles.set(scaled);
        Ok(())
    }
}

complex_program!(Scale);
"#;
