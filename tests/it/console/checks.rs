//! What `approve` refuses is said before the wallet is asked, and only an explicit yes continues.

use super::process::Console;
use crate::layouts::approver::{failing_way, findings_about, use_key};
use crate::layouts::project::{COUNT, MOVED_ANSWER, Project, SWAPPED, V2, home};
use crate::prelude::*;

/// What the page and the document say before an approver approves, and the refusal of `approve`.
fn require_consent(project: &Project, (console, folder): (&Console, &Path), action: &str) {
    let refused = project.run_in(folder, None, &format!("approve {action}"));
    let error = &refused.document["error"];
    assert_ne!(refused.exit, Some(0), "{refused:?}");
    let account = project.node.addresses()[1];
    for operation in ["approve", "sign"] {
        let query = format!("id={action}&do={operation}&account={account}");
        let document = console.document(&format!("/api/before?{query}"));
        assert_eq!(document["consent"], "needed", "{document}");
        let cards = document["findings"].as_array().expect("findings");
        let said = cards.iter().find(|card| {
            let message = text(error, "message");
            card["severity"] == "danger" && message.contains(text(card, "message"))
        });
        assert!(said.is_some(), "{error}: {document}");
        let page = console.get(&format!("/before?{query}"));
        assert_eq!(page.status, 200, "{page:?}");
        let mut buttons = page.body.split("<button");
        let button = buttons.find(|one| one.contains("id=\"do\""));
        let button = button.and_then(|one| one.split_once('>'));
        let (button, _) = button.expect("a button");
        assert!(button.ends_with(" disabled"), "{button}");
        page.shows(&["id=\"yes\"", "✗ danger"]);
    }
}

#[test]
fn what_approve_refuses_needs_a_yes_on_the_page() {
    let project = Project::with_note();
    let both = project.together();
    project.done(&format!("policy update Note {both} --role migrate"));
    project.done("define Empty --migrate Admin");
    let swapped = home(SWAPPED);
    let migrate = format!("migrate Note 2.0 {swapped} {COUNT}");
    let allow = project.refused("LayoutRefused", &migrate).accepts();
    let allow = format!("{allow} {MOVED_ANSWER}");
    let proposed = project.run(&format!("{migrate} {allow}"));
    proposed.ends_with(3);
    // Another approver, who allowed nothing: what the proposer allows is kept in his own folder.
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = "stylus-upgrades.toml";
    std::fs::copy(project.path(manifest), folder.path().join(manifest)).expect("copied");
    let console = Console::start(folder.path(), &[]);
    let place = (&console, folder.path());
    let action = text(&proposed.document, "action");
    let review = project.done(&format!("pending {action}"));
    let findings = review["findings"].as_array().expect("findings");
    let misread = findings.iter().find(|one| one["id"] == "misread");
    assert_eq!(misread.expect("exchanged")["severity"], "warning");
    let empty = console.get("/definition?name=Empty");
    empty.shows(&[
        "no version yet, sequence ",
        "<h2>Versions</h2><p>None yet.</p>",
    ]);
    require_consent(&project, place, action);
    // Nobody built the sources here: the plan says so as `review` does.
    let [admin, account] = [0, 1].map(|at| project.node.addresses()[at]);
    let before = |who, what| format!("/before?id={action}&do={what}&account={who}");
    console.get(&before(account, "approve")).shows(&[
        "<code>partial:source</code>",
        "proposed in spite of it",
        "what changes for callers, 1.0 → 2.0",
    ]);
    // Only whom the registry takes it from is offered to cancel; the refusal is the command line's.
    for (who, is_offered) in [(admin, true), (account, false)] {
        let page = console.get(&format!("/action?id={action}&account={who}"));
        assert_eq!(page.body.contains("do=cancel"), is_offered, "{}", page.body);
    }
    let page = console.get(&before(account, "cancel"));
    page.shows(&["whoever alone satisfies its role"]);
    let cancelled = console.get(&before(admin, "cancel"));
    assert_eq!(cancelled.status, 200);
    cancelled.shows(&[
        "migration calls <code>countFrom(uint256)</code>",
        "<button id=\"connect\" type=\"button\" hidden>",
    ]);

    project.done(&format!("policy update Note {both} --role policy"));
    let none = "policy update Note NONE --role migrate --accept policy-none";
    let proposed = project.run(&none);
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    require_consent(&project, place, action);
    let account = project.node.addresses()[1];
    let page = console.get(&format!("/before?id={action}&do=approve&account={account}"));
    page.shows(&["becomes NONE"]);
    // No copy was made: nothing is shown as tried.
    assert!(!page.body.contains("Tried on a copy"), "{}", page.body);
    // Who withdraws is asked for nothing, and compares the digest of what he sends.
    let admin = project.node.addresses()[0];
    let query = format!("id={action}&do=revoke&account={admin}");
    let document = console.document(&format!("/api/before?{query}"));
    let page = console.get(&format!("/before?{query}"));
    page.shows(&[text(&document, "transaction_digest")]);
    assert!(!page.body.contains("id=\"yes\""), "{}", page.body);

    // What a policy becomes weighs in the band on top, as everything else that was found.
    project.done(&format!("cancel {action}"));
    let proposed = project.run("policy update Note Admin --role migrate");
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    let page = console.get(&format!("/action?id={action}&account={account}"));
    page.shows(&["band danger", "decides migrate alone"]);
    let storage = "Storage before and after";
    assert!(
        !page.body.contains(storage),
        "it concerns no storage: {}",
        page.body
    );
    // And all that a new definition asks for is shown before the wallet is asked.
    project.done(&["policy", "update", "", &both, "--role", "define"]);
    let proposed = project.run("define Other --migrate Admin");
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    console.get("/").shows(&[">define Other</a>"]);
    for path in [format!("/action?id={action}"), before_of(action, account)] {
        let page = console.get(&path);
        let (shown, _) = page.body.split_once("Identity:").expect("what is folded");
        assert!(shown.contains("What it does"), "{shown}");
        assert!(shown.contains("migrate"), "{shown}");
    }
}

