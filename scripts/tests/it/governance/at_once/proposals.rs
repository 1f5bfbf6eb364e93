//! Governed commands: approved by some and executed by one, no matter who comes first.

use super::agreement::{Round, exits, field};
use super::fixture::{Fixture, Reported, THREE, TWO, agreed, rounds};
use crate::prelude::*;

/// All who share a policy type the same words; `prepare` makes a definition for a round, hands
/// over the role and gives its name and the words.
fn in_rounds(
    policies: &[(&str, usize)],
    prepare: impl Fn(&Fixture, &str) -> (String, String),
    check: impl Fn(&Fixture, &str, &Round, &[Reported]),
) {
    let fixture = Fixture::new();
    let registry = fixture.registry.clone();
    for (policy, keys) in policies {
        for _ in 0..rounds() {
            let (name, words) = prepare(&fixture, policy);
            let (round, reported) = fixture.agreed_at_once(&registry, *keys, &words);
            let place = format!("{policy}: {words}");
            assert!(round.executions() > 0, "{place} was never executed");
            if policy.starts_with("AND") {
                let [done, waiting, refused] = exits(&reported);
                assert!(done >= 1 && refused == 0, "{place}");
                assert_eq!((done + waiting, round.executions()), (*keys, 1), "{place}");
            }
            check(&fixture, &name, &round, &reported);
            fixture.close(&name);
        }
    }
}

const ALL: [(&str, usize); 3] = [TWO[0], TWO[1], THREE];

#[test]
fn define_typed_at_once_is_reported_as_the_chain_has_it() {
    let fixture = Fixture::new();
    for (policy, keys) in ALL {
        let deploy = format!("registry deploy --define {policy} --accept excluded-sender");
        let deployed = fixture.sandbox.done("Other", &deploy);
        let registry = text(&deployed, "registry");
        let more = format!("--migrate Admin --accept excluded-sender --registry {registry}");
        for _ in 0..rounds() {
            let words = format!("define {} {more}", fixture.name());
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
            let words = format!("create-proxy {name} 1.0 --init initialize(uint256) 7");
            (name, words)
        },
        |fixture, name, round, reported| {
            assert_eq!(round.executions(), 1, "{reported:?}");
            let mut proxies = field(reported, "proxy");
            proxies.retain(|proxy| !proxy.is_null());
            let is_one = proxies.windows(2).all(|two| two[0] == two[1]);
            assert!(is_one, "{proxies:?}");
            assert_eq!(fixture.sandbox.instances(name).len(), 1);
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
            let words = fixture.migrate(&name);
            (name, words)
        },
        |fixture, name, _, _| {
            let all = fixture.sandbox.instances(name);
            assert_eq!(texts(&all, "version"), ["2.0"]);
        },
    );
    agreed("migrate typed at once is told as the chain has it");
}
