//! Code that is proposed with the layout of other code: only a build tells.

use crate::prelude::*;
use stylus_upgrades::registry::nothing;
use stylus_upgrades_interface::registry::IRegistry::migrateCall;

use super::approver::{findings_about, proposed, two_approvers, unbuilt, use_key};
use super::folder::{Folder, NOT_COMPARED, send};
use super::project::{COUNT, MOVED_ANSWER, SWAPPED, home};

#[tokio::test]
async fn a_layout_that_only_the_proposer_names_is_reported_as_checked_in_part() {
    let project = two_approvers();
    let swapped = home(SWAPPED);
    let migrate = format!("migrate Note 2.0 {swapped} {COUNT}");
    let allow = project.refused("LayoutRefused", &migrate).accepts();
    let allow = format!("{allow} {MOVED_ANSWER}");
    let action = proposed(&project, &format!("{migrate} {allow}"));
    let review = project.done(&format!("pending {action}"));
    let call: Bytes = text(&review, "call").parse().expect("hex");
    let honest = migrateCall::abi_decode(&call).expect("a migration");
    use_key(&project, 0);
    project.done(&format!("cancel {action}"));

    // The same code under the layout and the source hash of 1.0, which is published and known.
    let mut forged = honest.clone();
    let first = project.code("1.0").await;
    forged.code.layoutHash = first.layoutHash;
    forged.code.sourceHash = first.sourceHash;
    forged.step = nothing("1.0");
    send(&project, &forged).await;
    use_key(&project, 1);
    let other = Folder::on(&project);
    let pending = other.done("pending Note");
    let action = text(&pending["actions"][0], "action");
    let review = other.done(&format!("pending {action}"));
    for about in ["layout", "steps"] {
        let cards = findings_about(&review, about);
        assert!(!cards.is_empty(), "{review:#}");
        let is_known = |(weight, says): &(&str, String)| {
            *weight == "unknown" && says.contains("which its proposer wrote")
        };
        assert!(cards.iter().any(is_known), "{cards:?}");
        assert!(
            cards.iter().all(|(weight, _)| *weight != "good"),
            "{cards:?}"
        );
    }
    let built = other.run(&format!("approve {action} --source {swapped}"));
    built.is_refused("ArtifactDiffers");
    // What others wrote ran here, and was named before.
    let named = "runs code of others on this machine: ";
    assert!(built.stderr.contains(named), "{}", built.stderr);
    // The forged layout hides the move, and the answer shows it.
    let approve = format!("approve {action} {NOT_COMPARED}");
    let refused = other.run(&approve);
    refused.is_refused("AnswerChanged");
    let done = other.done(&format!("{approve} {MOVED_ANSWER}"));
    assert_eq!(done["coverage"], unbuilt("partial", "absent"), "{done:#}");
}
