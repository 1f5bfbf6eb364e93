//! Empty blocks: many are mined in one request, and every question about them is answered.

use crate::common::*;
use alloy_primitives::{B256, Bytes, U256, address};
use stylus_chain::{
    BlockId, Chain, ChainConfig, ChainError, ChainState, Filter, LAST_BLOCK, LAST_SECOND,
};

const MANY: u64 = 2_000;

fn block(chain: &Chain, number: u64) -> std::sync::Arc<stylus_chain::Block> {
    chain.block(BlockId::number(number)).expect("known")
}

/// Checks that blocks follow each other and hash to their hashes.
fn check(chain: &Chain, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let found = block(chain, number);
        assert_eq!(found.header.number, number);
        assert_eq!(found.hash, found.header.hash_slow(), "block {number}");
        assert_eq!(chain.block_hash(number), Some(found.hash));
        let by_hash = chain.block(BlockId::hash(found.hash)).expect("by hash");
        assert_eq!(by_hash.header, found.header);
        if number > 0 {
            let parent = block(chain, number - 1);
            assert_eq!(found.header.parent_hash, parent.hash, "block {number}");
            assert!(found.header.timestamp >= parent.header.timestamp);
        }
    }
}

#[test]
fn many_blocks_are_mined_at_once_and_every_one_of_them_can_be_read() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    send(&mut chain, ALICE, request(counter, Bytes::new()));
    let start = chain.block_number();
    let time = block(&chain, start).header.timestamp;
    chain.mine(MANY, Some(12)).expect("mines");
    let end = chain.block_number();
    assert_eq!(end, start + MANY);
    // The clock went forward before the first one; from the second one on the interval counts.
    let first = block(&chain, start + 1).header.timestamp;
    assert!(first >= time);
    assert_eq!(block(&chain, end).header.timestamp, first + 12 * (MANY - 1));
    check(&chain, start - 1..start + 70);
    check(&chain, [start + MANY / 2, end - 1, end]);
    for number in [start + 1, start + MANY / 2, end] {
        let id = BlockId::number(number);
        let word = chain.storage(counter, U256::ZERO, id).expect("known");
        assert_eq!(word, B256::with_last_byte(1));
        assert!(block(&chain, number).transactions.is_empty());
    }
    let filter = Filter::new().from_block(0);
    assert!(!chain.logs(&filter).expect("them").is_empty());
    // The next transaction stands on them, and the clock went along.
    let receipt = send(&mut chain, ALICE, request(counter, Bytes::new()));
    assert_eq!(receipt.block_number, end + 1);
    assert!(receipt.block_timestamp >= first + 12 * (MANY - 1));
    check(&chain, [end, end + 1]);
    let history = address!("0000F90827F1C53a10cb7A02335B175320002935");
    for number in [end, end - 1_000] {
        let requests = request(history, U256::from(number).to_be_bytes::<32>());
        let known = chain.block_hash(number).expect("known");
        assert_eq!(call(&chain, requests).output, Bytes::from(known));
    }
}

#[test]
fn snapshots_edits_and_dumps_cut_rows_of_empty_blocks() {
    let mut chain = chain();
    chain.mine(100, None).expect("mines");
    let snapshot = chain.snapshot();
    let head = chain.block_hash(100).expect("known");
    chain.mine(100, Some(5)).expect("mines");
    let replaced = chain.block_hash(150).expect("known");
    // Changes from outside of blocks show in the latest block only.
    chain.set_balance(CACHE_MANAGER, U256::from(7));
    chain.mine(2, None).expect("mines");
    let at = |chain: &Chain, number: u64| {
        let account = chain.account(CACHE_MANAGER, BlockId::number(number));
        account.expect("known").balance
    };
    let before = at(&chain, 199);
    assert_ne!(before, U256::from(7));
    for number in [200, 201, 202] {
        assert_eq!(at(&chain, number), U256::from(7), "block {number}");
    }
    check(&chain, 0..=202);

    let saved = serde_json::to_string(&chain.dump_state().expect("dumps")).expect("serializes");
    let mut loaded = Chain::new(ChainConfig {
        timestamp: Some(START),
        ..chain.config().clone()
    });
    let state = ChainState::from_json(saved.as_bytes()).expect("parses");
    loaded.load_state(state).expect("loads");
    for number in 0..=202 {
        assert_eq!(loaded.block_hash(number), chain.block_hash(number));
    }
    loaded.mine(3, None).expect("mines");
    check(&loaded, 0..=205);

    assert!(chain.revert(snapshot));
    assert_eq!(chain.block_number(), 100);
    assert_eq!(chain.block_hash(100), Some(head));
    assert_eq!(at(&chain, 100), before);
    chain.mine(100, Some(6)).expect("mines");
    check(&chain, 0..=200);
    assert_ne!(chain.block_hash(150), Some(replaced));
    assert!(chain.block(BlockId::hash(replaced)).is_none());
}

