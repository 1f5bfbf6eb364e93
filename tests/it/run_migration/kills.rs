//! `run-migration` is killed by SIGKILL at any point, repeatedly. At the end every item was
//! migrated exactly once.
//!
//! The points are hit by `STYLUS_UPGRADES_KILL_AT`, with which the process sends SIGKILL to itself
//! at that point. Further kills come from outside at random instants.

use crate::prelude::*;
use std::time::Duration;

use alloy::providers::Provider;
use stylus_upgrades::kill_point::{Phase, VARIABLE};

use super::fixture::{BATCHES, Done, Fixture, begun, finish};

/// Kills in each phase, in an ordinary run and in the long one.
const EACH: (u64, u64) = (7, 28);
/// Kills at random instants, likewise.
const RANDOM: (u64, u64) = (23, 92);
/// Microseconds after which a run is killed at random, at most.
const LONGEST: u64 = 100_000;
/// Members: more than all killed runs together migrate.
const MEMBERS: u64 = 2_000;
/// One item a batch.
const WORDS: [&str; 4] = ["--items", "members.txt", "--gas", "100000"];
const SIGKILL: i32 = 9;
const PHASES: [Phase; 4] = [
    Phase::BeforeSending,
    Phase::Sent,
    Phase::Mined,
    Phase::Journal,
];

/// xorshift64, with its seed printed.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 51 s"]
async fn run_migration_killed_anywhere_again_and_again_migrates_every_item_exactly_once() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, MEMBERS).await?;
    let mut rng = Rng(0x5eed_2026_1120);
    println!("seed {:#x}", rng.0);
    let mut kills = BTreeMap::new();
    let (each, at_random) = match stylus_upgrades_test_support::long() {
        true => (EACH.1, RANDOM.1),
        false => (EACH.0, RANDOM.0),
    };
    for round in 0..each {
        for phase in PHASES {
            // Of what waits for a block there is never more than one.
            let count = match phase {
                Phase::Sent => 1,
                _ => 1 + rng.below(3),
            };
            killed_at(&fixture, phase, count).await?;
            *kills.entry(phase.name()).or_insert(0) += 1;
        }
        println!("round {round}: {:?}", fixture.progress().await?);
    }
    let mut longest = LONGEST;
    let mut random = 0;
    while random < at_random {
        let before = fixture.progress().await?.0;
        assert!(before > 0, "nothing is left to be migrated");
        let share = (MEMBERS - before) / (2 * (at_random - random));
        if killed_after(&fixture, Duration::from_micros(rng.below(longest))).await {
            random += 1;
        }
        // The faster the machine, the earlier the kills: items are left for each of them.
        let done = fixture.progress().await?.0;
        longest = match done.saturating_sub(before) > share {
            true => (longest / 2).max(1_000),
            false => (longest * 2).min(LONGEST),
        };
    }
    kills.insert("at random", random);
    let (done, _) = fixture.progress().await?;
    assert!(done < MEMBERS, "something is left to be migrated");

    let ran = fixture.run("--items members.txt").await;
    ran.ends_with(0);
    fixture.assert_migrated().await?;
    let journals = fixture.folder.path().join(".stylus-upgrades");
    assert!(!journals.exists(), "nothing is left of the journal");
    let all: u64 = kills.values().sum();
    assert_eq!(all, each * PHASES.len() as u64 + at_random, "{kills:?}");
    println!(
        "{all} kills: {kills:?}; {done} items until then, {} batches, each item once",
        fixture.batches().await.len()
    );
    Ok(())
}

/// A run that is killed when it comes to a phase for the `count`th time.
async fn killed_at(fixture: &Fixture<'_>, phase: Phase, count: u64) -> Done {
    let chain = fixture.harness.chain();
    // Where blocks come by themselves a transaction is mined the moment it is sent.
    let mines = phase != Phase::Sent;
    let _: serde_json::Value = chain.request("evm_setAutomine", (mines,)).await?;
    let child = fixture
        .command(&WORDS)
        .env(VARIABLE, format!("{}:{count}", phase.name()))
        .spawn();
    let ran = finish(child.expect("it starts")).await;
    let signal = ran.signal;
    assert_eq!(signal, Some(SIGKILL), "{phase:?} {count}: {}", ran.stderr);
    let (latest, pending) = nonces(fixture).await;
    if phase == Phase::Sent {
        assert_eq!(pending - latest, count, "sent and not mined");
        let _: serde_json::Value = chain.request("evm_setAutomine", (true,)).await?;
        let _: serde_json::Value = chain.request("evm_mine", ()).await?;
    } else {
        assert_eq!(pending, latest, "{phase:?}");
    }
    Ok(())
}

/// A run that is killed from outside, if it has not ended before.
async fn killed_after(fixture: &Fixture<'_>, pause: Duration) -> bool {
    let mut child = fixture.start(&WORDS);
    tokio::time::sleep(pause).await;
    child.kill();
    let ran = finish(child).await;
    ran.signal == Some(SIGKILL)
}

/// The handler's nonce, without and with what waits for a block.
async fn nonces(fixture: &Fixture<'_>) -> (u64, u64) {
    let provider = fixture.harness.chain().provider();
    let handler = fixture.harness.account(5);
    let latest = provider.get_transaction_count(handler).latest().await;
    let pending = provider.get_transaction_count(handler).pending().await;
    (latest.expect("an answer"), pending.expect("an answer"))
}
