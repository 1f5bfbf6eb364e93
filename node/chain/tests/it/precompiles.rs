//! ArbOS' precompiles: selectors, access rules, gas.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, address, hex};
use alloy_sol_types::{SolCall, SolError, sol};
use stylus_chain::{BlockId, Chain};

const INTRINSIC: u64 = 21_000;

/// Gas of the precompile itself in a top-level call.
fn body_gas(chain: &Chain, to: u8, data: &[u8]) -> u64 {
    raw(chain, to, data).gas_used - INTRINSIC - calldata_gas(data)
}

#[test]
fn parameters_are_answered_under_their_selectors() {
    let chain = chain();
    for (to, selector, value) in [
        (0x71, hex!("a996e0c2"), 3u64),
        (0x71, hex!("d1c17abc"), 10_000),
        (0x71, hex!("8ccfaa70"), 22_000),
        (0x71, hex!("4490c19d"), 2),
        (0x71, hex!("7af4ba49"), 1_000),
        (0x71, hex!("11c82ae8"), 620_674_314),
        (0x71, hex!("9786f96e"), 128),
        (0x71, hex!("5fc94c0b"), 100),
        (0x71, hex!("309f6555"), 365),
        (0x71, hex!("0a936455"), 31),
        (0x71, hex!("7af6e819"), 32),
        (0x71, hex!("2278c278"), 0),
        (0x64, hex!("a3b1b31d"), 0),
        (0x64, hex!("d127f54a"), 412_346),
        (0x64, hex!("051038f2"), 116),
        (0x64, hex!("a94597ff"), 0),
        (0x64, hex!("08bd624c"), 1),
        (0x6b, hex!("22d499c7"), 1),
        (0x6b, hex!("2d9125e9"), 0),
        (0x6b, hex!("ee95a824"), 0),
        (0x6b, hex!("2aa9551e"), 0),
        (0x6c, hex!("aae1cd4c"), 32_000_000),
        (0x6c, hex!("0371fdb4"), 32_000_000),
        (0x6c, hex!("f918379a"), 100_000_000),
        (0x6c, hex!("f5d6ded7"), 0),
        (0x6c, hex!("055f362f"), 0),
        (0x6c, hex!("29eb31ee"), 10),
        (0x6c, hex!("8a5b1d28"), 10),
        (0x6c, hex!("9e6d7e31"), 0),
        (0x6c, hex!("c6f7de0e"), 0),
        (0x6c, hex!("1d5b5c20"), 0),
        (0x6c, hex!("3dfb45b9"), 102),
        (0x6c, hex!("25754f91"), 10),
        (0x6c, hex!("6ecca45a"), 210_000),
        (0x6c, hex!("7a7d6beb"), 0),
        (0x6c, hex!("ad26ce90"), 160_000_000),
        (0x6c, hex!("138b47b4"), 0),
        (0x6c, hex!("520acdd7"), 0),
        (0x6c, hex!("5b39d23c"), 0),
        (0x6c, hex!("963d6002"), 0),
        (0x6c, hex!("eff01306"), 0),
        (0x6c, hex!("2987d027"), 0),
        (0x66, hex!("949d225d"), 0),
    ] {
        let found = number(&chain, to, &selector);
        assert_eq!(found, U256::from(value), "{to:#x} {selector:02x?}");
    }
    let prices = raw(&chain, 0x6c, &hex!("41b247a8")).output;
    let word = |at: usize| U256::from_be_slice(&prices[at * 32..at * 32 + 32]);
    assert_eq!(word(2), U256::from(20_000u64 * 100_000_000));
    assert_eq!(word(5), U256::from(100_000_000));
    for selector in [hex!("ba9c916e"), hex!("7a1ea732")] {
        let data = [&selector[..], &[0; 32]].concat();
        assert!(raw(&chain, 0x6c, &data).success, "{selector:02x?}");
    }
    assert!(raw(&chain, 0x6c, &hex!("02199f34")).success);
    assert!(raw(&chain, 0x6c, &hex!("612af178")).success);
}

