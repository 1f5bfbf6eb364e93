//! What each ArbOS version brings, and what is not built: §6, §7.5, §7.6 and §8 of the rules.

use crate::common::*;
use alloy_primitives::{Address, Bytes, U256, address, hex, keccak256};
use alloy_sol_types::SolCall;
use stylus_chain::{CallOutcome, Chain, ChainConfig};

/// Each setter of Stylus parameters with the view that shows it.
#[test]
fn owners_set_every_stylus_parameter() {
    for (setter, arguments, view, shown) in [
        (hex!("8c1d4fda"), vec![20_000], hex!("d1c17abc"), 20_000),
        (hex!("4567cc8e"), vec![300], hex!("8ccfaa70"), 300),
        (hex!("3f37a846"), vec![7], hex!("4490c19d"), 7),
        (hex!("aaa619e0"), vec![55], hex!("7af4ba49"), 55),
        (hex!("6595381a"), vec![64], hex!("9786f96e"), 64),
        (hex!("67e0718f"), vec![51], hex!("5fc94c0b"), 52),
        (hex!("aac68018"), vec![2], hex!("309f6555"), 2),
        (hex!("2a9cbe3e"), vec![1], hex!("0a936455"), 1),
        (hex!("380f1457"), vec![9], hex!("7af6e819"), 9),
        (hex!("8293405e"), vec![255, 65], hex!("99d0b38d"), 256),
        (hex!("a0a32497"), vec![1_234], hex!("2278c278"), 1_234),
    ] {
        let mut chain = chain_at(61);
        assert!(own(&mut chain, setter, &arguments), "{setter:02x?}");
        let found = number(&chain, 0x71, &view);
        assert_eq!(found, U256::from(shown), "{setter:02x?}");
    }
    let mut chain = chain_at(60);
    for price in [0, 1 << 24] {
        assert!(!own(&mut chain, hex!("8c1d4fda"), &[price]));
    }
    assert!(own(&mut chain, hex!("f1fe1a70"), &[3]));
    let fragments = number(&chain, 0x6b, &hex!("e5a7f893"));
    assert_eq!(fragments, U256::from(3));
}

#[test]
fn owners_set_the_parameters_of_pricing_and_everyone_reads_them_back() {
    let id = |signature: &str| *keccak256(signature).first_chunk::<4>().expect("a hash");
    for (setter, value, to, view) in [
        (
            "setL1BaseFeeEstimateInertia(uint64)",
            11,
            0x6c,
            hex!("29eb31ee"),
        ),
        ("setL1PricingInertia(uint64)", 12, 0x6c, hex!("29eb31ee")),
        ("setL1PricingRewardRate(uint64)", 13, 0x6c, hex!("8a5b1d28")),
        (
            "setL1PricingRewardRecipient(address)",
            14,
            0x6c,
            hex!("9e6d7e31"),
        ),
        (
            "setL1PricingEquilibrationUnits(uint256)",
            15,
            0x6c,
            hex!("ad26ce90"),
        ),
        ("setPerBatchGasCharge(int64)", 16, 0x6c, hex!("6ecca45a")),
        (
            "setAmortizedCostCapBips(uint64)",
            17,
            0x6c,
            hex!("7a7d6beb"),
        ),
        ("setL2GasPricingInertia(uint64)", 18, 0x6c, hex!("3dfb45b9")),
        (
            "setL2GasBacklogTolerance(uint64)",
            19,
            0x6c,
            hex!("25754f91"),
        ),
        (
            "setParentGasFloorPerToken(uint64)",
            20,
            0x6b,
            hex!("49ccdaff"),
        ),
    ] {
        let mut chain = chain();
        assert!(own(&mut chain, id(setter), &[value]), "{value}");
        assert_eq!(number(&chain, to, &view), U256::from(value));
    }
    // A negative charge stays negative.
    let mut chain = chain();
    let minus_five = U256::MAX - U256::from(4);
    let input = [
        &id("setPerBatchGasCharge(int64)")[..],
        &minus_five.to_be_bytes::<32>(),
    ]
    .concat();
    assert!(send(&mut chain, DEV, request(ARB_OWNER, input)).success);
    assert_eq!(number(&chain, 0x6c, &hex!("6ecca45a")), minus_five);
    assert!(!own(&mut chain, id("setL2GasPricingInertia(uint64)"), &[0]));
}

