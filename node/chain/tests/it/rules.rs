//! The EVM's side of what programs do, to the unit: §3.6, §5 and §1.6 of the rules.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use stylus_chain::{Chain, ChainConfig};

const MORE: &str = r#"
    (import "vm_hooks" "evm_ink_left" (func $ink_left (result i64)))
    (import "vm_hooks" "account_code_size" (func $code_size (param i32) (result i32)))
    (import "vm_hooks" "account_codehash" (func $codehash (param i32 i32)))
    (import "vm_hooks" "account_balance" (func $balance (param i32 i32)))
    (memory (export "memory") 1)"#;

/// [`module`] with further host functions.
fn probe(body: &str) -> String {
    module(1, body).replacen(r#"(memory (export "memory") 1)"#, MORE, 1)
}

/// Writes each byte of its calldata to slot 0, flushed one by one, and gives the gas of each flush.
fn writer() -> String {
    module(
        1,
        &format!(
            "(loop $next
                (i32.store8 (i32.const 60131) (i32.load8_u (local.get $at)))
                (call $store (i32.const 60000) (i32.const 60100))
                {}
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $at) (local.get $len))))
             {DONE}",
            measured("(call $flush (i32.const 1))")
        ),
    )
}

#[test]
fn writes_of_programs_cost_and_refund_as_the_evms() {
    let mut chain = chain();
    let program = install(&mut chain, &writer());
    // A flush itself and reading the gas: some 8 gas of ink.
    let costs = |chain: &Chain, values: &[u8]| -> Vec<u64> {
        let output = call(chain, request(program, values.to_vec())).output;
        numbers(&output).iter().map(|gas| gas / 100 * 100).collect()
    };
    assert_eq!(costs(&chain, &[0, 0]), [2_200, 100], "no-op, cold and warm");
    assert_eq!(costs(&chain, &[1, 1, 2, 0]), [22_100, 100, 100, 100]);
    send(&mut chain, ALICE, request(program, vec![1]));
    // Back at the original value, the next write is a first one again.
    assert_eq!(costs(&chain, &[2, 3, 1, 0]), [5_000, 100, 100, 2_900]);
    assert_eq!(costs(&chain, &[0, 2]), [5_000, 100]);

    // Refunds, as differences of two calls that differ in nothing else but calldata. The tail of
    // no-ops lifts the cap of a fifth.
    let used = |chain: &Chain, head: &[u8]| {
        let tail = *head.last().expect("a value");
        let values = [head, &[tail; 800]].concat();
        let zeros = values.iter().filter(|value| **value == 0).count() as u64;
        call(chain, request(program, values)).gas_used + 12 * zeros
    };
    let refund =
        |chain: &Chain, refunded: &[u8], plain: &[u8]| used(chain, plain) - used(chain, refunded);
    assert_eq!(refund(&chain, &[0], &[2]), 4_800, "clearing");
    assert_eq!(refund(&chain, &[0, 2], &[3, 2]), 0, "clearing taken back");
    assert_eq!(refund(&chain, &[2, 1], &[2, 3]), 2_800, "restoring");
    send(&mut chain, ALICE, request(program, vec![0]));
    assert_eq!(refund(&chain, &[1, 0], &[1, 2]), 19_900, "restoring zero");
}

#[test]
fn a_refund_of_an_inner_frame_counts_once_and_only_if_it_stays() {
    let mut chain = chain();
    let program = install(&mut chain, &writer());
    let outer = install(&mut chain, &forwarder());
    let reverting = install_body(
        &mut chain,
        "(drop (call $call (i32.const 12) (i32.const 32) (i32.sub (local.get $len) (i32.const 32))
                (i32.const 61000) (i64.const -1) (i32.const 61100))) (i32.const 1)",
    );
    send(&mut chain, ALICE, request(program, vec![1]));
    send(&mut chain, ALICE, request(outer, via(program, &[1])));
    let evm = deploy(&mut chain, &EVM_FORWARD);
    for through in [outer, evm] {
        let used = |values: &[u8]| call(&chain, request(through, via(program, values))).gas_used;
        assert_eq!(used(&[2]) - (used(&[0]) + 12), 4_800, "{through}");
    }
    let lost = |values: &[u8]| {
        // The outermost frame continues after the revert.
        let inner = via(reverting, &via(program, values));
        call(&chain, request(evm, inner)).gas_used
    };
    assert_eq!(lost(&[2]), lost(&[0]) + 12, "reverted with its frame");
}