#[test]
fn views_cost_what_arbos_charges() {
    let chain = chain();
    // open state 800 + params 100 + result 3
    assert_eq!(body_gas(&chain, 0x71, &hex!("a996e0c2")), 903);
    // + one word of arguments 3 + params 100 + record 800; typed error without result words: 4 bytes = 1 word
    let missing = [&hex!("d70c0ca7")[..], &[1; 32]].concat();
    assert_eq!(body_gas(&chain, 0x71, &missing), 800 + 3 + 900 + 3);
    let error = raw(&chain, 0x71, &missing);
    assert_eq!(
        error.output,
        Bytes::from(ArbOs::ProgramNotActivated {}.abi_encode())
    );
    // code hash 2 600
    let program = [&hex!("cc8f4e88")[..], &[0; 32]].concat();
    assert_eq!(body_gas(&chain, 0x71, &program), 800 + 3 + 3_500 + 3);
    // one manager: 800·(1+1), three result words
    assert_eq!(body_gas(&chain, 0x72, &hex!("0ec1d773")), 800 + 1_600 + 9);
}

#[test]
fn activation_costs_the_documented_constant_parts() {
    // The read of the activation gas came with ArbOS 59.
    for (arbos_version, stylus_version, constant) in
        [(51, 2, 1_747_826), (59, 3, 1_748_626), (61, 3, 1_748_626)]
    {
        let rules = stylus_vm::Rules {
            debug: true,
            arbos_version,
            stylus_version,
            ..stylus_vm::Rules::default()
        };
        assert_eq!(constant_gas_of_an_activation(rules), constant);
    }
}

/// What an activation costs beyond the transaction, its calldata and what depends on the module.
fn constant_gas_of_an_activation(rules: stylus_vm::Rules) -> u64 {
    let mut chain = chain_at(rules.arbos_version);
    let program = deploy(&mut chain, &crate::common::program(&counter()));
    let wasm = wat::parse_str(counter()).expect("well-formed");
    let mut gas = 30_000_000;
    stylus_vm::activate(&wasm, &rules, &mut gas).expect("activates");
    let input = ArbOs::activateProgramCall { program }.abi_encode();
    let receipt = activate(&mut chain, program);
    receipt.gas_used - INTRINSIC - calldata_gas(&input) - (30_000_000 - gas)
}

#[test]
fn broken_rules_take_all_gas() {
    let mut chain = chain();
    let all = |outcome: stylus_chain::CallOutcome| {
        assert!(!outcome.success && outcome.output.is_empty(), "{outcome:?}");
        assert_eq!(outcome.gas_used, 30_000_000);
    };
    all(raw(&chain, 0x71, &hex!("a996e0")));
    all(raw(&chain, 0x71, &hex!("01020304")));
    all(raw(&chain, 0x71, &hex!("cc8f4e88")));
    all(raw(&chain_at(51), 0x71, &hex!("2278c278")));
    all(call(
        &chain,
        paying(U256::from(1), request(ARB_WASM, hex!("a996e0c2"))),
    ));
    // Not by delegatecall, not writing in a static frame.
    let delegate = deploy(&mut chain, &EVM_DELEGATE);
    let outcome = call(&chain, request(delegate, via(ARB_WASM, &hex!("a996e0c2"))));
    assert!(!outcome.success && outcome.gas_used > 29_000_000);
    let fixed = deploy(&mut chain, &EVM_STATIC);
    let evict = ArbOs::evictCodehashCall {
        codehash: B256::ZERO,
    }
    .abi_encode();
    assert!(!call(&chain, request(fixed, via(ARB_WASM_CACHE, &evict))).success);
    let view = call(&chain, request(fixed, via(ARB_WASM, &hex!("a996e0c2"))));
    assert!(view.success);
}

