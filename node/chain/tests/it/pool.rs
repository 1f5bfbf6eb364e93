//! Transactions that wait.

use crate::common::*;
use alloy_consensus::{Transaction, TxEip1559};
use alloy_primitives::{Address, Bytes};
use std::time::Duration;
use stylus_chain::{CallRequest, Chain, ChainConfig, ChainError, ChainState, RejectReason};

#[test]
fn what_has_less_gas_than_a_transfer_never_waits() {
    let mut chain = Chain::new(ChainConfig {
        automine: false,
        ..ChainConfig::default()
    });
    let poor = TxEip1559 {
        gas_limit: 20_999,
        ..transfer(0)
    };
    let (have, want) = (20_999, 21_000);
    let refused = chain.submit(signed(poor)).expect_err("too little");
    assert!(
        matches!(refused, ChainError::Rejected(RejectReason::IntrinsicGas { have: h, want: w }) if (h, w) == (have, want)),
        "{refused}"
    );
    assert!(chain.pool().pending.is_empty());
    chain.submit(signed(transfer(0))).expect("enough");
    assert_eq!(chain.pool().pending.len(), 1);
}

#[test]
fn transactions_that_arrive_in_the_order_of_falling_nonces_go_into_blocks_in_their_order() {
    const COUNT: u64 = 6_000;
    let mut chain = Chain::new(ChainConfig {
        auto_impersonate: true,
        ..ChainConfig::default()
    });
    for nonce in (0..COUNT).rev() {
        let transfer = CallRequest {
            gas: Some(21_000),
            nonce: Some(nonce),
            ..request(BOB, Vec::new())
        };
        chain.submit_unsigned(ALICE, transfer).expect("accepted");
    }
    while chain.is_behind() {
        chain.mine(1, None).expect("a block");
    }
    let blocks = (1..=chain.block_number()).filter_map(|number| chain.block(number.into()));
    let blocks: Vec<_> = blocks.collect();
    // As many as compute with 32,000,000 gas.
    let counts: Vec<_> = blocks
        .iter()
        .map(|block| block.transactions.len())
        .collect();
    assert_eq!(counts, [1_524, 1_524, 1_524, 1_428]);
    let transactions = blocks.iter().flat_map(|block| &block.transactions);
    assert!(transactions.map(|tx| tx.envelope.nonce()).eq(0..COUNT));
}

