//! Forward and back is the identity. Every example with a way back migrates data that an old
//! binary wrote; afterwards every slot is as before. Data written after the upgrade is handled as
//! the example declares. In the end the old binary continues with its data.

use crate::prelude::*;
use stylus_upgrades_interface::complex::IComplexMigration::{ContractPaused, migrateBatchCall};
use stylus_upgrades_interface::reasons::step as kind;
use stylus_upgrades_tests::abi::ICollection;

use super::chance::Chance;
use super::old::{HANDLER, Twins};
use super::points::{IPoints, batch, ordered};
use super::traces;
use crate::registry::fixture::{account, step};

/// Stories of each example.
const RUNS: u64 = 6;

#[test]
fn the_counter_goes_forward_and_back() {
    for seed in 0..RUNS {
        let mut chance = Chance::new(seed);
        let value = U256::from(chance.below(1_000));
        let mut twins = Twins::new("counter-v1", &ICounter::initializeCall { value });
        let (second, first) = (twins.fixture.deploy("counter-v2"), twins.old.clone());
        let increment = 1 + chance.below(9) as u64;
        let migrate = calls::migrate_counter(increment);
        let forward = step("1.0", kind::CALL, migrate.abi_encode().into());
        twins.add("2.0", &second, forward);
        let back = twins.scripted("counter-back", "2.0", vec![0]);
        twins.add("3.0", &first, back);

        for _ in 0..chance.below(5) {
            twins
                .send_both(1, &ICounter::incrementCall {})
                .expect("counts");
        }
        let before = twins.data(&["1.0", "2.0", "3.0"]);
        twins.upgrade("2.0");
        // what is counted in steps stays counted; the step itself goes
        let after = chance.below(4) as u64;
        for _ in 0..after {
            let counted = twins.alone(1, &ICounter::incrementCall {});
            counted.expect("counts in steps");
        }
        twins.upgrade("3.0");
        let [stayed, mut moved] = twins.data(&["1.0", "2.0", "3.0"]);
        assert_eq!(stayed, before[0]);
        let counted = U256::from(after * increment);
        if after == 0 {
            assert_eq!(moved, before[1], "seed {seed}");
        } else {
            let was = before[1].get(&B256::ZERO).copied().unwrap_or_default();
            let now = moved.remove(&B256::ZERO).expect("a value");
            let found = U256::from_be_bytes(now.0);
            assert_eq!(found, U256::from_be_bytes(was.0) + counted);
            assert!(moved.is_empty(), "the step is gone: {moved:?}");
        }
        for _ in 0..3 {
            twins
                .send_both(1, &ICounter::incrementCall {})
                .expect("counts");
        }
        let values = [twins.stayed, twins.moved].map(|proxy| {
            let value = twins.fixture.ask(proxy, &ICounter::valueCall {});
            value.expect("a value")
        });
        assert_eq!(values[1], values[0] + counted, "in ones again");
    }
}

/// A register with random awards of an old binary, in front of a complex step.
fn points(seed: u64, program: &str) -> (Twins, Chance, u64) {
    let mut chance = Chance::new(seed);
    let steward = account(0);
    let mut twins = Twins::new("points-v1", &IPoints::initializeCall { steward });
    let second = twins.fixture.deploy("points-v2");
    let complex = twins.complex(program, "1.0");
    twins.make_current("2.0", &second, complex);
    let members = 1 + chance.below(9) as u64;
    for _ in 0..members + 3 {
        award(&mut twins, &mut chance, members);
    }
    let members = twins.ask(&IPoints::membersCall {}).expect("members").to();
    (twins, chance, members)
}

fn award(twins: &mut Twins, chance: &mut Chance, members: u64) {
    let all = ordered(members);
    let award = calls::award(
        vec![all[chance.below(all.len())]],
        chance.below(1_000) as u64,
    );
    twins.send_both(0, &award).expect("awarded");
}

/// While it migrates and turns back nothing is written, so nothing can be lost.
fn assert_paused(twins: &mut Twins, call: &impl SolCall) {
    let (from, to) = (String::from("1.0"), String::from("2.0"));
    let paused = ContractPaused { from, to };
    assert_eq!(twins.alone(0, call), Err(paused.abi_encode().into()));
}

/// In the end the old binary continues, and the other way is still open.
fn assert_continues(twins: &mut Twins, chance: &mut Chance, before: &super::old::Slots) {
    let found = twins.slots();
    assert_eq!(found, *before, "slot by slot, marks and code included");
    for _ in 0..5 {
        award(twins, chance, 12);
    }
    let [stayed, moved] = twins.data(&["1.0", "2.0"]);
    assert_eq!(moved, stayed);
}