#[test]
fn owners_act_free_of_gas_and_others_lose_all() {
    let mut chain = chain();
    let input = ArbOs::setWasmFreePagesCall { pages: 9 }.abi_encode();
    let receipt = send(&mut chain, ALICE, request(ARB_OWNER, input.clone()));
    assert_eq!((receipt.success, receipt.gas_used), (false, 30_000_000));
    let receipt = send(&mut chain, DEV, request(ARB_OWNER, input.clone()));
    assert_eq!(
        (receipt.success, receipt.gas_used),
        (true, INTRINSIC + calldata_gas(&input))
    );
    let topic = hex!("3c9e6a772755407311e3b35b3ee56799df8f87395941b3a658eee9e08a67ebda");
    assert_eq!(receipt.logs[0].topics()[0], B256::from(topic));
    assert_eq!(number(&chain, 0x71, &hex!("4490c19d")), U256::from(9));
    // becomeChainOwner makes the difference.
    done(&mut chain, ALICE, request(ARB_DEBUG, hex!("0e5bbc11")));
    assert!(send(&mut chain, ALICE, request(ARB_OWNER, input)).success);
}

sol! {
    function arbBlockHash(uint256 number) external view returns (bytes32);
    function addressExists(address account) external view returns (bool);
    function register(address account) external returns (uint256);
    function lookupIndex(uint256 index) external view returns (address);
    function compress(address account) external returns (bytes memory);
    error InvalidBlockNumber(uint256 requested, uint256 current);
}

#[test]
fn arbsys_knows_block_hashes_and_the_address_table_remembers() {
    let mut chain = chain();
    chain.mine(3, None).expect("mines");
    let sys = Address::with_last_byte(0x64);
    let hash = ask(
        &chain,
        sys,
        arbBlockHashCall {
            number: U256::from(2),
        },
    );
    assert_eq!(hash, chain.block(BlockId::number(2)).expect("known").hash);
    let future = call(
        &chain,
        request(
            sys,
            arbBlockHashCall {
                number: U256::from(3),
            }
            .abi_encode(),
        ),
    );
    assert!(InvalidBlockNumber::abi_decode(&future.output).is_ok());

    // EIP-2935 answers the same.
    let history = address!("0000F90827F1C53a10cb7A02335B175320002935");
    assert_eq!(
        call(&chain, request(history, word(2))).output,
        Bytes::from(hash)
    );
    for refused in [&word(3)[..], &word(4)[..], &[][..]] {
        assert!(!call(&chain, request(history, refused.to_vec())).success);
    }

    let table = Address::with_last_byte(0x66);
    let account = address!("00000000000000000000000000000000000000aa");
    assert!(!ask(&chain, table, addressExistsCall { account }));
    done(
        &mut chain,
        ALICE,
        request(table, registerCall { account }.abi_encode()),
    );
    assert!(ask(&chain, table, addressExistsCall { account }));
    let found = ask(&chain, table, lookupIndexCall { index: U256::ZERO });
    assert_eq!(found, account);
    let found = ask(&chain, table, compressCall { account });
    assert_eq!(found, Bytes::from_static(&[0x80]));
}

#[test]
fn precompiles_have_one_byte_of_code_from_their_version_on() {
    for (version, last, code) in [
        (51, 0x71, 1),
        (40, 0x73, 0),
        (41, 0x73, 1),
        (51, 0x74, 0),
        (60, 0x74, 1),
    ] {
        let chain = chain_at(version);
        let account = account(&chain, Address::with_last_byte(last));
        assert_eq!(account.code.len(), code, "{version} {last:#x}");
    }
    // Too new: an empty account.
    let outcome = raw(&chain_at(40), 0x73, &hex!("01020304"));
    assert_eq!(
        (outcome.success, outcome.gas_used),
        (true, INTRINSIC + 4 * 16)
    );
}

