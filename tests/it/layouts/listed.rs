//! What is in the layout of an author's crate, from the module that the compiler writes: structs of
//! two versions of one dependency, and what a namespace holds besides a struct.

use crate::prelude::*;
use std::fs;

use super::outsider::{A, Author};

/// Two versions of one package, each with a struct and a namespace in the same lines.
struct Dependency(tempfile::TempDir);

impl Dependency {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let versions = [
            (
                "one",
                "0.1.0",
                "pub a: StorageAddress, pub f: StorageU64",
                "my.space",
            ),
            (
                "two",
                "0.2.0",
                "pub x: StorageU128, pub y: StorageU128",
                "my.other",
            ),
        ];
        for (name, version, fields, id) in versions {
            let source = folder.path().join(name).join("src");
            fs::create_dir_all(&source).expect("made");
            let manifest = MANIFEST
                .replace("{version}", version)
                .replace("{path}", &super::outsider::framework());
            fs::write(folder.path().join(name).join("Cargo.toml"), manifest).expect("written");
            let code = CODE.replace("{fields}", fields).replace("{id}", id);
            fs::write(source.join("lib.rs"), code).expect("written");
        }
        Self(folder)
    }

    /// What a manifest says to have both.
    fn both(&self) -> String {
        let line = |name: &str| {
            let path = self.0.path().join(name);
            format!("{name} = {{ package = \"tok\", path = {path:?} }}\n")
        };
        [line("one"), line("two")].concat()
    }
}

#[test]
fn structs_of_two_versions_of_one_dependency_are_two_in_a_layout() {
    let (author, dependency) = (Author::new(), Dependency::new());
    let fields = "one: StorageMap<U256, one::Entry>, two: StorageMap<U256, two::Entry>,";
    let contract = author.contract(
        "both",
        &format!("{A}\n    {fields}"),
        "",
        &dependency.both(),
    );
    let shown = author.project.done(&format!("layout show {contract}"));
    let layout = &shown["layout"];
    let members = |field: usize| {
        let map = text(&layout["storage"][field], "type");
        let entry = text(&layout["types"][map], "value");
        let members = layout["types"][entry]["members"]
            .as_array()
            .expect("members");
        let labels = members
            .iter()
            .map(|member| text(member, "label").to_owned());
        labels.collect::<Vec<_>>()
    };
    assert_eq!(
        (members(1), members(2)),
        (vec!["a".into(), "f".into()], vec!["x".into(), "y".into()])
    );
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 69 s"]
fn what_a_crate_keeps_in_a_namespace_is_in_its_layout_and_compared() {
    let (author, dependency) = (Author::new(), Dependency::new());
    let field = |label: &str, namespace: &str, opaque: &str| {
        let map = "stylus_upgradeable::layout::Erc7201<StorageMap<Address, StorageU256>";
        format!("{opaque} {label}: {map}, {namespace}::Ns>,")
    };
    let crate_of = |name: &str, fields: &str| {
        let fields = format!("{A}\n    {fields}");
        author.contract(name, &fields, "", &dependency.both())
    };
    let (form, other) = (
        "#[layout(opaque = \"form A\")]",
        "#[layout(opaque = \"form B\")]",
    );
    let first = crate_of("first", &field("bal", "one", ""));
    let moved = crate_of("moved", &field("bal", "two", ""));
    let named = crate_of("named", &field("bal", "one", form));
    let renamed = crate_of("renamed", &field("bal", "one", other));
    for (old, new) in [(&first, &moved), (&named, &renamed), (&first, &named)] {
        let answer = author.project.run(&format!("layout diff {old} {new}"));
        assert_eq!(
            (answer.exit, text(&answer.document, "verdict")),
            (Some(1), "refused")
        );
    }
    let both = [field("bal", "one", ""), field("other", "one", "")].concat();
    let answer = author
        .project
        .run(&["layout", "show", &crate_of("both", &both)]);
    assert_ne!(answer.exit, Some(0));
    let error = answer.document["error"].to_string();
    assert!(error.contains("Note.bal and Note.other"), "{error}");
}

const MANIFEST: &str = r#"[package]
name = "tok"
version = "{version}"
edition = "2024"

[dependencies]
stylus-sdk = { version = "=0.10.10", default-features = false }
stylus-upgradeable = { path = "{path}" }
"#;

const CODE: &str = "extern crate alloc;
use stylus_sdk::{prelude::*, storage::*};
use stylus_upgradeable::prelude::*;

#[storage]
#[derive(StorageLayout)]
pub struct Entry { {fields} }

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = \"{id}\")]
pub struct Ns {}
";
