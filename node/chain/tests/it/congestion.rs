//! The base fee under load.

use crate::common::*;
use alloy_primitives::{Address, Bytes};
use stylus_chain::{BlockId, CallRequest, Chain, ChainConfig};

const BURNER: Address = Address::repeat_byte(0xbe);
/// Gas of a transaction that burns all it has.
const GAS: u64 = 31_000_000;
const LIMIT: u64 = 7_000_000;
const LEAST: u64 = 100_000_000;

/// A chain with 15 seconds of load: a transaction each quarter of a second.
fn loaded_with(l2_speed_limit: Option<u64>) -> Chain {
    let mut chain = Chain::new(ChainConfig {
        l2_speed_limit,
        ..ChainConfig::default()
    });
    chain.set_code(BURNER, Bytes::from_static(&[0xfe]));
    chain.impersonate(ALICE);
    let start = time(&chain);
    for quarter in 0..60 {
        chain
            .set_next_timestamp(start + quarter / 4)
            .expect("later");
        let request = CallRequest {
            to: Some(BURNER),
            gas: Some(GAS),
            ..CallRequest::default()
        };
        chain.submit_unsigned(ALICE, request).expect("accepted");
    }
    chain
}

fn time(chain: &Chain) -> u64 {
    let head = chain.block(BlockId::latest()).expect("the head");
    head.header.timestamp
}

#[test]
fn the_base_fee_follows_the_load_as_on_nitro_and_falls_when_it_ends() {
    let mut chain = loaded_with(Some(LIMIT));
    // A Nitro node that was loaded so for 15 seconds asked for 0.9 gwei.
    let fee = chain.base_fee();
    assert!((850_000_000..1_000_000_000).contains(&fee), "{fee}");
    // It is the fee of the next block.
    chain.mine(1, None).expect("mines");
    let head = chain.block(BlockId::latest()).expect("the head");
    assert_eq!(head.header.base_fee_per_gas, Some(fee));
    // All of the backlog, less ten seconds of tolerance, is let through.
    let idle = 60 * GAS / LIMIT;
    chain
        .set_next_timestamp(time(&chain) + idle)
        .expect("later");
    chain.mine(1, None).expect("mines");
    assert_eq!(chain.base_fee(), LEAST);
}

#[test]
fn without_a_speed_limit_the_base_fee_stays() {
    assert_eq!(loaded_with(None).base_fee(), LEAST);
}
