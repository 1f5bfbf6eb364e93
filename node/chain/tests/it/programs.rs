//! Activation, expiry, caching.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use stylus_chain::{AccountOverride, BlockId, CallOutcome, CallRequest, Chain, Overrides};

fn run(chain: &Chain, program: Address) -> CallOutcome {
    let request = request(program, Bytes::new());
    let outcome = chain.call(request, BlockId::pending(), &Overrides::default());
    outcome.expect("the call is accepted")
}

#[test]
fn activation_charges_a_fee_returns_the_rest_and_emits_its_event() {
    let mut chain = chain();
    let program = deploy(&mut chain, &program(&counter()));
    let outcome = run(&chain, program);
    assert!(!outcome.success && outcome.output.is_empty());
    assert_eq!(
        outcome.gas_used, 30_000_000,
        "an inactive program takes all gas"
    );
    assert_eq!(halted(&outcome.halt), "error ProgramNotActivated()");

    let input = ArbOs::activateProgramCall { program }.abi_encode();
    let poor = send(
        &mut chain,
        ALICE,
        paying(U256::from(1), request(ARB_WASM, input.clone())),
    );
    assert!(!poor.success);
    let error = ArbOs::ProgramInsufficientValue::abi_decode(&poor.output).expect("the typed error");
    assert_eq!(error.have, U256::from(1));

    let before = balance(&chain, ALICE);
    let receipt = activated(&mut chain, program);
    let returned =
        ArbOs::activateProgramCall::abi_decode_returns(&receipt.output).expect("decodes");
    assert_eq!((returned.version, returned.dataFee), (3, error.want));
    let gas = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    assert_eq!(before - balance(&chain, ALICE), returned.dataFee + gas);
    let event = ArbOs::ProgramActivated::decode_log(&receipt.logs[0]).expect("the event");
    assert_eq!(
        (event.program, event.dataFee, event.version),
        (program, error.want, 3)
    );
    assert_eq!(event.codehash, code_hash(&chain, program));
    assert!(run(&chain, program).success);

    let again = activate(&mut chain, program);
    assert_eq!(
        again.output,
        Bytes::from(ArbOs::ProgramUpToDate {}.abi_encode())
    );
    // Another account with the same code is active at once.
    let twin = deploy(&mut chain, &crate::common::program(&counter()));
    assert!(run(&chain, twin).success);
}

#[test]
fn programs_expire_after_a_year_and_live_on_by_keepalive_or_reactivation() {
    let mut chain = chain();
    let program = install(&mut chain, &counter());
    let codehash = code_hash(&chain, program);
    let input = ArbOs::codehashKeepaliveCall { codehash }.abi_encode();
    let keepalive = || paying(ether(1), request(ARB_WASM, input.clone()));
    let early = send(&mut chain, ALICE, keepalive());
    assert!(
        ArbOs::ProgramKeepaliveTooSoon::abi_decode(&early.output).is_ok(),
        "{early:?}"
    );

    chain.increase_time(364 * DAY);
    assert!(run(&chain, program).success);
    done(&mut chain, ALICE, keepalive());
    chain.increase_time(364 * DAY);
    assert!(run(&chain, program).success);

    chain.increase_time(2 * DAY);
    let outcome = run(&chain, program);
    assert!(!outcome.success && outcome.output.is_empty() && outcome.gas_used == 30_000_000);
    assert!(
        outcome
            .halt
            .expect("a halt")
            .0
            .starts_with("error ProgramExpired")
    );
    let late = send(&mut chain, ALICE, keepalive());
    assert!(
        ArbOs::ProgramExpired::abi_decode(&late.output).is_ok(),
        "{late:?}"
    );
    assert!(activate(&mut chain, program).success);
    assert!(run(&chain, program).success);
}

