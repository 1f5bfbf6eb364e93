//! `run-migration` is killed by SIGKILL at any point, repeatedly. At the end every item was
//! migrated exactly once.
//!
//! The points are hit by `STYLUS_UPGRADES_KILL_AT`, with which the process sends SIGKILL to itself
//! at that point. Further kills come from outside at random instants.

use crate::prelude::*;
use std::time::Duration;

use stylus_upgrades::kill_point::Phase;

use super::fixture::{BATCHES, Done, Fixture, begun, finish};
use crate::migrations::chance::Chance;

/// Kills in each phase, in an ordinary run and in the long one.
const EACH: (u64, u64) = (7, 28);
/// Kills at random instants, likewise.
const RANDOM: (u64, u64) = (23, 92);
/// Microseconds after which a run is killed at random, at most.
const LONGEST: usize = 100_000;
/// Members: more than all killed runs together migrate.
const MEMBERS: u64 = 2_000;
/// One item a batch.
const WORDS: [&str; 4] = ["--items", "members.txt", "--gas", "100000"];
pub(crate) const SIGKILL: i32 = 9;
/// Each point at which a process can be killed.
pub(crate) const PHASES: [Phase; 4] = [
    Phase::BeforeSending,
    Phase::Sent,
    Phase::Mined,
    Phase::Journal,
];

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 51 s"]
async fn run_migration_killed_anywhere_again_and_again_migrates_every_item_exactly_once() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, MEMBERS).await?;
    let mut chance = Chance::new(0x5eed_2026_1120);
    println!("seed {:#x}", chance.seed);
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
                _ => 1 + chance.below(3),
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
        let pause = Duration::from_micros(chance.below(longest) as u64);
        if killed_after(&fixture, pause).await {
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
async fn killed_at(fixture: &Fixture<'_>, phase: Phase, count: usize) -> Done {
    // Where blocks come by themselves a transaction is mined the moment it is sent.
    fixture.automine(phase != Phase::Sent).await?;
    let at = format!("{}:{count}", phase.name());
    let ran = fixture.killed(&WORDS, &at).await;
    let signal = ran.signal;
    assert_eq!(signal, Some(SIGKILL), "{phase:?} {count}: {}", ran.stderr);
    let (latest, pending) = fixture.nonces().await;
    if phase == Phase::Sent {
        assert_eq!(pending - latest, count as u64, "sent and not mined");
        fixture.automine(true).await?;
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
