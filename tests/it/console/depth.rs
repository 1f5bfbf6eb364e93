//! What pages show beyond lists: an instance's storage by its variables, the file for an approver that is
//! a Safe, past transactions replayed, layouts drawn into a file.

use crate::prelude::*;
use serde_json::json;

use super::process::Console;
use crate::layouts::project::{COUNT, Project, V2, home};

#[test]
fn an_instance_shows_its_variables_and_the_way_to_the_current_version() {
    let project = Project::with_note();
    let found = project.done("status note");
    assert_eq!(found["steps"], "arrived");
    let fields = found["fields"].as_array().expect("fields");
    let note = fields.iter().find(|one| one["name"] == "note");
    let note = note.expect("the variable");
    assert_eq!((text(note, "type"), text(note, "value")), ("uint256", "7"));
    let mark = found["framework"].as_array().expect("slots");
    let mark = mark.iter().find(|one| one["name"] == "migrated[\"1.0\"]");
    assert_eq!(mark.map(|mark| text(mark, "value")), Some("1"));
    let whats: Vec<&str> = found["entries"]
        .as_array()
        .expect("events")
        .iter()
        .map(|one| text(one, "event"))
        .collect();
    assert!(whats.contains(&"ProxyCreated"), "{whats:?}");

    let console = Console::of(&project);
    console.get("/instance?proxy=note").shows(&[
        "<td data-name=\"variable\">note</td>",
        "<code>7</code>",
        "It is at the current version.",
        "created at 1.0",
    ]);
    // One that is created at the version before.
    project.done(&format!("migrate Note 2.0 {} {COUNT}", home(V2)));
    let create = "create-proxy Note 1.0 --salt 8 --save old";
    project.done(&format!("{create} --init initialize(uint256) 9"));
    let found = project.done("status old");
    let step = json!({"from": "1.0", "to": "2.0", "runs": "a function of the new code"});
    assert_eq!(found["steps"], json!({ "path": [step] }));
    for path in ["/instance", "/census?proxy=", "/action"] {
        console.get(path).shows(&[
            "this page needs ",
            "=…",
            "open the first page, and choose one",
        ]);
    }
    let page = console.get("/instance?proxy=old");
    page.shows(&["1.0 → <b>2.0</b>"]);
    let definition = console.get("/definition?name=Note");
    definition.shows(&["1.0 → 2.0: a function of the new code"]);
}
