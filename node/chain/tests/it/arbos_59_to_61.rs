//! What a chain must do to call itself ArbOS 59, 60 and 61.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, address, b256, hex, keccak256};
use alloy_sol_types::SolCall;
use stylus_chain::{BlockId, Chain};

/// Account of ArbOS' state.
const STATE: Address = address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
/// Account of the filtered transactions, from ArbOS 60.
const FILTERED: Address = address!("A4B0500000000000000000000000000000000001");

fn upgraded(version: u64, to: u64) -> Chain {
    let mut chain = chain_at(version);
    upgrade(&mut chain, to);
    chain
}

/// Sub-space of ArbOS' state, by Nitro's key mapping.
fn space(parent: &[u8], id: u8) -> B256 {
    keccak256([parent, &[id]].concat())
}

/// The word of the Stylus parameters.
fn parameters(chain: &Chain) -> B256 {
    let key = space(space(&[], 8).as_slice(), 0);
    let mut slot = keccak256([key.as_slice(), &[0; 31]].concat());
    slot[31] = 0;
    let word = chain.storage(STATE, slot.into(), BlockId::latest());
    word.expect("latest exists")
}

#[test]
fn stylus_3_outdates_every_program_until_it_is_activated_again() {
    // Versions 2 and 3, and an upgrade over several versions in one step.
    for (from, to, have, want) in [(30, 31, 1, 2), (51, 59, 2, 3), (51, 61, 2, 3)] {
        let mut chain = chain_at(from);
        let program = install(&mut chain, &counter());
        let codehash = code_hash(&chain, program);
        schedule(&mut chain, to, 0);
        assert!(
            call(&chain, request(program, Bytes::new())).success,
            "not yet"
        );
        chain.mine(1, None).expect("mines");
        let outcome = call(&chain, request(program, Bytes::new()));
        let found = halted(&outcome.halt);
        assert_eq!(found, format!("error ProgramNeedsUpgrade({have}, {want})"));
        assert_eq!((outcome.gas_used, outcome.output.len()), (30_000_000, 0));
        // Keepalive is refused, activation works.
        let keepalive = ArbOs::codehashKeepaliveCall { codehash }.abi_encode();
        let paid = paying(ether(1), request(ARB_WASM, keepalive));
        let refused = send(&mut chain, ALICE, paid);
        let error =
            <ArbOs::ProgramNeedsUpgrade as alloy_sol_types::SolError>::abi_decode(&refused.output);
        let error = error.expect("the typed error");
        assert_eq!((error.version, error.stylusVersion), (have, want));
        assert!(activate(&mut chain, program).success);
        assert!(call(&chain, request(program, Bytes::new())).success);
        assert_eq!(ask(&chain, ARB_WASM, ArbOs::stylusVersionCall {}), want);
    }
}

#[test]
fn from_arbos_59_the_page_limit_holds_for_all_open_frames() {
    let grow = |to: u64| {
        let mut chain = chain_at(to);
        // Grows as calldata says, then calls the address after it with the rest.
        let body = "(drop (memory.grow (i32.load8_u (i32.const 0))))
            (local.set $status (call $call (i32.const 13) (i32.const 33) (i32.sub (local.get $len) (i32.const 33))
                (i32.const 61000) (i64.const -1) (i32.const 61100)))
            (local.get $status)";
        let program = install_body(&mut chain, body);
        let stop = deploy(&mut chain, &hex!("00"));
        let inner = [&[60][..], stop.into_word().as_slice()].concat();
        let nested = [&[60][..], program.into_word().as_slice(), &inner].concat();
        let deeper = [&[60][..], program.into_word().as_slice(), &nested].concat();
        [inner, nested, deeper].map(|input| call(&chain, request(program, input)).success)
    };
    // 61, 122 and 183 pages. The third is beyond the ramp in any case, and 128 pages beyond the
    // limit from 59 on.
    assert_eq!(grow(51), [true, true, false]);
    assert_eq!(grow(59), [true, true, false]);
    // At run time the limit holds from Stylus version 3 on.
    let [mut free, mut limited] = [51, 59].map(chain_at);
    for (chain, runs) in [(&mut free, true), (&mut limited, false)] {
        assert!(own(chain, hex!("6595381a"), &[10]));
        let program = install_body(chain, "(drop (memory.grow (i32.const 12))) (i32.const 0)");
        assert_eq!(call(chain, request(program, Bytes::new())).success, runs);
        // Without a limit the price alone decides.
        assert!(own(chain, hex!("6595381a"), &[0]));
        assert!(call(chain, request(program, Bytes::new())).success);
    }
    // Activation gas is a parameter from 59 on.
    assert!(!raw(&free, 0x71, &hex!("2278c278")).success);
    assert!(raw(&limited, 0x71, &hex!("2278c278")).success);
}

