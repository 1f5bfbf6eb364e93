//! What pages show beyond lists: an instance's storage by its variables, the file for an approver that is
//! a Safe, past transactions replayed, layouts drawn into a file.

use serde_json::{Value, json};

use super::process::{Console, with_open_action};
use crate::layouts::project::{COUNT, Project, V2, home, text};

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
    let page = console.get("/instance?proxy=note").body;
    for shown in [
        "<td>note</td>",
        "<code>7</code>",
        "It is at the current version.",
        "created at 1.0",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    // One that is created at the version before.
    project.done(&[&["migrate", "Note", "2.0", &home(V2)][..], &COUNT].concat());
    let create = [
        "create-proxy",
        "Note",
        "1.0",
        "--salt",
        "8",
        "--save",
        "old",
    ];
    project.done(&[&create[..], &["--init", "initialize(uint256)", "9"]].concat());
    let found = project.done("status old");
    let step = json!({"from": "1.0", "to": "2.0", "runs": "a function of the new code"});
    assert_eq!(found["steps"], json!({ "path": [step] }));
    let page = console.get("/instance?proxy=old").body;
    assert!(page.contains("1.0 → <b>2.0</b>"), "{page}");
    let definition = console.get("/definition?name=Note").body;
    let shown = "1.0 → 2.0: a function of the new code";
    assert!(definition.contains(shown), "{definition}");
}

#[test]
#[ignore = "nightly: many pages of a console, about 15 s"]
fn an_approver_that_is_a_contract_gets_the_file_for_its_owners() {
    let (project, action) = with_open_action();
    let safe = project.node.addresses()[1].to_string();
    let page = |console: &Console| console.get(&format!("/action?id={action}")).body;
    let console = Console::of(&project);
    assert!(
        !page(&console).contains("Transaction Builder"),
        "it has no code"
    );
    set_code(&project, &safe);
    let contracts = &project.done(&format!("pending {action}"))["contracts"];
    assert_eq!(*contracts, json!([safe.to_lowercase()]));
    assert!(page(&console).contains("Transaction Builder"));
    let before = console.document(&format!("/api/before?id={action}&do=safe&safe={safe}"));
    let written: Value = serde_json::from_str(text(&before, "builder")).expect("a file");
    let words = format!("approve {action} --as {safe} --export safe.json");
    project.done(&words);
    let file = std::fs::read_to_string(project.path("safe.json")).expect("written");
    let file: Value = serde_json::from_str(&file).expect("a file");
    for field in ["chainId", "transactions", "version"] {
        assert_eq!(written[field], file[field], "{field}");
    }
    for field in ["name", "createdFromSafeAddress", "txBuilderVersion"] {
        assert_eq!(written["meta"][field], file["meta"][field], "{field}");
    }
}

#[test]
fn past_transactions_are_replayed_where_a_page_asks_for_it() {
    let (project, action) = with_open_action();
    let console = Console::of(&project);
    let page = console.get(&format!("/action?id={action}")).body;
    let path = format!("/plan?name=Note&amp;version=2.0&amp;action={action}&amp;replay=25");
    assert!(page.contains(&path), "{page}");
    let path = path.replace("&amp;", "&");
    let shown = console.get(&path);
    assert_eq!(shown.status, 200, "{shown:?}");
    let words = "plan Note 2.0 --replay 25 --accept=replay-empty";
    let printed = project.run(&words).document;
    assert!(printed["replay"].is_null(), "{printed}");
    let nothing = "! nothing was compared: no transaction to an instance";
    assert!(shown.body.contains(nothing), "{}", shown.body);
    for wrong in ["0x", "201"] {
        let refused = console.get(&format!("/plan?name=Note&version=2.0&replay={wrong}"));
        assert_eq!(refused.status, 400, "{refused:?}");
    }
}

/// Gives an account code, as a contract has it.
fn set_code(project: &Project, account: &str) {
    let account = account.parse().expect("an address");
    project
        .node
        .with_chain(move |chain| chain.set_code(account, vec![0x00].into()))
        .expect("the chain");
}
