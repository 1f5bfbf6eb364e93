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
        let [v1, v2, cursor] = ["points-v1", "points-v2", "points-cursor"].map(|source| {
            let deployed = fixture.sandbox.done("Admin", &format!("deploy {source}"));
            text(&deployed, "address").to_owned()
        });
        Self { v1, v2, cursor }
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
        let input = award.abi_encode().into();
        assert!(sandbox.sent(steward, register, input, 10_000_000).success);
        let complex = format!("--complex {} --handler {handler}", self.cursor);
        let migrate = format!("migrate {name} 2.0 {} {complex}", self.v2);
        sandbox.run("Admin", &migrate).ends(5);
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
            let register = fixture.migrate(&name).replace("migrate D", "register D");
            fixture.sandbox.done("Admin", &register);
            fixture.hand_over(&name, "migrate", policy);
            let from = fixture.block();
            let reported = fixture.typed_by(keys, &format!("upgrade {} 2.0", proxies[0]));
            let round = Round::since(&fixture, from, &registry);
            for one in &reported {
                round.sent_alone(fixture.account(one.key), one);
            }
            let definition = fixture.sandbox.definition(&name);
            let is_alone = policy.starts_with("OR");
            let version = if is_alone { "2.0" } else { "1.0" };
            assert_eq!(text(&definition["instances"][0], "version"), version);
            let done = usize::from(is_alone);
            assert_eq!(exits(&reported), [done, 0, keys - done], "{policy}");
            for one in reported.iter().filter(|_| !is_alone) {
                assert_eq!(error(&one.answer), "UpgradeNotAuthorized");
                one.answer.says("next", &["stylus-upgrades migrate"]);
            }
            definition.has(json!({"current": "1.0"}));
            assert!(fixture.sandbox.open(&name).is_empty());
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
                let document = one.answer.ends(0);
                document["upgraded"].as_u64().expect("a number")
            });
            assert_eq!(upgraded.sum::<u64>(), lagging);
            let all = fixture.sandbox.instances(&name);
            assert!(all.iter().all(|one| text(one, "version") == "2.0"));
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
            let words = format!("run-migration {proxy}");
            let mut lines = vec![("Admin", words.clone()), ("Admin2", words.clone())];
            if keys == 3 {
                lines.push(("Admin", words)); // the handler in a second terminal
            }
            for one in fixture.typed(&lines) {
                if one.key == "Admin2" {
                    one.answer.ends(1);
                    let name = error(&one.answer);
                    assert!(["NotHandler", "NotMigrating"].contains(&name), "{name}");
                } else {
                    one.answer.ends(0);
                }
            }
            let all = fixture.sandbox.instances(&name);
            assert_eq!(texts(&all, "version"), ["2.0"]);
        }
    }
    agreed("run migration typed at once goes through once and strangers are told who may");
}