#[test]
fn multi_value_ends_with_arbos_59() {
    let text = module(
        1,
        "(block (result i32 i32) (i32.const 1) (i32.const 2)) drop drop (i32.const 0)",
    );
    for (version, accepted) in [(32, true), (51, true), (59, false), (61, false)] {
        let mut chain = chain_at(version);
        let program = deploy(&mut chain, &program(&text));
        assert_eq!(activate(&mut chain, program).success, accepted, "{version}");
    }
}

/// The words stand in the state of live chains.
#[test]
fn an_upgrade_in_one_step_runs_every_step_between() {
    let at_51 = b256!("0002002710000055f0000203e80080450b3232016d001f002000020000000000");
    let at_59 = b256!("0003002710000055f0000203e80080450b3232016d001f002000020000000000");
    let at_61 = b256!("0003002710000055f0000203e80080450b3232016d001f002000040000040000");
    for (version, word) in [(51, at_51), (59, at_59), (60, at_61), (61, at_61)] {
        assert_eq!(parameters(&chain_at(version)), word, "{version}");
        let chain = upgraded(40, version);
        assert_eq!(parameters(&chain), word, "40 to {version}");
        let number = raw(&chain, 0x64, &hex!("051038f2")).output;
        assert_eq!(U256::from_be_slice(&number), U256::from(55 + version));
        let block = chain.block(BlockId::latest()).expect("latest");
        assert_eq!(block.header.mix_hash[16..24], version.to_be_bytes());
    }
    // What an owner had set is overwritten.
    let mut chain = chain_at(51);
    assert!(own(&mut chain, hex!("455ec2eb"), &[1_000_000]));
    upgrade(&mut chain, 61);
    assert_eq!(parameters(&chain), at_61);
    assert_eq!(Chain::ARBOS_VERSIONS.last(), Some(&61));
    assert_eq!(stylus_chain::ChainConfig::default().arbos_version, 61);
}

#[test]
fn arbos_60_brings_the_account_of_filtered_transactions_and_its_precompile() {
    for (version, there) in [(51, false), (59, false), (60, true), (61, true)] {
        let chain = chain_at(version);
        let account = |address| account(&chain, address);
        assert_eq!(account(FILTERED).nonce, u64::from(there), "{version}");
        let code = account(Address::with_last_byte(0x74)).code;
        assert_eq!(code, if there { vec![0xfe] } else { vec![] }, "{version}");
        // isTransactionFiltered: no; before it was there, an empty account answers nothing.
        let filtered = raw(&chain, 0x74, &calldata(hex!("85c733a4"), &[7]));
        let answer = if there { word(0).to_vec() } else { vec![] };
        assert_eq!((filtered.success, filtered.output), (true, answer.into()));
    }
    // Nobody is a filterer.
    let mut chain = chain_at(61);
    for selector in [hex!("cb470491"), hex!("d26374b1")] {
        let input = calldata(selector, &[7]);
        let gas = 21_000 + calldata_gas(&input) + 1_600;
        let receipt = send(
            &mut chain,
            ALICE,
            request(Address::with_last_byte(0x74), input),
        );
        assert_eq!((receipt.success, receipt.gas_used), (false, gas));
    }
    let unknown = raw(&chain, 0x74, &[]);
    assert_eq!((unknown.success, unknown.gas_used), (false, 22_600));
}

