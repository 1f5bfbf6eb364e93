//! Transactions, blocks, the pool, reading the past.

mod common;

use alloy_consensus::{
    SignableTransaction, Transaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy,
};
use alloy_eips::{eip2718::Decodable2718, eip7702::Authorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, hex, keccak256};
use alloy_sol_types::{SolCall, SolEvent, sol};
use common::*;
use k256::ecdsa::SigningKey;
use stylus_chain::{
    AccountOverride, BlockId, BlockNumberOrTag, CallRequest, Chain, ChainConfig, ChainError,
    LogFilter, Overrides, RejectReason, TraceKind,
};

const FEE: u128 = 100_000_000;
const BOB: Address = Address::repeat_byte(0xb0);

/// First account of the well-known mnemonic.
fn key() -> SigningKey {
    let key = hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    SigningKey::from_slice(&key).expect("a valid key")
}

fn sign(hash: B256, key: &SigningKey) -> Signature {
    key.sign_prehash_recoverable(hash.as_slice())
        .expect("signs")
        .into()
}

fn signed<T: SignableTransaction<Signature>>(tx: T) -> TxEnvelope
where
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = sign(tx.signature_hash(), &key());
    tx.into_signed(signature).into()
}

fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: FEE,
        to: TxKind::Call(BOB),
        value: U256::from(1),
        ..TxEip1559::default()
    }
}

fn balance(chain: &Chain, address: Address) -> U256 {
    chain
        .account(address, BlockId::latest())
        .expect("latest")
        .balance
}

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
    let code = chain
        .account(deployer, BlockId::latest())
        .expect("latest")
        .code;
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
    assert_eq!(
        chain
            .account(deployer, BlockId::latest())
            .expect("latest")
            .code,
        code
    );
}

sol! {
    interface StylusDeployer {
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
        event ContractDeployed(address deployedContract);
    }
}

#[test]
fn the_stylus_deployer_deploys_activates_initialises_and_refunds() {
    let mut chain = chain();
    let deployer = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
    let code = program(&counter());
    let deploy = |salt: B256, init: &[u8]| {
        let call = StylusDeployer::deployCall {
            bytecode: deploying(&code).into(),
            initData: init.to_vec().into(),
            initValue: U256::ZERO,
            salt,
        };
        CallRequest {
            value: ether(1),
            ..request(deployer, call.abi_encode())
        }
    };
    let before = balance(&chain, ALICE);
    let receipt = send(&mut chain, ALICE, deploy(B256::repeat_byte(7), b"\x01"));
    assert!(receipt.success, "{receipt:?}");
    let log = receipt.logs.last().expect("a log");
    let event = StylusDeployer::ContractDeployed::decode_log(log).expect("the event");
    let salt = keccak256([B256::repeat_byte(7).as_slice(), b"\x01"].concat());
    let expected = deployer.create2(salt, keccak256(deploying(&code)));
    assert_eq!(event.deployedContract, expected);
    assert_eq!(
        slot(&chain, expected, 0),
        U256::from(1),
        "the constructor ran"
    );
    assert!(
        before - balance(&chain, ALICE) < ether(1) / U256::from(100),
        "the rest came back"
    );
    assert_eq!(balance(&chain, deployer), U256::ZERO);
    // Active already: plain CREATE, no activation.
    let receipt = send(&mut chain, ALICE, deploy(B256::ZERO, b""));
    assert!(receipt.success, "{receipt:?}");
    assert_eq!(receipt.logs.len(), 1);
    // The constructor's revert data comes back byte for byte.
    let failing = program(&module(
        1,
        "(call $write_result (i32.const 0) (local.get $len)) (i32.const 1)",
    ));
    let call = StylusDeployer::deployCall {
        bytecode: deploying(&failing).into(),
        initData: hex!("deadbeef").into(),
        initValue: U256::ZERO,
        salt: B256::ZERO,
    };
    let call = CallRequest {
        value: ether(1),
        ..request(deployer, call.abi_encode())
    };
    let receipt = send(&mut chain, ALICE, call);
    assert_eq!(
        (receipt.success, &receipt.output[..]),
        (false, &hex!("deadbeef")[..])
    );
}

