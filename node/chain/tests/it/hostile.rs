//! What an unfriendly reviewer would try.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use proptest::prelude::*;
use std::sync::atomic::Ordering;
use std::time::Duration;
use stylus_chain::{Budget, CallRequest, Chain, ChainConfig, ChainError, Execution};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calldata_of_all_kinds_leaves_every_precompile_standing(
        last in prop::sample::select(vec![0x64u8, 0x65, 0x66, 0x6b, 0x6c, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0xff]),
        selector in prop::sample::select(vec![
            hex!("58c780c2"), hex!("c689bad5"), hex!("e73ac9f2"), hex!("31862ada"), hex!("7ea89f8b"), hex!("1be250d6"),
            hex!("928c169a"), hex!("7e105ce2"), hex!("2b407a82"), hex!("e388b381"), hex!("8293405e"), hex!("01020304"),
        ]),
        arguments in prop::collection::vec(any::<u8>(), 0..200),
        from in prop::sample::select(vec![ALICE, DEV]),
        value in 0..2u64,
        version in prop::sample::select(vec![30u64, 51, 59, 60]),
    ) {
        let chain = chain_at(version);
        let request = CallRequest {
            from: Some(from),
            value: U256::from(value),
            ..request(Address::with_last_byte(last), [&selector[..], &arguments].concat())
        };
        let outcome = call(&chain, request);
        prop_assert!(outcome.gas_used <= 30_000_000);
    }
}

#[test]
fn wei_and_state_survive_evm_wasm_evm_wasm_with_value_and_a_creation() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let wasm = install(&mut chain, &forwarder());
    let evm = deploy(&mut chain, &EVM_FORWARD);
    // Creates an account that keeps one wei, from calldata.
    let creator = install_body(&mut chain, "(i32.store8 (i32.const 61031) (i32.const 1))
             (call $create1 (i32.const 0) (local.get $len) (i32.const 61000) (i32.const 62000) (i32.const 62100))
             (call $write_result (i32.const 62000) (i32.const 20)) (i32.const 0)");
    chain.set_balance(creator, U256::from(10));
    let receiver = Address::ZERO;
    let everyone = [ALICE, counter, wasm, evm, creator, receiver];
    let sum = |chain: &stylus_chain::Chain| -> U256 {
        everyone
            .iter()
            .map(|account| balance(chain, *account))
            .sum()
    };
    let before = sum(&chain);
    for inner in [via(counter, b""), via(creator, &hex!("5f5ff3"))] {
        let input = via(wasm, &via(evm, &inner));
        let receipt = done(&mut chain, ALICE, request(evm, input));
        if receipt.output.len() == 20 {
            let created = Address::from_slice(&receipt.output);
            assert_eq!(balance(&chain, created), U256::from(1));
        }
    }
    // Fees go to the network fee account 0x0; one wei went to the new account.
    assert_eq!(sum(&chain), before - U256::from(1));
    assert_eq!(
        (slot(&chain, counter, 0), slot(&chain, wasm, 0)),
        (U256::from(1), U256::from(2))
    );
}

#[test]
fn a_snapshot_taken_back_keeps_no_program_that_is_cached_in_memory() {
    let mut chain = chain();
    let code = program(&counter());
    let before = chain.snapshot();
    let program = install(&mut chain, &counter());
    assert!(send(&mut chain, ALICE, request(program, Bytes::new())).success);
    assert!(chain.revert(before));
    // The same code at the same address is compiled already, but not activated.
    let again = deploy(&mut chain, &code);
    assert_eq!(again, program);
    let outcome = call(&chain, request(again, Bytes::new()));
    assert_eq!(halted(&outcome.halt), "error ProgramNotActivated()");
    // Other code at an address that ran a program runs as what it is.
    assert!(activate(&mut chain, again).success);
    chain.set_code(again, Bytes::from_static(&hex!("60015f5260205ff3")));
    let output = call(&chain, request(again, Bytes::new())).output;
    assert_eq!(output, Bytes::from(B256::with_last_byte(1)));
}

#[test]
fn ten_thousand_accounts_are_dumped_and_loaded() {
    let mut chain = chain();
    let program = install(&mut chain, &counter());
    for number in 1..=10_000u64 {
        let account = Address::left_padding_from(&(number << 32).to_be_bytes());
        chain.set_balance(account, U256::from(number));
        chain.set_storage_at(account, U256::from(1), B256::from(U256::from(number)));
    }
    let mut other = loaded(&chain);
    let last = Address::left_padding_from(&(10_000u64 << 32).to_be_bytes());
    assert_eq!(balance(&other, last), U256::from(10_000));
    assert_eq!(slot(&other, last, 1), U256::from(10_000));
    assert!(send(&mut other, ALICE, request(program, Bytes::new())).success);
}

#[test]
fn two_chains_side_by_side_share_nothing() {
    let (mut one, mut two) = (chain(), chain_at(60));
    let program = install(&mut one, &counter());
    let there = account(&two, program);
    assert!(there.code.is_empty());
    let same = deploy(&mut two, &crate::common::program(&counter()));
    assert_eq!(same, program);
    assert!(
        !call(&two, request(same, Bytes::new())).success,
        "activated on the other one only"
    );
    assert!(call(&one, request(program, Bytes::new())).success);
}