#[test]
fn parameters_take_effect_at_once() {
    let mut chain = chain();
    let program = install(&mut chain, &counter());
    let gas = |chain: &Chain| call(chain, request(program, Bytes::new())).gas_used;
    let before = gas(&chain);
    // Twice the ink for a gas: half the gas for the program's own work.
    assert!(own(&mut chain, hex!("8c1d4fda"), &[20_000]));
    assert!(gas(&chain) < before);
    assert!(own(&mut chain, hex!("8c1d4fda"), &[10_000]));
    // No free pages: the one page costs 1 000. Its step on the ramp, from 1 to 1, is nothing.
    assert!(own(&mut chain, hex!("3f37a846"), &[0]));
    assert_eq!(gas(&chain), before + 1_000);
    // 128 gas instead of 8 832, 64 instead of 352; a start pays both.
    assert!(own(&mut chain, hex!("8293405e"), &[128, 64]));
    assert_eq!(gas(&chain), before + 1_000 - (8_832 - 128) - (352 - 64));
    // Five words of stack: out of stack.
    assert!(own(&mut chain, hex!("4567cc8e"), &[5]));
    let outcome = call(&chain, request(program, Bytes::new()));
    assert_eq!(halted(&outcome.halt), "max call depth exceeded");
    assert!(own(&mut chain, hex!("4567cc8e"), &[22_000]));
    // Two days of life.
    assert!(own(&mut chain, hex!("aac68018"), &[2]));
    chain.increase_time(3 * DAY);
    chain.mine(1, None).expect("mines");
    assert!(!call(&chain, request(program, Bytes::new())).success);
}

#[test]
fn evm_rules_follow_the_arbos_version() {
    // CLZ(1) = 255 from 50 on; before it is no opcode.
    let clz = hex!("60011e5f5260205ff3");
    // P256VERIFY with empty input succeeds with nothing, at its price.
    for (version, has_clz, p256, set_code) in [
        (32, false, 3_450, false),
        (40, false, 3_450, true),
        (50, true, 6_900, true),
        (60, true, 6_900, true),
    ] {
        let mut chain = chain_at(version);
        let code = deploy(&mut chain, &clz);
        assert_eq!(
            call(&chain, request(code, Bytes::new())).success,
            has_clz,
            "{version}"
        );
        let mut verify = request(Address::ZERO, Bytes::new());
        verify.to = Some(Address::left_padding_from(&[1, 0]));
        assert_eq!(call(&chain, verify).gas_used - 21_000, p256, "{version}");
        let history = address!("0000F90827F1C53a10cb7A02335B175320002935");
        let account = account(&chain, history);
        assert_eq!(!account.code.is_empty(), set_code, "{version}");
        let depth = if version < 50 { 262_144 } else { 22_000 };
        assert_eq!(number(&chain, 0x71, &hex!("8ccfaa70")), U256::from(depth));
    }
}

#[test]
fn calldata_has_its_floor_price_once_an_owner_wants_it() {
    let mut chain = chain();
    let data = vec![1u8; 1_000];
    let gas = |chain: &Chain| call(chain, request(BOB, data.clone())).gas_used;
    assert_eq!(gas(&chain), 21_000 + 16_000);
    assert!(own(&mut chain, hex!("8eb911d9"), &[1]));
    assert_eq!(gas(&chain), 21_000 + 40_000);
    assert_eq!(number(&chain, 0x6b, &hex!("2aa9551e")), U256::ONE);
}

#[test]
fn opcodes_without_meaning_on_arbitrum_abort_or_give_zero() {
    let mut chain = chain();
    chain.mine(5, None).expect("mines");
    let blob = deploy(&mut chain, &hex!("4a00"));
    let outcome = call(&chain, request(blob, Bytes::new()));
    assert_eq!((outcome.success, outcome.gas_used), (false, 30_000_000));
    // BLOCKHASH(2): numbers are those of L1, which is at 0.
    let hash = deploy(&mut chain, &hex!("6002405f5260205ff3"));
    assert_eq!(
        call(&chain, request(hash, Bytes::new())).output,
        Bytes::from(word(0))
    );
}

