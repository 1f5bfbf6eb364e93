//! Values that the new version loses, misreads, cannot decode or does not declare: every command reports the same.

use super::process::Console;
use crate::layouts::approver::use_key;
use crate::layouts::outsider::Author;
use crate::prelude::*;
use std::collections::BTreeSet;

/// The ids that each command reports.
const EXPECTED: [&str; 4] = [
    "misread",
    "reorder:left",
    "undecodable:small",
    "unexplained-write:gone",
];
/// The next version says that its migration moves these fields; it does not.
const DECLARED: &str =
    "\n[package.metadata.stylus-upgrades]\nmigrates = [\"reorder:left\", \"reorder:right\"]\n";

const INITIALIZE: &str = "#[initializer(\"1.0\")]
    pub fn initialize(&mut self, a: U256) -> Result<(), NoteError> {
        self.a.set(a);
        self.small.set(U8::from(7));
        self.word.set(a);
        self.left.set(a);
        self.right.set(a + U256::from(1));
        Ok(())
    }";
const FIELDS: &str = "a: StorageU256,
    small: StorageU8,
    word: StorageU256,
    left: StorageU256,
    right: StorageU256,
    gone: StorageU256,";
const NEXT: &str = "a: StorageU256,
    small: StorageBool,
    word: StorageB256,
    right: StorageU256,
    left: StorageU256,";
const SCRIPT: &str = r#"extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::{StorageU8, StorageU256}};
use stylus_upgradeable::prelude::*;

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Script {
    _a: StorageU256,
    _small: StorageU8,
    _word: StorageU256,
    _left: StorageU256,
    _right: StorageU256,
    gone: StorageU256,
}

#[upgradeable]
#[public]
impl Script {
    pub fn set(&mut self) {
        self.gone.set(U256::from(9));
    }
}
"#;

/// The expected ids that occur in lists of findings.
fn expected_in(findings: &[&Value]) -> BTreeSet<String> {
    let ids = findings
        .iter()
        .flat_map(|list| list.as_array().into_iter().flatten())
        .filter_map(|finding| finding["id"].as_str());
    ids.filter(|id| EXPECTED.contains(id))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_reports_the_same_wrong_values() {
    let author = Author::new();
    let project = &author.project;
    author.begin(&author.contract("first", FIELDS, INITIALIZE, ""));
    let both = project.together();
    project.done(&format!("policy update Note {both} --role migrate"));
    let next = author.contract("next", NEXT, "", DECLARED);
    let script = author.source("script", SCRIPT, "");
    let words = format!(
        "Note 2.0 {next} --script {script} --call set() --accept delete:gone,retype:small,retype:word"
    );
    let every: BTreeSet<String> = EXPECTED.map(str::to_owned).into();

    let plan = project.run(&format!("plan {words}")).document;
    let found = expected_in(&[&plan["problems"], &plan["notes"]]);
    assert_eq!(found, every, "plan: {plan:#}");

    let dangers = [
        "reorder:left,reorder:right",
        "undecodable:small",
        "unexplained-write:gone",
    ];
    let refused = project.refused("FieldLost", &format!("migrate {words}"));
    let message = refused.error("next");
    for other in ["UndecodableValue", "UnexplainedWrite"] {
        let refuses = format!("{other} refuses it too");
        assert!(message.contains(&refuses), "{message}");
    }
    let accepted = dangers.join(",");
    let proposed = project.run(&format!("migrate {words},{accepted}"));
    proposed.ends_with(3);
    let document = &proposed.document;
    let found = expected_in(&[&document["findings"], &document["accepted"]]);
    assert_eq!(found, every, "migrate: {document:#}");
    let action = text(&proposed.document, "action");
    let pending = project.done(&format!("pending {action}"));
    let found = expected_in(&[&pending["findings"]]);
    assert_eq!(found, every, "pending: {pending:#}");

    use_key(project, 1);
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = "stylus-upgrades.toml";
    std::fs::copy(project.path(manifest), folder.path().join(manifest)).expect("copied");
    let layouts = "delete:gone,retype:small,retype:word,absent:interface";
    let approve = format!("approve {action} --accept {layouts}");
    let approve = project.run_in(folder.path(), None, &approve);
    approve.is_refused("FieldLost");
    let message = approve.error("next");
    for other in ["UndecodableValue", "UnexplainedWrite"] {
        let refuses = format!("{other} refuses it too");
        assert!(message.contains(&refuses), "{message}");
    }

    let console = Console::start(folder.path(), &[]);
    let account = project.node.addresses()[1];
    let query = format!("/api/before?id={action}&do=approve&account={account}");
    let before = console.document(&query);
    let found = expected_in(&[&before["findings"]]);
    assert_eq!(found, every, "console: {before:#}");
}