#[test]
fn what_is_off_on_every_chain_is_answered_as_off_and_refused_by_name_when_switched_on() {
    let off = [
        (0x6b, calldata(hex!("8e34a64d"), &[]), vec![0]),
        (0x6b, calldata(hex!("c1d355b8"), &[]), vec![0]),
        (0x6b, calldata(hex!("b32352c3"), &[7]), vec![0]),
        (0x6b, calldata(hex!("595fbb5a"), &[]), vec![32, 0]),
        (0x6b, calldata(hex!("3caa5f12"), &[]), vec![0]),
        (0x6c, calldata(hex!("bbfc0a72"), &[]), vec![32, 0]),
        (
            0x6c,
            calldata(hex!("c0e10bbb"), &[]),
            [&[32, 9][..], &[100_000_000; 9]].concat(),
        ),
    ];
    for (to, input, words) in &off {
        let expected: Vec<u8> = words.iter().copied().flat_map(word).collect();
        for version in [60, 61] {
            let outcome = raw(&chain_at(version), *to, input);
            assert!(outcome.success, "{version} {input:02x?}");
            assert_eq!(
                outcome.output,
                Bytes::from(expected.clone()),
                "{input:02x?}"
            );
        }
        assert!(!raw(&chain_at(59), *to, input).success, "{input:02x?}");
    }

    let mut chain = chain_at(61);
    // A constraint without resources: 1 s, 1 gas per second.
    let constraint = [32, 1, 32, 128, 1, 1, 0, 0];
    for (name, selector, arguments) in [
        ("setCollectTips", hex!("a858dbe2"), vec![1]),
        (
            "setMultiGasPricingConstraints",
            hex!("2b05bb39"),
            constraint.to_vec(),
        ),
        ("addTransactionFilterer", hex!("59c87acc"), vec![7]),
        (
            "setTransactionFilteringFrom",
            hex!("46066e45"),
            vec![1 << 30],
        ),
    ] {
        let receipt = acts(&mut chain, selector, &arguments);
        assert!(!receipt.success, "{name}");
        let said = receipt.note.unwrap_or_default();
        assert!(
            said.contains(name) && said.contains("not supported"),
            "{said}"
        );
    }
    // To leave them off is no change.
    assert!(own(&mut chain, hex!("a858dbe2"), &[0]));
    assert!(own(&mut chain, hex!("46066e45"), &[0]));
    // A second that no block has.
    assert!(own(&mut chain, hex!("46066e45"), &[1 << 40]));
    assert!(own(&mut chain, hex!("2b05bb39"), &[32, 0]));
    let receipt = acts(&mut chain, hex!("b79da0e9"), &[7]);
    let set = hex!("7446ff652b5056197ad963b644a1767e511137f4ea213dee4ce04e8ed08f9b9d");
    let found = receipt.logs[0].topics();
    assert_eq!(found, [B256::from(set), B256::from(word(7))]);
    assert_eq!(raw(&chain, 0x6b, &hex!("3caa5f12")).output[..], word(7));
}

#[test]
fn from_arbos_60_added_and_removed_owners_emit_an_event_before_owner_acts() {
    let owner_acts = hex!("3c9e6a772755407311e3b35b3ee56799df8f87395941b3a658eee9e08a67ebda");
    let added = hex!("468eb89423e509e6b3edfd60f81c5d0f2ad5362307bd4db79a183c8a8f6bf430");
    let removed = hex!("adccaaabc4a1e1609c82e07cd301c9563c2ed46559becda0e14373ab9d480f15");
    for (version, emitted) in [(59, false), (60, true), (61, true)] {
        let mut chain = chain_at(version);
        for (selector, topic) in [(hex!("481f8dbf"), added), (hex!("8792701a"), removed)] {
            let receipt = acts(&mut chain, selector, &[7]);
            let topics: Vec<&[B256]> = receipt.logs.iter().map(|log| log.topics()).collect();
            let own = topics.last().expect("OwnerActs")[0];
            assert_eq!(own, B256::from(owner_acts));
            let event = [B256::from(topic), B256::from(word(7))];
            let found = topics[..topics.len() - 1].concat();
            assert_eq!(found, if emitted { event.to_vec() } else { vec![] });
        }
    }
}

/// What the sender paid beyond gas used at the effective price, which is what the receipt says.
fn paid_too_little(chain: &mut Chain) -> U256 {
    let before = balance(chain, DEV);
    // The stored base fee falls to half while the block is made.
    let receipt = acts(chain, hex!("d99bc80e"), &[50_000_000]);
    assert!(receipt.success);
    let price = U256::from(receipt.effective_gas_price);
    U256::from(receipt.gas_used) * price - (before - balance(chain, DEV))
}

