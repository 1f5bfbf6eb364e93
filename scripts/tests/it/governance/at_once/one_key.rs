//! One key in two terminals: each shows what became of its transaction.

use super::agreement::Round;
use super::fixture::{Fixture, agreed, rounds};
use crate::governance::sandbox::{error, text};

#[test]
fn the_same_command_of_one_key_in_two_terminals_approves_once() {
    let fixture = Fixture::new();
    let registry = fixture.registry.clone();
    for _ in 0..rounds() {
        let (name, _) = fixture.created(1);
        fixture.hand_over(&name, "migrate", "AND(Admin,Admin2)");
        let words = fixture.migrate(&name).to_vec();
        let from = fixture.block();
        let reported = fixture.typed(&[("Admin", words.clone()), ("Admin", words)]);
        let round = Round::since(&fixture, from, &registry);
        assert_eq!(round.executions(), 0);
        for one in &reported {
            match one.answer.exit {
                Some(3) => assert_eq!(one.answer.document["approvals"], 1),
                exit => {
                    let told = (exit, error(&one.answer));
                    let known = [(Some(4), "NonceTaken"), (Some(1), "AlreadyApproved")];
                    assert!(known.contains(&told), "{told:?}");
                    let report = &one.answer.document["error"];
                    for part in ["expected", "found", "next"] {
                        assert!(!text(report, part).is_empty(), "{report}");
                    }
                }
            }
        }
        assert!(reported.iter().any(|one| one.answer.exit == Some(3)));
        let pending = fixture.sandbox.done("Other", &format!("pending {name}"));
        assert_eq!(pending["actions"][0]["approvals"], 1);
        fixture.close(&name);
    }
    agreed("the same command of one key in two terminals approves once");
}

#[test]
fn two_commands_of_one_key_in_two_terminals_each_report_the_truth() {
    let fixture = Fixture::new();
    for _ in 0..rounds() {
        let (one, other) = (fixture.defined(), fixture.defined());
        let reported = fixture.typed(&[
            (
                "Admin",
                vec![
                    "policy",
                    "update",
                    &one,
                    "Admin2",
                    "--accept",
                    "excluded-sender",
                ],
            ),
            (
                "Admin",
                vec![
                    "policy",
                    "update",
                    &other,
                    "Admin2",
                    "--accept",
                    "excluded-sender",
                ],
            ),
        ]);
        for reported in &reported {
            let explain = ["policy", "explain", &reported.words[2], "--role", "migrate"];
            let policy = fixture.sandbox.done("Other", &explain);
            let is_changed = text(&policy["policies"][0], "named") == "Admin2";
            match reported.answer.exit {
                Some(0) => assert!(is_changed, "{:?}", reported.answer),
                exit => {
                    assert_eq!((exit, error(&reported.answer)), (Some(4), "NonceTaken"));
                    assert!(!is_changed, "{:?}", reported.answer);
                }
            }
        }
    }
    agreed("two commands of one key in two terminals are each told the truth");
}
