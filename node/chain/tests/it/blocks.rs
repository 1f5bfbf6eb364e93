//! Blocks, their past, logs, time, traces, overrides, snapshots.

use crate::common::*;
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use stylus_chain::{
    AccountOverride, BlockId, BlockNumberOrTag, CallRequest, Chain, ChainConfig, ChainError,
    Filter, Overrides, TraceKind,
};

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
        let found = U256::from_be_bytes(chain.storage(counter, U256::ZERO, id).expect("known").0);
        assert_eq!(found, U256::from(past));
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
    assert_eq!(block.header.difficulty, U256::from(1));
    assert!(chain.block(BlockId::number(99)).is_none());
    assert!(chain.account(ALICE, BlockId::number(99)).is_err());
    // A direct change shows in the latest block, not in older ones.
    chain.set_balance(BOB, U256::from(5));
    assert_eq!(balance(&chain, BOB), U256::from(5));
    chain.mine(1, None).expect("mines");
    for (number, wei) in [(block.header.number, 5), (block.header.number - 1, 0)] {
        let then = chain.account(BOB, BlockId::number(number)).expect("known");
        assert_eq!(then.balance, U256::from(wei));
    }
}

#[test]
fn logs_are_found_by_address_topic_and_range() {
    let mut chain = chain();
    let first = install(&mut chain, &counter());
    let topic = keccak256("ProgramActivated(bytes32,bytes32,address,uint256,uint16)");
    let filter = Filter::new()
        .from_block(BlockNumberOrTag::Earliest)
        .address(ARB_WASM)
        .event_signature(topic)
        .topic1(code_hash(&chain, first));
    let found = chain.logs(&filter).expect("a valid filter");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].block_number, Some(chain.block_number()));
    let wrong = filter.clone().address(BOB);
    assert!(chain.logs(&wrong).expect("a valid filter").is_empty());
    chain.mine(1, None).expect("mines");
    let latest = filter.from_block(BlockNumberOrTag::Latest);
    assert!(chain.logs(&latest).expect("a valid filter").is_empty());
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
    let slot_is_41 = AccountOverride {
        state_diff: Some(
            [(B256::ZERO, B256::with_last_byte(41))]
                .into_iter()
                .collect(),
        ),
        ..Default::default()
    };
    let empty = AccountOverride {
        state: Some(Default::default()),
        ..Default::default()
    };
    let returns_balance = AccountOverride {
        code: Some(hex!("475f5260205ff3").into()),
        balance: Some(U256::from(77)),
        ..Default::default()
    };
    for (change, answer) in [(slot_is_41, 42), (empty, 1), (returns_balance, 77)] {
        assert_eq!(ask(change), U256::from(answer));
    }
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
        [1, 1, 1 << 50, 100_000_000, 412_346, 100_000_000].map(U256::from::<u64>)
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
        .trace(
            receipt.transaction_hash,
            TraceKind::Call(Default::default()),
        )
        .expect("traces")
        .into_json();
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
fn snapshots_restore_blocks_and_pool_and_leave_automine() {
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
    assert!(chain.automine(), "how blocks are made is no part of it");
    chain.set_automine(false);
    assert!(!chain.revert(snapshot), "a snapshot works once");
    chain.mine(1, None).expect("mines");
    assert_eq!(chain.receipt(waiting).expect("mined").block_number, 2);
    let found = chain.transaction(waiting).expect("mined").envelope.nonce();
    assert_eq!(found, 1);
}