#[test]
fn the_cached_flag_saves_the_init_gas_and_survives_reactivation() {
    let mut chain = chain();
    let program = install(&mut chain, &counter());
    let codehash = code_hash(&chain, program);
    let gas = |chain: &stylus_chain::Chain| run(chain, program).gas_used;
    let quoted = ask(&chain, ARB_WASM, ArbOs::programInitGasCall { program });
    let uncached = gas(&chain);

    let cache = ArbOs::cacheProgramCall { program }.abi_encode();
    let stranger = send(&mut chain, ALICE, request(ARB_WASM_CACHE, cache.clone()));
    assert_eq!((stranger.success, stranger.gas_used), (false, 30_000_000));
    chain.set_balance(CACHE_MANAGER, ether(1));
    done(&mut chain, CACHE_MANAGER, request(ARB_WASM_CACHE, cache));
    assert!(is_cached(&chain, program));
    assert_eq!(uncached - gas(&chain), quoted.gas - quoted.gasWhenCached);

    chain.increase_time(366 * DAY);
    assert!(activate(&mut chain, program).success);
    assert!(is_cached(&chain, program));
    let evict = ArbOs::evictCodehashCall { codehash }.abi_encode();
    assert!(send(&mut chain, DEV, request(ARB_WASM_CACHE, evict)).success);
    assert_eq!(gas(&chain), uncached);
}

#[test]
fn an_activation_inside_a_reverting_call_leaves_nothing() {
    let mut chain = chain();
    let target = deploy(&mut chain, &program(&counter()));
    // Calls as its input says with all its value, then reverts.
    let reverting = install_body(&mut chain, "(call $msg_value (i32.const 61000))
             (drop (call $call (i32.const 12) (i32.const 32) (i32.sub (local.get $len) (i32.const 32))
                (i32.const 61000) (i64.const -1) (i32.const 61100)))
             (call $pass_on) (i32.const 1)");
    let activation = ArbOs::activateProgramCall { program: target }.abi_encode();
    let paid = paying(ether(1), request(reverting, via(ARB_WASM, &activation)));
    let receipt = send(&mut chain, ALICE, paid);
    assert!(!receipt.success);
    let found = receipt.output.len();
    assert_eq!(found, 64, "the activation itself succeeded: {receipt:?}");
    assert!(!run(&chain, target).success);
}

#[test]
fn snapshots_take_back_activation_and_cache() {
    let mut chain = chain();
    let program = deploy(&mut chain, &program(&counter()));
    code_hash(&chain, program);
    let inactive = chain.snapshot();
    assert!(activate(&mut chain, program).success);
    let active = chain.snapshot();
    let cache = ArbOs::cacheProgramCall { program }.abi_encode();
    assert!(send(&mut chain, DEV, request(ARB_WASM_CACHE, cache)).success);
    chain.increase_time(400 * DAY);
    assert!(chain.revert(active));
    assert!(!is_cached(&chain, program));
    assert!(run(&chain, program).success);
    assert!(chain.revert(inactive));
    assert!(!chain.revert(active), "later snapshots are gone");
    let outcome = run(&chain, program);
    assert_eq!(halted(&outcome.halt), "error ProgramNotActivated()");
    assert!(activate(&mut chain, program).success);
}

#[test]
fn a_saved_chain_runs_its_programs_after_loading() {
    let mut chain = chain();
    let program = install(&mut chain, &counter());
    send(&mut chain, ALICE, request(program, Bytes::new()));
    let mut other = loaded(&chain);
    assert_eq!(other.block_number(), chain.block_number());
    done(&mut other, ALICE, request(program, Bytes::new()));
    assert_eq!(slot(&other, program, 0), U256::from(2));
}

#[test]
fn a_module_that_is_rejected_takes_all_gas_and_bad_code_does_not() {
    let mut chain = chain();
    let floats = deploy(
        &mut chain,
        &program(
            r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32)
            (drop (f32.add (f32.const 1) (f32.const 1))) (i32.const 0)))"#,
        ),
    );
    let receipt = activate(&mut chain, floats);
    assert_eq!((receipt.success, receipt.gas_used), (false, 30_000_000));
    assert!(receipt.output.is_empty() && receipt.halt.is_some());
    let garbage = deploy(&mut chain, &[0xef, 0xf0, 0x00, 0x00, 1, 2, 3]);
    let receipt = activate(&mut chain, garbage);
    assert!(
        !receipt.success && receipt.output.is_empty() && receipt.gas_used < 2_000_000,
        "{receipt:?}"
    );
}

