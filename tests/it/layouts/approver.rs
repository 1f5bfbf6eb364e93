//! An approver in an empty folder. `approve` makes the same checks as the command that proposed
//! the action, with or without the sources. `verify` reports how much it could check. Both need a
//! flag for what is missing.

use super::folder::{Folder, NOT_COMPARED, add, complete, without};
use super::project::{BACK, COUNT, LOST, MOVED_ANSWER, Project, SWAPPED, V1, V2, home};
use crate::command::instead;
use crate::prelude::*;

/// A project whose definition two keys decide about: the first is the proposer's.
pub(super) fn two_approvers() -> Project {
    let project = Project::with_note();
    decided_together(&project);
    project
}

/// From now on two keys decide.
fn decided_together(project: &Project) {
    project.done(&format!("policy update Note {}", project.together()));
}

/// From now on commands use the key of that account.
pub(crate) fn use_key(project: &Project, account: usize) {
    let key = project.node.accounts().mnemonic()[account].to_bytes();
    std::fs::write(project.path("key"), key.to_string()).expect("a key file");
}

/// Proposes as the first key; the action.
pub(super) fn proposed(project: &Project, words: &(impl Words + ?Sized)) -> String {
    let words = &words.list()[..];
    use_key(project, 0);
    let answer = project.run(words);
    assert_eq!(answer.exit, Some(3), "{words:?}: {answer:?}");
    use_key(project, 1);
    text(&answer.document, "action").to_owned()
}

fn approvals(folder: &Folder<'_>) -> Vec<Value> {
    let pending = folder.done("pending Note");
    let actions = pending["actions"].as_array().expect("actions");
    actions.iter().map(|one| one["approvals"].clone()).collect()
}

/// What is complete where nobody built the code that is approved: layout and steps are those of its document.
pub(super) fn unbuilt(source: &str, interface: &str) -> Value {
    let mut coverage = without(source, interface);
    coverage["layout"] = json!("partial");
    coverage["steps"] = json!("partial");
    coverage
}

/// The findings of `review` about a part: severity and text.
pub(crate) fn findings_about<'v>(review: &'v Value, about: &str) -> Vec<(&'v str, String)> {
    let cards = review["findings"].as_array().expect("findings");
    let of = cards.iter().filter(|card| card["part"] == about);
    let says = |card: &Value| {
        let words =
            ["id", "message", "found", "next"].map(|word| card[word].as_str().unwrap_or_default());
        words.join("; ")
    };
    of.map(|card| (text(card, "severity"), says(card)))
        .collect()
}

/// A way whose migration fails: the script has no such function.
pub(crate) fn failing_way(script: &str) -> String {
    format!("--script {script} --call count() --accept=migration-omitted --accept=would-fail")
}

