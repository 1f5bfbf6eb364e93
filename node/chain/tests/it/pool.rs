//! Transactions that wait.

use crate::common::*;
use alloy_consensus::{Transaction, TxEip1559};
use std::time::Duration;
use stylus_chain::{BlockId, CallRequest, Chain, ChainConfig, ChainError, RejectReason};

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