#[test]
fn the_points_turn_back_from_anywhere_within_the_cursor() {
    for seed in 0..RUNS {
        let (mut twins, mut chance, members) = points(seed, "points-cursor");
        let before = twins.slots();
        twins.upgrade("2.0");
        while twins.progress().0 < members && chance.percent(80) {
            twins.next(25_000);
        }
        let award_nobody = calls::award(vec![], 0);
        assert_paused(&mut twins, &award_nobody);
        twins.abort();
        assert_paused(&mut twins, &award_nobody);
        while twins.progress().0 > 0 {
            twins.next(25_000);
        }
        twins.end();
        assert_continues(&mut twins, &mut chance, &before);

        let members: u64 = twins.ask(&IPoints::membersCall {}).expect("all").to();
        let whole = |twins: &Twins, n: u64| {
            let position = U256::from(n);
            let call = IPoints::memberCall { position };
            let member = twins.fixture.ask(twins.stayed, &call).expect("a member");
            [twins.stayed, twins.moved].map(|proxy| {
                let points = IPoints::pointsCall { member };
                twins.fixture.ask(proxy, &points).expect("points")
            })
        };
        twins.upgrade("2.0");
        while twins.progress().0 < members {
            twins.next(1_000_000);
        }
        twins.end();
        for n in 0..members {
            let [points, tenths] = whole(&twins, n);
            assert_eq!(tenths, points * U256::from(10), "seed {seed}, {n}");
        }
    }
}

#[test]
fn the_points_turn_back_from_anywhere_in_batches_in_any_order() {
    for seed in 0..RUNS {
        let (mut twins, mut chance, members) = points(seed, "points-batches");
        let all: Vec<Address> = (0..members)
            .map(|n| {
                let position = U256::from(n);
                let member = twins.ask(&IPoints::memberCall { position });
                member.expect("a member")
            })
            .collect();
        let before = twins.slots();
        twins.upgrade("2.0");
        let forward = chance.shuffled(all.len());
        let converted: Vec<Address> = forward
            .into_iter()
            .take(1 + chance.below(all.len()))
            .map(|n| all[n])
            .collect();
        for (position, member) in converted.iter().enumerate() {
            let one = batch(position as u64, &[*member]);
            twins.alone(HANDLER, &one).expect("converted");
        }
        twins.abort();
        let back = chance.shuffled(converted.len());
        for (n, location) in back.into_iter().enumerate() {
            let done = (converted.len() - n) as u64;
            let one = batch(done, &[converted[location]]);
            twins.alone(HANDLER, &one).expect("converted back");
        }
        twins.end();
        assert_continues(&mut twins, &mut chance, &before);
    }
}

#[test]
fn the_collection_turns_back_from_anywhere() {
    for seed in 0..RUNS {
        let mut chance = Chance::new(seed);
        let minter = account(0);
        let mut twins = Twins::new("erc721-basic", &ICollection::initializeCall { minter });
        let full = twins.fixture.deploy("erc721-full");
        let complex = twins.complex("erc721-enumerate", "1.0");
        twins.make_current("2.0", &full, complex);
        let mut tokens = traces::Tokens::default();
        for _ in 0..40 {
            traces::collection(&mut twins, &mut chance, &mut tokens);
        }
        let before = twins.slots();
        twins.upgrade("2.0");
        let included = chance.below(tokens.0.len() + 1);
        let ids: Vec<U256> = tokens.0.keys().take(included).copied().collect();
        let owners: Vec<Address> = tokens.0.values().take(included).copied().collect();
        let items = (ids, owners).abi_encode_params();
        let data = (U256::ZERO, items).abi_encode_params().into();
        let batch = migrateBatchCall { data };
        twins.alone(HANDLER, &batch).expect("included");
        let approve = ICollection::setApprovalForAllCall {
            operator: minter,
            approved: true,
        };
        assert_paused(&mut twins, &approve);
        twins.abort();
        assert_paused(&mut twins, &approve);
        while twins.progress().0 > 0 {
            twins.next(120_000);
        }
        twins.end();
        assert_eq!(twins.slots(), before, "seed {seed}");
        for _ in 0..20 {
            traces::collection(&mut twins, &mut chance, &mut tokens);
        }
        let [stayed, moved] = twins.data(&["1.0", "2.0"]);
        assert_eq!(moved, stayed);
    }
}
