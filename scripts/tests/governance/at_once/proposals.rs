//! Governed commands: approved by some and executed by one, whoever comes first.

use super::agreement::{Round, exits, field};
use super::world::{THREE, TWO, Told, World, agreed, rounds};
use crate::desk::text;

/// Whoever shares a policy types the same words; `prepare` makes a definition for a round, hands
/// over the role and gives the words.
fn in_rounds(
    policies: &[(&str, usize)],
    prepare: impl Fn(&World, &str) -> Vec<String>,
    check: impl Fn(&World, &str, &Round, &[Told]),
) {
    let world = World::new();
    let registry = world.registry.clone();
    for (policy, keys) in policies {
        for _ in 0..rounds() {
            let words = prepare(&world, policy);
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let (round, told) = world.agreed_at_once(&registry, *keys, &words);
            assert!(
                round.executions() > 0,
                "{policy}: {words:?} was never executed"
            );
            if policy.starts_with("AND") {
                let [done, waiting, refused] = exits(&told);
                assert!(done >= 1 && refused == 0, "{policy}: {words:?}");
                assert_eq!(
                    (done + waiting, round.executions()),
                    (*keys, 1),
                    "{policy}: {words:?}"
                );
            }
            check(&world, policy, &round, &told);
        }
    }
}

const ALL: [(&str, usize); 3] = [TWO[0], TWO[1], THREE];

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn define_typed_at_once_is_told_as_the_chain_has_it() {
    let world = World::new();
    for (policy, keys) in ALL {
        let deploy = [
            "registry",
            "deploy",
            "--define",
            policy,
            "--allow",
            "excluded-sender",
        ];
        let deployed = world.desk.done("Other", &deploy);
        let registry = text(&deployed, "registry");
        for _ in 0..rounds() {
            let name = world.name();
            let words = [
                "define",
                &name,
                "--migrate",
                "Admin",
                "--allow",
                "excluded-sender",
                "--registry",
                registry,
            ];
            let (round, told) = world.agreed_at_once(registry, keys, &words);
            assert_eq!(round.executions(), 1, "{policy}");
            assert!(exits(&told)[0] >= 1, "{policy}");
        }
    }
    agreed("define typed at once is told as the chain has it");
}

#[test]
fn register_typed_at_once_is_told_as_the_chain_has_it() {
    in_rounds(
        &ALL,
        |world, policy| {
            let name = world.defined();
            world.hand_over(&name, "migrate", policy);
            let call = [
                "register",
                &name,
                "2.0",
                &world.v2,
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
fn create_proxy_typed_at_once_makes_one_action_and_one_proxy() {
    in_rounds(
        &[TWO[0], THREE],
        |world, policy| {
            let name = world.defined();
            world.hand_over(&name, "create", policy);
            owned(&[
                "create-proxy",
                &name,
                "1.0",
                "--init",
                "initialize(uint256)",
                "7",
            ])
        },
        |world, policy, round, told| {
            assert_eq!(round.executions(), 1, "{policy}");
            let proxies = field(told, "proxy");
            let proxies: Vec<_> = proxies.iter().filter(|proxy| !proxy.is_null()).collect();
            assert!(
                proxies.windows(2).all(|two| two[0] == two[1]),
                "{proxies:?}"
            );
            let status = world.status(&told[0].words[1]);
            assert_eq!(status["instances"].as_array().map(Vec::len), Some(1));
        },
    );
    agreed("create proxy typed at once makes one action and one proxy");
}

#[test]
fn migrate_typed_at_once_is_told_as_the_chain_has_it() {
    in_rounds(
        &ALL,
        |world, policy| {
            let (name, _) = world.born(1);
            world.hand_over(&name, "migrate", policy);
            owned(&world.migrate(&name))
        },
        |world, _, _, told| {
            let status = world.status(&told[0].words[1]);
            assert_eq!(text(&status["instances"][0], "version"), "2.0");
        },
    );
    agreed("migrate typed at once is told as the chain has it");
}

#[test]
fn rollback_typed_at_once_is_told_as_the_chain_has_it() {
    in_rounds(
        &ALL,
        |world, policy| {
            let (name, _) = world.born(1);
            world.desk.done("Admin", &world.migrate(&name));
            world.hand_over(&name, "migrate", policy);
            let back = &world.back;
            owned(&[
                "rollback", &name, "--to", "1.0", "--as", "3.0", "--script", back, "--call",
                "back()",
            ])
        },
        |world, _, _, told| {
            let status = world.status(&told[0].words[1]);
            assert_eq!(text(&status["instances"][0], "version"), "3.0");
        },
    );
    agreed("rollback typed at once is told as the chain has it");
}

#[test]
fn update_policy_typed_at_once_is_told_as_the_chain_has_it() {
    in_rounds(
        &ALL,
        |world, policy| {
            let name = world.defined();
            world.hand_over(&name, "policy", policy);
            owned(&[
                "update-policy",
                &name,
                "--role",
                "migrate",
                "Admin2",
                "--allow",
                "excluded-sender",
            ])
        },
        |world, _, _, told| {
            let name = &told[0].words[1];
            let explain = ["policy", "explain", name, "--role", "migrate"];
            let policy = world.desk.done("Other", &explain);
            assert_eq!(text(&policy["policies"][0], "named"), "Admin2");
        },
    );
    agreed("update policy typed at once is told as the chain has it");
}

#[test]
fn approve_typed_at_once_where_one_suffices_is_told_as_the_chain_has_it() {
    let world = World::new();
    let registry = world.registry.clone();
    let policies = [
        ("OutOf(2,Other,Admin,Admin2)", 2),
        ("OutOf(2,Other,Admin,Admin2,Admin3)", 3),
        ("OutOf(3,Other,Admin,Admin2)", 2),
    ];
    for (policy, keys) in policies {
        for _ in 0..rounds() {
            let (name, _) = world.born(1);
            world.hand_over(&name, "migrate", policy);
            let proposed = world.desk.run("Other", &world.migrate(&name));
            assert_eq!(proposed.exit, Some(3), "{proposed:?}");
            let action = text(&proposed.document, "action");
            let (round, told) = world.agreed_at_once(&registry, keys, &["approve", action]);
            // Who comes after it was executed approves the same call anew.
            assert!(round.executions() >= 1, "{policy}");
            assert!(exits(&told)[0] >= 1, "{policy}");
        }
    }
    agreed("approve typed at once where one suffices is told as the chain has it");
}

#[test]
fn cancel_typed_at_once_cancels_once_and_says_to_the_others_that_it_is_gone() {
    let world = World::new();
    let registry = world.registry.clone();
    for keys in [2, 3] {
        for _ in 0..rounds() {
            let (name, _) = world.born(1);
            world.hand_over(&name, "migrate", "OR(Admin2,Admin3,AND(Admin,Other))");
            let proposed = world.desk.run("Admin", &world.migrate(&name));
            assert_eq!(proposed.exit, Some(3), "{proposed:?}");
            let action = text(&proposed.document, "action").to_owned();
            let from = world.block();
            let told = world.typed_by(keys, &["cancel", &action]);
            let round = Round::since(&world, from, &registry);
            for one in &told {
                round.sent_alone(world.account(one.key), one);
            }
            assert_eq!(
                exits(&told),
                [1, 0, keys - 1],
                "{:?}",
                field(&told, "error")
            );
            for one in told.iter().filter(|one| one.answer.exit == Some(1)) {
                assert_eq!(crate::desk::error(&one.answer), "ActionNotFound");
            }
        }
    }
    agreed("cancel typed at once cancels once and says to the others that it is gone");
}
