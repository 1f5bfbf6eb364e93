//! Empty blocks: a million are mined in one request, and every question about them is answered.

use crate::common::*;
use alloy_primitives::{B256, Bytes, U256, address};
use stylus_chain::{BlockId, Chain, ChainConfig, LogFilter};

const MANY: u64 = 1_000_000;

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
fn a_million_blocks_are_mined_at_once_and_every_one_of_them_can_be_read() {
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
    let filter = LogFilter {
        from_block: Some(0.into()),
        ..LogFilter::default()
    };
    assert!(!chain.logs(&filter).expect("them").is_empty());
    // The next transaction stands on them, and the clock went along.
    let receipt = send(&mut chain, ALICE, request(counter, Bytes::new()));
    assert_eq!(receipt.block_number, end + 1);
    assert!(receipt.block_timestamp >= first + 12 * (MANY - 1));
    check(&chain, [end, end + 1]);
    let history = address!("0000F90827F1C53a10cb7A02335B175320002935");
    for number in [end, end - 300_000] {
        let requests = request(history, U256::from(number).to_be_bytes::<32>());
        let known = chain.block_hash(number).expect("known");
        assert_eq!(call(&chain, requests).output, Bytes::from(known));
    }
    // 393,168 hashes are kept.
    let requests = request(history, U256::from(end - 393_168).to_be_bytes::<32>());
    assert!(!call(&chain, requests).success);
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

    let saved = serde_json::to_string(&chain.dump_state().expect("dumps")).expect("serialises");
    assert!(saved.len() < 200_000, "{} bytes", saved.len());
    let mut loaded = Chain::new(ChainConfig {
        timestamp: Some(START),
        ..chain.config().clone()
    });
    let state = serde_json::from_str(&saved).expect("parses");
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
    let schedule = ArbOs::scheduleArbOSUpgradeCall {
        version: 40,
        timestamp: due,
    };
    let owner = request(ARB_OWNER, alloy_sol_types::SolCall::abi_encode(&schedule));
    assert!(send(&mut chain, DEV, owner).success);
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
fn what_the_configuration_does_not_keep_is_forgotten_and_said_to_be() {
    let mut chain = Chain::new(ChainConfig {
        keep_states: Some(5),
        keep_blocks: Some(50),
        auto_impersonate: true,
        ..ChainConfig::default()
    });
    let value = U256::from(3);
    let transfer = || stylus_chain::CallRequest {
        value,
        ..request(BOB, Bytes::new())
    };
    let first = send(&mut chain, ALICE, transfer());
    for _ in 0..200 {
        send(&mut chain, ALICE, transfer());
    }
    let head = chain.block_number();
    let balance = |number: u64| chain.account(BOB, BlockId::number(number));
    assert_eq!(
        balance(head - 5).expect("kept").balance,
        value * U256::from(head - 5)
    );
    let error = balance(head - 6).expect_err("forgotten").to_string();
    assert!(error.contains("pruned"), "{error}");
    assert!(chain.block(BlockId::number(head - 49)).is_some());
    assert!(chain.block(BlockId::number(head - 50)).is_none());
    assert!(chain.receipt(first.transaction_hash).is_none());
    // A snapshot keeps what it goes back to.
    let snapshot = chain.snapshot();
    for _ in 0..100 {
        send(&mut chain, ALICE, transfer());
    }
    assert!(chain.revert(snapshot));
    let latest = chain.account(BOB, BlockId::latest()).expect("known");
    assert_eq!(latest.balance, value * U256::from(head));
}

#[test]
fn a_state_in_which_a_single_digit_differs_is_refused() {
    let mut chain = chain();
    send(&mut chain, ALICE, request(BOB, Bytes::new()));
    let saved = serde_json::to_string(&chain.dump_state().expect("dumps")).expect("serialises");
    let digits: Vec<_> = saved
        .char_indices()
        .filter(|(_, digit)| digit.is_ascii_digit())
        .map(|(at, _)| at)
        .collect();
    for at in digits.iter().step_by(digits.len() / 200) {
        let mut damaged = saved.clone().into_bytes();
        damaged[*at] = if damaged[*at] == b'1' { b'2' } else { b'1' };
        if let Ok(state) = serde_json::from_slice(&damaged) {
            let refused = chain.load_state(state);
            assert!(refused.is_err(), "the digit at {at}");
        }
    }
    let whole = serde_json::from_str(&saved).expect("parses");
    chain.load_state(whole).expect("the whole one is taken");
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
        let content = serde_json::to_vec(&state.content).expect("serialises");
        state.checksum = alloy_primitives::keccak256(content);
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

#[test]
fn a_transaction_is_found_by_sender_and_nonce_beyond_millions_of_empty_blocks() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let sent = send(&mut chain, ALICE, request(counter, Bytes::new()));
    let nonce = chain.transaction(sent.transaction_hash).expect("mined");
    let nonce = alloy_consensus::Transaction::nonce(&nonce.envelope);
    // Far more than could be hashed while the test runs.
    for _ in 0..2 {
        chain.mine(MANY, None).expect("mines");
    }
    let found = chain.transaction_of(ALICE, nonce).expect("it");
    assert_eq!(found.hash, sent.transaction_hash);
    assert!(chain.transaction_of(ALICE, nonce + 1).is_none());
}
