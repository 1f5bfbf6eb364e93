//! Reading on another thread: a reader never changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common::*;
use alloy_primitives::{Address, B256, U256, hex};
use stylus_chain::{
    BlockId, Budget, Chain, ChainError, ChainState, OpcodeOptions, Overrides, SimulationRules,
    TraceKind,
};

fn json(state: &ChainState) -> serde_json::Value {
    serde_json::to_value(state).expect("JSON")
}

#[test]
fn a_reader_keeps_what_it_was_taken_from_while_the_chain_continues_and_back() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let before = chain.snapshot();
    let mut readers = Vec::new();
    for count in 0u64..20 {
        readers.push((
            chain.reader(),
            count,
            chain.block_number(),
            chain.dump_state(),
        ));
        send(&mut chain, ALICE, request(counter, Vec::new()));
        if count % 5 == 0 {
            chain.mine(100, None).expect("blocks");
        }
        if count % 7 == 6 {
            chain.set_storage_at(counter, U256::from(1), B256::with_last_byte(1));
            chain.set_balance(BOB, U256::from(count));
        }
    }
    assert!(chain.revert(before));
    chain.mine(50, None).expect("blocks");
    for (reader, count, number, dump) in readers {
        // On another thread, as it is meant.
        std::thread::spawn(move || {
            assert_eq!(reader.block_number(), number);
            assert_eq!(slot(&reader, counter, 0) >> 248, U256::ZERO);
            let outcome = call(&reader, request(counter, Vec::new()));
            assert_eq!(outcome.output.last(), Some(&(count as u8 + 1)));
            let again = reader.dump_state().expect("a dump");
            assert_eq!(json(&again), json(&dump.expect("a dump")), "{count}");
            // Every block is still there, by its number and by its hash.
            for number in 0..=number {
                let hash = reader.block_hash(number).expect("a hash");
                assert_eq!(reader.resolve(hash.into()).expect("known"), number);
            }
        })
        .join()
        .expect("the reader is right");
    }
    assert_eq!(slot(&chain, counter, 0), U256::ZERO);
}

#[test]
fn a_branch_and_what_it_was_taken_from_continue_without_each_other() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    send(&mut chain, ALICE, request(counter, Vec::new()));
    chain.mine(10, None).expect("blocks");
    let common = chain.block_number();
    let snapshot = chain.snapshot();
    let mut branch = chain.branch();
    let dump = |chain: &Chain| json(&chain.dump_state().expect("a dump"));
    assert_eq!(dump(&branch), dump(&chain));
    assert!(!branch.revert(snapshot), "the branch has no snapshots");

    branch.mine(100, Some(7)).expect("blocks");
    send(&mut branch, ALICE, request(counter, Vec::new()));
    for _ in 0..2 {
        send(&mut chain, ALICE, request(counter, Vec::new()));
    }
    chain.mine(200, Some(3)).expect("blocks");
    let counted = |chain: &Chain| chain.storage(counter, U256::ZERO, BlockId::latest());
    assert_eq!(counted(&branch).expect("a word"), B256::with_last_byte(2));
    assert_eq!(counted(&chain).expect("a word"), B256::with_last_byte(3));
    for (own, other) in [(&branch, &chain), (&chain, &branch)] {
        for number in 0..=own.block_number() {
            let hash = own.block_hash(number).expect("a hash");
            assert_eq!(own.resolve(hash.into()).expect("known"), number);
            let is_shared = number <= common;
            let found = other.resolve(hash.into()).is_ok();
            assert_eq!(found, is_shared, "block {number}");
        }
    }
    assert!(chain.revert(snapshot));
    assert_eq!(counted(&chain).expect("a word"), B256::with_last_byte(1));
    assert_eq!(counted(&branch).expect("a word"), B256::with_last_byte(2));
}

#[test]
fn what_nobody_waits_for_is_not_executed() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let mut reader = chain.reader();
    let ask = |reader: &Chain| {
        let request = request(counter, Vec::new());
        reader.call(request, BlockId::latest(), &Overrides::default())
    };
    assert!(ask(&reader).expect("an outcome").success);
    for (time, cancelled) in [(None, true), (Some(Duration::ZERO), false)] {
        reader.set_budget(Budget::new(time, Arc::new(AtomicBool::new(cancelled))));
        let ended = ask(&reader);
        assert!(matches!(ended, Err(ChainError::Interrupted)), "{ended:?}");
    }
}

