//! Transactions: types, gas, the pool, reasons to refuse.

use crate::common::*;
use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy};
use alloy_eips::{eip2718::Decodable2718, eip7702::Authorization};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, sol};
use stylus_chain::{BlockId, CallRequest, Chain, ChainConfig, ChainError, Overrides, RejectReason};

fn rejected(result: Result<B256, ChainError>) -> RejectReason {
    match result {
        Err(ChainError::Rejected(reason)) => reason,
        other => panic!("expected a rejection, found {other:?}"),
    }
}

#[test]
fn all_transaction_types_are_executed_and_tips_are_dropped() {
    let mut chain = Chain::new(ChainConfig::default());
    let legacy = TxLegacy {
        gas_price: 5 * FEE,
        gas_limit: 21_000,
        to: TxKind::Call(BOB),
        value: U256::from(1),
        ..TxLegacy::default()
    };
    let eip2930 = TxEip2930 {
        chain_id: 412_346,
        nonce: 1,
        gas_price: FEE,
        gas_limit: 21_000,
        to: TxKind::Call(BOB),
        value: U256::from(1),
        ..TxEip2930::default()
    };
    let eip1559 = TxEip1559 {
        max_fee_per_gas: 9 * FEE,
        max_priority_fee_per_gas: 8 * FEE,
        ..transfer(2)
    };
    let before = (balance(&chain, ALICE), balance(&chain, Address::ZERO));
    for (kind, tx) in [signed(legacy), signed(eip2930), signed(eip1559)]
        .into_iter()
        .enumerate()
    {
        let hash = chain.submit(tx).expect("accepted");
        let receipt = chain.receipt(hash).expect("mined");
        assert_eq!(
            (receipt.success, receipt.tx_type, receipt.gas_used),
            (true, kind as u8, 21_000)
        );
        assert_eq!(receipt.effective_gas_price, FEE);
    }
    let fees = U256::from(3 * 21_000 * FEE);
    assert_eq!(before.0 - balance(&chain, ALICE), fees + U256::from(3));
    assert_eq!(
        balance(&chain, Address::ZERO) - before.1,
        fees,
        "the network fee account gets all"
    );
    assert_eq!(balance(&chain, BOB), U256::from(3));
}

#[test]
fn an_account_that_delegates_to_a_program_runs_it() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let chain_id = U256::from(412_346);
    let nonce = chain.pending_nonce(ALICE);
    let authorization = Authorization {
        chain_id,
        address: counter,
        nonce: nonce + 1,
    };
    let signature = sign(authorization.signature_hash(), &key());
    let tx = TxEip7702 {
        chain_id: 412_346,
        nonce,
        gas_limit: 1_000_000,
        max_fee_per_gas: FEE,
        to: ALICE,
        authorization_list: vec![authorization.into_signed(signature)],
        ..TxEip7702::default()
    };
    let hash = chain.submit(signed(tx)).expect("accepted");
    assert!(chain.receipt(hash).expect("mined").success);
    assert_eq!(slot(&chain, ALICE, 0), U256::from(1));
    assert_eq!(slot(&chain, counter, 0), U256::ZERO);
    let forward = install(&mut chain, &forwarder());
    assert!(send(&mut chain, DEV, request(forward, via(ALICE, b""))).success);
    let evm = deploy(&mut chain, &EVM_FORWARD);
    assert!(send(&mut chain, DEV, request(evm, via(ALICE, b""))).success);
    assert_eq!(slot(&chain, ALICE, 0), U256::from(3));
}

#[test]
fn the_unprotected_create2_deployer_transaction_recreates_the_genesis_code() {
    let mut chain = chain();
    let sender = address!("3fab184622dc19b6109349b94811493bf2a45362");
    let deployer = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
    let code = account(&chain, deployer).code;
    chain.set_code(deployer, Bytes::new());
    chain.set_nonce(deployer, 0);
    chain.set_nonce(sender, 0);
    chain.set_balance(sender, ether(1));
    let raw = hex!(
        "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222"
    );
    let tx = TxEnvelope::decode_2718(&mut &raw[..]).expect("decodes");
    let hash = chain.submit(tx).expect("accepted");
    let receipt = chain.receipt(hash).expect("mined");
    assert_eq!(
        (receipt.success, receipt.contract_address),
        (true, Some(deployer))
    );
    assert_eq!(account(&chain, deployer).code, code);
}

