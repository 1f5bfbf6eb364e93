//! Instances that are more than one version behind. Every command that upgrades them checks the
//! older steps of their paths.

use super::folder::Folder;
use super::project::{BACK, COUNT, Project, SWAPPED, home, text};

/// A chain where 2.0 was allowed to misread the storage of 1.0, and is current; with `instances`
/// upgraded to it and one that was created at 1.0 afterwards. The words that allow the step to 2.0.
fn with_a_straggler(instances: usize) -> (Project, Vec<String>) {
    let project = Project::with_note();
    let create = ["create-proxy", "Note", "1.0"];
    let initialize = ["--init", "initialize(uint256)", "8"];
    for _ in 1..instances {
        project.done(&[&create[..], &initialize].concat());
    }
    let swapped = home(SWAPPED);
    let wrong = [&["migrate", "Note", "2.0", &swapped][..], &COUNT].concat();
    let refused = project.refused("LayoutRefused", &wrong);
    let found = text(&refused.document["error"], "found").to_owned();
    let allow = found.split(", ").flat_map(|id| ["--accept", id]);
    let allow: Vec<String> = allow.map(str::to_owned).collect();
    project.done(&with(&wrong, &allow));
    project.done(&[&create[..], &["--save", "late"], &initialize].concat());
    (project, allow)
}

fn with<'w>(words: &[&'w str], more: &'w [String]) -> Vec<&'w str> {
    let more = more.iter().map(String::as_str);
    words.iter().copied().chain(more).collect()
}

fn version_of_late(project: &Project) -> String {
    let status = project.done("status late");
    text(&status["instance"], "version").to_owned()
}

#[test]
fn a_migration_of_few_instances_takes_none_along_on_a_path_that_rollout_would_refuse() {
    let (project, allow) = with_a_straggler(1);
    let other = Folder::on(&project);
    let swapped = home(SWAPPED);
    let migrate = ["migrate", "Note", "3.0", &swapped];
    other.refused("LayoutRefused", &migrate);
    let named = with(&migrate, &allow);
    let slip = [&named[..], &["--accept", "reorder:nothing"]].concat();
    let answer = other.run(&slip);
    let found = text(&answer.document["error"], "name");
    assert_eq!((answer.exit, found), (Some(2), "NoSuchFinding"));
    let done = other.done(&named);
    assert_eq!(done["executed"], true);
    assert_eq!(version_of_late(&project), "3.0");
}

#[test]
fn each_step_of_a_path_takes_what_it_needs_of_what_is_allowed() {
    let (project, allow) = with_a_straggler(1);
    let other = Folder::on(&project);
    let v1 = home(super::project::V1);
    // 3.0 drops the field that 2.0 added: another finding than that of the step to 2.0.
    let back = ["migrate", "Note", "3.0", &v1, "--accept=migration-omitted"];
    let back = [&back[..], &BACK[6..]].concat();
    let refused = other.refused("LayoutRefused", &back);
    let found = text(&refused["error"], "found").to_owned();
    let more = found.split(", ").flat_map(|id| ["--accept", id]);
    let more: Vec<String> = more.map(str::to_owned).collect();
    other.refused("LayoutRefused", &with(&back, &more));
    let all = with(&back, &more);
    let all = with(&all, &allow);
    let done = other.done(&all);
    assert_eq!(done["executed"], true);
    assert_eq!(version_of_late(&project), "3.0");
}