#[test]
fn eth_call_activates_overridden_code() {
    let chain = chain();
    let [program, sender] = [0x77, 0x88].map(Address::repeat_byte);
    let code = AccountOverride {
        code: Some(crate::common::program(&counter()).into()),
        ..AccountOverride::default()
    };
    let balance = AccountOverride {
        balance: Some(U256::MAX),
        ..AccountOverride::default()
    };
    let mut overrides = Overrides::default();
    overrides
        .accounts
        .extend([(program, code), (sender, balance)]);
    let input = ArbOs::activateProgramCall { program }.abi_encode();
    let call = CallRequest {
        from: Some(sender),
        value: ether(1),
        gas: None,
        ..request(ARB_WASM, input)
    };
    let outcome = chain
        .call(call, BlockId::latest(), &overrides)
        .expect("accepted");
    assert!(outcome.success, "{outcome:?}");
    let fee = ArbOs::activateProgramCall::abi_decode_returns(&outcome.output).expect("decodes");
    assert_eq!(fee.version, 3);
}

#[test]
fn a_scheduled_upgrade_takes_effect_with_the_next_block() {
    let mut chain = chain_at(40);
    schedule(&mut chain, 60, 0);
    assert_eq!(chain.arbos_version(), 40);
    chain.mine(1, None).expect("mines");
    assert_eq!(chain.arbos_version(), 60);
    let program = install(&mut chain, &counter());
    assert!(run(&chain, program).success);
}

#[test]
fn every_selectable_version_runs_programs() {
    for version in [30, 31, 32, 40, 41, 50, 51, 59, 60, 61] {
        let mut chain = chain_at(version);
        let program = install(&mut chain, &counter());
        assert!(
            send(&mut chain, ALICE, request(program, Bytes::new())).success,
            "{version}"
        );
    }
}

#[test]
fn from_arbos_60_a_program_is_cheap_again_within_a_block() {
    for (version, saves) in [(51, false), (59, false), (60, true), (61, true)] {
        let mut chain = chain_at(version);
        let program = install(&mut chain, &counter());
        // Both at non-zero storage, so that only the start differs.
        send(&mut chain, ALICE, request(program, Bytes::new()));
        let quoted = ask(&chain, ARB_WASM, ArbOs::programInitGasCall { program });
        let [first, second] = gas_in_one_block(&mut chain, [program; 2]);
        let saved = u64::from(saves) * (quoted.gas - quoted.gasWhenCached);
        assert_eq!(first - second, saved, "ArbOS {version}");
    }
}

#[test]
fn from_arbos_60_a_program_may_be_spread_over_fragments() {
    let mut chain = chain_at(60);
    let fragments = fragments(&counter());
    let parts = fragments.clone().map(|part| deploy(&mut chain, &part));
    let len = wat::parse_str(counter()).expect("well-formed").len();
    let good = deploy(&mut chain, &root(len, &parts));
    activated(&mut chain, good);
    assert!(send(&mut chain, ALICE, request(good, Bytes::new())).success);
    assert_eq!(slot(&chain, good, 0), U256::from(1));
    // What follows the stream is ignored: in the last fragment, and a fragment too many.
    let long = deploy(&mut chain, &[&fragments[1][..], &[0; 10]].concat());
    for more in [
        root(len, &[parts[0], long]),
        root(len, &[parts[0], parts[1], parts[1]]),
    ] {
        let program = deploy(&mut chain, &more);
        activated(&mut chain, program);
        assert!(send(&mut chain, ALICE, request(program, Bytes::new())).success);
    }
    for bad in [
        root(len + 1, &parts),
        root(len, &parts[..1]),
        fragments[0].clone(),
    ] {
        let address = deploy(&mut chain, &bad);
        let receipt = activate(&mut chain, address);
        assert!(
            !receipt.success && receipt.gas_used < 3_000_000,
            "{receipt:?}"
        );
    }
}

