//! What an action carries, in words: the function and its arguments, and what a creation would make, as
//! another approver sees it who has an endpoint and a key alone.

use super::approver::{proposed, two_approvers};
use super::folder::Folder;
use super::project::{COUNT, Project, V2, home};
use crate::command::instead;
use crate::prelude::*;

/// The only calldata that a document tells of.
fn only(document: &Value) -> &Value {
    let all = document["decoded"].as_array().expect("a list");
    assert_eq!(all.len(), 1, "{document:#}");
    &all[0]
}

fn function(document: &Value) -> (&str, Vec<(&str, &str, &str)>) {
    let one = only(document);
    let arguments = one["arguments"].as_array().expect("a list");
    let arguments = arguments
        .iter()
        .map(|one| (text(one, "name"), text(one, "type"), text(one, "value")));
    (text(one, "function"), arguments.collect())
}

#[test]
fn a_migration_is_decoded_wherever_it_is_shown() {
    let project = two_approvers();
    let v2 = home(V2);
    let migrate = format!("migrate Note 2.0 {v2} {COUNT}");
    let plan = project.done(&instead("plan", &migrate));
    let named = ("countFrom(uint256)", vec![("changes", "uint256", "40")]);
    assert_eq!(function(&plan), named);
    let action = proposed(&project, &migrate);
    let here = project.done("pending Note");
    assert_eq!(function(&here["actions"][0]), named);

    // The chain has the signature, and no names of arguments.
    let other = Folder::on(&project);
    let review = other.done(&format!("pending {action}"));
    let bare = ("countFrom(uint256)", vec![("", "uint256", "40")]);
    assert_eq!(function(&review), bare);
    assert_eq!(review["created"], Value::Null);
    let approved = other.done(&format!("approve {action} --source {v2}"));
    // Its sources were built.
    assert_eq!(function(&approved), named);
}

/// A project in which two keys create instances together.
fn two_creators() -> Project {
    let project = Project::with_note();
    let policy = project.together();
    project.done(&format!("policy update Note --role create {policy}"));
    project
}

#[test]
fn a_creation_is_reviewed_with_the_proxy_and_what_it_would_hold() {
    let project = two_creators();
    let proposing = project.run("create-proxy Note 1.0 --init initialize(uint256) 9");
    proposing.ends_with(3);
    let proxy = text(&proposing.document, "proxy");
    let action = text(&proposing.document, "action");

    let other = Folder::on(&project);
    let review = other.done(&format!("pending {action}"));
    let called = ("initialize(uint256)", vec![("", "uint256", "9")]);
    assert_eq!(function(&review), called);
    let created = &review["created"];
    assert_eq!(
        (text(created, "definition"), text(created, "version")),
        ("Note", "1.0")
    );
    assert_eq!(text(created, "kind"), "WASM proxy");
    let known = project.done("status Note")["definitions"][0]["versions"][0].clone();
    for field in ["implementation", "codehash"] {
        assert_eq!(created[field], known[field], "{field}");
    }
    let tried = &created["tried"];
    assert_eq!(text(tried, "proxy"), proxy);
    assert_eq!(tried["problem"], Value::Null, "{tried:#}");
    assert_eq!(tried["others"], json!([]), "{tried:#}");
    let changes = tried["changes"].as_array().expect("changes");
    let note = changes.iter().find(|one| one["name"] == "note");
    let note = note.unwrap_or_else(|| panic!("no note in {changes:?}"));
    let nine = format!("0x{:064x}", 9);
    assert_eq!(text(note, "after"), nine);
    assert_eq!(approvals_of(&other), json!(1), "nothing was sent");
}

fn approvals_of(folder: &Folder<'_>) -> Value {
    folder.done("pending Note")["actions"][0]["approvals"].clone()
}