#[test]
fn arbos_61_pays_no_refund_without_multi_gas_constraints_as_60_did() {
    let mut at_60 = chain_at(60);
    // The refund comes out of the network fee account, which has just got the fee.
    let fees = balance(&at_60, Address::ZERO);
    let refund = paid_too_little(&mut at_60);
    let block = at_60.block(BlockId::latest()).expect("latest");
    assert_eq!(
        refund,
        U256::from(block.header.gas_used) * U256::from(50_000_000)
    );
    assert_eq!(balance(&at_60, Address::ZERO) - fees, refund);
    for version in [51, 59, 61] {
        assert_eq!(
            paid_too_little(&mut chain_at(version)),
            U256::ZERO,
            "{version}"
        );
    }
}

#[test]
fn code_that_is_no_program_has_a_typed_error_from_arbos_60_on() {
    let not_wasm = hex!("27f38212");
    for (version, typed) in [(51, false), (59, false), (60, true), (61, true)] {
        let mut chain = chain_at(version);
        let evm = deploy(&mut chain, &hex!("00"));
        let receipt = activate(&mut chain, evm);
        assert!(!receipt.success && receipt.gas_used < 2_000_000);
        let data = if typed { not_wasm.to_vec() } else { vec![] };
        assert_eq!(receipt.output, Bytes::from(data), "{version}");
    }
    let mut chain = chain_at(61);
    let fragment = deploy(&mut chain, &hex!("eff00100"));
    let receipt = activate(&mut chain, fragment);
    assert!(!receipt.success && receipt.output.is_empty() && receipt.gas_used < 2_000_000);
}

#[test]
fn bls12_381_comes_with_arbos_50() {
    for version in [32, 40, 41, 50, 51, 61] {
        let chain = chain_at(version);
        for last in 0x0b..=0x11u8 {
            // Without input the pairing is empty and true; the others refuse and take all gas.
            let outcome = raw(&chain, last, &[]);
            let expected = match version < 50 {
                true => (true, 21_000),
                false => (false, 30_000_000),
            };
            let found = (outcome.success, outcome.gas_used);
            assert_eq!(found, expected, "{version} {last:#x}");
        }
        // Two points at infinity: their sum is one.
        let sum = raw(&chain, 0x0b, &[0; 256]);
        assert_eq!(sum.output.len(), if version < 50 { 0 } else { 128 });
    }
}

#[test]
fn the_list_of_recent_programs_has_the_capacity_that_the_first_call_of_the_block_found() {
    let mut chain = chain_at(61);
    let [a, b] = [0, 1].map(|at| {
        let body = format!("(call $write_result (i32.const {at}) (i32.const 1)) (i32.const 0)");
        install_body(&mut chain, &body)
    });
    let quoted = ask(&chain, ARB_WASM, ArbOs::programInitGasCall { program: a });
    let init = quoted.gas - quoted.gasWhenCached;
    // 32 programs by default: the third call finds the first one's.
    let [first, _, third] = gas_in_one_block(&mut chain, [a, b, a]);
    assert_eq!(first - third, init);
    // 0 counts as 1: the program between displaced it.
    assert!(own(&mut chain, hex!("380f1457"), &[0]));
    let [first, _, third] = gas_in_one_block(&mut chain, [a, b, a]);
    assert_eq!(first, third);
    let [first, second, third] = gas_in_one_block(&mut chain, [a; 3]);
    assert_eq!((first - second, first - third), (init, init));
    // Raised within the block: the first call had decided.
    chain.set_automine(false);
    let raise = request(ARB_OWNER, calldata(hex!("380f1457"), &[32]));
    let run = |program| (ALICE, request(program, Bytes::new()));
    let hashes = [run(a), (DEV, raise), run(b), run(a)]
        .map(|(from, request)| chain.submit_unsigned(from, request).expect("accepted"));
    chain.mine(1, None).expect("mines");
    let gas = hashes.map(|hash| chain.receipt(hash).expect("mined").gas_used);
    assert_eq!(gas[0], gas[3]);
}
