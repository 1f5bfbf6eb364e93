//! What callers lose with a version: compared where both interfaces are known, and refused as not
//! compared where they are not, by the commands that propose as by those that approve.

use serde_json::json;

use super::folder::{Folder, NOT_COMPARED, problems, without};
use super::project::{BACK, COUNT, Project, V2, home, text};

#[tokio::test]
async fn who_proposes_where_no_interface_is_kept_is_refused_until_he_names_it() {
    let project = Project::with_note();
    let v2 = home(V2);
    let words = |command| [&[command, "Note", "2.0", &v2][..], &COUNT].concat();
    let other = Folder::on(&project);
    for command in ["register", "migrate"] {
        let error = other.refused("NotChecked", &words(command))["error"].clone();
        assert!(text(&error, "found").contains("of 1.0 are not kept here"));
        let next = text(&error, "next");
        assert!(next.ends_with("--allow-absent interface"), "{next}");
        assert_eq!(next.matches("NotChecked").count(), 0, "said once: {next}");
    }
    let plan = other.run(&words("plan"));
    assert_eq!(plan.exit, Some(1), "{plan:?}");
    assert_eq!(problems(&plan.document), ["NotChecked"]);
    assert_eq!(plan.document["coverage"], without("complete", "absent"));

    // The folder that registered 1.0 knows it, and compares.
    let done = project.done(&words("migrate"));
    assert_eq!(done["coverage"], without("complete", "complete"));
    let lost = project.refused("InterfaceLost", &BACK[..6]);
    let error = &lost.document["error"];
    assert_eq!(text(error, "found"), "function-removed:changes()");
    other.refused("NotChecked", &BACK[..6]);
    let step = ["add-step", "Note", "2.0", "--from", "1.0", "--no-migration"];
    other.refused("NotChecked", &step);
    let done = other.done(&[&BACK[..6], &NOT_COMPARED].concat());
    assert_eq!(done["coverage"]["interface"], "absent");
}

#[test]
fn the_interface_of_code_that_was_deployed_from_here_is_known_when_its_address_is_registered() {
    let project = Project::with_note();
    let deployed = project.done(&["deploy", &home(V2)]);
    let code = text(&deployed, "address");
    let plan = project.done(&[&["plan", "Note", "2.0", code][..], &COUNT].concat());
    assert_eq!(plan["coverage"]["interface"], json!("complete"));
}

#[test]
fn several_parts_that_are_absent_are_each_reported_once() {
    let project = Project::with_note();
    let code = text(&project.done(&["deploy", &home(V2)]), "address").to_owned();
    let other = Folder::on(&project);
    // Another folder knows neither the sources of that account's code nor its functions.
    let words = [&["migrate", "Note", "2.0", &code][..], &COUNT].concat();
    let answer = other.run(&words);
    assert_eq!(answer.exit, Some(1), "{answer:?}");
    let next = text(&answer.document["error"], "next").to_owned();
    for part in ["source", "interface"] {
        let flag = format!("--allow-absent {part}");
        assert_eq!(next.matches(&flag).count(), 1, "{next}");
    }
}