#[test]
fn keepalive_and_caching_cost_what_arbos_charges() {
    let mut chain = chain();
    let program = install(&mut chain, &counter());
    let codehash = code_hash(&chain, program);
    let gas = |receipt: &stylus_chain::Receipt, input: &[u8]| {
        assert!(receipt.success, "{receipt:?}");
        receipt.gas_used - INTRINSIC - calldata_gas(input) - 800 - 3
    };
    chain.increase_time(40 * DAY);
    let input = ArbOs::codehashKeepaliveCall { codehash }.abi_encode();
    let paid = paying(ether(1), request(ARB_WASM, input.clone()));
    let receipt = send(&mut chain, ALICE, paid);
    let found = gas(&receipt, &input);
    assert_eq!(found, 100 + 800 + 44_000 + 20_000 + 800 + 1_381);

    let quoted = ask(&chain, ARB_WASM, ArbOs::programInitGasCall { program });
    let init_cost = quoted.gas - quoted.gasWhenCached - 8_832;
    let input = ArbOs::cacheProgramCall { program }.abi_encode();
    let receipt = send(&mut chain, DEV, request(ARB_WASM_CACHE, input.clone()));
    let update = 1_756 + init_cost + 800 + 20_000;
    assert_eq!(gas(&receipt, &input), 2_600 + 1_600 + 100 + 800 + update);
    let receipt = send(&mut chain, DEV, request(ARB_WASM_CACHE, input.clone()));
    assert_eq!(gas(&receipt, &input), 2_600 + 1_600 + 100 + 800);
    assert!(
        receipt.logs.is_empty(),
        "setting the present value is silent"
    );
    chain.set_balance(CACHE_MANAGER, ether(1));
    let input = ArbOs::evictCodehashCall { codehash }.abi_encode();
    let receipt = send(
        &mut chain,
        CACHE_MANAGER,
        request(ARB_WASM_CACHE, input.clone()),
    );
    assert_eq!(gas(&receipt, &input), 800 + 100 + 800 + update);
}

#[test]
fn arbos_test_burns_the_gas_that_is_named() {
    let chain = chain();
    sol! {
        function burnArbGas(uint256 amount) external pure;
    }
    let burn = |amount: U256| burnArbGasCall { amount }.abi_encode();
    let burned = |amount: u64| body_gas(&chain, 0x69, &burn(U256::from(amount)));
    let nothing = burned(0);
    // The byte of calldata that is not zero is counted by `body_gas`.
    assert_eq!(burned(7_000) - nothing, 7_000);
    let all = raw(&chain, 0x69, &burn(U256::from(u64::MAX)));
    assert!(all.success);
    assert_eq!(all.gas_used, 30_000_000);
    let refused = raw(&chain, 0x69, &burn(U256::MAX));
    assert!(!refused.success);
    assert_eq!(refused.refusal.as_deref(), Some("not a uint64"));
}

#[test]
fn the_list_of_owners_has_nothing_to_correct() {
    let mut chain = chain();
    sol! {
        function rectifyChainOwner(address account) external;
        function becomeChainOwner() external;
    }
    let public = Address::with_last_byte(0x6b);
    let asked = |chain: &Chain, account: Address| {
        let question = rectifyChainOwnerCall { account }.abi_encode();
        call(chain, request(public, question)).refusal
    };
    let not = Some("RectifyMapping: Address is not an owner".to_owned());
    assert_eq!(asked(&chain, ALICE), not);
    let become_owner = becomeChainOwnerCall {}.abi_encode();
    send(&mut chain, ALICE, request(ARB_DEBUG, become_owner));
    let mapped = Some("RectifyMapping: Owner address is correctly mapped".to_owned());
    assert_eq!(asked(&chain, ALICE), mapped);
}

#[test]
fn a_legacy_error_reverts_without_data_and_in_its_own_words() {
    let chain = chain();
    sol! {
        function legacyError() external pure;
    }
    let refused = call(&chain, request(ARB_DEBUG, legacyErrorCall {}.abi_encode()));
    assert!(!refused.success && refused.output.is_empty());
    assert_eq!(refused.refusal.as_deref(), Some("example legacy error"));
}

/// A method by its signature, and its arguments.
fn method(signature: &str, arguments: &[U256]) -> Vec<u8> {
    let selector = alloy_primitives::keccak256(signature);
    let words = arguments.iter().map(|word| word.to_be_bytes::<32>());
    [&selector[..4], &words.collect::<Vec<_>>().concat()].concat()
}

