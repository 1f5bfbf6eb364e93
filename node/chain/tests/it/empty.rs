//! Empty blocks: many are mined in one request, and every question about them is answered.

use crate::common::*;
use alloy_primitives::{B256, Bytes, U256, address};
use stylus_chain::{BlockId, Chain, Filter};

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
fn a_state_whose_blocks_do_not_follow_each_other_is_refused() {
    let mut chain = chain();
    send(&mut chain, ALICE, request(BOB, Bytes::new()));
    chain.mine(5, None).expect("mines");
    send(&mut chain, ALICE, request(BOB, Bytes::new()));
    let before = chain.block_hash(7);
    let edited = |edit: fn(&mut Vec<serde_json::Value>)| {
        let mut state = chain.dump_state().expect("dumps");
        let history = state
            .content
            .get_mut("history")
            .and_then(|all| all.as_array_mut());
        edit(history.expect("the blocks"));
        state
    };
    let whole = edited(|_| {});
    let missing = edited(|history| drop(history.remove(2)));
    let reversed = edited(|history| history.reverse());
    let empty = edited(Vec::clear);
    for state in [missing, reversed, empty] {
        let refused = chain.load_state(state);
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(chain.block_hash(7), before);
    }
    chain.load_state(whole).expect("the whole one is taken");
    assert_eq!(chain.block_hash(7), before);
}