#[test]
fn a_recording_that_nobody_waits_for_any_more_ends() {
    let mut chain = chain();
    // `JUMPDEST; PUSH0; JUMP`: the recording would be too long, but later.
    let endless = deploy(&mut chain, &hex!("5b5f56"));
    let mut reader = chain.reader();
    let time = Some(Duration::from_millis(1));
    reader.set_budget(Budget::new(time, Arc::default()));
    let kind = TraceKind::Opcodes(OpcodeOptions::default());
    let call = with_gas(50_000_000, request(endless, Vec::new()));
    let ended = reader.trace_call(call, BlockId::latest(), &Overrides::default(), kind);
    assert!(matches!(ended, Err(ChainError::Interrupted)), "{ended:?}");
}

#[test]
fn a_call_ends_when_nobody_waits_for_it_any_more_and_not_by_time() {
    let mut chain = chain();
    let looping = Address::repeat_byte(1);
    chain.set_code(looping, hex!("5b5f56").into());
    let mut reader = chain.reader();
    let call = |reader: &Chain, gas| {
        let call = with_gas(gas, request(looping, Vec::new()));
        reader.call(call, BlockId::latest(), &Overrides::default())
    };
    let simulated = |reader: &Chain, gas| {
        let calls = vec![with_gas(gas, request(looping, Vec::new()))];
        let mut overrides = Overrides::default();
        overrides.block.gas_limit = Some(gas);
        let rules = SimulationRules::default();
        reader.simulate_blocks(BlockId::latest(), vec![(overrides, calls)], rules, 1)
    };
    let ends = |read: &dyn Fn(&Chain) -> Result<(), ChainError>| {
        let left = Arc::<AtomicBool>::default();
        let mut reader = chain.reader();
        reader.set_budget(Budget::new(None, left.clone()));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // A simulated call has the gas of a transaction, which takes some 30 ms.
                std::thread::sleep(Duration::from_millis(1));
                left.store(true, Ordering::Relaxed);
            });
            let ended = read(&reader);
            assert!(matches!(ended, Err(ChainError::Interrupted)), "{ended:?}");
        });
    };
    ends(&|reader| call(reader, 1 << 49).map(drop));
    ends(&|reader| simulated(reader, 1 << 49).map(drop));
    // One that has begun in time runs to the end of its gas.
    reader.set_budget(Budget::new(Some(Duration::from_millis(1)), Arc::default()));
    match call(&reader, 1 << 24) {
        Ok(outcome) => assert_eq!(halted(&outcome.halt), "out of gas"),
        // It has not.
        Err(error) => assert!(matches!(error, ChainError::Interrupted), "{error}"),
    }
}

#[test]
fn what_simulated_calls_return_is_counted_as_the_text_that_it_becomes() {
    let mut chain = chain();
    let reverting = Address::repeat_byte(1);
    // 64 KiB of zeros.
    chain.set_code(reverting, hex!("61ffff5ffd").into());
    let mut reader = chain.reader();
    let simulated = |reader: &Chain, calls| {
        let calls = vec![with_gas(50_000, request(reverting, Vec::new())); calls];
        let blocks = vec![(Overrides::default(), calls)];
        let rules = SimulationRules::default();
        reader.simulate_blocks(BlockId::latest(), blocks, rules, 256)
    };
    reader.set_budget(Budget::default());
    let made = simulated(&reader, 400).expect("50 MiB of text");
    assert!(made[0].block.receipts.iter().all(|call| !call.success));
    reader.set_budget(Budget::default());
    let refused = simulated(&reader, 600).map(|_| ());
    assert!(
        matches!(refused, Err(ChainError::TooLarge)),
        "75 MiB: {refused:?}"
    );
}

#[test]
fn snapshots_of_a_full_pool_share_it() {
    let mut chain = Chain::new(stylus_chain::ChainConfig {
        automine: false,
        auto_impersonate: true,
        ..Default::default()
    });
    for nonce in 0..2_000 {
        let request = stylus_chain::CallRequest {
            gas: Some(21_000),
            nonce: Some(nonce),
            ..request(BOB, Vec::new())
        };
        chain.submit_unsigned(ALICE, request).expect("it waits");
    }
    // Copies of the pool would take 2,000 * 20,000 transactions, some ten gigabytes.
    let first = chain.snapshot();
    for _ in 0..20_000 {
        chain.snapshot();
    }
    chain.mine(2, None).expect("blocks");
    assert_eq!(chain.pool().pending.len(), 0);
    assert!(chain.revert(first));
    assert_eq!(chain.pool().pending.len(), 2_000);
    assert_eq!(chain.pending_nonce(ALICE), 2_000);
}
