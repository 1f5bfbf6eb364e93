//! Governed commands: approved by some and executed by one, whoever comes first.

use super::agreement::{Round, exits, field};
use super::fixture::{Fixture, Reported, THREE, TWO, agreed, rounds};
use crate::governance::sandbox::text;
use stylus_upgrades_test_support::Words;

/// Whoever shares a policy types the same words; `prepare` makes a definition for a round, hands
/// over the role and gives the words.
fn in_rounds(
    policies: &[(&str, usize)],
    prepare: impl Fn(&Fixture, &str) -> Vec<String>,
    check: impl Fn(&Fixture, &str, &Round, &[Reported]),
) {
    let fixture = Fixture::new();
    let registry = fixture.registry.clone();
    for (policy, keys) in policies {
        for _ in 0..rounds() {
            let words = prepare(&fixture, policy);
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let (round, reported) = fixture.agreed_at_once(&registry, *keys, &words);
            assert!(
                round.executions() > 0,
                "{policy}: {words:?} was never executed"
            );
            if policy.starts_with("AND") {
                let [done, waiting, refused] = exits(&reported);
                assert!(done >= 1 && refused == 0, "{policy}: {words:?}");
                assert_eq!(
                    (done + waiting, round.executions()),
                    (*keys, 1),
                    "{policy}: {words:?}"
                );
            }
            check(&fixture, policy, &round, &reported);
            let name = match words[..] {
                ["policy", _, name, ..] => name,
                _ => words[1],
            };
            fixture.close(name);
        }
    }
}

const ALL: [(&str, usize); 3] = [TWO[0], TWO[1], THREE];