#[test]
fn gas_above_the_cap_of_32_million_is_held_back_and_returned() {
    let mut chain = chain();
    let burner = deploy(&mut chain, &hex!("5b5f56"));
    let gas = Some(40_000_000);
    let receipt = send(
        &mut chain,
        ALICE,
        CallRequest {
            gas,
            ..request(burner, Bytes::new())
        },
    );
    assert_eq!((receipt.success, receipt.gas_used), (false, 32_000_000));
    let mut old = chain_at(40);
    let burner = deploy(&mut old, &hex!("5b5f56"));
    let receipt = send(
        &mut old,
        ALICE,
        CallRequest {
            gas,
            ..request(burner, Bytes::new())
        },
    );
    assert_eq!(receipt.gas_used, 40_000_000);
}

#[test]
fn what_cannot_be_included_is_refused_with_a_reason() {
    let mut chain = Chain::new(ChainConfig::default());
    chain.submit(signed(transfer(0))).expect("accepted");
    let mut reason = |tx: TxEip1559| rejected(chain.submit(signed(tx)));
    assert!(matches!(reason(transfer(0)), RejectReason::AlreadyKnown(_)));
    let other = TxEip1559 {
        value: U256::from(2),
        ..transfer(0)
    };
    assert!(matches!(
        reason(other),
        RejectReason::NonceTooLow {
            expected: 1,
            found: 0,
            ..
        }
    ));
    let cheap = TxEip1559 {
        max_fee_per_gas: FEE - 1,
        ..transfer(1)
    };
    assert!(matches!(reason(cheap), RejectReason::FeeTooLow { .. }));
    let foreign = TxEip1559 {
        chain_id: 1,
        ..transfer(1)
    };
    assert!(matches!(
        reason(foreign),
        RejectReason::ChainId {
            expected: 412_346,
            found: 1
        }
    ));
    let rich = TxEip1559 {
        value: U256::MAX >> 1,
        ..transfer(1)
    };
    assert!(matches!(reason(rich), RejectReason::Funds { .. }));
    let tight = TxEip1559 {
        gas_limit: 20_999,
        ..transfer(1)
    };
    assert!(matches!(
        reason(tight),
        RejectReason::IntrinsicGas {
            have: 20_999,
            want: 21_000
        }
    ));
    let tip = TxEip1559 {
        max_priority_fee_per_gas: FEE + 1,
        ..transfer(1)
    };
    assert_eq!(reason(tip), RejectReason::TipAboveFee);
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
    assert_eq!(
        rejected(chain.submit(signed(same.clone()))),
        RejectReason::Underpriced
    );
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

#[test]
fn headers_carry_roots_and_the_chain_keeps_its_past() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let start = chain.block_number();
    for _ in 0..3 {
        send(&mut chain, ALICE, request(counter, Bytes::new()));
    }
    for past in 0..=3u64 {
        let id = BlockId::number(start + past);
        assert_eq!(
            U256::from_be_bytes(chain.storage(counter, U256::ZERO, id).expect("known").0),
            U256::from(past)
        );
        let outcome = chain
            .call(request(counter, Bytes::new()), id, &Overrides::default())
            .expect("accepted");
        assert_eq!(U256::from_be_slice(&outcome.output), U256::from(past + 1));
    }
    let block = chain.block(BlockId::latest()).expect("latest");
    let parent = chain
        .block(BlockId::hash(block.header.parent_hash))
        .expect("the parent");
    assert_eq!(parent.header.number + 1, block.header.number);
    assert_eq!(block.hash, block.header.hash_slow());
    let envelopes: Vec<_> = block
        .transactions
        .iter()
        .map(|tx| tx.envelope.clone())
        .collect();
    let root = alloy_consensus::proofs::calculate_transaction_root(&envelopes);
    assert_eq!(block.header.transactions_root, root);
    assert_eq!(block.header.difficulty, U256::from(1));
    assert!(chain.block(BlockId::number(99)).is_none());
    assert!(chain.account(ALICE, BlockId::number(99)).is_err());
    // A direct change shows in the latest block, not in older ones.
    chain.set_balance(BOB, U256::from(5));
    assert_eq!(balance(&chain, BOB), U256::from(5));
    chain.mine(1, None).expect("mines");
    let at = |number| {
        chain
            .account(BOB, BlockId::number(number))
            .expect("known")
            .balance
    };
    assert_eq!(
        (at(block.header.number), at(block.header.number - 1)),
        (U256::from(5), U256::ZERO)
    );
}