#[test]
fn arb_debug_does_what_its_name_says_and_only_where_it_may() {
    let mut chain = chain();
    let custom = raw(&chain, 0xff, &[&hex!("7ea89f8b")[..], &word(7)].concat());
    assert!(!custom.success && custom.output.starts_with(&hex!("1753067f")));
    assert_eq!(U256::from_be_slice(&custom.output[4..36]), U256::from(7));
    let legacy = raw(&chain, 0xff, &hex!("1e48fe82"));
    assert!(!legacy.success && legacy.output.is_empty() && legacy.gas_used < 100_000);
    assert_eq!(raw(&chain, 0xff, &hex!("4700d305")).gas_used, 30_000_000);
    let view = hex!("8e5f30ab");
    let refused = raw(&chain, 0xff, &view);
    assert_eq!(refused.gas_used, 21_000 + calldata_gas(&view) + 800);
    assert_eq!(refused.refusal.as_deref(), Some("write protection"));
    let events = paying(
        U256::from(5),
        request(
            ARB_DEBUG,
            [&hex!("7b9963ef")[..], &word(1), &word(9)].concat(),
        ),
    );
    let receipt = send(&mut chain, ALICE, events);
    let topics: Vec<_> = receipt.logs.iter().map(|log| log.topics()[0].0).collect();
    assert_eq!(
        topics,
        [
            hex!("93c1309077578d0b9ed1398956be51f0c6e1fcc0b91d899836148550215acfe2"),
            hex!("a6059246508753631072a6a59c1127af99d3f4cc0f8d6370d4fae122b1dd4eaf"),
        ]
    );
    assert_eq!(receipt.output[12..32], *ALICE.as_slice());
    let overwrite = [
        &hex!("1be250d6")[..],
        BOB.into_word().as_slice(),
        &word(64),
        &word(1),
        &hex!("5f00000000000000000000000000000000000000000000000000000000000000"),
    ]
    .concat();
    // Nothing comes back, not even where there was code.
    for _ in 0..2 {
        let answer = done(&mut chain, ALICE, request(ARB_DEBUG, overwrite.clone()));
        assert_eq!(answer.output, Bytes::from([word(32), word(0)].concat()));
    }
    let code = account(&chain, BOB).code;
    assert_eq!(code, Bytes::from_static(&[0x5f]));

    let production = Chain::new(ChainConfig {
        debug_precompiles: false,
        ..ChainConfig::default()
    });
    let outcome = raw(&production, 0xff, &hex!("0e5bbc11"));
    assert_eq!((outcome.success, outcome.gas_used), (false, 30_000_000));
}

/// What a failed call says.
fn words(outcome: &CallOutcome) -> String {
    let halt = outcome.halt.as_ref().map(|halt| halt.0.clone());
    halt.or_else(|| outcome.note.clone()).unwrap_or_default()
}

#[test]
fn every_precompile_refuses_unknown_methods_by_name() {
    let chain = chain_at(60);
    for last in [0x67, 0x68, 0x6d, 0x73] {
        let outcome = raw(&chain, last, &hex!("01020304"));
        let said = words(&outcome);
        assert!(said.contains("no method 0x01020304"), "{said}");
        assert_eq!((outcome.success, outcome.gas_used), (false, 30_000_000));
    }
    // Nobody owns the native token.
    let mint = [&hex!("a6f0f7c7")[..], &word(1)].concat();
    let outcome = raw(&chain, 0x73, &mint);
    assert_eq!((outcome.success, outcome.gas_used), (false, 30_000_000));
}

#[test]
fn methods_that_are_not_built_say_so() {
    let chain = chain_at(60);
    for (to, selector) in [
        (0x6b, hex!("01020304")),
        (0x6c, hex!("01020304")),
        (0x71, hex!("ffffffff")),
    ] {
        let outcome = raw(&chain, to, &selector);
        assert!(!outcome.success && outcome.gas_used == 30_000_000);
        let said = words(&outcome);
        assert!(
            said.contains("no method") && said.contains(&hex::encode(selector)),
            "{said}"
        );
    }
}

#[test]
fn settings_that_are_not_built_are_refused() {
    let refused = |chain: &mut Chain, input: Vec<u8>| {
        let receipt = send(chain, DEV, request(ARB_OWNER, input));
        assert!(!receipt.success);
        receipt.note.unwrap_or_default()
    };
    let mut chain = chain_at(51);
    for version in [52, 58, 62] {
        let upgrade = ArbOs::scheduleArbOSUpgradeCall {
            version,
            timestamp: 0,
        };
        let said = refused(&mut chain, upgrade.abi_encode());
        assert!(said.contains("not known here"), "{said}");
    }
    // One that is not newer never comes.
    schedule(&mut chain, 7, 0);
    chain.mine(1, None).expect("mines");
    assert_eq!(chain.arbos_version(), 51);
    // setNativeTokenManagementFrom, and a method that nobody has.
    let selector = keccak256("setNativeTokenManagementFrom(uint64)");
    let said = refused(&mut chain, [&selector[..4], &word(1)].concat());
    assert!(
        said.contains("setNativeTokenManagementFrom") && said.contains("not supported"),
        "{said}"
    );
    let said = refused(&mut chain, hex!("01020304").into());
    assert!(said.contains("no method 0x01020304"), "{said}");
}

#[test]
#[should_panic(expected = "the rules of ArbOS 52 are not known")]
fn a_chain_of_unknown_rules_is_not_started() {
    chain_at(52);
}

#[test]
fn the_dictionary_of_nitro_is_refused_by_name() {
    let mut chain = chain();
    let mut code = program(&counter());
    code[3] = 1;
    let program = deploy(&mut chain, &code);
    let receipt = activate(&mut chain, program);
    assert!(!receipt.success && receipt.gas_used < 2_000_000);
    let said = receipt.note.unwrap_or_default();
    assert!(said.contains("dictionary"), "{said}");
}
