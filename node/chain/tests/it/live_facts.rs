//! Facts that were seen on live chains, with the state made by hand: §5 of the rules of ArbOS 61.

use crate::common::*;
use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use stylus_chain::{CallRequest, Chain};

/// Row 4: a frame below a program that halts costs the program all it was given; one that reverts or
/// returns gives the rest back.
#[test]
fn a_halting_sub_call_costs_a_program_everything_it_passed_on() {
    let mut chain = chain();
    // The gas that a call with 2 300 gas costs: before it, after it, and the two readings' own.
    let body = "(local.set $before (call $gas_left))
        (drop (call $call (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 61000) (i64.const 2300) (i32.const 61100)))
        (i64.store (i32.const 62000) (i64.sub (local.get $before) (call $gas_left)))
        (call $write_result (i32.const 62000) (i32.const 8)) (i32.const 0)";
    let caller = install_body(&mut chain, body);
    let cost = |chain: &Chain, to: Address| {
        let outcome = call(chain, request(caller, via(to, b"")));
        assert!(outcome.success, "{outcome:?}");
        numbers(&outcome.output)[0]
    };
    // SSTORE with at most 2 300 gas left: the sentry halts the frame, which had gas left.
    let sentry = deploy(&mut chain, &hex!("60015f55"));
    let reverts = deploy(&mut chain, &hex!("60015f5f5ffd"));
    let returns = deploy(&mut chain, &hex!("60015f5f5ff3"));
    let all = cost(&chain, sentry);
    let [reverted, returned] = [reverts, returns].map(|to| cost(&chain, to));
    assert_eq!(reverted, returned);
    // PUSH1 and three PUSH0: 9 gas of the 2 300.
    assert_eq!(all - reverted, 2_300 - 9);
}

/// Row 5: a cached program stays cached when it is activated for the next Stylus version, which costs
/// the read of its module hash.
#[test]
fn reactivation_keeps_the_cached_flag_and_costs_800_more() {
    let gas_and_flag = |cached: bool| {
        let mut chain = chain_at(51);
        let program = install(&mut chain, &counter());
        if cached {
            let cache = ArbOs::cacheProgramCall { program }.abi_encode();
            assert!(send(&mut chain, DEV, request(ARB_WASM_CACHE, cache)).success);
        }
        upgrade(&mut chain, 61); // as One and Nova went
        let receipt = activated(&mut chain, program);
        (receipt.gas_used, is_cached(&chain, program))
    };
    let (plain, cached) = (gas_and_flag(false), gas_and_flag(true));
    assert_eq!((plain.1, cached.1), (false, true));
    assert_eq!(cached.0 - plain.0, 800);
}

/// Row 6: an EVM contract that calls an outdated program loses what it passed on, before anything of
/// the program is charged or run, and gets no data.
#[test]
fn an_outdated_program_takes_all_gas_of_its_frame_from_an_evm_caller() {
    let mut chain = chain_at(51);
    let program = install(&mut chain, &counter());
    // Calls with all gas and stores whether that succeeded in byte 31, the data's length in the next.
    let code = [
        &hex!("5f5f5f5f5f73")[..],
        program.as_slice(),
        &hex!("5af15f523d60205260405ff3"),
    ]
    .concat();
    let caller = deploy(&mut chain, &code);
    let run = |chain: &Chain| call(chain, request(caller, Bytes::new()));
    let before = run(&chain);
    assert_eq!((before.output[31], before.output[63]), (1, 32));
    upgrade(&mut chain, 61); // as One and Nova went
    let after = run(&chain);
    assert!(after.success, "the caller continues");
    assert_eq!(after.output, Bytes::from([0; 64]));
    let passed_on = (30_000_000 - 21_000) / 64 * 63;
    assert!(after.gas_used > passed_on, "{}", after.gas_used);
    let direct = call(&chain, request(program, Bytes::new()));
    let halt = halted(&direct.halt);
    assert_eq!(halt, "error ProgramNeedsUpgrade(2, 3)");
    assert_eq!((direct.gas_used, direct.output.len()), (30_000_000, 0));
}

/// Row 7: two words are read besides the opening of the state.
#[test]
fn the_scheduled_upgrade_costs_2406_gas_to_read() {
    let chain = chain();
    let selector = hex!("81ef944c");
    let calldata = 4 * 16;
    let outcome = call(
        &chain,
        request(Address::with_last_byte(0x6b), selector.to_vec()),
    );
    assert_eq!(outcome.gas_used - 21_000 - calldata, 800 + 1_600 + 6);
}

/// Row 9: a call without a price sees no base fee, but ArbGasInfo still gives the block's.
#[test]
fn prices_in_a_call_without_a_fee_are_those_of_the_block() {
    let mut chain = chain();
    let own = deploy(&mut chain, &hex!("485f5260205ff3"));
    let prices = |price: Option<u128>| {
        let call = |to: Address, input: Vec<u8>| {
            let request = CallRequest {
                gas: Some(1_000_000),
                gas_price: price,
                ..request(to, input)
            };
            crate::common::call(&chain, request).output
        };
        let seen = U256::from_be_slice(&call(own, vec![]));
        let answer = call(Address::with_last_byte(0x6c), hex!("41b247a8").to_vec());
        (seen, U256::from_be_slice(&answer[160..192]))
    };
    let fee = U256::from(FEE);
    assert_eq!(prices(None), (U256::ZERO, fee));
    assert_eq!(prices(Some(FEE)), (fee, fee));
}

/// Row 13: the root of a fragmented program is recent, too, once it ran in the block.
#[test]
fn a_root_program_is_cheap_the_second_time_in_a_block() {
    let mut chain = chain();
    let parts = fragments(&counter()).map(|part| deploy(&mut chain, &part));
    let len = wat::parse_str(counter()).expect("well-formed").len();
    let program = deploy(&mut chain, &root(len, &parts));
    assert!(activate(&mut chain, program).success);
    // Both at non-zero storage, so that only the start differs.
    send(&mut chain, ALICE, request(program, Bytes::new()));
    let quoted = ask(&chain, ARB_WASM, ArbOs::programInitGasCall { program });
    let [first, second] = gas_in_one_block(&mut chain, [program; 2]);
    assert_eq!(first - second, quoted.gas - quoted.gasWhenCached);
}
