//! EVM and Stylus frames calling each other.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use stylus_chain::{CallRequest, Chain};

#[test]
fn evm_and_wasm_frames_nest_in_any_order_and_pass_data_back() {
    let mut chain = chain();
    let evm = deploy(&mut chain, &EVM_FORWARD);
    let wasm = install(&mut chain, &forwarder());
    let counter = install(&mut chain, &counter());
    // EVM → WASM → EVM → WASM
    let path = via(wasm, &via(evm, &via(counter, b"")));
    let receipt = done(&mut chain, ALICE, request(evm, path.clone()));
    assert_eq!(receipt.output, Bytes::from(word(1)));
    // WASM → WASM → EVM → WASM
    let receipt = done(&mut chain, ALICE, request(wasm, via(wasm, &path[32..])));
    assert_eq!(receipt.output, Bytes::from(word(2)));
    assert_eq!(slot(&chain, counter, 0), U256::from(2));
    assert_eq!(slot(&chain, wasm, 0), U256::from(3));
}

#[test]
fn a_delegated_program_uses_the_storage_and_identity_of_its_caller() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let who = install_body(&mut chain, "(call $contract_address (i32.const 0)) (call $msg_sender (i32.const 20))
             (call $msg_value (i32.const 40)) (call $write_result (i32.const 0) (i32.const 72)) (i32.const 0)");
    let evm = deploy(&mut chain, &EVM_DELEGATE);
    let wasm = install(&mut chain, &delegator());
    for proxy in [evm, wasm] {
        done(&mut chain, ALICE, request(proxy, via(counter, b"")));
        assert_eq!(slot(&chain, proxy, 0), U256::from(1));
        assert_eq!(slot(&chain, counter, 0), U256::ZERO);
        let value = U256::from(7);
        let outcome = call(&chain, paying(value, request(proxy, via(who, b""))));
        let expected = [
            proxy.as_slice(),
            ALICE.as_slice(),
            &value.to_be_bytes::<32>(),
        ]
        .concat();
        assert_eq!(outcome.output, Bytes::from(expected), "{outcome:?}");
    }
    // Two calls: the outer account stays the acting one.
    done(
        &mut chain,
        ALICE,
        request(evm, via(wasm, &via(counter, b""))),
    );
    assert_eq!(slot(&chain, evm, 0), U256::from(2));
}

#[test]
fn a_failing_inner_frame_takes_back_its_changes_and_logs_only() {
    let mut chain = chain();
    // Counts and logs, then reverts with four bytes of data.
    let failing = install_body(
        &mut chain,
        "(call $count) (call $emit_log (i32.const 60100) (i32.const 32) (i32.const 0))
             (call $write_result (i32.const 60128) (i32.const 4)) (i32.const 1)",
    );
    // Counts, calls, ignores the outcome.
    let tolerant = install_body(&mut chain, "(call $count)
             (drop (call $call (i32.const 12) (i32.const 32) (i32.const 0) (i32.const 61000) (i64.const 200000) (i32.const 61100)))
             (call $pass_on) (i32.const 0)");
    let receipt = done(&mut chain, ALICE, request(tolerant, via(failing, b"")));
    assert_eq!(receipt.output, Bytes::from_static(&[0, 0, 0, 1]));
    assert_eq!(slot(&chain, tolerant, 0), U256::from(1));
    assert_eq!(slot(&chain, failing, 0), U256::ZERO);
    assert!(receipt.logs.is_empty());
    let evm = deploy(&mut chain, &EVM_FORWARD);
    let receipt = send(&mut chain, ALICE, request(evm, via(failing, b"")));
    assert!(!receipt.success && receipt.halt.is_none());
    assert_eq!(receipt.output, Bytes::from_static(&[0, 0, 0, 1]));
    assert!(receipt.gas_used < 200_000, "a revert keeps unspent gas");
}

#[test]
fn a_trap_is_an_empty_revert_that_keeps_gas() {
    let mut chain = chain();
    let trap = install_body(&mut chain, "(call $count) unreachable");
    let receipt = send(&mut chain, ALICE, request(trap, Bytes::new()));
    assert!(!receipt.success && receipt.halt.is_none() && receipt.output.is_empty());
    assert!(receipt.gas_used < 200_000, "{}", receipt.gas_used);
    assert_eq!(slot(&chain, trap, 0), U256::ZERO);
}

#[test]
fn running_out_of_ink_or_stack_takes_all_gas() {
    let mut chain = chain();
    let endless = install_body(&mut chain, "(loop $again (br $again)) (i32.const 0)");
    let receipt = send(
        &mut chain,
        ALICE,
        with_gas(500_000, request(endless, Bytes::new())),
    );
    assert_eq!((receipt.success, receipt.gas_used), (false, 500_000));
    assert_eq!(halted(&receipt.halt), "out of gas");
    let deep = install(
        &mut chain,
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 1)
            (func $f (call $f)) (func (export "user_entrypoint") (param i32) (result i32) (call $f) (i32.const 0)))"#,
    );
    let receipt = send(
        &mut chain,
        ALICE,
        with_gas(5_000_000, request(deep, Bytes::new())),
    );
    assert_eq!((receipt.success, receipt.gas_used), (false, 5_000_000));
    assert_eq!(halted(&receipt.halt), "max call depth exceeded");
}