sol! {
    interface StylusDeployer {
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
        event ContractDeployed(address deployedContract);
        error ContractInitializationError(address newContract, bytes data);
    }
}

#[test]
fn the_stylus_deployer_deploys_activates_initializes_and_refunds() {
    let mut chain = chain();
    let deployer = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
    let code = program(&counter());
    let deploy = |code: &[u8], salt: B256, init: &[u8]| {
        let call = StylusDeployer::deployCall {
            bytecode: deploying(code).into(),
            initData: init.to_vec().into(),
            initValue: U256::ZERO,
            salt,
        };
        paying(ether(1), request(deployer, call.abi_encode()))
    };
    let before = balance(&chain, ALICE);
    let receipt = done(
        &mut chain,
        ALICE,
        deploy(&code, B256::repeat_byte(7), b"\x01"),
    );
    let log = receipt.logs.last().expect("a log");
    let event = StylusDeployer::ContractDeployed::decode_log(log).expect("the event");
    let salt = keccak256([B256::repeat_byte(7).as_slice(), b"\x01"].concat());
    let expected = deployer.create2(salt, keccak256(deploying(&code)));
    assert_eq!(event.deployedContract, expected);
    let found = slot(&chain, expected, 0);
    assert_eq!(found, U256::from(1), "the constructor ran");
    assert!(
        before - balance(&chain, ALICE) < ether(1) / U256::from(100),
        "the rest came back"
    );
    assert_eq!(balance(&chain, deployer), U256::ZERO);
    // Active already: plain CREATE, no activation.
    let receipt = done(&mut chain, ALICE, deploy(&code, B256::ZERO, b""));
    assert_eq!(receipt.logs.len(), 1);
    // The constructor's revert data comes back inside the deployer's own error.
    let failing = program(&module(
        1,
        "(call $write_result (i32.const 0) (local.get $len)) (i32.const 1)",
    ));
    let call = deploy(&failing, B256::ZERO, &hex!("deadbeef"));
    let receipt = send(&mut chain, ALICE, call);
    let error = StylusDeployer::ContractInitializationError::abi_decode(&receipt.output);
    let error = error.expect("the deployer's error");
    let nonce = account(&chain, deployer).nonce;
    assert_eq!(error.newContract, deployer.create(nonce));
    assert_eq!(error.data[..], hex!("deadbeef"));
}

/// The address depends on every byte of the init code.
#[test]
fn the_create2_deployer_recreates_the_stylus_deployer_of_the_live_chains() {
    let mut chain = chain();
    let deployer = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
    let code = account(&chain, deployer).code;
    assert_eq!(code.len(), 2_269);
    chain.set_code(deployer, Bytes::new());
    chain.set_nonce(deployer, 0);
    let init = hex::decode(include_str!("../../genesis/StylusDeployer.hex").trim()).expect("hex");
    let create2 = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
    let input = [&[0; 32][..], &init].concat();
    assert!(send(&mut chain, ALICE, request(create2, input)).success);
    assert_eq!(account(&chain, deployer).code, code);
}

#[test]
fn gas_above_the_cap_of_32_million_is_held_back_and_returned() {
    // Before ArbOS 50 the limit is that of a block, and what a transaction pays before it begins is no part of it.
    for (mut chain, most) in [(chain(), 32_000_000), (chain_at(40), 32_021_000)] {
        let burner = deploy(&mut chain, &hex!("5b5f56"));
        let all = with_gas(40_000_000, request(burner, Bytes::new()));
        let receipt = send(&mut chain, ALICE, all);
        assert_eq!((receipt.success, receipt.gas_used), (false, most));
    }
}