#[test]
fn account_reads_cost_a_touch_and_code_its_surcharge() {
    for (limit, surcharge) in [(None, 700), (Some(98_304), 2_800)] {
        let mut chain = Chain::new(ChainConfig {
            timestamp: Some(START),
            auto_impersonate: true,
            code_size_limit: limit,
            ..ChainConfig::default()
        });
        let read = |what: &str| format!("{}{}", measured(what), measured(what));
        let body = [
            read("(call $balance (i32.const 12) (i32.const 62000))"),
            // Another address each: the last one is remembered.
            measured("(drop (call $code_size (i32.const 44)))"),
            measured("(drop (call $code_size (i32.const 12)))"),
            measured("(drop (call $code_size (i32.const 12)))"),
            read("(call $codehash (i32.const 76) (i32.const 62000))"),
        ]
        .concat();
        let program = install(&mut chain, &probe(&format!("{body} {DONE}")));
        let [first, second] =
            [EVM_FORWARD.as_slice(), &EVM_STATIC].map(|code| deploy(&mut chain, code));
        let third = Address::repeat_byte(0x33);
        let words = [first, second, third].map(|account| account.into_word());
        let output = call(&chain, request(program, words.concat())).output;
        let gas: Vec<u64> = numbers(&output).iter().map(|gas| gas / 100 * 100).collect();
        assert_eq!(
            gas,
            [
                2_600,
                100,
                2_600 + surcharge,
                100 + surcharge,
                0,
                2_600,
                100
            ],
            "{limit:?}"
        );
    }
}

/// Ink of a block that stores a number and calls, and of the host function up to its request.
const CALL_INK: u64 = 950 + 6 + 3_800 + 2_450 + 8_400 + 3 * 5_040 + 59_673 + 2 * 16_381;

#[test]
fn a_call_passes_on_63_of_64_parts_of_what_its_base_leaves() {
    let mut chain = chain();
    // Returns its gas: GAS itself costs 2.
    let callee = deploy(&mut chain, &hex!("5a5f5260205ff3"));
    let program = install(
        &mut chain,
        &probe(
            "(i64.store (i32.const 50000) (call $ink_left))
             (drop (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 61000) (i64.const -1) (i32.const 61100)))
             (drop (call $read_return_data (i32.const 50008) (i32.const 0) (i32.const 32)))
             (call $write_result (i32.const 50000) (i32.const 40)) (i32.const 0)",
        ),
    );
    for gas in [60_000, 100_003, 1_234_567, 29_999_999] {
        let request = with_gas(gas, request(program, via(callee, b"")));
        let output = call(&chain, request).output;
        let ink = numbers(&output[..8])[0];
        let left = (ink - CALL_INK) / 10_000;
        let passed = U256::from_be_slice(&output[8..]).to::<u64>() + 2;
        assert_eq!(passed, (left - 2_600) * 63 / 64, "{gas}");
    }
}