#[test]
fn static_frames_refuse_writes_and_stay_static_below() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    let outer = install(&mut chain, &static_caller());
    let delegate = install(&mut chain, &delegator());
    for path in [via(counter, b""), via(delegate, &via(counter, b""))] {
        let outcome = call(&chain, request(outer, path));
        assert_eq!((outcome.success, &outcome.output[..]), (true, &[2u8][..]));
    }
    let evm = deploy(&mut chain, &EVM_STATIC);
    assert!(!call(&chain, request(evm, via(counter, b""))).success);
    let reader = install_body(
        &mut chain,
        "(call $load (i32.const 60000) (i32.const 0)) (i32.const 0)",
    );
    let outcome = call(&chain, request(outer, via(reader, b"")));
    assert_eq!((outcome.success, &outcome.output[..]), (true, &[0u8][..]));
}

#[test]
fn reentrancy_counts_open_frames_of_the_acting_account() {
    let mut chain = chain();
    let probe = install_body(
        &mut chain,
        "(i32.store8 (i32.const 62000) (call $msg_reentrant))
             (call $write_result (i32.const 62000) (i32.const 1)) (i32.const 0)",
    );
    let answer = |chain: &Chain, to, path| call(chain, request(to, path)).output[0];
    let evm = deploy(&mut chain, &EVM_FORWARD);
    let delegate = install(&mut chain, &delegator());
    assert_eq!(answer(&chain, probe, Vec::new()), 0);
    assert_eq!(answer(&chain, evm, via(probe, b"")), 0);
    // A proxy's delegate call is not re-entrance.
    assert_eq!(answer(&chain, delegate, via(probe, b"")), 0);
    // The proxy calls itself through another contract, and then delegates.
    let path = via(evm, &via(delegate, &via(probe, b"")));
    let forward = install(&mut chain, &forwarder());
    assert_eq!(answer(&chain, forward, via(evm, &via(probe, b""))), 0);
    // The outer frame of `delegate` runs `forwarder` code, which calls evm → delegate → probe.
    assert_eq!(answer(&chain, delegate, via(forward, &path)), 1);
}