#[test]
fn a_function_that_callers_lose_is_named_to_every_approver() {
    let project = Project::with_note();
    let v2 = home(V2);
    project.done(&format!("migrate Note 2.0 {v2} {COUNT}"));
    decided_together(&project);
    let action = proposed(&project, &BACK);

    // Who has only an endpoint and a key compares what the registered versions published.
    let other = Folder::on(&project);
    let review = other.done(&format!("pending {action}"));
    let lost = findings_about(&review, "interface");
    assert!(
        lost.iter().all(|(weight, _)| *weight == "danger"),
        "{lost:?}"
    );
    assert!(review["findings"].to_string().contains(LOST), "{review:#}");
    for flags in ["", "--offline --out signed.json"] {
        let answer = other.run(&format!("approve {action} {flags}"));
        answer.is_refused("InterfaceLost");
        assert_eq!(answer.error("found"), LOST);
    }
    assert_eq!(approvals(&other), [json!(1)], "nothing was sent");

    // What was found or allowed is not told as good beside it.
    let layout = findings_about(&review, "layout");
    assert!(
        layout.iter().all(|(severity, _)| *severity != "good"),
        "{review:#}"
    );

    // Where both versions were built, the function is named.
    let answer = project.run(&format!("approve {action}"));
    answer.is_refused("InterfaceLost");
    assert_eq!(answer.error("found"), LOST);
    // A rehearsal is not remembered.
    other.done(&format!("approve {action} --accept {LOST} --dry-run"));
    let again = other.run(&format!("approve {action}"));
    again.is_refused("InterfaceLost");
    let done = other.done(&format!("approve {action} --accept {LOST}"));
    assert_eq!(done["executed"], true);
    assert_eq!(done["coverage"], unbuilt("partial", "complete"));
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 14 s"]
fn a_migration_that_reverts_and_an_initializer_that_is_lost_are_reported_before_an_approval() {
    let project = two_approvers();
    let v2 = home(V2);
    let migrate = format!("migrate Note 2.0 {v2} {COUNT}");
    let plan = project.done(&instead("plan", &migrate));
    let found = |document: &Value| document["findings"][0]["id"].clone();
    assert_eq!(found(&plan), "initializer-lost", "{plan:#}");
    let action = proposed(&project, &migrate);
    let review = Folder::on(&project).done(&format!("pending {action}"));
    let tried = findings_about(&review, "trial");
    assert_eq!(tried.len(), 1, "{review:#}");
    assert_eq!(tried[0].0, "good", "{tried:?}");
    let steps = findings_about(&review, "steps");
    assert_eq!(steps.len(), 2, "{steps:?}");
    assert_eq!(
        (steps[0].0, steps[1].0),
        ("warning", "unknown"),
        "{steps:?}"
    );

    let way = failing_way(&v2);
    let mut action = action;
    for (command, weight) in [("register", "unknown"), ("migrate", "danger")] {
        use_key(&project, 0);
        project.done(&format!("cancel {action}"));
        let mut words = format!("{command} Note 2.0 {v2} {way}");
        if command == "migrate" {
            let refused = project.run(&words);
            let (_, allow) = refused
                .error("next")
                .split_once("--accept ")
                .expect("a way");
            words = format!("{words} --accept {allow}");
        }
        action = proposed(&project, &words);
        let review = Folder::on(&project).done(&format!("pending {action}"));
        let tried = findings_about(&review, "trial");
        assert!(!tried.is_empty(), "{review:#}");
        assert!(tried.iter().all(|(found, _)| *found == weight), "{tried:?}");
        let steps = findings_about(&review, "steps");
        assert!(steps.iter().all(|(found, _)| *found != "good"), "{steps:?}");
    }
}

#[test]
fn an_approver_is_refused_what_the_proposer_alone_had_allowed() {
    let project = two_approvers();
    let other = Folder::on(&project);
    let (v2, swapped) = (home(V2), home(SWAPPED));
    let wrong = format!("migrate Note 2.0 {swapped} {COUNT}");
    let allow = project.refused("LayoutRefused", &wrong).accepts();
    let action = proposed(&project, &format!("{wrong} {allow} {MOVED_ANSWER}"));
    let answer = other.run(&format!("approve {action}"));
    answer.is_refused("LayoutRefused");
    assert_eq!(approvals(&other), [json!(1)], "nothing was sent");
    use_key(&project, 0);
    project.done(&format!("cancel {action}"));

    let bare = format!("register Note 2.0 {v2} --accept=migration-omitted");
    let action = proposed(&project, &bare);
    let answer = other.run(&format!("approve {action}"));
    answer.is_refused("MigrationOmitted");
    let approve = format!("approve {action} --accept=migration-omitted");
    let done = other.done(&format!("{approve} {NOT_COMPARED}"));
    assert_eq!(done["executed"], true);
    assert_eq!(done["coverage"], unbuilt("partial", "absent"));
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 50 s"]
fn what_a_plan_allowed_is_refused_to_a_migration_and_to_an_approver_in_a_copy_of_the_folder() {
    let project = two_approvers();
    let swapped = home(SWAPPED);
    let migrate = format!("migrate Note 2.0 {swapped} {COUNT}");
    let allow = project.refused("LayoutRefused", &migrate).accepts();
    let allow = format!("{allow} {MOVED_ANSWER}");
    let plan = format!("{} {allow}", instead("plan", &migrate));
    let log = project.path("stylus-upgrades-layouts/allowed.jsonl");
    assert_eq!(project.run(&plan).document["ok"], true);
    assert!(!log.exists(), "a plan wrote what it was allowed");
    project.refused("LayoutRefused", &migrate);

    // The approver has everything that the proposer's folder holds.
    let action = proposed(&project, &format!("{migrate} {allow}"));
    let review = project.done(&format!("pending {action}"));
    let cards = findings_about(&review, "layout");
    assert!(!cards.is_empty(), "{review:#}");
    assert_eq!(cards[0].0, "danger", "{cards:?}");
    for flags in ["", "--offline --out signed.json"] {
        let answer = project.run(&format!("approve {action} {flags}"));
        answer.is_refused("LayoutRefused");
    }
    let done = project.done(&format!("approve {action} {allow}"));
    assert_eq!(done["executed"], true);
    assert!(!log.exists());
}

#[test]
fn with_the_sources_everything_is_checked_before_an_approval() {
    let project = two_approvers();
    let other = Folder::on(&project);
    let v2 = home(V2);
    let action = proposed(&project, &format!("migrate Note 2.0 {v2} {COUNT}"));
    let done = other.done(&format!("approve {action} --source {v2}"));
    assert_eq!(done["executed"], true);
    assert_eq!(done["coverage"], complete());
    assert_eq!(text(&done["storage"][0], "verdict"), "safe");
}

#[tokio::test]
async fn an_approver_names_what_is_absent() {
    let project = two_approvers();
    let other = Folder::on(&project);
    let code = Code {
        sourceHash: B256::ZERO,
        ..project.code("1.0").await
    };
    add(&project, "Note", "1.1", code, "1.0").await;
    use_key(&project, 1);
    let pending = other.done("pending Note");
    let action = text(&pending["actions"][0], "action");
    let next = text(&pending["actions"][0], "next");
    assert!(next.contains(action), "{next}");
    assert_snapshot!(masked(next), @"[address]: look with `stylus-upgrades pending [hash]`, then `stylus-upgrades approve [hash]`, which names the flags that it needs");
    let answer = other.run(&format!("approve {action}"));
    answer.is_refused("NotChecked");
    assert_eq!(approvals(&other), [json!(1)], "nothing was sent");
    let done = other.done(&format!("approve {action} --accept absent:source"));
    assert_eq!(done["executed"], true);
    assert_eq!(done["coverage"], unbuilt("absent", "complete"));
}

#[tokio::test]
async fn an_action_that_names_other_hashes_than_the_build_kept_here_is_listed_and_advised_against()
{
    let project = two_approvers();
    let genuine = project.code("1.0").await;
    let [mut other_layout, mut other_source] = [genuine.clone(), genuine.clone()];
    other_layout.layoutHash = B256::repeat_byte(7);
    other_source.sourceHash = B256::repeat_byte(7);
    add(&project, "Note", "1.1", other_layout, "1.0").await;
    add(&project, "Note", "1.2", other_source, "1.0").await;
    add(&project, "Note", "1.3", genuine, "1.0").await;
    let pending = project.done("pending Note");
    let actions = pending["actions"].as_array().expect("actions");
    let differs = |one: &Value| one["differs"].as_array().map(Vec::len);
    let found: Vec<_> = actions.iter().map(differs).collect();
    assert_eq!(found, [Some(1), Some(1), Some(0)], "{pending:#}");
    for one in &actions[..2] {
        assert_eq!(one["builds"], json!([]), "nothing of the build is told");
    }
    let why = [0, 1].map(|at| actions[at]["differs"][0].as_str().unwrap_or_default());
    assert_snapshot!(masked(&why.join("\n")), @"
    it is not what was built here: the layout hash of note-v1 differs from the code in the action (layout hash [hash])
    it is not what was built here: the source hash of note-v1 differs from the code in the action (source hash [hash])
    ");
    assert_eq!(actions[2]["builds"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
#[ignore = "nightly: compiles crates and upgrades them, about 24 s"]
async fn verify_in_an_empty_folder_says_how_much_it_checked() {
    let project = Project::with_note();
    let other = Folder::on(&project);
    // Nobody looks at live instances.
    let seen = |source: &str| {
        let (layout, steps, interface) = ("complete", "complete", "complete");
        json!({ "layout": layout, "steps": steps, "source": source, "interface": interface })
    };
    let done = other.done("verify Note");
    assert_eq!(done["coverage"], seen("partial"));
    let done = other.done(&["verify", "Note", "--source", &home(V1)]);
    assert_eq!(done["coverage"], seen("complete"));

    let code = Code {
        sourceHash: B256::ZERO,
        ..project.code("1.0").await
    };
    add(&project, "Note", "1.1", code, "1.0").await;
    let answer = other.run("verify Note");
    answer.is_refused("NotChecked");
    let next = answer.error("next");
    assert!(next.ends_with("--accept absent:source"), "{next}");
    let checks = answer.document["checks"].as_array().expect("checks");
    assert!(checks.iter().all(|check| check["ok"] == true), "{checks:?}");
    let done = other.done("verify Note --accept absent:source");
    assert_eq!(done["coverage"], seen("absent"));
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 100 s"]
fn with_the_sources_of_the_script_too_everything_is_compared_before_an_approval() {
    let project = two_approvers();
    let other = Folder::on(&project);
    let (v1, v2) = (home(V1), home(V2));
    let way = format!("--script {v1} --call count() --accept=migration-omitted");
    let words = format!("register Note 2.0 {v2} {way}");
    let action = proposed(&project, &words);
    let approve = format!("approve {action} --source {v2} --accept=migration-omitted");
    let wrong = other.run(&format!("{approve} --script-source {v2}"));
    wrong.is_refused("ArtifactDiffers");
    assert_eq!(approvals(&other), [json!(1)], "nothing was sent");
    // The script is built from the sources of 1.0, so the interfaces of both versions are known too.
    let done = other.done(&format!("{approve} --script-source {v1}"));
    assert_eq!(done["executed"], true);
    assert_eq!(done["coverage"], complete());
}