fn owned(words: &(impl Words + ?Sized)) -> Vec<String> {
    let words = &words.list()[..];
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn define_typed_at_once_is_reported_as_the_chain_has_it() {
    let fixture = Fixture::new();
    for (policy, keys) in ALL {
        let deploy = format!("registry deploy --define {policy} --accept excluded-sender");
        let deployed = fixture.sandbox.done("Other", &deploy);
        let registry = text(&deployed, "registry");
        for _ in 0..rounds() {
            let name = fixture.name();
            let words = [
                "define",
                &name,
                "--migrate",
                "Admin",
                "--accept",
                "excluded-sender",
                "--registry",
                registry,
            ];
            let (round, reported) = fixture.agreed_at_once(registry, keys, &words);
            assert_eq!(round.executions(), 1, "{policy}");
            assert!(exits(&reported)[0] >= 1, "{policy}");
        }
    }
    agreed("define typed at once is told as the chain has it");
}

#[test]
#[ignore = "nightly: several processes at once, many times, about 10 s"]
fn register_typed_at_once_is_reported_as_the_chain_has_it() {
    in_rounds(
        &ALL,
        |fixture, policy| {
            let name = fixture.defined();
            fixture.hand_over(&name, "migrate", policy);
            let call = [
                "register",
                &name,
                "2.0",
                &fixture.v2,
                "--call",
                "migrate(uint256)",
                "5",
            ];
            owned(&call)
        },
        |_, policy, round, _| assert_eq!(round.executions(), 1, "{policy}"),
    );
    agreed("register typed at once is told as the chain has it");
}

#[test]
#[ignore = "nightly: several processes at once, many times, about 9 s"]
fn create_proxy_typed_at_once_makes_one_action_and_one_proxy() {
    in_rounds(
        &[TWO[0], THREE],
        |fixture, policy| {
            let name = fixture.defined();
            fixture.hand_over(&name, "create", policy);
            owned(&[
                "create-proxy",
                &name,
                "1.0",
                "--init",
                "initialize(uint256)",
                "7",
            ])
        },
        |fixture, policy, round, reported| {
            assert_eq!(round.executions(), 1, "{policy}");
            let proxies = field(reported, "proxy");
            let proxies: Vec<_> = proxies.iter().filter(|proxy| !proxy.is_null()).collect();
            assert!(
                proxies.windows(2).all(|two| two[0] == two[1]),
                "{proxies:?}"
            );
            let status = fixture.status(&reported[0].words[1]);
            assert_eq!(status["instances"].as_array().map(Vec::len), Some(1));
        },
    );
    agreed("create proxy typed at once makes one action and one proxy");
}

#[test]
fn migrate_typed_at_once_is_reported_as_the_chain_has_it() {
    in_rounds(
        &ALL,
        |fixture, policy| {
            let (name, _) = fixture.created(1);
            fixture.hand_over(&name, "migrate", policy);
            owned(&fixture.migrate(&name))
        },
        |fixture, _, _, reported| {
            let status = fixture.status(&reported[0].words[1]);
            assert_eq!(text(&status["instances"][0], "version"), "2.0");
        },
    );
    agreed("migrate typed at once is told as the chain has it");
}

#[test]
#[ignore = "nightly: several processes at once, many times, about 18 s"]
fn rollback_typed_at_once_is_reported_as_the_chain_has_it() {
    in_rounds(
        &ALL,
        |fixture, policy| {
            let (name, _) = fixture.created(1);
            fixture.sandbox.done("Admin", &fixture.migrate(&name));
            fixture.hand_over(&name, "migrate", policy);
            let back = &fixture.back;
            owned(&[
                "rollback",
                &name,
                "--to",
                "1.0",
                "--as",
                "3.0",
                "--script",
                back,
                "--call",
                "back()",
                "--accept",
                "function-removed:step()",
            ])
        },
        |fixture, _, _, reported| {
            let status = fixture.status(&reported[0].words[1]);
            assert_eq!(text(&status["instances"][0], "version"), "3.0");
        },
    );
    agreed("rollback typed at once is told as the chain has it");
}

#[test]
#[ignore = "nightly: several processes at once, many times, about 10 s"]
fn update_policy_typed_at_once_is_reported_as_the_chain_has_it() {
    in_rounds(
        &ALL,
        |fixture, policy| {
            let name = fixture.defined();
            fixture.hand_over(&name, "policy", policy);
            owned(&[
                "policy",
                "update",
                &name,
                "--role",
                "migrate",
                "Admin2",
                "--accept",
                "excluded-sender",
            ])
        },
        |fixture, _, _, reported| {
            let name = &reported[0].words[2];
            let explain = format!("policy explain {name} --role migrate");
            let policy = fixture.sandbox.done("Other", &explain);
            assert_eq!(text(&policy["policies"][0], "named"), "Admin2");
        },
    );
    agreed("update policy typed at once is told as the chain has it");
}

#[test]
#[ignore = "nightly: several processes at once, many times, about 17 s"]
fn approve_typed_at_once_where_one_suffices_is_reported_as_the_chain_has_it() {
    let fixture = Fixture::new();
    let registry = fixture.registry.clone();
    let policies = [
        ("OutOf(2,Other,Admin,Admin2)", 2),
        ("OutOf(2,Other,Admin,Admin2,Admin3)", 3),
        ("OutOf(3,Other,Admin,Admin2)", 2),
    ];
    for (policy, keys) in policies {
        for _ in 0..rounds() {
            let (name, _) = fixture.created(1);
            fixture.hand_over(&name, "migrate", policy);
            let proposed = fixture.sandbox.run("Other", &fixture.migrate(&name));
            assert_eq!(proposed.exit, Some(3), "{proposed:?}");
            let action = text(&proposed.document, "action");
            let (round, reported) = fixture.agreed_at_once(&registry, keys, &["approve", action]);
            // Who comes after it was executed approves the same call anew.
            assert!(round.executions() >= 1, "{policy}");
            assert!(exits(&reported)[0] >= 1, "{policy}");
            fixture.close(&name);
        }
    }
    agreed("approve typed at once where one suffices is told as the chain has it");
}

#[test]
#[ignore = "nightly: several processes at once, many times, about 9 s"]
fn cancel_typed_at_once_cancels_once_and_says_to_the_others_that_it_is_gone() {
    let fixture = Fixture::new();
    let registry = fixture.registry.clone();
    for keys in [2, 3] {
        for _ in 0..rounds() {
            let (name, _) = fixture.created(1);
            fixture.hand_over(&name, "migrate", "OR(Admin2,Admin3,AND(Admin,Other))");
            let proposed = fixture.sandbox.run("Admin", &fixture.migrate(&name));
            assert_eq!(proposed.exit, Some(3), "{proposed:?}");
            let action = text(&proposed.document, "action").to_owned();
            let from = fixture.block();
            let reported = fixture.typed_by(keys, &format!("cancel {action}"));
            let round = Round::since(&fixture, from, &registry);
            for one in &reported {
                round.sent_alone(fixture.account(one.key), one);
            }
            assert_eq!(
                exits(&reported),
                [1, 0, keys - 1],
                "{:?}",
                field(&reported, "error")
            );
            for one in reported.iter().filter(|one| one.answer.exit == Some(1)) {
                assert_eq!(
                    crate::governance::sandbox::error(&one.answer),
                    "ActionNotFound"
                );
            }
        }
    }
    agreed("cancel typed at once cancels once and says to the others that it is gone");
}