#[test]
fn methods_cost_what_was_measured_on_nitro() {
    let chain = chain();
    let owner = U256::from_be_slice(DEV.as_slice());
    for (to, signature, arguments, gas) in [
        (0x6c, "getPricesInArbGas()", vec![], 1_609),
        (0x6c, "getL1PricingSurplus()", vec![], 3_203),
        (0x6c, "getMultiGasBaseFee()", vec![], 8_833),
        (0x6c, "getGasPricingConstraints()", vec![], 1_606),
        (0x6e, "redeem(bytes32)", vec![U256::from(7)], 2_406),
        (0x6b, "rectifyChainOwner(address)", vec![owner], 4_003),
        (
            0x6b,
            "rectifyChainOwner(address)",
            vec![U256::from(7)],
            1_603,
        ),
        (0x6b, "isNativeTokenOwner(address)", vec![owner], 1_606),
        (0x6b, "getAllNativeTokenOwners()", vec![], 1_606),
        (0x6b, "getNativeTokenManagementFrom()", vec![], 1_603),
        (0x6d, "getBatchPosters()", vec![], 2_409),
        (0x6d, "getDefaultAggregator()", vec![], 803),
        (0x6d, "getPreferredAggregator(address)", vec![owner], 809),
        (0x6d, "getFeeCollector(address)", vec![owner], 1_603),
        (0x68, "size(address)", vec![owner], 806),
        (0x68, "get(address,uint256)", vec![owner, owner], 806),
        (0x74, "isTransactionFiltered(bytes32)", vec![owner], 1_600),
        (0xff, "becomeChainOwner()", vec![], 63_200),
        (0xff, "eventsView()", vec![], 800),
    ] {
        let data = method(signature, &arguments);
        assert_eq!(body_gas(&chain, to, &data), gas, "{signature}");
    }
}

#[test]
fn arguments_beyond_their_type_are_refused_and_the_high_bytes_of_addresses_ignored() {
    let mut chain = chain();
    let two = |bits: usize| U256::ONE << bits;
    for (signature, arguments) in [
        ("customRevert(uint64)", vec![two(64) + U256::from(5)]),
        ("events(bool,bytes32)", vec![U256::from(2), U256::ZERO]),
    ] {
        let outcome = raw(&chain, 0xff, &method(signature, &arguments));
        assert!(!outcome.success && outcome.output.is_empty(), "{signature}");
        assert_eq!(outcome.gas_used, 30_000_000, "{signature}");
    }
    for (signature, arguments) in [
        ("setInkPrice(uint32)", vec![two(32) + U256::ONE]),
        ("setWasmPageGas(uint16)", vec![two(16)]),
        ("setWasmMinInitGas(uint8,uint16)", vec![two(8), U256::ZERO]),
        ("setCalldataPriceIncrease(bool)", vec![U256::from(2)]),
        ("setPerBatchGasCharge(int64)", vec![two(64)]),
    ] {
        let input = method(signature, &arguments);
        let receipt = send(&mut chain, DEV, request(ARB_OWNER, input));
        assert!(!receipt.success, "{signature}");
    }
    let owner = U256::from_be_slice(DEV.as_slice());
    let question = |word| method("isChainOwner(address)", &[word]);
    for word in [owner, owner | U256::MAX << 160] {
        assert_eq!(number(&chain, 0x6b, &question(word)), U256::ONE);
    }
}

#[test]
fn setters_of_owners_have_nitros_limits() {
    let mut chain = chain();
    let mut set = |signature: &str, arguments: &[u64]| {
        let arguments: Vec<_> = arguments.iter().copied().map(U256::from).collect();
        let input = method(signature, &arguments);
        send(&mut chain, DEV, request(ARB_OWNER, input)).success
    };
    assert!(set("setWasmMinInitGas(uint8,uint16)", &[255, 65_535]));
    assert!(set("setWasmInitCostScalar(uint64)", &[u64::MAX]));
    assert!(!set("setSpeedLimit(uint64)", &[0]));
    assert!(!set("setBrotliCompressionLevel(uint64)", &[12]));
    assert!(set("setBrotliCompressionLevel(uint64)", &[11]));
    // The fields are full at 255 units.
    let start = raw(&chain, 0x71, &method("minInitGas()", &[])).output;
    assert_eq!(start, Bytes::from([word(256), word(255 * 32)].concat()));
    assert_eq!(number(&chain, 0x71, &hex!("5fc94c0b")), U256::from(510));

    // A call may not set it to nothing, a transaction may.
    let nothing = method("setMinimumL2BaseFee(uint256)", &[U256::ZERO]);
    let mut called = request(ARB_OWNER, nothing.clone());
    called.from = Some(DEV);
    let refusal = call(&chain, called).refusal;
    assert_eq!(refusal.as_deref(), Some("minimum base fee must be nonzero"));
    assert!(send(&mut chain, DEV, request(ARB_OWNER, nothing)).success);
}