#[test]
fn a_panic_in_a_frame_undoes_that_frame_and_the_chain_continues() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let wasm = install(&mut chain, &forwarder());
    let evm = deploy(&mut chain, &EVM_FORWARD);
    done(&mut chain, ALICE, request(counter, Bytes::new()));

    // In the frame of the transaction itself.
    stylus_vm::inspect::panic_in("storage_flush_cache");
    let receipt = send(&mut chain, ALICE, request(counter, Bytes::new()));
    assert!(!receipt.success, "{receipt:?}");
    assert_eq!(slot(&chain, counter, 0), U256::from(1));

    // Below a program and below an EVM contract, in the middle of what they do.
    for outer in [wasm, evm] {
        stylus_vm::inspect::panic_in("write_result");
        let receipt = send(&mut chain, ALICE, request(outer, via(counter, b"")));
        assert!(!receipt.success, "{receipt:?}");
        assert_eq!(slot(&chain, counter, 0), U256::from(1));
        assert_eq!(slot(&chain, wasm, 0), U256::ZERO);
    }

    // A call answers with the reason.
    stylus_vm::inspect::panic_in("storage_load_bytes32");
    let outcome = call(&chain, request(counter, Bytes::new()));
    assert!(!outcome.success, "{outcome:?}");
    let text = format!("{outcome:?}");
    assert!(text.contains("a test asked for a panic"), "{text}");

    done(&mut chain, ALICE, request(counter, Bytes::new()));
    assert_eq!(slot(&chain, counter, 0), U256::from(2));
}

#[test]
fn growth_that_fails_without_end_runs_out_of_gas() {
    let mut chain = chain();
    let grower = install(
        &mut chain,
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (loop $again (drop (memory.grow (i32.const 1))) (br $again)) (i32.const 0)))"#,
    );
    let outcome = call(&chain, with_gas(32_000_000, request(grower, Bytes::new())));
    assert!(!outcome.success, "{outcome:?}");
    assert_eq!(outcome.gas_used, 32_000_000);
}

/// A chain where a transaction may have any gas that its owner allows, but not any time.
fn impatient(time: Duration) -> (Chain, Execution) {
    let execution = Execution {
        time: Some(time),
        ..Execution::default()
    };
    let mut chain = Chain::new(ChainConfig {
        arbos_version: 41,
        timestamp: Some(START),
        auto_impersonate: true,
        ..ChainConfig::default()
    });
    chain.set_balance(ALICE, U256::MAX);
    let mut most = keccak256("setMaxTxGasLimit(uint64)")[..4].to_vec();
    most.extend(B256::from(U256::from(1u64 << 49)));
    done(&mut chain, DEV, request(ARB_OWNER, most));
    let budget = Budget::default().executing(execution.clone());
    chain.set_budget(Some(budget));
    (chain, execution)
}

/// `JUMPDEST, PUSH0, JUMP`.
const ENDLESS: [u8; 3] = hex!("5b5f56");

fn endless(to: Address) -> CallRequest {
    with_gas(1 << 49, request(to, Bytes::new()))
}

#[test]
fn a_transaction_that_takes_too_long_is_refused_and_has_changed_nothing() {
    let (mut chain, _) = impatient(Duration::from_millis(50));
    let evm = Address::repeat_byte(1);
    chain.set_code(evm, Bytes::from(ENDLESS));
    // It counts in storage, without end.
    let wasm = install_body(
        &mut chain,
        "(loop $again (call $count) (br $again)) (i32.const 0)",
    );
    // Calls without end, each of them short.
    let calling = Address::repeat_byte(2);
    chain.set_code(calling, hex!("5b5f5f5f5f5f60035af1505f56").into());
    let (head, nonce) = (chain.block_number(), chain.nonce(ALICE));
    let saved = |chain: &Chain| {
        let state = chain.dump_state().expect("a dump");
        serde_json::to_string(&state).expect("JSON")
    };
    let before = saved(&chain);
    for to in [evm, wasm, calling] {
        let refused = chain
            .submit_unsigned(ALICE, endless(to))
            .expect_err("endless");
        assert!(matches!(refused, ChainError::TooLong(_)), "{refused}");
        assert!(refused.to_string().contains("0.05 seconds"), "{refused}");
    }
    assert_eq!((chain.block_number(), chain.nonce(ALICE)), (head, nonce));
    assert!(!chain.has_waiting());
    assert_eq!(saved(&chain), before);
    // One call of MODEXP that costs 2.8 billion gas: nothing could stop it, and there is not so much gas.
    let powerful = Address::repeat_byte(3);
    let code = hex!("6110005f526110006020526110006040525f5f6130605f60055afa5f5260205ff3");
    chain.set_code(powerful, code.into());
    let receipt = send(&mut chain, ALICE, endless(powerful));
    assert!(receipt.success && receipt.gas_used > 1 << 27, "{receipt:?}");
    assert!(receipt.gas_used <= 1 << 28, "{receipt:?}");
    // What ends in time is executed, whatever gas it could have used.
    done(
        &mut chain,
        ALICE,
        with_gas(1 << 49, request(Address::repeat_byte(9), Bytes::new())),
    );
}

#[test]
fn at_the_end_of_a_chain_what_did_not_run_to_its_end_waits() {
    let (mut chain, execution) = impatient(Duration::from_secs(600));
    let evm = Address::repeat_byte(1);
    chain.set_code(evm, Bytes::from(ENDLESS));
    let ending = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        execution.ended.store(true, Ordering::Relaxed);
    });
    let hash = chain
        .submit_unsigned(ALICE, endless(evm))
        .expect("accepted");
    ending.join().expect("it ends");
    assert!(chain.receipt(hash).is_none());
    assert!(chain.pooled(hash).is_some());
}
