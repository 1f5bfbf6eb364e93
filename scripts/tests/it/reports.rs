//! The schemas of what the commands report with `--json`: generated from the types of their reports, and compared with
//! every document that a test of [`crate::governance::sandbox`] reads.

mod check;
mod schema;
mod sources;

use crate::prelude::*;
use schema::{Schemas, retain_used};
use serde_json::Map;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::Command;
use std::sync::LazyLock;
use stylus_upgrades::cli::reports::{called, command, table};
use stylus_upgrades_test_support::page;

/// The file for programs that read reports.
const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/evidence/reports.schema.json"
);

/// The file as it is now.
static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read_to_string(FILE).expect("the schemas");
    serde_json::from_str(&text).expect("JSON")
});

fn generated() -> String {
    let sources = sources::Sources::read();
    let mut schemas = Schemas::of_sources(&sources);
    let read_at = schemas.of_name("stylus_upgrades_lifecycle::checks::ReadAt");
    let error = schemas.of_name("stylus_upgrades_common::error::Report");
    let sent = schemas.of_name("Vec<stylus_upgrades_deploy::client::Transaction>");
    let mut commands = Map::new();
    for (command, types) in table() {
        let types = types.into_iter();
        let mut forms: Vec<Value> = types.map(|name| schemas.of_name(name)).collect();
        forms.push(json!({"$ref": "#/$defs/Failure"}));
        let beside = json!({"$ref": "#/$defs/Beside"});
        commands.insert(command, json!({"allOf": [beside, {"anyOf": forms}]}));
    }
    let mut all = schemas.definitions;
    all.insert(
        "Failure".into(),
        json!({
            "type": "object",
            "description": "A command that failed, and the transactions that it sent before.",
            "properties": {"error": error, "transactions": sent},
            "required": ["error"],
        }),
    );
    all.insert("Beside".into(), json!({
        "type": "object",
        "description": "What any document may have beside its report.",
        "properties": {
            "dry_run": {"const": true, "description": "The command only tried on a copy of the chain."},
            "needless": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Ids in --accept that no finding had.",
            },
            "read_at": read_at,
            "unverified_registries": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Registries of unknown origin that --trust-registry accepts.",
            },
        },
    }));
    retain_used(&mut all, &Value::Object(commands.clone()));
    all.extend(commands);
    let file = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "What each command prints with --json: `#/$defs/COMMAND`. A test writes this file from the types \
                        of the reports and compares it with the documents of all tests of the command line.",
        "$defs": all,
    });
    let text = serde_json::to_string_pretty(&file).expect("JSON");
    format!("{text}\n")
}

/// Asserts that the document of a command has the form of its schema.
#[track_caller]
pub(crate) fn require(command: &Command, document: &Value) {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<OsString> = words.map(Into::into).collect();
    // A command line that is refused as wrong use calls none.
    let Some(name) = called(&words) else { return };
    let definitions = SCHEMAS["$defs"].as_object().expect("definitions");
    let Value::Object(fields) = document.clone() else {
        panic!("{name}: {document}")
    };
    let is_beside = |name: &String| !definitions["Beside"]["properties"][name].is_null();
    let (beside, report): (Map<_, _>, Map<_, _>) =
        fields.into_iter().partition(|(name, _)| is_beside(name));
    let schemas = list(&definitions[&name], "allOf");
    for (part, schema) in [beside, report].into_iter().zip(schemas) {
        let difference = check::difference(&Value::Object(part), schema, definitions);
        assert_eq!(difference, None, "{name}: {document}");
    }
}

#[test]
#[cfg_attr(
    not(all(feature = "console", feature = "laboratory", feature = "watch")),
    ignore = "a program without a wing lacks its commands"
)]
fn the_schemas_are_those_of_the_reports() {
    page::compare(Path::new(FILE), &generated());
}

#[test]
fn each_command_has_its_reports_in_the_table() {
    let mut names = BTreeSet::new();
    for command in command().get_subcommands() {
        let name = command.get_name();
        let inner = command.get_subcommands();
        names.extend(inner.map(|inner| format!("{name} {}", inner.get_name())));
        names.extend((!command.has_subcommands()).then(|| name.to_owned()));
    }
    assert_eq!(names, table().into_keys().collect());
}

#[test]
fn a_document_of_another_form_is_refused() {
    let mut document = json!({"file": "a", "shell": "fish"});
    let definitions = json!({"Of": {"type": "object", "properties": {
        "file": {"type": "string"},
        "shell": {"enum": ["fish", "zsh"]},
        "left": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    }, "required": ["file"]}});
    let schema = json!({"$ref": "#/$defs/Of"});
    let definitions = definitions.as_object().expect("definitions");
    let found = |document: &Value| check::difference(document, &schema, definitions);
    assert_eq!(found(&document), None);
    for (name, wrong, why) in [
        ("file", json!(7), "file: 7 is not of"),
        ("shell", json!("sh"), "shell: \"sh\" is none of"),
        ("left", json!("many"), "left: \"many\" is not of"),
        ("more", json!(null), "an unknown field more"),
    ] {
        let before = document.clone();
        document[name] = wrong;
        let difference = found(&document).expect(name);
        assert!(difference.starts_with(why), "{difference}");
        document = before;
    }
    assert!(
        found(&json!({}))
            .expect("a field")
            .starts_with("no field file")
    );
}