#[test]
fn calls_stop_at_1024_frames() {
    let mut chain = chain();
    // Pages are free, so that only the call depth limits.
    let free = ArbOs::setWasmFreePagesCall { pages: 2_000 }.abi_encode();
    assert!(send(&mut chain, DEV, request(ARB_OWNER, free)).success);
    // Counts and calls itself; failures of the call are ignored.
    let recursive = install_body(&mut chain, "(call $count) (call $contract_address (i32.const 0))
             (drop (call $call (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 61000) (i64.const -1) (i32.const 61100)))
             (call $load (i32.const 60000) (i32.const 62000))
             (call $write_result (i32.const 62000) (i32.const 32))
             (i32.const 0)");
    // Nor is there a limit of open pages, as there is by default.
    let request_now = || with_gas(1 << 50, request(recursive, Bytes::new()));
    assert_eq!(call(&chain, request_now()).output, Bytes::from(word(128)));
    let limit = ArbOs::setWasmPageLimitCall { limit: 0 }.abi_encode();
    assert!(send(&mut chain, DEV, request(ARB_OWNER, limit)).success);
    // One byte counts: 1025 frames mod 256.
    let outcome = call(&chain, request_now());
    assert!(outcome.success, "{outcome:?}");
    assert_eq!(outcome.output, Bytes::from(word(1_025 % 256)));
}

#[test]
fn a_mebibyte_goes_in_and_out() {
    let mut chain = chain();
    let echo = install(
        &mut chain,
        &module(
            20,
            "(call $write_result (i32.const 0) (local.get $len)) (i32.const 0)",
        ),
    );
    let data: Vec<u8> = (0..1 << 20).map(|at: u32| (at % 251) as u8).collect();
    let big = |to| with_gas(1 << 40, request(to, data.clone()));
    let outcome = call(&chain, big(echo));
    assert!(outcome.success, "{:?}", outcome.halt);
    assert_eq!(outcome.output, Bytes::from(data.clone()));
    let evm = deploy(&mut chain, &EVM_FORWARD);
    let outcome = call(
        &chain,
        CallRequest {
            input: via(echo, &data).into(),
            ..big(evm)
        },
    );
    assert_eq!(outcome.output, Bytes::from(data));
}

#[test]
fn programs_create_contracts_and_learn_their_addresses() {
    let mut chain = chain();
    let creator = install_body(&mut chain, "(call $create1 (i32.const 0) (local.get $len) (i32.const 61000) (i32.const 62000) (i32.const 62100))
             (call $write_result (i32.const 62000) (i32.const 20)) (i32.const 0)");
    let code = program(&counter());
    let receipt = done(&mut chain, ALICE, request(creator, deploying(&code)));
    let created = Address::from_slice(&receipt.output);
    assert_eq!(created, creator.create(1));
    let account = account(&chain, created);
    assert_eq!(account.code, Bytes::from(code));
    // Init code that reverts with a word: zero address, revert data available.
    let receipt = send(
        &mut chain,
        ALICE,
        request(creator, vec![0x60, 0x20, 0x5f, 0xfd]),
    );
    assert_eq!(Address::from_slice(&receipt.output), Address::ZERO);
}

#[test]
fn code_with_a_leading_ef_is_accepted_only_as_a_program() {
    // Fragments and roots of fragmented programs since ArbOS 60.
    for (version, parts) in [(51, false), (59, false), (60, true), (61, true)] {
        let mut chain = chain_at(version);
        for (code, accepted) in [
            (vec![0xef, 0xf0, 0x00, 0x00], true),
            (vec![0xef, 0xf0, 0x00], false),
            (vec![0xef, 0xf0, 0x01, 0x00], parts),
            (vec![0xef, 0xf0, 0x01], false),
            (vec![0xef, 0xf0, 0x02, 0x00], parts),
            (vec![0xef, 0xf0, 0x02], false),
            (vec![0xef, 0xf0, 0x03, 0x00], false),
            (vec![0xef, 0x01, 0x00, 0x00], false),
            (vec![0xef], false),
        ] {
            let create = CallRequest {
                input: deploying(&code).into(),
                gas: Some(1_000_000),
                ..CallRequest::default()
            };
            let receipt = send(&mut chain, ALICE, create);
            assert_eq!(receipt.success, accepted, "{version}: {code:02x?}");
            assert_eq!(receipt.gas_used == 1_000_000, !accepted, "{code:02x?}");
        }
    }
}

#[test]
fn selfdestruct_by_delegatecall_from_a_program_reverts() {
    let mut chain = chain();
    let proxy = install(&mut chain, &delegator());
    let bomb = deploy(&mut chain, &[0x5f, 0xff]);
    let receipt = send(&mut chain, ALICE, request(proxy, via(bomb, b"")));
    assert!(!receipt.success && receipt.halt.is_none());
    // Its gas is charged before: a cold receiver, and one that would come to be.
    let nobody = Address::repeat_byte(0xd7);
    let far = deploy(
        &mut chain,
        &[&[0x73][..], nobody.as_slice(), &[0xff]].concat(),
    );
    let near = deploy(&mut chain, &hex!("30ff"));
    let gas = |chain: &mut Chain, target| {
        let receipt = send(chain, ALICE, request(proxy, via(target, b"")));
        assert!(!receipt.success && receipt.halt.is_none());
        receipt.gas_used - calldata_gas(&via(target, b""))
    };
    let plain = gas(&mut chain, near);
    // PUSH20 costs 3, ADDRESS 2.
    assert_eq!(gas(&mut chain, far), plain + 2_600 + 1);
    chain.set_balance(proxy, U256::ONE);
    assert_eq!(gas(&mut chain, far), plain + 2_600 + 25_000 + 1);
    let evm = deploy(&mut chain, &EVM_DELEGATE);
    assert!(send(&mut chain, ALICE, request(evm, via(bomb, b""))).success);
}

#[test]
fn cold_and_warm_storage_cost_what_the_evm_side_says() {
    let mut chain = chain();
    // Gas of one load of slot 0, measured inside; the first is cold, one after a flush with clear warm.
    let load = measured("(call $load (i32.const 60000) (i32.const 62000))");
    let load = format!("{load} (call $flush (i32.const 1))");
    let probe = install_body(&mut chain, &format!("{load} {load} {DONE}"));
    let gas = |request| numbers(&call(&chain, request).output);
    let [cold, warm] = gas(request(probe, Bytes::new()))[..] else {
        panic!("two numbers");
    };
    assert_eq!(cold - warm, 2_000);
    let slot = alloy_eips::eip2930::AccessListItem {
        address: probe,
        storage_keys: vec![B256::ZERO],
    };
    let listed = CallRequest {
        access_list: Some(vec![slot].into()),
        ..request(probe, Bytes::new())
    };
    assert_eq!(gas(listed)[0], warm);
}

#[test]
fn console_lines_of_programs_are_kept_for_messages() {
    let mut chain = chain();
    let speaking = install(
        &mut chain,
        r#"(module
            (import "console" "log_txt" (func $log (param i32 i32)))
            (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "hello")
            (func (export "user_entrypoint") (param i32) (result i32)
                (call $log (i32.const 0) (i32.const 5)) unreachable))"#,
    );
    let receipt = send(&mut chain, ALICE, request(speaking, Bytes::new()));
    assert!(!receipt.success);
    assert_eq!(receipt.console, ["hello"]);
    assert!(receipt.note.expect("a note").contains("unreachable"));
}

#[test]
fn init_code_that_looks_like_a_program_is_not_run() {
    let mut chain = chain();
    let create = CallRequest {
        input: program(&counter()).into(),
        gas: Some(1_000_000),
        ..CallRequest::default()
    };
    let receipt = send(&mut chain, ALICE, create);
    assert_eq!((receipt.success, receipt.gas_used), (false, 1_000_000));
    assert_eq!(halted(&receipt.halt), "error ProgramNotActivated()");
}

#[test]
fn calls_and_creations_of_programs_cost_what_the_evm_side_says() {
    let mut chain = chain();
    let gas = |chain: &Chain, to, input: Vec<u8>| numbers(&call(chain, request(to, input)).output);
    // Calldata: whom to call, with what value; twice in a row, then the end.
    let pay = measured(
        "(drop (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 61100)))",
    );
    let caller = install_body(&mut chain, &format!("{pay} {pay} {DONE}"));
    chain.set_balance(caller, U256::from(100));
    let with = |to: Address, value: u64| via(to, &word(value));
    // The host function itself: its base and two empty reads, in ink, and reading the gas twice.
    let plain = gas(&chain, caller, with(Address::repeat_byte(1), 0));
    let own = plain[1] - 100;
    assert_eq!(plain, [2_600 + own, 100 + own]);
    assert!((10..16).contains(&own), "{own}");
    // A new account, then the same one with a balance. No stipend comes back, none was used.
    let paid = gas(&chain, caller, with(Address::repeat_byte(1), 1));
    assert_eq!(paid, [2_600 + 25_000 + 9_000 + own, 100 + 9_000 + own]);
    assert_eq!(gas(&chain, caller, with(ALICE, 1))[0], 100 + 9_000 + own);
    // More than there is: the call fails, its base is paid.
    let poor = gas(&chain, caller, with(ALICE, 101));
    assert_eq!(poor[0], 100 + 9_000 + own);

    // Creating an account with one byte of code: 32 000, 200 for the byte, the init code's gas.
    let create = measured(
        "(call $create1 (i32.const 0) (local.get $len) (i32.const 61000) (i32.const 62000) (i32.const 62100))",
    );
    let creator = install_body(&mut chain, &format!("{create} {DONE}"));
    let init = vec![0x60, 0x01, 0x5f, 0xf3];
    let spent = gas(&chain, creator, init)[0];
    let opcodes = 3 + 2 + 3;
    assert!(
        (32_000 + 200 + opcodes..32_000 + 200 + opcodes + 20).contains(&spent),
        "{spent}"
    );
}
