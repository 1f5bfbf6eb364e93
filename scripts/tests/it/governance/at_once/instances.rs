//! Commands about instances: upgraded, rolled out, and between versions.

use super::agreement::{Round, exits};
use super::fixture::{Fixture, THREE, TWO, agreed, rounds};
use crate::prelude::*;

alloy::sol! {
    function award(address[] to, uint256 points) external;
}

/// Members of a register whose migration is in batches.
const MEMBERS: u8 = 40;

/// The codes of a register of points, and of its complex migration.
struct Points {
    v1: String,
    v2: String,
    cursor: String,
}

impl Points {
    fn deployed(fixture: &Fixture) -> Self {
        let deployed = |source: &str| {
            let deployed = fixture.sandbox.done("Admin", &format!("deploy {source}"));
            text(&deployed, "address").to_owned()
        };
        Self {
            v1: deployed("points-v1"),
            v2: deployed("points-v2"),
            cursor: deployed("points-cursor"),
        }
    }

    /// An instance with members whose migration has begun, with that handler; its definition.
    fn begun(&self, fixture: &Fixture, handler: &str) -> (String, String) {
        let (sandbox, name) = (&fixture.sandbox, fixture.name());
        sandbox.done("Admin", &format!("define {name} --migrate Admin"));
        sandbox.done("Admin", &format!("register {name} 1.0 {}", self.v1));
        let create = format!("create-proxy {name} 1.0 --init initialize(address) Admin");
        let proxy = text(&sandbox.done("Admin", &create), "proxy").to_owned();
        let award = awardCall {
            to: (1..=MEMBERS).map(Address::with_last_byte).collect(),
            points: U256::from(7),
        };
        let (steward, register) = (fixture.account("Admin"), proxy.parse().expect("an address"));
        sandbox.chain(move |chain| {
            chain.impersonate(steward);
            let request = CallRequest {
                to: Some(register),
                input: Bytes::from(award.abi_encode()),
                ..CallRequest::default()
            };
            chain.submit_unsigned(steward, request).expect("awarded");
            chain.stop_impersonating(steward);
        });
        let migrate = format!(
            "migrate {name} 2.0 {} --complex {} --handler {handler}",
            self.v2, self.cursor
        );
        let begun = sandbox.run("Admin", &migrate);
        assert_eq!(begun.exit, Some(5), "{begun:?}");
        (name, proxy)
    }
}

#[test]
#[ignore = "nightly: several processes at once, many times, about 11 s"]
fn upgrade_typed_at_once_upgrades_once_and_proposes_nothing() {
    let fixture = Fixture::new();
    let registry = fixture.registry.clone();
    for (policy, keys) in [TWO[0], TWO[1], THREE] {
        for _ in 0..rounds() {
            let (name, proxies) = fixture.created(1);
            let register = format!(
                "register {name} 2.0 {} --call migrate(uint256) 5",
                fixture.v2
            );
            fixture.sandbox.done("Admin", &register);
            fixture.hand_over(&name, "migrate", policy);
            let from = fixture.block();
            let reported = fixture.typed_by(keys, &["upgrade", &proxies[0], "2.0"]);
            let round = Round::since(&fixture, from, &registry);
            for one in &reported {
                round.sent_alone(fixture.account(one.key), one);
            }
            let status = fixture.status(&name);
            let is_alone = policy.starts_with("OR");
            let version = if is_alone { "2.0" } else { "1.0" };
            assert_eq!(text(&status["instances"][0], "version"), version);
            let done = usize::from(is_alone);
            assert_eq!(exits(&reported), [done, 0, keys - done], "{policy}");
            for one in reported.iter().filter(|_| !is_alone) {
                assert_eq!(error(&one.answer), "UpgradeNotAuthorized");
                let next = text(&one.answer.document["error"], "next");
                assert!(next.contains("stylus-upgrades migrate"), "{next}");
            }
            assert_eq!(text(&status, "current"), "1.0");
            let pending = fixture.sandbox.done("Other", &format!("pending {name}"));
            assert_eq!(pending["actions"].as_array().map(Vec::len), Some(0));
        }
    }
    agreed("upgrade typed at once upgrades once and proposes nothing");
}

#[test]
fn rollout_typed_at_once_upgrades_each_instance_once_and_counts_only_ones_own() {
    let fixture = Fixture::new();
    for keys in [2, 3] {
        for _ in 0..rounds() {
            let (name, _) = fixture.created(0);
            fixture.sandbox.done("Admin", &fixture.migrate(&name));
            let lagging = 3;
            let create = format!("create-proxy {name} 1.0 --init initialize(uint256) 7");
            for _ in 0..lagging {
                fixture.sandbox.done("Admin", &create);
            }
            let reported = fixture.typed_by(keys, &format!("upgrade {name}"));
            let upgraded = reported.iter().map(|one| {
                assert_eq!(one.answer.exit, Some(0), "{:?}", one.answer);
                one.answer.document["upgraded"].as_u64().expect("a number")
            });
            assert_eq!(upgraded.sum::<u64>(), lagging);
            let status = fixture.status(&name);
            let instances = status["instances"].as_array().expect("them");
            assert!(instances.iter().all(|one| text(one, "version") == "2.0"));
        }
    }
    agreed("rollout typed at once upgrades each instance once and counts only ones own");
}

#[test]
#[ignore = "nightly: several processes at once, many times, about 9 s"]
fn run_migration_typed_at_once_goes_through_once_and_strangers_learn_who_may() {
    let fixture = Fixture::new();
    let points = Points::deployed(&fixture);
    for keys in [2, 3] {
        for _ in 0..rounds() {
            let (name, proxy) = points.begun(&fixture, "Admin");
            let words = ["run-migration", proxy.as_str()];
            let mut lines = vec![("Admin", words.to_vec()), ("Admin2", words.to_vec())];
            if keys == 3 {
                lines.push(("Admin", words.to_vec())); // the handler in a second terminal
            }
            for one in fixture.typed(&lines) {
                match (one.key, one.answer.exit) {
                    ("Admin2", exit) => {
                        let name = error(&one.answer);
                        assert_eq!(exit, Some(1), "{:?}", one.answer);
                        assert!(["NotHandler", "NotMigrating"].contains(&name), "{name}");
                    }
                    (_, exit) => assert_eq!(exit, Some(0), "{:?}", one.answer),
                }
            }
            let status = fixture.status(&name);
            assert_eq!(text(&status["instances"][0], "version"), "2.0");
        }
    }
    agreed("run migration typed at once goes through once and strangers are told who may");
}