#[test]
fn logs_are_found_by_address_topic_and_range() {
    let mut chain = chain();
    let first = install(&mut chain, &counter());
    let topic = keccak256("ProgramActivated(bytes32,bytes32,address,uint256,uint16)");
    let filter = LogFilter {
        from_block: Some(BlockNumberOrTag::Earliest),
        addresses: vec![ARB_WASM],
        topics: [vec![topic], vec![code_hash(&chain, first)], vec![], vec![]],
        ..LogFilter::default()
    };
    let found = chain.logs(&filter).expect("a valid filter");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].block_number, chain.block_number());
    let wrong = LogFilter {
        addresses: vec![BOB],
        ..filter.clone()
    };
    assert!(chain.logs(&wrong).expect("a valid filter").is_empty());
    chain.mine(1, None).expect("mines");
    let latest = LogFilter {
        from_block: None,
        ..filter
    };
    assert!(chain.logs(&latest).expect("a valid filter").is_empty());
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
        CallRequest {
            value: U256::from(3),
            ..request(BOB, Bytes::new())
        },
    ] {
        let request = CallRequest {
            gas: None,
            ..request
        };
        let estimate = chain
            .estimate_gas(request.clone(), BlockId::latest(), &Overrides::default())
            .expect("it succeeds with enough gas");
        let snapshot = chain.snapshot();
        let receipt = send(
            &mut chain,
            ALICE,
            CallRequest {
                gas: Some(estimate),
                ..request.clone()
            },
        );
        assert!(receipt.success, "{request:?} {estimate}");
        assert!(
            estimate <= receipt.gas_used * 13 / 10 + 2_300,
            "{estimate} {}",
            receipt.gas_used
        );
        assert!(chain.revert(snapshot));
    }
    let reverting = deploy(&mut chain, &hex!("60205ffd"));
    let request = CallRequest {
        gas: None,
        ..request(reverting, Bytes::new())
    };
    let error = chain.estimate_gas(request, BlockId::latest(), &Overrides::default());
    assert!(matches!(error, Err(ChainError::Reverted { output }) if output.len() == 32));
}

#[test]
fn overrides_change_balance_nonce_code_and_storage_of_one_call() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    send(&mut chain, ALICE, request(counter, Bytes::new()));
    let ask = |change: AccountOverride| {
        let mut overrides = Overrides::default();
        overrides.accounts.insert(counter, change);
        let outcome = chain
            .call(
                request(counter, Bytes::new()),
                BlockId::latest(),
                &overrides,
            )
            .expect("accepted");
        U256::from_be_slice(&outcome.output)
    };
    let slots = |value: u64| Some([(B256::ZERO, U256::from(value).into())].into());
    assert_eq!(
        ask(AccountOverride {
            state_diff: slots(41),
            ..Default::default()
        }),
        U256::from(42)
    );
    assert_eq!(
        ask(AccountOverride {
            state: Some(Default::default()),
            ..Default::default()
        }),
        U256::from(1)
    );
    // Code that returns its balance.
    let code = Some(Bytes::from(hex!("475f5260205ff3")));
    assert_eq!(
        ask(AccountOverride {
            code,
            balance: Some(U256::from(77)),
            ..Default::default()
        }),
        U256::from(77)
    );
    assert_eq!(slot(&chain, counter, 0), U256::from(1));
}

