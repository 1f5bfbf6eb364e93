//! One key in two terminals: each is told what became of its transaction.

use super::agreement::Round;
use super::world::{World, agreed, rounds};
use crate::desk::{error, text};

#[test]
fn the_same_command_of_one_key_in_two_terminals_approves_once() {
    let world = World::new();
    let registry = world.registry.clone();
    for _ in 0..rounds() {
        let (name, _) = world.born(1);
        world.hand_over(&name, "migrate", "AND(Admin,Admin2)");
        let words = world.migrate(&name).to_vec();
        let from = world.block();
        let told = world.typed(&[("Admin", words.clone()), ("Admin", words)]);
        let round = Round::since(&world, from, &registry);
        assert_eq!(round.executions(), 0);
        for one in &told {
            match one.answer.exit {
                Some(3) => assert_eq!(one.answer.document["approvals"], 1),
                exit => {
                    assert_eq!((exit, error(&one.answer)), (Some(4), "NonceTaken"));
                    let report = &one.answer.document["error"];
                    for part in ["expected", "found", "next"] {
                        assert!(!text(report, part).is_empty(), "{report}");
                    }
                }
            }
        }
        assert!(told.iter().any(|one| one.answer.exit == Some(3)));
        let pending = world.desk.done("Other", &["pending", &name]);
        assert_eq!(pending["actions"][0]["approvals"], 1);
    }
    agreed("the same command of one key in two terminals approves once");
}

#[test]
fn two_commands_of_one_key_in_two_terminals_are_each_told_the_truth() {
    let world = World::new();
    for _ in 0..rounds() {
        let (one, other) = (world.defined(), world.defined());
        let told = world.typed(&[
            (
                "Admin",
                vec![
                    "update-policy",
                    &one,
                    "Admin2",
                    "--allow",
                    "excluded-sender",
                ],
            ),
            (
                "Admin",
                vec![
                    "update-policy",
                    &other,
                    "Admin2",
                    "--allow",
                    "excluded-sender",
                ],
            ),
        ]);
        for told in &told {
            let explain = ["policy", "explain", &told.words[1], "--role", "migrate"];
            let policy = world.desk.done("Other", &explain);
            let is_changed = text(&policy["policies"][0], "named") == "Admin2";
            match told.answer.exit {
                Some(0) => assert!(is_changed, "{:?}", told.answer),
                exit => {
                    assert_eq!((exit, error(&told.answer)), (Some(4), "NonceTaken"));
                    assert!(!is_changed, "{:?}", told.answer);
                }
            }
        }
    }
    agreed("two commands of one key in two terminals are each told the truth");
}