#[test]
fn an_owner_needs_the_gas_of_a_method_and_gets_it_back() {
    let mut chain = chain();
    let input = ArbOs::setWasmFreePagesCall { pages: 9 }.abi_encode();
    let intrinsic = INTRINSIC + calldata_gas(&input);
    for (gas, enough) in [(25_000, false), (200_000, true)] {
        let act = with_gas(gas, request(ARB_OWNER, input.clone()));
        let receipt = send(&mut chain, DEV, act);
        assert_eq!((receipt.success, receipt.gas_used), (enough, intrinsic));
        assert_eq!(receipt.logs.len(), usize::from(enough));
    }
    // Without data, too.
    let receipt = send(&mut chain, DEV, request(ARB_OWNER, Bytes::new()));
    assert_eq!((receipt.success, receipt.gas_used), (false, INTRINSIC));
}

sol! {
    function withdrawEth(address destination) external payable returns (uint256);
    function sendTxToL1(address destination, bytes calldata data) external payable returns (uint256);
    function sendMerkleTreeState() external view returns (uint256 size, bytes32 root, bytes32[] memory partials);
}

#[test]
fn messages_to_l1_are_leaves_of_a_tree_and_burn_their_value() {
    let mut chain = chain();
    let sys = Address::with_last_byte(0x64);
    let destination = address!("9A5899c745DF3E466b77e25eC6F1a2960cC8AA9c");
    let withdraw = withdrawEthCall { destination }.abi_encode();
    let data = Bytes::from_static(b"hi");
    let say = sendTxToL1Call { destination, data }.abi_encode();
    let before = account(&chain, sys).balance;
    // As measured: the first, one that is stored at once, and one that completes two levels.
    let mut leaves = Vec::new();
    for (number, input, value, gas) in [
        (0, &withdraw, 5, 68_371),
        (1, &say, 0, 0),
        (2, &withdraw, 5, 69_171),
        (3, &say, 0, 83_702),
    ] {
        let message = paying(U256::from(value), request(sys, input.clone()));
        let receipt = done(&mut chain, ALICE, message);
        assert_eq!(receipt.output, Bytes::from(word(number)));
        if gas > 0 {
            assert_eq!(receipt.gas_used, gas, "{number}");
        }
        // Nodes that are complete now, then the message.
        assert_eq!(receipt.logs.len(), [1, 2, 1, 3][number as usize]);
        let topics = receipt.logs.last().expect("a log").topics().to_vec();
        assert_eq!(topics[3], B256::from(word(number)));
        leaves.push(topics[2]);
    }
    assert_eq!(account(&chain, sys).balance, before);

    let hash = |data: &[u8]| alloy_primitives::keccak256(data);
    let pair = |a: B256, b: B256| hash(&[a.as_slice(), b.as_slice()].concat());
    let leaves: Vec<B256> = leaves.iter().map(|leaf| hash(leaf.as_slice())).collect();
    let root = pair(pair(leaves[0], leaves[1]), pair(leaves[2], leaves[3]));
    let header = chain
        .block(BlockId::latest())
        .expect("known")
        .header
        .clone();
    assert_eq!(header.extra_data[..], root[..]);
    assert_eq!(header.mix_hash[..8], 4u64.to_be_bytes());

    let question = request(sys, sendMerkleTreeStateCall {}.abi_encode());
    let asked = call(&chain, question.clone());
    let refusal = asked.refusal.as_deref();
    assert_eq!(refusal, Some("method can only be called by address zero"));
    let mut by_zero = question;
    by_zero.from = Some(Address::ZERO);
    let state = sendMerkleTreeStateCall::abi_decode_returns(&call(&chain, by_zero).output);
    let state = state.expect("decodes");
    assert_eq!((state.size, state.root), (U256::from(4), root));
    assert_eq!(state.partials, [B256::ZERO, B256::ZERO, root]);
}