#[test]
fn the_environment_is_that_of_a_nitro_devnode() {
    let chain = chain();
    // Returns NUMBER, PREVRANDAO, COINBASE, GASLIMIT, BASEFEE, CHAINID, GASPRICE.
    let code = hex!("435f524460205241604052456060524860805246 60a0523a60c05260e05ff3");
    let probe = Address::repeat_byte(9);
    let mut overrides = Overrides::default();
    overrides.accounts.insert(
        probe,
        AccountOverride {
            code: Some(code.into()),
            ..Default::default()
        },
    );
    let request = CallRequest {
        gas_price: Some(FEE * 3),
        ..request(probe, Bytes::new())
    };
    let output = chain
        .call(request, BlockId::latest(), &overrides)
        .expect("accepted")
        .output;
    let word = |at: usize| U256::from_be_slice(&output[at * 32..at * 32 + 32]);
    let found: Vec<U256> = [0, 1, 3, 4, 5, 6].map(word).into();
    assert_eq!(
        found,
        [0, 1, 1 << 50, 100_000_000, 412_346, 100_000_000].map(U256::from::<u64>)
    );
}

#[test]
fn a_trace_shows_evm_and_wasm_frames_alike() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let evm = deploy(&mut chain, &EVM_FORWARD);
    let receipt = send(&mut chain, ALICE, request(evm, via(counter, b"")));
    send(&mut chain, ALICE, request(counter, Bytes::new()));
    let trace = chain
        .trace(receipt.transaction_hash, TraceKind::Call)
        .expect("traces");
    assert_eq!(trace["type"], "CALL");
    assert_eq!(trace["calls"][0]["to"], serde_json::json!(counter));
    let output = U256::from(1).to_be_bytes::<32>();
    assert_eq!(
        trace["calls"][0]["output"],
        serde_json::json!(Bytes::from(output))
    );
    let gas_used = trace["gasUsed"].as_str().expect("a quantity");
    assert_eq!(gas_used, format!("{:#x}", receipt.gas_used));
}

#[test]
fn time_can_be_fixed_moved_and_spaced() {
    let mut chain = chain();
    let time = |chain: &Chain| {
        chain
            .block(BlockId::latest())
            .expect("latest")
            .header
            .timestamp
    };
    chain.set_next_timestamp(START + 1_000).expect("later");
    chain.mine(1, None).expect("mines");
    assert_eq!(time(&chain), START + 1_000);
    assert!(matches!(
        chain.set_next_timestamp(START),
        Err(ChainError::TimestampTooLow { .. })
    ));
    chain.set_timestamp_interval(Some(7));
    chain.mine(2, None).expect("mines");
    assert_eq!(time(&chain), START + 1_014);
    chain.set_timestamp_interval(None);
    chain.increase_time(DAY);
    chain.mine(1, None).expect("mines");
    assert!((START + 1_000 + DAY..START + 1_060 + DAY).contains(&time(&chain)));
    chain.reset();
    assert_eq!((chain.block_number(), time(&chain)), (0, START));
}

#[test]
fn snapshots_restore_blocks_pool_and_settings() {
    let mut chain = Chain::new(ChainConfig::default());
    chain.submit(signed(transfer(0))).expect("accepted");
    let head = chain.block(BlockId::latest()).expect("latest").hash;
    chain.set_automine(false);
    let waiting = chain.submit(signed(transfer(1))).expect("accepted");
    let snapshot = chain.snapshot();
    chain.set_balance(BOB, U256::from(99));
    chain.set_automine(true);
    chain.mine(3, None).expect("mines");
    assert!(chain.receipt(waiting).is_some());
    assert!(chain.revert(snapshot));
    assert_eq!(chain.block(BlockId::latest()).expect("latest").hash, head);
    assert_eq!(balance(&chain, BOB), U256::from(1));
    assert!(chain.receipt(waiting).is_none() && chain.pooled(waiting).is_some());
    assert!(!chain.automine());
    assert!(!chain.revert(snapshot), "a snapshot works once");
    chain.mine(1, None).expect("mines");
    assert_eq!(chain.receipt(waiting).expect("mined").block_number, 2);
    assert_eq!(
        chain.transaction(waiting).expect("mined").envelope.nonce(),
        1
    );
}
