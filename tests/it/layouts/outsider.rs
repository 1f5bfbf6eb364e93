//! Fields that come, go and come back in an author's own crates: what an older version left is found,
//! and what no instance can hold is no reason to refuse.

use crate::prelude::*;
use std::fs;

use super::folder::problems;
use super::project::Project;
use crate::authors::{package, without_framework};
use stylus_upgrades_harness::home;

/// What every version of the note begins with.
pub(super) const A: &str = "a: StorageU256,";
const MAP: &str = "m: StorageMap<Address, StorageU256>,";
const LAZY: &str = "#[layout(opaque = \"lazy mapping(address => Large)\")]\n    m: LazyMap<Address, Small, Large>,";
const INITIALIZE: &str = "#[initializer(\"1.0\")]
    pub fn initialize(&mut self, a: U256) -> Result<(), NoteError> {
        self.a.set(a);
        Ok(())
    }";
const INITIALIZE_BOTH: &str = "#[initializer(\"1.0\")]
    pub fn initialize(&mut self, a: U256) -> Result<(), NoteError> {
        self.a.set(a);
        self.b.set(a);
        Ok(())
    }";
const SET: &str = "#[migration(from = \"2.0\", to = \"3.0\")]
    pub fn set(&mut self, c: U256) -> Result<(), NoteError> {
        self.c.set(c);
        Ok(())
    }";

/// A chain with a definition, and an author's crates.
pub(crate) struct Author {
    pub(crate) project: Project,
    crates: tempfile::TempDir,
}

impl Author {
    pub(crate) fn new() -> Self {
        let author = Self {
            project: Project::new(),
            crates: tempfile::tempdir().expect("a folder"),
        };
        let workspace = WORKSPACE.replace("{path}", &framework());
        let lock = fs::read_to_string(home().join("Cargo.lock")).expect("our lock file");
        author.write("Cargo.toml", &workspace);
        author.write("Cargo.lock", &without_framework(&lock));
        author
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.crates.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.crates.path().join(file)).expect("a file")
    }

    /// A crate with these fields and functions; its folder.
    pub(crate) fn contract(
        &self,
        name: &str,
        fields: &str,
        functions: &str,
        metadata: &str,
    ) -> String {
        let source = CONTRACT
            .replace("{fields}", fields)
            .replace("{functions}", functions);
        self.source(name, &source, metadata)
    }

    /// A crate with this source; its folder.
    pub(crate) fn source(&self, name: &str, source: &str, metadata: &str) -> String {
        self.write(&format!("{name}/src/lib.rs"), source);
        let manifest = format!("{}{metadata}", package(name, ""));
        self.write(&format!("{name}/Cargo.toml"), &manifest);
        let folder: &Path = self.crates.path();
        folder.join(name).display().to_string()
    }

    /// Registers version 1.0 and creates an instance.
    pub(crate) fn begin(&self, contract: &str) {
        self.project.done(&format!("register Note 1.0 {contract}"));
        self.create("note");
    }

    fn create(&self, alias: &str) {
        let create = format!("create-proxy Note 1.0 --save {alias}");
        let initialize = "--init initialize(uint256) 7";
        self.project.done(&format!("{create} {initialize}"));
    }

    /// Refused for what lies in new fields, by `plan` and `migrate` alike: what was found.
    fn dirty(&self, words: &str) -> String {
        let migrate = format!("migrate {words}");
        let refused = self.project.refused("DirtyField", &migrate);
        let plan = self.project.run(&format!("plan {words}"));
        let problems = problems(&plan.document);
        assert!(
            problems.iter().any(|id| id.starts_with("dirty:")),
            "{problems:?}"
        );
        refused.error("found").to_owned()
    }
}

/// Where the crate lies that authors name.
pub(super) fn framework() -> String {
    home().join("migratable/upgradeable").display().to_string()
}

fn accepted(done: &Value) -> Vec<&str> {
    let all = done["storage"][0]["accepted"].as_array().expect("accepted");
    all.iter().map(|one| text(one, "id")).collect()
}

