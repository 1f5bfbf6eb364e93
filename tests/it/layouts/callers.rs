//! What callers lose with a version: compared where both interfaces are known, and refused as not
//! compared where they are not, by the commands that propose as by those that approve.

use crate::prelude::*;
use std::fs;

use stylus_layout::Document;
use stylus_upgrades::registry;

use super::approver::{proposed, two_approvers, use_key};
use super::folder::{
    Folder, NOT_COMPARED, add_without_interface, problems, publish, send, without,
};
use super::project::{BACK, COUNT, LOST, Project, V2, home};

#[tokio::test]
#[ignore = "nightly: compiles crates and upgrades them, about 20 s"]
async fn who_proposes_where_no_interface_is_published_is_refused_until_he_names_it() {
    let project = Project::with_note();
    add_without_interface(&project, "Old").await;
    let v2 = home(V2);
    let words = |command| format!("{command} Old 2.0 {v2} {COUNT}");
    let other = Folder::on(&project);
    for command in ["register", "migrate"] {
        let error = other.refused("NotChecked", &words(command)).document["error"].clone();
        assert!(text(&error, "found").contains("of 1.0 are neither published nor kept here"));
        let next = text(&error, "next");
        assert!(next.ends_with("--accept absent:interface"), "{next}");
        assert_eq!(next.matches("NotChecked").count(), 0, "said once: {next}");
    }
    let plan = other.run(&words("plan"));
    plan.ends_with(1);
    assert_eq!(problems(&plan.document), ["absent:interface"]);
    assert_eq!(plan.document["coverage"], without("complete", "absent"));

    // The folder that registered 1.0 knows it, and compares.
    let done = project.done(&words("migrate"));
    assert_eq!(done["coverage"], without("complete", "complete"));
    let back = "rollback Old --to 1.0 --label 3.0";
    let lost = project.refused("InterfaceLost", &back);
    let error = &lost.document["error"];
    assert_eq!(text(error, "found"), "function-removed:changes()");
    other.refused("NotChecked", &back);
    let step = "register Old 2.0 --from 1.0 --accept=migration-omitted,migration-bypassed:2.0";
    other.refused("NotChecked", &step);
    let done = other.done(&format!("{back} {NOT_COMPARED}"));
    assert_eq!(done["coverage"]["interface"], "absent");
    // What was registered without an interface keeps its hash.
    assert_eq!(
        done["layout_hash"],
        project.code_of("Old", "1.0").await.layoutHash.to_string()
    );
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 44 s"]
fn a_file_of_an_own_build_that_others_can_have_committed_is_not_believed() {
    let project = Project::with_note();
    let deployed = project.done(&["deploy", &home(V2)]);
    let code = text(&deployed, "address");
    let plan = format!("plan Note 2.0 {code} {COUNT}");
    let interface = |extent: &str| {
        let plan = project.run(&plan);
        assert_eq!(plan.document["coverage"]["interface"], extent, "{plan:?}");
    };
    interface("complete");
    let folder = project.path("");
    git(&folder, "init --quiet --initial-branch=main");
    interface("complete");
    git(&folder, "add stylus-upgrades-layouts");
    // The document that is kept for it says the same, which is no proof.
    interface("partial");
}

#[test]
fn the_interface_of_code_that_was_deployed_from_here_is_known_when_its_address_is_registered() {
    let project = Project::with_note();
    let deployed = project.done(&["deploy", &home(V2)]);
    let code = text(&deployed, "address");
    let plan = project.done(&format!("plan Note 2.0 {code} {COUNT}"));
    assert_eq!(plan["coverage"]["interface"], json!("complete"));
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 34 s"]
fn a_version_that_begins_again_is_not_reported_as_compared_with_what_is_current() {
    let project = Project::with_note();
    let words = ["register", "Note", "2.0", &home(V2), "--initial"];
    let done = project.done(&words);
    assert_eq!(done["coverage"]["interface"], "partial", "{done}");
}

#[tokio::test]
async fn an_approver_compares_by_the_document_or_by_a_build_of_his_own() {
    let project = two_approvers();
    // 2.0 is registered with a document without an interface, and going back to 1.0 loses one of its
    // functions.
    let v2 = home(V2);
    let action = proposed_without_interface(&project).await;
    let approve = format!("approve {action} --accept absent:interface");
    Folder::on(&project).done(&approve);
    let action = proposed(&project, &BACK);
    let lost = LOST;

    let other = Folder::on(&project);
    let answer = other.run(&format!("approve {action} --accept {lost}"));
    answer.is_refused("NotChecked");
    other.done(&format!("deploy {v2}"));
    let answer = other.run(&format!("approve {action}"));
    answer.is_refused("InterfaceLost");
    let done = other.done(&format!("approve {action} --accept {lost}"));
    assert_eq!(done["executed"], true, "{done}");
    assert_eq!(done["coverage"]["interface"], "complete", "{done}");
}

/// Proposes 2.0 with a document that another program wrote; the action.
async fn proposed_without_interface(project: &Project) -> String {
    let v2 = home(V2);
    use_key(project, 0);
    let deployed = project.done(&format!("deploy {v2}"));
    let hash = text(&deployed, "layout_hash");
    let file = format!("stylus-upgrades-layouts/{hash}.json");
    let bytes = fs::read(project.path(&file)).expect("a document");
    let document = Document::decode(&bytes).expect("a document");
    let without = document.without_interface();
    publish(project, &without.encode()).await;
    let of = |name: &str| text(&deployed, name).to_owned();
    let code = Code {
        implementation: of("address").parse().expect("an address"),
        codehash: of("codehash").parse().expect("a hash"),
        layoutHash: without.hash(),
        sourceHash: of("source_hash").parse().expect("a hash"),
    };
    let mut data = keccak256("countFrom(uint256)")[..4].to_vec();
    data.extend(U256::from(40).to_be_bytes::<32>());
    let call = calls::migrate("Note", "2.0", &code, registry::call("1.0", data.into()));
    send(project, &call).await;
    use_key(project, 1);
    let pending = project.done("pending Note");
    text(&pending["actions"][0], "action").to_owned()
}

fn git(folder: &Path, words: &(impl Words + ?Sized)) {
    let words = &words.list()[..];
    let who = ["-c", "user.name=me", "-c", "user.email=me@example.org"];
    let mut command = Command::new("git");
    let done = command.args(who).args(words).current_dir(folder).status();
    assert!(done.expect("git").success(), "{words:?}");
}
