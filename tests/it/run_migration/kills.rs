//! `kill -9` at any point, again and again, and at the end every item was migrated exactly once.
//!
//! The points are hit by `STYLUS_UPGRADES_KILL_AT`, with which the process sends SIGKILL to itself
//! where it is told to; further kills come from outside at random instants.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use alloy::providers::Provider;
use stylus_upgrades::kill_point::{Phase, VARIABLE};
use stylus_upgrades_harness::Harness;

use super::world::{BATCHES, Done, World, begun, finish};

/// Kills in each phase.
const EACH: u64 = 28;
/// Kills at random instants.
const RANDOM: u64 = 92;
/// Members: more than all killed runs together migrate.
const MEMBERS: u64 = 2_000;
/// One item a batch, and some batches at once.
const WORDS: [&str; 6] = [
    "--items",
    "members.txt",
    "--gas",
    "100000",
    "--in-flight",
    "3",
];
const SIGKILL: i32 = 9;
const PHASES: [Phase; 4] = [
    Phase::BeforeSending,
    Phase::Sent,
    Phase::Mined,
    Phase::Journal,
];

/// xorshift64, with its seed printed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[tokio::test]
async fn run_migration_killed_two_hundred_times_migrates_every_item_exactly_once() -> Done {
    let harness = Harness::start().await?;
    let world = begun(&harness, BATCHES, MEMBERS).await?;
    let mut dice = Dice(0x5eed_2026_1120);
    println!("seed {:#x}", dice.0);
    let mut kills = BTreeMap::new();
    for round in 0..EACH {
        for phase in PHASES {
            killed_at(&world, phase, 1 + dice.below(3)).await?;
            *kills.entry(phase.name()).or_insert(0) += 1;
        }
        println!("round {round}: {:?}", world.progress().await?);
    }
    while kills.get("at random").copied().unwrap_or(0) < RANDOM {
        assert!(
            world.progress().await?.0 > 0,
            "nothing is left to be migrated"
        );
        let pause = Duration::from_micros(1_000 * dice.below(100));
        if killed_after(&world, pause).await {
            *kills.entry("at random").or_insert(0) += 1;
        }
    }
    let (done, _) = world.progress().await?;
    assert!(done < MEMBERS, "something is left to be migrated");

    let ran = world.run(&["--items", "members.txt"]).await;
    ran.ends_with(0);
    world.assert_migrated().await?;
    let journals = world.folder.path().join(".stylus-upgrades");
    assert!(!journals.exists(), "nothing is left of the journal");
    let all: u64 = kills.values().sum();
    println!(
        "{all} kills: {kills:?}; {done} items until then, {} batches, each item once",
        world.batches().await.len()
    );
    assert!(
        all >= 200 && kills.values().all(|count| *count >= 20),
        "{kills:?}"
    );
    Ok(())
}

/// A run that is killed when it comes to a phase for the `count`th time.
async fn killed_at(world: &World<'_>, phase: Phase, count: u64) -> Done {
    let chain = world.harness.chain();
    // Where blocks come by themselves a transaction is mined the moment it is sent.
    let mines = phase != Phase::Sent;
    let _: serde_json::Value = chain.request("evm_setAutomine", (mines,)).await?;
    let child = world
        .command(&WORDS)
        .env(VARIABLE, format!("{}:{count}", phase.name()))
        .spawn();
    let ran = finish(child.expect("it starts")).await;
    let signal = ran.status.signal();
    assert_eq!(signal, Some(SIGKILL), "{phase:?} {count}: {}", ran.errors);
    let (latest, pending) = nonces(world).await;
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
async fn killed_after(world: &World<'_>, pause: Duration) -> bool {
    let mut child = world.start(&WORDS);
    tokio::time::sleep(pause).await;
    child.kill();
    let ran = finish(child).await;
    ran.status.signal() == Some(SIGKILL)
}

/// The handler's nonce, without and with what waits for a block.
async fn nonces(world: &World<'_>) -> (u64, u64) {
    let provider = world.harness.chain().provider();
    let handler = world.harness.account(5);
    let latest = provider.get_transaction_count(handler).latest().await;
    let pending = provider.get_transaction_count(handler).pending().await;
    (latest.expect("an answer"), pending.expect("an answer"))
}