#[test]
fn what_only_a_later_version_uses_is_in_no_straggler() {
    let author = Author::new();
    let first = author.contract("a", A, INITIALIZE, "");
    let second = author.contract("am", &format!("{A}\n    {MAP}"), "", "");
    let third = author.contract(
        "amc",
        &format!("{A}\n    {MAP}\n    c: StorageU256,"),
        "",
        "",
    );
    author.begin(&first);
    author.project.done(&format!("migrate Note 2.0 {second}"));
    author.project.done(&format!("migrate Note 3.0 {third}"));
    author.create("late");
    let done = author.project.done("upgrade late 3.0");
    assert_eq!(done["coverage"]["live_instances"], "complete", "{done}");
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 64 s"]
fn a_lazy_field_that_was_dropped_comes_back_with_what_it_held() {
    let author = Author::new();
    let first = author.contract("al", &format!("{A}\n    {LAZY}"), INITIALIZE, "");
    let second = author.contract("a", A, INITIALIZE, "");
    author.begin(&first);
    let drop = format!("migrate Note 2.0 {second} --accept=migration-omitted");
    author.project.done(&format!("{drop} --accept delete:m"));
    for (name, field) in [("al", LAZY), ("am", MAP)] {
        let third = author.contract(name, &format!("{A}\n    {field}"), INITIALIZE, "");
        let found = author.dirty(&format!("Note 3.0 {third} --accept=migration-omitted"));
        assert!(
            found.contains("left by m beyond its words of 1.0"),
            "{found}"
        );
    }
    let allowed = [
        "--accept=migration-omitted",
        "--accept",
        "dirty:m beyond its words",
    ];
    let again = [&["migrate", "Note", "3.0", &first], &allowed[..]].concat();
    let done = author.project.done(&again);
    assert_eq!(accepted(&done), ["dirty:m beyond its words"]);
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 54 s"]
fn a_field_that_its_migration_sets_is_the_authors_to_declare() {
    let author = Author::new();
    let first = author.contract(
        "ab",
        &format!("{A}\n    b: StorageU256,"),
        INITIALIZE_BOTH,
        "",
    );
    let second = author.contract("a", A, INITIALIZE, "");
    author.begin(&first);
    let drop = format!("migrate Note 2.0 {second} --accept=migration-omitted");
    author.project.done(&format!("{drop} --accept delete:b"));
    let fields = format!("{A}\n    c: StorageU256,");
    let third = author.contract("ac", &fields, SET, "");
    let set = "--call set(uint256) 9";
    let found = author.dirty(&format!("Note 3.0 {third} {set}"));
    let slot = B256::with_last_byte(1);
    assert!(found.starts_with(&format!("c: slot {slot} of ")), "{found}");
    let answer = format!(" holds {}, left by b of 1.0", B256::with_last_byte(7));
    assert!(found.ends_with(&answer), "{found}");

    let declared = "\n[package.metadata.stylus-upgrades]\nmigrates = [\"dirty:c\"]\n";
    let third = author.contract("acd", &fields, SET, declared);
    // Where nothing runs, nothing sets it.
    author.project.refused(
        "DirtyField",
        &format!("migrate Note 3.0 {third} --accept=migration-omitted"),
    );
    let done = author
        .project
        .done(&format!("migrate Note 3.0 {third} {set}"));
    assert_eq!(accepted(&done), ["dirty:c"]);
}

#[test]
fn a_declared_move_is_refused_where_the_trial_shows_that_the_field_loses_its_value() {
    let author = Author::new();
    author.begin(&author.contract("a", A, INITIALIZE, ""));
    let declared = "\n[package.metadata.stylus-upgrades]\nmigrates = [\"insert:x\", \"shift:a\"]\n";
    let fields = format!("x: StorageU256,\n    {A}");
    let command = |name: &str, moves: &str| {
        let migration = format!(
            "#[migration(from = \"1.0\", to = \"2.0\")]
    pub fn set(&mut self, x: U256) -> Result<(), NoteError> {{
        {moves}
        self.x.set(x);
        Ok(())
    }}"
        );
        let crate_folder = author.contract(name, &fields, &migration, declared);
        format!("Note 2.0 {crate_folder} --call set(uint256) 9")
    };
    let lossy = command("lossy", "");
    let refused = author
        .project
        .refused("FieldLost", &format!("migrate {lossy}"));
    assert_snapshot!(refused.refusal(), @"
    message: fields that the migration to 2.0 is declared to keep do not keep their values:
      shift:a  a is declared to be kept, and its value in note ([address]) changes: 7 → 0
    expected: the same value in the old and in the new place
    found: shift:a
    next: move them in the migration (stylus-upgrades layout migration writes its code); to accept it: --accept shift:a; AnswerChanged refuses it too (functions answer otherwise after the upgrade to 2.0, and no migration explains it): correct the storage or the constant of the new version, or declare the new answer (--expect); to accept it: --accept 'answer-changed:a()'
    ");
    let plan = author.project.run(&format!("plan {lossy}"));
    plan.is_refused("FieldLost");
    assert_eq!(problems(&plan.document), ["shift:a", "answer-changed:a()"]);
    let checked = author
        .project
        .run(&format!("check {}", lossy.replacen(" 2.0", "", 1)));
    assert_eq!(checked.exit, Some(1), "{}", checked.document);

    let moving = command("moving", "let a = self.x.get();\n        self.a.set(a);");
    author.project.done(&format!("plan {moving}"));
    author.project.done(&format!("migrate {moving}"));
}

#[test]
fn a_declared_move_of_a_mapping_is_refused_where_the_trial_writes_none_of_its_entries() {
    let author = Author::new();
    author.begin(&author.contract("a", &format!("{A}\n    {MAP}"), INITIALIZE, ""));
    let declared = "\n[package.metadata.stylus-upgrades]\nmigrates = [\"insert:x\", \"shift:m\"]\n";
    let fields = format!("{A}\n    x: StorageU256,\n    {MAP}");
    let command = |name: &str, moves: &str| {
        let migration = format!(
            "#[migration(from = \"1.0\", to = \"2.0\")]
    pub fn set(&mut self, x: U256) -> Result<(), NoteError> {{
        self.x.set(x);
        {moves}
        Ok(())
    }}"
        );
        let crate_folder = author.contract(name, &fields, &migration, declared);
        format!("Note 2.0 {crate_folder} --call set(uint256) 9")
    };
    let lossy = command("lossy", "");
    let refused = author
        .project
        .refused("FieldLost", &format!("migrate {lossy}"));
    assert_snapshot!(refused.refusal(), @"
    message: fields that the migration to 2.0 is declared to keep do not keep their values:
      shift:m  m is declared to be kept: it has another place in note ([address]), and nothing of its contents was written there
    expected: the same value in the old and in the new place
    found: shift:m
    next: move them in the migration (stylus-upgrades layout migration writes its code); to accept it: --accept shift:m
    ");
    let moving = command("moving", "self.m.setter(Address::ZERO).set(x);");
    author.project.done(&format!("plan {moving}"));
}

#[test]
fn a_value_that_its_new_type_cannot_hold_is_refused_although_the_type_is_accepted() {
    let author = Author::new();
    let fields = |ty: &str| format!("{A}\n    s: Storage{ty},");
    let initialize = INITIALIZE.replace("self.a.set(a);", "self.s.set(U8::from(7));");
    author.begin(&author.contract("small", &fields("U8"), &initialize, ""));
    let open = author.contract("open", &fields("Bool"), "", "");
    let accepted = format!("Note 2.0 {open} --accept retype:s");
    let refused = author
        .project
        .refused("UndecodableValue", &format!("migrate {accepted}"));
    let words = "7 → 7, which is no bool";
    assert!(refused.error("message").contains(words), "{refused:?}");
    let plan = author.project.run(&format!("plan {accepted}"));
    plan.is_refused("UndecodableValue");
    assert_eq!(problems(&plan.document), ["undecodable:s"]);
    author
        .project
        .done(&format!("plan {accepted},undecodable:s"));
    // A migration that writes a value of the new type needs no more than that.
    let close = "#[migration(from = \"1.0\", to = \"2.0\")]
    pub fn close(&mut self) -> Result<(), NoteError> {
        self.s.set(true);
        Ok(())
    }";
    let closed = author.contract("closed", &fields("Bool"), close, "");
    let closed = format!("Note 2.0 {closed} --call close() --accept retype:s");
    author.project.done(&format!("plan {closed}"));
}

#[test]
fn a_declared_name_is_refused_where_the_trial_shows_that_the_field_loses_its_value() {
    let author = Author::new();
    let both = format!("{A}\n    b: StorageU256,");
    author.begin(&author.contract("ab", &both, INITIALIZE_BOTH, ""));
    let declared = "\n[package.metadata.stylus-upgrades]\nmigrates = [\"rename:c\"]\n";
    let set = SET.replace("2.0", "1.0").replace("3.0", "2.0");
    let fields = format!("{A}\n    c: StorageU256,");
    let renamed = author.contract("ac", &fields, &set, declared);
    let renamed = format!("Note 2.0 {renamed} --call set(uint256)");
    let refused = author
        .project
        .refused("FieldLost", &format!("migrate {renamed} 0"));
    assert_snapshot!(refused.refusal(), @"
    message: fields that the migration to 2.0 is declared to keep do not keep their values:
      rename:c  c is declared to be kept, and its value in note ([address]) changes: 7 → 0
    expected: the same value in the old and in the new place
    found: rename:c
    next: move them in the migration (stylus-upgrades layout migration writes its code); to accept it: --accept rename:c
    ");
    author.project.done(&format!("plan {renamed} 7"));
}

#[test]
fn a_script_has_its_fields_where_one_of_both_versions_has_them() {
    let author = Author::new();
    author.begin(&author.contract("a", A, INITIALIZE, ""));
    let next = author.contract("ac", &format!("{A}\n    c: StorageU256,"), "", "");
    let plan = |name: &str, fields: &str| {
        let script = author.source(name, &SCRIPT.replace("{fields}", fields), "");
        format!("plan Note 2.0 {next} --script {script} --call set()")
    };
    let wrong = plan("wrong", "c: StorageU256,");
    let refused = author.project.run(&wrong);
    refused.is_refused("ScriptMisreads");
    let found = refused.error("found").to_owned();
    assert!(found.ends_with(":script:c"), "{refused:?}");
    author.project.done(&format!("{wrong} --accept {found}"));
    let right = plan("right", "_a: StorageU256,\n    c: StorageU256,");
    let planned = author.project.done(&right);
    assert_eq!(planned["coverage"]["steps"], "complete", "{planned}");
}

#[test]
fn a_script_that_writes_undeclared_slots_is_reported_and_refused_on_a_dropped_field() {
    let author = Author::new();
    author.begin(&author.contract("ac", &format!("{A}\n    c: StorageU256,"), INITIALIZE, ""));
    let next = author.contract("a", A, "", "");
    let migrate = |name: &str, fields: &str, accepted: &str| {
        let script = author.source(name, &SCRIPT.replace("{fields}", fields), "");
        format!("Note 2.0 {next} --script {script} --call set() --accept {accepted}")
    };
    let dropped = migrate(
        "dropped",
        "_a: StorageU256,\n    c: StorageU256,",
        "delete:c",
    );
    let refused = author
        .project
        .refused("UnexplainedWrite", &format!("migrate {dropped}"));
    assert_snapshot!(refused.refusal(), @"
    message: the upgrade writes fields that 2.0 does not declare:
      unexplained-write:c  c in note ([address]), slot 1: 0 → 9
    expected: fields that the new version declares, or zero in a field that it drops
    found: unexplained-write:c
    next: declare the field in the new version, or set it to zero in the migration; to accept it: --accept unexplained-write:c
    ");
    let plan = author.project.run(&format!("plan {dropped}"));
    plan.is_refused("UnexplainedWrite");
    assert_eq!(problems(&plan.document), ["unexplained-write:c"]);
    author
        .project
        .done(&format!("plan {dropped},unexplained-write:c"));
    // A write to a slot that no version declares gives a warning.
    let fields = "_a: StorageU256,\n    _b: StorageU256,\n    c: StorageU256,";
    let beside = migrate("beside", fields, "delete:c");
    let refused = author.project.run(&format!("plan {beside}"));
    refused.is_refused("ScriptMisreads");
    let found = refused.error("found");
    let planned = author.project.done(&format!("plan {beside},{found}"));
    let notes = planned["notes"].as_array().expect("notes").iter();
    let notes: Vec<&str> = notes
        .map(|note| note["message"].as_str().expect("a text"))
        .collect();
    assert_snapshot!(masked(&notes.join("\n")), @"instance note ([address]): the upgrade writes words that the layout of 2.0 does not declare: slot 2: 0 → 9");
}

#[test]
fn a_complex_migration_has_its_fields_where_one_of_both_versions_has_them() {
    let author = Author::new();
    author.begin(&author.contract("a", A, INITIALIZE, ""));
    let next = author.contract("ac", &format!("{A}\n    c: StorageU256,"), "", "");
    let plan = |name: &str, fields: &str| {
        let program = author.source(name, &COMPLEX.replace("{fields}", fields), "");
        let handler = Address::repeat_byte(0xaa);
        format!("plan Note 2.0 {next} --complex {program} --handler {handler}")
    };
    let refused = author.project.run(&plan("wrong", "c: StorageU256,"));
    refused.is_refused("ScriptMisreads");
    let found = refused.error("found");
    assert!(found.ends_with(":script:c"), "{refused:?}");
    let right = plan("right", "_a: StorageU256,\n    c: StorageU256,");
    let planned = author.project.done(&right);
    assert_eq!(planned["coverage"]["steps"], "complete", "{planned}");
}

const COMPLEX: &str = r#"extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};
use stylus_upgradeable::{complex::Outcome, prelude::*};

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Rescale {
    {fields}
}

impl ComplexMigration for Rescale {
    const FROM: &'static str = "1.0";
    const TO: &'static str = "2.0";
    const ITEM_GAS: u64 = 50_000;

    fn start(&mut self) -> Outcome<u64> {
        Ok(1)
    }

    fn next(&mut self, _: u64) -> Outcome<()> {
        self.c.set(U256::from(9));
        Ok(())
    }
}

complex_program!(Rescale);
"#;

const SCRIPT: &str = r#"extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};
use stylus_upgradeable::prelude::*;

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Script {
    {fields}
}

#[upgradeable]
#[public]
impl Script {
    pub fn set(&mut self) {
        self.c.set(U256::from(9));
    }
}
"#;

const WORKSPACE: &str = r#"[workspace]
members = ["*"]
resolver = "3"

[workspace.dependencies]
stylus-sdk = { version = "=0.10.10", default-features = false, features = ["mini-alloc"] }
stylus-upgradeable = { path = "{path}", features = ["complex", "lazy"] }
"#;

const CONTRACT: &str = r#"#![allow(unused, reason = "one head for contracts of other fields")]
extern crate alloc;

use stylus_sdk::alloy_primitives::{Address, U8, U256};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageB256, StorageBool, StorageMap, StorageU8, StorageU256};
use stylus_upgradeable::lazy::{LazyMap, Record};
use stylus_upgradeable::prelude::*;

#[derive(SolidityError, Debug)]
pub enum NoteError {
    Migratable(MigratableError),
}

/// A number, and twice as much of it.
pub struct Small(U256);
pub struct Large(U256);

impl Record for Small {
    const WORDS: u64 = 1;

    fn decode(load: impl Fn(u64) -> U256) -> Self {
        Self(load(0))
    }

    fn encode(&self, mut store: impl FnMut(u64, U256)) {
        store(0, self.0);
    }
}

impl Record for Large {
    const WORDS: u64 = 1;

    fn decode(load: impl Fn(u64) -> U256) -> Self {
        Self(load(0))
    }

    fn encode(&self, mut store: impl FnMut(u64, U256)) {
        store(0, self.0);
    }
}

impl From<Small> for Large {
    fn from(small: Small) -> Self {
        Self(small.0 + small.0)
    }
}

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Note {
    {fields}
}

#[upgradeable]
#[public]
impl Note {
    {functions}

    pub fn a(&self) -> U256 {
        self.a.get()
    }
}
"#;