#[test]
fn instructions_of_the_evm_are_counted_by_code_and_nothing_else_changes() {
    // Counts from 3 to 0 and stops; what follows never runs.
    let code = [
        0x60, 0x03, 0x5b, 0x60, 0x01, 0x90, 0x03, 0x80, 0x60, 0x02, 0x57, 0x00, 0x5b,
    ];
    let (mut plain, mut counting) = (chain(), chain());
    let [first, second] = [&mut plain, &mut counting].map(|chain| deploy(chain, &code));
    assert_eq!(first, second);
    assert!(counting.count_instructions().is_empty());
    for _ in 0..2 {
        let [one, other] = [&mut plain, &mut counting]
            .map(|chain| send(chain, ALICE, request(first, Bytes::new())));
        assert!(one.success);
        assert_eq!((one.gas_used, one.output), (other.gas_used, other.output));
    }
    let counted = counting.count_instructions();
    let hash = code_hash(&counting, first);
    assert_eq!(counted.keys().collect::<Vec<_>>(), [&hash]);
    assert_eq!(counted[&hash].code[..], code);
    let runs = [2, 0, 6, 6, 0, 6, 6, 6, 6, 0, 6, 2, 0];
    assert_eq!(counted[&hash].runs, runs);
    assert!(counting.count_instructions().is_empty());
    send(&mut counting, ALICE, request(first, Bytes::new()));
    assert_eq!(counting.end_instruction_count().len(), 1);
    send(&mut counting, ALICE, request(first, Bytes::new()));
    assert!(counting.end_instruction_count().is_empty());
}

#[test]
fn blocks_are_counted_by_program_and_nothing_else_changes() {
    let (mut plain, mut counting) = (chain(), chain());
    let [first, second] = [&mut plain, &mut counting].map(|chain| install(chain, &counter()));
    assert_eq!(first, second);
    assert!(counting.count_blocks().is_empty());
    for _ in 0..3 {
        let [one, other] = [&mut plain, &mut counting]
            .map(|chain| send(chain, ALICE, request(first, Bytes::new())));
        assert_eq!(
            (one.success, one.gas_used, one.output, one.logs),
            (other.success, other.gas_used, other.output, other.logs)
        );
    }
    // What is activated meanwhile counts too.
    let delegate = install(&mut counting, &delegator());
    let counted = counting.count_blocks();
    let hash = code_hash(&counting, first);
    assert_eq!(counted.keys().collect::<Vec<_>>(), [&hash]);
    assert!(counted[&hash].iter().any(|block| block.runs == 3));
    assert!(counting.count_blocks().is_empty());
    assert!(send(&mut counting, ALICE, request(delegate, via(first, &[]))).success);
    let counted = counting.count_blocks();
    assert!(counted[&hash].iter().any(|block| block.runs == 1));
    assert!(counted.contains_key(&code_hash(&counting, delegate)));
}

#[test]
fn a_preimage_record_changes_neither_gas_nor_output() {
    // Hashes the word 7 of memory.
    let code = hex!("60075f5260205f205000");
    let hasher = r#"(module
        (import "vm_hooks" "native_keccak256" (func $hash (param i32 i32 i32)))
        (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
        (memory (export "memory") 1 1)
        (data (i32.const 0) "a key")
        (func (export "user_entrypoint") (param i32) (result i32)
            (call $hash (i32.const 0) (i32.const 5) (i32.const 32))
            (call $write_result (i32.const 32) (i32.const 32))
            (i32.const 0)))"#;
    let (mut plain, mut recording) = (chain(), chain());
    let evm = [&mut plain, &mut recording].map(|chain| deploy(chain, &code))[0];
    let program = [&mut plain, &mut recording].map(|chain| install(chain, hasher))[0];
    recording.start_preimage_record();
    for account in [evm, program] {
        let [one, other] = [&mut plain, &mut recording]
            .map(|chain| send(chain, ALICE, request(account, Bytes::new())));
        assert!(one.success);
        assert_eq!((one.gas_used, one.output), (other.gas_used, other.output));
    }
    let record = recording.end_preimage_record();
    let word = B256::with_last_byte(7);
    for preimage in [word.as_slice(), b"a key"] {
        let recorded = record.by_hash.get(&keccak256(preimage));
        assert_eq!(recorded.map(|bytes| bytes.as_ref()), Some(preimage));
    }
    assert!(!record.is_cut);
    send(&mut recording, ALICE, request(program, Bytes::new()));
    assert!(recording.end_preimage_record().by_hash.is_empty());
}
