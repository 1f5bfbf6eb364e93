//! One key in two terminals: each shows what became of its transaction.

use super::agreement::Round;
use super::fixture::{Fixture, agreed, rounds};
use crate::prelude::*;

#[test]
fn the_same_command_of_one_key_in_two_terminals_approves_once() {
    let fixture = Fixture::new();
    let registry = fixture.registry.clone();
    for _ in 0..rounds() {
        let (name, _) = fixture.created(1);
        fixture.hand_over(&name, "migrate", BOTH);
        let words = fixture.migrate(&name);
        let from = fixture.block();
        let reported = fixture.typed(&[("Admin", words.clone()), ("Admin", words)]);
        let round = Round::since(&fixture, from, &registry);
        assert_eq!(round.executions(), 0);
        for one in &reported {
            match one.answer.exit {
                Some(3) => drop(one.answer.document.has(json!({"approvals": 1}))),
                exit => {
                    let told = (exit, error(&one.answer));
                    let known = [(Some(4), "NonceTaken"), (Some(1), "AlreadyApproved")];
                    assert!(known.contains(&told), "{told:?}");
                    for part in ["expected", "found", "next"] {
                        assert!(!one.answer.said(part).is_empty(), "{told:?}");
                    }
                }
            }
        }
        assert!(reported.iter().any(|one| one.answer.exit == Some(3)));
        fixture.sandbox.open(&name)[0].has(json!({"approvals": 1}));
        fixture.close(&name);
    }
    agreed("the same command of one key in two terminals approves once");
}

#[test]
fn two_commands_of_one_key_in_two_terminals_each_report_the_truth() {
    let fixture = Fixture::new();
    for _ in 0..rounds() {
        let names = [fixture.defined(), fixture.defined()];
        let lines = names.each_ref().map(|name| {
            let update = format!("policy update {name} Admin2 --accept excluded-sender");
            ("Admin", update)
        });
        for (name, reported) in names.iter().zip(fixture.typed(&lines)) {
            let explain = format!("policy explain {name} --role migrate");
            let policy = fixture.sandbox.done("Other", &explain);
            let is_changed = text(&policy["policies"][0], "named") == "Admin2";
            assert_eq!(is_changed, reported.answer.exit == Some(0), "{reported:?}");
            if !is_changed {
                reported.answer.is(4, "NonceTaken");
            }
        }
    }
    agreed("two commands of one key in two terminals are each told the truth");
}
