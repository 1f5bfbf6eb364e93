use alloy::primitives::{Bytes, TxKind};
use stylus_chain::ChainConfig;

use super::*;

fn chain() -> (Chain, Address) {
    let config = ChainConfig {
        auto_impersonate: true,
        ..ChainConfig::default()
    };
    let sender = config.accounts[0].0;
    (Chain::new(config), sender)
}

/// Sets slot 0 to 42, then ends as the bytes say.
fn storing(end: &[u8]) -> Bytes {
    // PUSH1 42 PUSH0 SSTORE
    [&[0x60, 42, 0x5f, 0x55], end].concat().into()
}

const CONTRACT: Address = Address::repeat_byte(0xcc);
/// PUSH0 PUSH0 REVERT
const REVERT: [u8; 3] = [0x5f, 0x5f, 0xfd];

fn call(chain: &mut Chain, sender: Address, value: u64) -> u64 {
    let before = chain.block_number();
    let request = CallRequest {
        to: Some(CONTRACT),
        gas: Some(100_000),
        value: U256::from(value),
        ..CallRequest::default()
    };
    chain.submit_unsigned(sender, request).expect("accepted");
    before
}

#[test]
fn a_refusal_that_leaves_no_trace_is_let_pass() {
    let (mut chain, sender) = chain();
    chain.set_code(CONTRACT, storing(&REVERT));
    let before = call(&mut chain, sender, 7);
    assert_eq!(chain.block_number(), before + 1);
    assert_eq!(traces(&chain, before, sender), []);
}

#[test]
fn a_transaction_that_changed_something_is_no_refusal() {
    let (mut chain, sender) = chain();
    chain.set_code(CONTRACT, storing(&[0x00]));
    let before = call(&mut chain, sender, 7);
    let found = traces(&chain, before, sender);
    assert!(
        found.contains(&Trace::Slot {
            account: CONTRACT,
            slot: U256::ZERO,
            before: B256::ZERO,
            after: B256::with_last_byte(42),
        }),
        "{found:?}"
    );
    let richer = |trace: &Trace| matches!(trace, Trace::Account { account, before, after } if *account == CONTRACT && after.2 == before.2 + U256::from(7));
    assert!(found.iter().any(richer), "{found:?}");
}

#[test]
fn what_was_refused_is_sent_and_undone() {
    let (mut chain, sender) = chain();
    let request = TransactionRequest {
        from: Some(sender),
        to: Some(TxKind::Call(CONTRACT)),
        gas: Some(100_000),
        ..TransactionRequest::default()
    };
    let state = |chain: &Chain| {
        let account = chain.account(sender, BlockId::latest()).expect("latest");
        let slot = chain
            .storage(CONTRACT, U256::ZERO, BlockId::latest())
            .expect("latest");
        (chain.block_number(), account, slot)
    };
    for (end, expected) in [
        (REVERT.as_slice(), vec![]),
        (&[0x00], vec![Trace::WentThrough]),
    ] {
        chain.set_code(CONTRACT, storing(end));
        let before = state(&chain);
        assert_eq!(traces_if_sent(&mut chain, &request), expected);
        assert_eq!(state(&chain), before);
    }
}