#[test]
fn an_upgrade_takes_effect_in_its_block_among_empty_ones() {
    let mut chain = chain_at(31);
    let due = block(&chain, 0).header.timestamp + 500;
    schedule(&mut chain, 40, due);
    chain.mine(200, Some(10)).expect("mines");
    let version = |number: u64| {
        let header = block(&chain, number).header.clone();
        u64::from_be_bytes(header.mix_hash[16..24].try_into().expect("8 bytes"))
    };
    let upgraded = (1..=chain.block_number()).find(|number| version(*number) == 40);
    let upgraded = upgraded.expect("it was due");
    assert!(block(&chain, upgraded).header.timestamp >= due);
    assert!(block(&chain, upgraded - 1).header.timestamp < due);
    assert_eq!(chain.block_number(), 201);
    check(&chain, 0..=201);
}

#[test]
fn a_state_whose_blocks_do_not_follow_each_other_is_refused() {
    let mut chain = chain();
    send(&mut chain, ALICE, request(BOB, Bytes::new()));
    chain.mine(5, None).expect("mines");
    send(&mut chain, ALICE, request(BOB, Bytes::new()));
    let before = chain.block_hash(7);
    let edited = |edit: fn(&mut Vec<serde_json::Value>)| {
        let state = chain.dump_state().expect("dumps");
        let mut state = serde_json::to_value(&state).expect("JSON");
        edit(state["history"].as_array_mut().expect("the blocks"));
        ChainState::from_json(state.to_string().as_bytes())
    };
    let whole = edited(|_| {}).expect("as it was");
    let missing = edited(|history| drop(history.remove(2)));
    let reversed = edited(|history| history.reverse());
    let empty = edited(Vec::clear);
    for refused in [missing, reversed, empty] {
        assert!(refused.is_err(), "{refused:?}");
    }
    chain.load_state(whole).expect("the whole one is taken");
    assert_eq!(chain.block_hash(7), before);
}

#[test]
fn no_block_has_a_time_that_no_chain_reaches() {
    let refused = |made: Result<(), ChainError>| {
        let refused = made.expect_err("too late");
        assert!(
            matches!(refused, ChainError::TimestampTooHigh(_)),
            "{refused}"
        );
    };
    let mut chain = chain();
    chain.increase_time(LAST_SECOND);
    refused(chain.mine(1, None));
    let transfer = request(BOB, Bytes::new());
    let sent = chain.submit_unsigned(ALICE, transfer.clone());
    refused(sent.map(drop));
    assert!(!chain.has_waiting());
    chain.set_time(START);
    chain.set_timestamp_interval(Some(LAST_SECOND));
    refused(chain.mine(1, None));
    chain.set_timestamp_interval(None);
    // What was not made has not moved the clock.
    refused(chain.mine(3, Some(LAST_SECOND)));
    assert_eq!(chain.block_number(), 0);
    send(&mut chain, ALICE, transfer);
    chain.set_next_timestamp(LAST_SECOND).expect("a later one");
    chain.mine(1, None).expect("the last one");
    chain.increase_time(1);
    refused(chain.mine(1, None));
    assert_eq!(loaded(&chain).block_hash(2), chain.block_hash(2));
}

#[test]
fn a_state_whose_numbers_no_chain_reaches_is_refused() {
    let far = |number, timestamp| {
        Chain::new(ChainConfig {
            number,
            timestamp: Some(timestamp),
            ..chain().config().clone()
        })
    };
    for (mut far, is_loaded) in [
        (far(LAST_BLOCK, LAST_SECOND), true),
        (far(LAST_BLOCK + 1, START), false),
        (far(u64::MAX, START), false),
        (far(0, LAST_SECOND + 1), false),
    ] {
        let state = far.dump_state().expect("dumps");
        let loaded = far.load_state(state);
        assert_eq!(loaded.is_ok(), is_loaded, "{loaded:?}");
    }
}