#[test]
fn value_in_a_static_frame_and_an_unaffordable_base_fail_softly() {
    let mut chain = chain();
    let pay = measured(
        "(i64.store (i32.const 49992) (i64.extend_i32_u (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 61100))))",
    );
    let body = format!("{pay} (call $write_result (i32.const 49992) (i32.const 16)) (i32.const 0)");
    let program = install_body(&mut chain, &body);
    chain.set_balance(program, U256::from(1_000));
    let stranger = Address::repeat_byte(0x77);
    let input = [stranger.into_word(), B256::with_last_byte(5)].concat();

    let fixed = deploy(&mut chain, &EVM_STATIC);
    let output = call(&chain, request(fixed, via(program, &input))).output;
    let [status, gas] = numbers(&output)[..] else {
        panic!("expected two numbers, found {output}");
    };
    assert!(status == 2 && gas < 20, "status {status}, {gas} gas");

    // With less gas than the base the call fails and takes it; the program continues with less than
    // one gas, which suffices to end.
    let short = install_body(&mut chain, "(drop (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 61100)))
             (i32.const 0)");
    chain.set_balance(short, U256::from(1_000));
    let intrinsic = 21_000 + 16 * 21 + 4 * 43;
    for extra in 0..60 {
        let request = with_gas(
            intrinsic + 20_000 + 37 * extra,
            request(short, input.clone()),
        );
        let receipt = done(&mut chain, ALICE, request);
        assert_eq!(receipt.gas_used, intrinsic + 20_000 + 37 * extra);
        assert_eq!(balance(&chain, stranger), U256::ZERO);
    }
}

#[test]
fn creations_by_programs_keep_a_64th_and_know_no_init_code_limit() {
    let mut chain = chain();
    let body = format!(
        "{} {DONE}",
        measured(
            "(call $create1 (i32.const 100) (i32.load (i32.const 0)) (i32.const 61000) (i32.const 61500) (i32.const 61600))"
        )
    );
    let program = install_body(&mut chain, &body);
    // STOP, whatever follows.
    let sized = |len: u32| len.to_le_bytes().to_vec();
    let small = numbers(&call(&chain, request(program, sized(1))).output)[0];
    let large = numbers(&call(&chain, request(program, sized(50_000))).output)[0];
    assert_eq!(small / 100, 320, "{small}");
    // The ink of reading 50 000 bytes twice; no gas per word of init code.
    assert_eq!(
        large - small,
        2 * 55 * (50_000 - 32) / 10_000,
        "{large} {small}"
    );
    let evm = [hex!("61c3505f5ff05f5260205ff3").as_slice(), &[]].concat();
    let evm = deploy(&mut chain, &evm);
    let refused = call(&chain, request(evm, Bytes::new()));
    assert!(!refused.success, "EVM code has the limit: {refused:?}");

    // The 64th that is kept shows when the init code burns all it gets.
    let burn = install_body(
        &mut chain,
        &format!("(i32.store8 (i32.const 100) (i32.const 0xfe)) {body}")
            .replace("(i32.load (i32.const 0))", "(i32.const 1)"),
    );
    let outcome = call(&chain, request(burn, Bytes::new()));
    let kept = 30_000_000 - outcome.gas_used;
    assert!(
        outcome.success && (460_000..469_000).contains(&kept),
        "{kept}"
    );
}

#[test]
fn a_delegating_account_costs_programs_no_second_access() {
    let mut chain = chain();
    let target = deploy(&mut chain, &hex!("00"));
    let delegating = Address::repeat_byte(0x44);
    let designator = [&hex!("ef0100")[..], target.as_slice()].concat();
    chain.set_code(delegating, designator.into());
    let pay = measured(
        "(drop (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 61000) (i64.const -1) (i32.const 61100)))",
    );
    let program = install_body(&mut chain, &format!("{pay} {DONE}"));
    let gas = |to: Address| numbers(&call(&chain, request(program, via(to, b""))).output)[0];
    assert_eq!(gas(delegating), gas(target));
    assert_eq!(gas(target) / 100, 26);
}

#[test]
fn what_an_inner_frame_warmed_is_cold_again_when_it_reverts() {
    let mut chain = chain();
    let toucher = |end: &str| {
        module(
            1,
            &format!(
                "(drop (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 61000) (i64.const -1) (i32.const 61100))) {end}"
            ),
        )
    };
    let keeps = install(&mut chain, &toucher("(i32.const 0)"));
    let reverts = install(&mut chain, &toucher("(i32.const 1)"));
    // Calls the first word with the second as calldata, then touches the second itself.
    let touch = |at: u32, data: u32, len: u32| {
        measured(&format!(
            "(drop (call $call (i32.const {at}) (i32.const {data}) (i32.const {len}) (i32.const 61000) (i64.const -1) (i32.const 61100)))"
        ))
    };
    let body = format!("{} {} {DONE}", touch(12, 32, 32), touch(44, 0, 0));
    let outer = install_body(&mut chain, &body);
    let stranger = Address::repeat_byte(0x55);
    let second = |inner: Address| {
        let input = via(inner, stranger.into_word().as_slice());
        numbers(&call(&chain, request(outer, input)).output)[1] / 100
    };
    assert_eq!((second(keeps), second(reverts)), (1, 26));
}

#[test]
fn arbos_reads_of_accounts_leave_them_cold() {
    let mut chain = chain();
    let program = deploy(&mut chain, &program(&counter()));
    // Asks ArbWasm about (or lets it activate) the program, then calls it: cold all the same.
    let ask = "(call $msg_value (i32.const 61000))
        (drop (call $call (i32.const 12) (i32.const 32) (i32.const 36) (i32.const 61000) (i64.const -1) (i32.const 61100)))
        (i64.store (i32.const 61000) (i64.const 0)) (i64.store (i32.const 61008) (i64.const 0))
        (i64.store (i32.const 61016) (i64.const 0)) (i64.store (i32.const 61024) (i64.const 0))";
    let touch = measured("(call $balance (i32.const 48) (i32.const 62000))");
    let outer = install(&mut chain, &probe(&format!("{ask} {touch} {touch} {DONE}")));
    for selector in [hex!("cc8f4e88"), hex!("58c780c2")] {
        let question = [&selector[..], program.into_word().as_slice()].concat();
        let request = paying(ether(1), request(outer, via(ARB_WASM, &question)));
        let output = call(&chain, request).output;
        let gas: Vec<u64> = numbers(&output).iter().map(|gas| gas / 100).collect();
        assert_eq!(gas, [26, 1], "{selector:02x?}");
    }
    // Reading parameters and records warms nothing either: 0xA4B05FFF… is cold for a program.
    let state = Address::from(hex!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"));
    let reader = install(
        &mut chain,
        &probe(&format!(
            "{} {DONE}",
            measured("(call $balance (i32.const 12) (i32.const 62000))")
        )),
    );
    let output = call(&chain, request(reader, via(state, b""))).output;
    assert_eq!(numbers(&output)[0] / 100, 26);
}

#[test]
fn output_costs_a_frame_at_least_evm_memory_from_arbos_31_on() {
    let body = "(call $write_result (i32.const 0) (i32.const 60000)) (i32.const 0)";
    let gas = |version: u64| {
        let mut chain = chain_at(version);
        let program = install_body(&mut chain, body);
        let outcome = call(&chain, request(program, Bytes::new()));
        assert_eq!(outcome.output.len(), 60_000);
        outcome.gas_used - 21_000
    };
    let words = 1_875;
    let floor = 3 * words + words * words / 512;
    assert_eq!(gas(51), floor);
    assert_eq!(gas(31), floor);
    assert!(gas(30) < floor, "{}", gas(30));
}

#[test]
fn start_costs_are_paid_by_every_frame_and_pages_by_what_is_open() {
    // Before ArbOS 60 a program is not cheaper the second time.
    let mut chain = chain_at(51);
    let pages = |count| {
        module(
            count,
            "(call $write_result (i32.const 0) (i32.const 0)) (i32.const 0)",
        )
    };
    let (one, nine) = (
        install(&mut chain, &pages(1)),
        install(&mut chain, &pages(9)),
    );
    let one_call = measured(
        "(drop (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 61000) (i64.const -1) (i32.const 61100)))",
    );
    let caller = install_body(&mut chain, &format!("{one_call} {one_call} {DONE}"));
    let spent = |to: Address| {
        let gas = numbers(&call(&chain, request(caller, via(to, b""))).output);
        (gas[0] - 2_500, gas[1])
    };
    let (first, second) = spent(one);
    assert_eq!(first, second, "a start costs the same again");
    assert!(first > 9_000);
    // Ten open pages, two free: the ramp reaches 3 from the 1 of one page, once.
    let (first, second) = spent(nine);
    assert_eq!(first - second, 2, "the ramp is paid once");
    assert!(second > 8_000 + 9_000);
}
