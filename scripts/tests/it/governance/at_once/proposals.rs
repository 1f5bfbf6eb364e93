//! Governed commands: approved by some and executed by one, whoever comes first.

use super::agreement::{Round, exits, field};
use super::fixture::{Fixture, Reported, THREE, TWO, agreed, rounds};
use crate::prelude::*;

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
            let words = format!(
                "define {name} --migrate Admin --accept excluded-sender --registry {registry}"
            );
            let (round, reported) = fixture.agreed_at_once(registry, keys, &words);
            assert_eq!(round.executions(), 1, "{policy}");
            assert!(exits(&reported)[0] >= 1, "{policy}");
        }
    }
    agreed("define typed at once is told as the chain has it");
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