/// As `execute` does.
#[test]
fn who_executes_what_approvers_accepted_is_told_and_not_asked() {
    let project = Project::with_note();
    let [account, stranger] = [1, 5].map(|at| project.node.addresses()[at]);
    let policy = format!("AND(Admin,{account},AFTER(2d))");
    project.done(&format!("policy update Note {policy} --role migrate"));
    let migrate = format!("migrate Note 2.0 {} {COUNT}", home(SWAPPED));
    let allow = project.refused("LayoutRefused", &migrate).accepts();
    let allow = format!("{allow} {MOVED_ANSWER}");
    let proposed = project.run(&format!("{migrate} {allow}"));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    use_key(&project, 1);
    let approved = project.run(&format!("approve {action} {allow}"));
    approved.ends_with(3);
    // In the folder of somebody who has allowed nothing.
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = "stylus-upgrades.toml";
    std::fs::copy(project.path(manifest), folder.path().join(manifest)).expect("copied");
    let console = Console::start(folder.path(), &[]);
    let query = format!("id={action}&do=execute&account={stranger}");
    let early = console.get(&format!("/before?{query}"));
    early.shows(&["cannot be executed yet", "a delay runs until"]);
    let later = project.node.with_chain(|chain| {
        chain.increase_time(2 * 86_400);
    });
    later.expect("the chain");
    let document = console.document(&format!("/api/before?{query}"));
    assert_eq!(document["consent"], "not-needed", "{document:#}");
    let page = console.get(&format!("/before?{query}"));
    page.shows(&[
        "this executes an approved action, which anybody may do: migrate Note to 2.0",
        "<b>migrate Note to 2.0</b>",
        "<code>shift:note</code>",
        "data-do=\"execute\"",
    ]);
    for one in ["id=\"yes\"", "completes the policy"] {
        assert!(!page.body.contains(one), "{one}: {}", page.body);
    }
}

fn before_of(action: &str, account: Address) -> String {
    format!("/before?id={action}&do=approve&account={account}")
}

#[test]
#[ignore = "nightly: many pages of a console, about 13 s"]
fn what_would_fail_once_it_is_approved_is_a_danger_on_the_page() {
    let project = Project::with_note();
    let [account, third] = [1, 2].map(|at| project.node.addresses()[at]);
    let all = format!("AND(Admin,{account},{third})");
    project.done(&format!("policy update Note {all} --role migrate"));
    let v2 = home(V2);
    let failing = format!("migrate Note 2.0 {v2} {}", failing_way(&v2));
    let refused = project.run(&failing);
    let (_, allow) = refused
        .error("next")
        .split_once("--accept ")
        .expect("a way");
    let proposed = project.run(&format!("{failing} --accept {allow}"));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    let console = Console::start(&project.path("."), &[]);
    for operation in ["approve", "sign"] {
        let query = format!("id={action}&do={operation}&account={account}");
        let document = console.document(&format!("/api/before?{query}"));
        assert_eq!(document["consent"], "needed", "{document}");
        let tried = findings_about(&document, "trial");
        let [(weight, says)] = &tried[..] else {
            panic!("the failure is told once: {tried:#?}");
        };
        assert_eq!(*weight, "danger", "{says}");
        assert!(says.contains("would be refused"), "{says}");
        let steps = findings_about(&document, "steps");
        assert!(
            steps.iter().all(|(weight, _)| *weight != "good"),
            "{steps:?}"
        );
    }
}

#[test]
#[ignore = "nightly: many pages of a console, about 15 s"]
fn a_creation_that_does_other_things_with_other_gas_is_a_danger_on_the_page() {
    let project = Project::with_note();
    let account = project.node.addresses()[1];
    // 5 with little gas, 0xdead with more.
    let code = alloy::hex!("5a6202400010600f576005600155005b61dead60015500");
    let place = Address::repeat_byte(0x51);
    let set = project
        .node
        .with_chain(move |chain| chain.set_code(place, Bytes::copy_from_slice(&code)));
    set.expect("the chain");
    let layout = r#"{"storage":[],"types":{}}"#;
    std::fs::write(project.path("layout.json"), layout).expect("written");
    let both = project.together();
    project.done(&format!("define Differs --migrate Admin --create {both}"));
    let absent =
        "--accept=absent:source,absent:interface,absent:steps,absent:live-instances,absent:code";
    let register = format!("register Differs 1.0 {place} --layout layout.json {absent}");
    project.done(&register);
    let create = "create-proxy Differs 1.0 --init start() --accept=absent:source,absent:steps";
    let proposed = project.run(create);
    proposed.ends_with(3);

    // The approval that executes it is no different: the page tries it, with any approver that is left.
    let action = text(&proposed.document, "action");
    let console = Console::start(&project.path("."), &[]);
    let query = format!("id={action}&do=approve&account={account}");
    let before = console.document(&format!("/api/before?{query}"));
    let tried = findings_about(&before, "trial");
    let is_danger =
        |(weight, says): &(&str, String)| *weight == "danger" && says.contains("DependsOnGas");
    assert!(tried.iter().any(is_danger), "{before:#}");
    let heaviest = &before["findings"][0]["severity"];
    assert_eq!(heaviest, "danger", "the heaviest first: {before:#}");
    let later = console.document(&format!("/api/before?{query}"));
    assert_eq!(before["stamp"], later["stamp"]);
}
