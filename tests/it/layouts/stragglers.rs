//! Instances that are more than one version behind. Every command that upgrades them checks the
//! older steps of their paths.

use super::folder::Folder;
use super::project::{COUNT, LOST, MOVED_ANSWER, Project, SWAPPED, home};
use crate::prelude::*;

/// A chain where 2.0 was allowed to misread the storage of 1.0, and is current; with an instance
/// that was created at 1.0 afterwards. The words that allow the step to 2.0.
fn with_a_straggler() -> (Project, String) {
    let project = Project::with_note();
    let wrong = format!("migrate Note 2.0 {} {COUNT}", home(SWAPPED));
    let allow = project.refused("LayoutRefused", &wrong).accepts();
    let allow = format!("{allow} {MOVED_ANSWER}");
    project.done(&format!("{wrong} {allow}"));
    project.done("create-proxy Note 1.0 --save late --init initialize(uint256) 8");
    (project, allow)
}

fn version_of_late(project: &Project) -> String {
    let status = project.done("status late");
    text(&status["instance"], "version").to_owned()
}

#[test]
fn a_migration_of_few_instances_takes_none_along_on_a_path_that_rollout_would_refuse() {
    let (project, allow) = with_a_straggler();
    let other = Folder::on(&project);
    let swapped = home(SWAPPED);
    let migrate = format!("migrate Note 3.0 {swapped}");
    other.refused("LayoutRefused", &migrate);
    let named = format!("{migrate} {allow}");
    let done = other.done(&format!("{named} --accept reorder:nothing"));
    assert_eq!(done["executed"], true);
    assert_eq!(done["needless"], json!(["reorder:nothing"]));
    assert_eq!(version_of_late(&project), "3.0");
}

#[test]
fn each_step_of_a_path_takes_what_it_needs_of_what_is_allowed() {
    let (project, allow) = with_a_straggler();
    let other = Folder::on(&project);
    let v1 = home(super::project::V1);
    // 3.0 drops the field that 2.0 added: another finding than that of the step to 2.0.
    let back = format!("migrate Note 3.0 {v1} --accept=migration-omitted --accept {LOST}");
    let more = other.refused("LayoutRefused", &back).accepts();
    let back = format!("{back} {more}");
    other.refused("LayoutRefused", &back);
    let done = other.done(&format!("{back} {allow}"));
    assert_eq!(done["executed"], true);
    assert_eq!(version_of_late(&project), "3.0");
}
