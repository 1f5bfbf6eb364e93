//! Transactions that wait.

use crate::common::*;
use alloy_consensus::{Transaction, TxEip1559};
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
