//! The coverage that a command reports is what it has checked.

use super::folder::{Folder, add};
use super::project::{COUNT, MOVED_ANSWER, Project, SWAPPED, home};
use crate::prelude::*;

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 25 s"]
fn a_migration_that_is_activated_already_rolls_out_no_way_that_rollout_would_refuse() {
    let project = Project::with_note();
    let swapped = home(SWAPPED);
    let wrong = format!("migrate Note 2.0 {swapped} {COUNT}");
    let allow = project.refused("LayoutRefused", &wrong).accepts();
    let allow = format!("{allow} {MOVED_ANSWER}");
    project.done(&format!("{wrong} {allow}"));
    let current = format!("migrate Note 3.0 {swapped}");
    project.done(&current);
    project.done("create-proxy Note 1.0 --save late --init initialize(uint256) 8");

    // The step to 3.0 is harmless; the way of the late instance also has the one to 2.0.
    let other = Folder::on(&project);
    let before = project.nonce();
    other.refused("LayoutRefused", &current);
    other.refused("LayoutRefused", "upgrade Note");
    assert_eq!(project.nonce(), before, "something was sent");
    let done = other.done(&format!("upgrade Note {allow}"));
    assert_eq!(done["upgraded"], 1);
    let done = other.done(&current);
    assert_eq!(
        (&done["executed"], &done["upgraded"]),
        (&true.into(), &0.into())
    );
}

#[tokio::test]
async fn an_instance_of_code_whose_sources_nobody_recorded_is_not_created_unless_that_is_named() {
    let project = Project::with_note();
    let code = Code {
        sourceHash: B256::ZERO,
        ..project.code("1.0").await
    };
    add(&project, "Note", "1.1", code, "1.0").await;
    let create = "create-proxy Note 1.1 --accept=initializer-omitted";
    let refused = project.refused("NotChecked", &create);
    assert_snapshot!(refused.refusal(), @"
    message: sources of the code cannot be checked: the hash of the sources of 1.1 was not recorded
    expected: sources of the code known
    found: source: the hash of the sources of 1.1 was not recorded
    next: give the source instead of what was built from it; to accept it: --accept absent:source
    ");
    let done = project.done(&format!("{create} --accept absent:source"));
    let seen = json!({ "steps": "complete", "source": "absent", "interface": "complete" });
    assert_eq!(done["coverage"], seen, "nothing is taken over");
}
