//! What a message may say of its price, and an account that delegates to a precompile.

use alloy_primitives::{Address, Bytes, U256, hex};
use stylus_chain::{BlockId, CallRequest, ChainError, Overrides, RejectReason};

use crate::common::{ALICE, call, chain, chain_at, request};

const TO: Address = Address::repeat_byte(0xd1);

/// The designator of EIP-7702 for ArbSys.
fn delegated_to_arb_sys() -> Bytes {
    hex!("ef01000000000000000000000000000000000000000064").into()
}

#[test]
fn a_delegation_to_a_precompile_is_empty_code_from_arbos_50_on() {
    for (version, is_empty) in [(41, false), (50, true), (61, true)] {
        let mut chain = chain_at(version);
        chain.set_code(TO, delegated_to_arb_sys());
        let outcome = call(&chain, request(TO, Bytes::new()));
        assert_eq!(outcome.success, is_empty, "{version}");
        // The byte 0xfe of the precompile's account takes all gas.
        assert_eq!(outcome.gas_used == 30_000_000, !is_empty, "{version}");
        // A contract that calls it sees the same: CALL(gas, TO, 0, 0, 0, 0, 0), and its answer.
        let caller = Address::repeat_byte(0xd2);
        let code = [
            &hex!("5f5f5f5f5f73")[..],
            TO.as_slice(),
            &hex!("61c350f15f5260205ff3"),
        ];
        chain.set_code(caller, code.concat().into());
        let outcome = call(&chain, request(caller, Bytes::new()));
        let answer = U256::from_be_slice(&outcome.output);
        assert_eq!(answer == U256::ONE, is_empty, "{version}");
    }
}

#[test]
fn a_tip_above_the_cap_is_dropped_above_the_base_fee() {
    let chain = chain();
    let ask = |cap: Option<u128>, tip: u128| {
        let message = CallRequest {
            from: Some(ALICE),
            max_fee_per_gas: cap,
            max_priority_fee_per_gas: Some(tip),
            ..request(TO, Bytes::new())
        };
        chain.call(message, BlockId::latest(), &Overrides::default())
    };
    let base_fee = u128::from(chain.base_fee());
    assert!(ask(Some(100 * base_fee), 200 * base_fee).is_ok());
    for (cap, tip) in [(Some(base_fee), base_fee + 1), (Some(5), 10), (None, 1)] {
        let refused = ask(cap, tip);
        let is_tip = matches!(
            refused,
            Err(ChainError::Rejected(RejectReason::TipAboveFee { .. }))
        );
        assert!(is_tip, "{cap:?} {tip}: {refused:?}");
    }
}