#[test]
fn a_block_whose_gas_is_used_begins_no_further_transaction() {
    let mut chain = Chain::new(ChainConfig {
        automine: false,
        auto_impersonate: true,
        ..ChainConfig::default()
    });
    // It goes round in a circle until its gas is used.
    chain.set_code(BOB, Bytes::from_static(&[0x5b, 0x5f, 0x56]));
    let send = |chain: &mut Chain, nonce| {
        let burning = CallRequest {
            gas: Some(20_000_000),
            nonce: Some(nonce),
            ..request(BOB, Vec::new())
        };
        chain.submit_unsigned(ALICE, burning).expect("accepted");
    };
    (0..5).for_each(|nonce| send(&mut chain, nonce));
    // The second one goes beyond 32,000,000.
    for (left, is_behind) in [(3, true), (1, true), (0, false)] {
        chain.mine(1, None).expect("a block");
        assert_eq!(chain.pool().pending.len(), left);
        assert_eq!(chain.is_behind(), is_behind);
    }
    // Several blocks take what one cannot.
    (5..10).for_each(|nonce| send(&mut chain, nonce));
    chain.mine(9, None).expect("blocks");
    assert!(chain.pool().pending.is_empty());
    let taken = (4..=12).filter_map(|number| chain.block(number.into()));
    let taken: Vec<_> = taken.map(|block| block.transactions.len()).collect();
    assert_eq!(taken, [2, 2, 1, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn transactions_that_wait_for_others_have_a_bound_and_those_that_can_run_have_room() {
    let mut chain = Chain::new(ChainConfig {
        automine: false,
        auto_impersonate: true,
        ..ChainConfig::default()
    });
    let send = |chain: &mut Chain, sender: u64, nonce| {
        let transfer = CallRequest {
            gas: Some(21_000),
            nonce: Some(nonce),
            max_fee_per_gas: Some(0),
            ..request(BOB, Vec::new())
        };
        chain.set_next_base_fee(0);
        let sender = Address::left_padding_from(&(sender + 1_000).to_be_bytes());
        chain.submit_unsigned(sender, transfer)
    };
    for sender in 0..4_096 {
        send(&mut chain, sender, 5).expect("room");
    }
    let refused = send(&mut chain, 5_000, 5).expect_err("too many");
    assert_eq!(refused.to_string(), "transaction rejected: txpool is full");
    send(&mut chain, 7, 6).expect("it follows one that waits");
    send(&mut chain, 5_000, 0).expect("it can run");
    chain.mine(1, None).expect("a block");
    assert!(chain.pool().pending.is_empty());
}

#[test]
fn a_block_that_is_made_by_the_clock_begins_one_transaction_whose_time_is_over_and_no_second() {
    let mut chain = Chain::new(ChainConfig {
        automine: false,
        ..ChainConfig::default()
    });
    for nonce in 0..3 {
        chain.submit(signed(transfer(nonce))).expect("enough");
    }
    for left in [2, 1, 0] {
        chain.mine_readable(Duration::ZERO, true).expect("a block");
        assert_eq!(chain.pool().pending.len(), left);
    }
    for nonce in 3..6 {
        chain.submit(signed(transfer(nonce))).expect("enough");
    }
    chain.mine_readable(Duration::MAX, true).expect("a block");
    assert!(chain.pool().pending.is_empty());
}

#[test]
fn what_waits_is_in_the_saved_state_and_goes_into_a_block_after_it_was_loaded() {
    let waiting = || {
        Chain::new(ChainConfig {
            automine: false,
            ..ChainConfig::default()
        })
    };
    let mut chain = waiting();
    let saved = |chain: &Chain| serde_json::to_value(chain.dump_state().expect("dumps"));
    let empty = saved(&chain).expect("JSON");
    assert!(empty.get("pool").is_none(), "as older versions wrote it");
    let contract = Address::repeat_byte(0xc0);
    chain.set_code(contract, Bytes::from_static(&[0]));
    chain.set_balance(contract, ether(1));
    chain.impersonate(contract);
    let transfer_of_contract = CallRequest {
        gas: Some(21_000),
        ..request(BOB, Vec::new())
    };
    let hashes = [
        chain.submit(signed(transfer(0))),
        chain.submit_unsigned(contract, transfer_of_contract),
        chain.submit(signed(transfer(1))),
        // Its turn does not come yet.
        chain.submit(signed(transfer(3))),
    ]
    .map(|accepted| accepted.expect("accepted"));

    let text = saved(&chain).expect("JSON");
    let load = |chain: &mut Chain, state: &serde_json::Value| {
        chain.load_state(ChainState::from_json(state.to_string().as_bytes())?)
    };
    let mut later = waiting();
    load(&mut later, &text).expect("loads");
    let found = [later.pool().pending, later.pool().queued].map(|found| found.len());
    assert_eq!(found, [3, 1]);
    for hash in hashes {
        assert_eq!(later.pooled(hash), chain.pooled(hash));
    }
    later.mine(1, None).expect("mines");
    for (index, hash) in hashes[..3].iter().enumerate() {
        let receipt = later.receipt(*hash).expect("it is in the block");
        assert_eq!(
            (receipt.success, receipt.transaction_index),
            (true, index as u64)
        );
    }
    assert!(later.pooled(hashes[3]).is_some(), "it waits on");

    for place in ["/pool/0/raw", "/pool/0/from"] {
        let mut changed = text.clone();
        *changed.pointer_mut(place).expect("a place") = empty["coinbase"].clone();
        load(&mut later, &changed).expect_err(place);
    }
    load(&mut later, &empty).expect("loads");
    assert!(!later.has_waiting(), "what waited is replaced");
}