#[test]
fn what_cannot_be_included_is_refused_with_a_reason() {
    let mut chain = Chain::new(ChainConfig::default());
    chain.submit(signed(transfer(0))).expect("accepted");
    let mut reason = |nonce: u64, change: fn(&mut TxEip1559)| {
        let mut tx = transfer(nonce);
        change(&mut tx);
        rejected(chain.submit(signed(tx)))
    };
    let again = reason(0, |_| {});
    let other = reason(0, |tx| tx.value = U256::from(2));
    assert_eq!(again, other);
    let (address, expected, found) = (ALICE, 1, 0);
    let low = RejectReason::NonceTooLow {
        address,
        expected,
        found,
    };
    assert_eq!(other, low);
    let cheap = reason(1, |tx| tx.max_fee_per_gas = FEE - 1);
    assert!(matches!(cheap, RejectReason::FeeTooLow { .. }));
    let (expected, found) = (412_346, 1);
    let foreign = reason(1, |tx| tx.chain_id = 1);
    assert_eq!(foreign, RejectReason::ChainId { expected, found });
    let rich = reason(1, |tx| tx.value = U256::MAX >> 1);
    assert!(matches!(rich, RejectReason::Funds { .. }));
    let (have, want) = (20_999, 21_000);
    let tight = reason(1, |tx| tx.gas_limit = 20_999);
    assert_eq!(tight, RejectReason::IntrinsicGas { have, want });
    let tip = reason(1, |tx| tx.max_priority_fee_per_gas = FEE + 1);
    let (address, cap) = (ALICE, FEE);
    let expected = RejectReason::TipAboveFee {
        address,
        tip: FEE + 1,
        cap,
    };
    assert_eq!(tip, expected);
    assert_eq!(chain.block_number(), 1);
    assert!(chain.pool().pending.is_empty());
    assert!(matches!(
        chain.submit_unsigned(BOB, CallRequest::default()),
        Err(ChainError::NotImpersonated(BOB))
    ));
}

#[test]
fn transactions_wait_for_earlier_nonces_and_for_blocks() {
    let mut chain = Chain::new(ChainConfig::default());
    let later = chain.submit(signed(transfer(1))).expect("accepted");
    assert_eq!(
        (chain.pool().pending.len(), chain.pool().queued.len()),
        (0, 1)
    );
    assert_eq!((chain.block_number(), chain.receipt(later)), (0, None));
    let first = chain.submit(signed(transfer(0))).expect("accepted");
    let block = chain.block(BlockId::latest()).expect("latest");
    let hashes: Vec<_> = block.transactions.iter().map(|tx| tx.hash).collect();
    assert_eq!(hashes, [first, later]);
    assert_eq!(block.receipts[1].cumulative_gas_used, 42_000);

    chain.set_automine(false);
    let slow = chain.submit(signed(transfer(2))).expect("accepted");
    assert_eq!(chain.pending_nonce(ALICE), 3);
    let same = TxEip1559 {
        value: U256::from(9),
        ..transfer(2)
    };
    let found = rejected(chain.submit(signed(same.clone())));
    assert_eq!(found, RejectReason::Underpriced);
    let better = TxEip1559 {
        max_fee_per_gas: 2 * FEE,
        ..same
    };
    let better = chain.submit(signed(better)).expect("accepted");
    assert!(chain.pooled(slow).is_none());
    chain.mine(2, Some(10)).expect("mines");
    assert_eq!(chain.receipt(better).expect("mined").block_number, 2);
    let time = |number: u64| chain.block(number.into()).expect("known").header.timestamp;
    assert_eq!(time(3) - time(2), 10);
}

/// The estimate for a request that names no gas.
fn estimated(chain: &Chain, mut request: CallRequest) -> Result<u64, ChainError> {
    request.gas = None;
    chain.estimate_gas(request, BlockId::latest(), &Overrides::default())
}

#[test]
fn estimates_suffice_and_are_tight() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let evm = deploy(&mut chain, &EVM_FORWARD);
    for request in [
        request(counter, Bytes::new()),
        request(evm, via(counter, b"")),
        request(BOB, Bytes::new()),
        paying(U256::from(3), request(BOB, Bytes::new())),
    ] {
        let estimate = estimated(&chain, request.clone()).expect("it succeeds with enough gas");
        let snapshot = chain.snapshot();
        let used = done(&mut chain, ALICE, with_gas(estimate, request)).gas_used;
        assert!(estimate <= used * 13 / 10 + 2_300, "{estimate} {used}");
        assert!(chain.revert(snapshot));
    }
    let reverting = deploy(&mut chain, &hex!("60205ffd"));
    let error = estimated(&chain, request(reverting, Bytes::new()));
    assert!(matches!(error, Err(ChainError::Reverted { output, .. }) if output.len() == 32));
}
