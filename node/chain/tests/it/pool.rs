//! Transactions that wait.

use crate::common::*;
use alloy_consensus::{Transaction, TxEip1559};
use alloy_primitives::{Address, Bytes};
use std::time::Duration;
use stylus_chain::{
    BlockId, CallRequest, Chain, ChainConfig, ChainError, ChainState, RejectReason,
};

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
fn transactions_that_arrive_in_the_order_of_falling_nonces_go_into_one_block_in_their_order() {
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
    let block = chain.block(BlockId::latest()).expect("a block");
    assert_eq!(block.transactions.len() as u64, COUNT);
    let nonces = block.transactions.iter().map(|tx| tx.envelope.nonce());
    assert!(nonces.eq(0..COUNT));
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
        chain.mine_readable(Duration::ZERO).expect("a block");
        assert_eq!(chain.pool().pending.len(), left);
    }
    for nonce in 3..6 {
        chain.submit(signed(transfer(nonce))).expect("enough");
    }
    chain.mine_readable(Duration::MAX).expect("a block");
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
        chain.load_state(&ChainState::from_json(state.to_string().as_bytes())?)
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
