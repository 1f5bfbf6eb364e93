//! A chain for tests, and small programs to run on it.
#![allow(dead_code, missing_docs, unreachable_pub)]

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, hex};
use alloy_sol_types::{SolCall, sol};
use k256::ecdsa::SigningKey;
use stylus_chain::{
    AccountView, BlockId, CallOutcome, CallRequest, Chain, ChainConfig, Halt, Overrides, Receipt,
};

pub const DEV: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
pub const ALICE: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
pub const ARB_WASM: Address = Address::with_last_byte(0x71);
pub const ARB_WASM_CACHE: Address = Address::with_last_byte(0x72);
pub const ARB_OWNER: Address = Address::with_last_byte(0x70);
pub const ARB_DEBUG: Address = Address::with_last_byte(0xff);
pub const CACHE_MANAGER: Address = address!("a6e41ffd769491a42a6e5ce453259b93983a22ef");
pub const START: u64 = 1_800_000_000;
pub const DAY: u64 = 86_400;

sol! {
    #![sol(all_derives)]
    interface ArbOs {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function programVersion(address program) external view returns (uint16);
        function programTimeLeft(address program) external view returns (uint64);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function codehashVersion(bytes32 codehash) external view returns (uint16);
        function stylusVersion() external view returns (uint16);
        function cacheProgram(address program) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
        function setWasmFreePages(uint16 pages) external;
        function setWasmPageLimit(uint16 limit) external;
        function scheduleArbOSUpgrade(uint64 version, uint64 timestamp) external;
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        error ProgramNotActivated();
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    }
}

pub fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(10u64.pow(18))
}

/// The request with that value.
pub fn paying(value: U256, request: CallRequest) -> CallRequest {
    CallRequest { value, ..request }
}

/// The request with that much gas.
pub fn with_gas(gas: u64, request: CallRequest) -> CallRequest {
    let gas = Some(gas);
    CallRequest { gas, ..request }
}

pub fn chain() -> Chain {
    chain_at(ChainConfig::default().arbos_version)
}

/// A chain where every account may send without signature and calls have plenty of gas.
pub fn chain_at(arbos_version: u64) -> Chain {
    Chain::new(ChainConfig {
        arbos_version,
        timestamp: Some(START),
        auto_impersonate: true,
        rpc_gas_cap: 1 << 50,
        ..ChainConfig::default()
    })
}

pub fn request(to: Address, input: impl Into<Bytes>) -> CallRequest {
    let (from, to, input) = (Some(ALICE), Some(to), input.into());
    CallRequest {
        from,
        to,
        input,
        gas: Some(30_000_000),
        ..CallRequest::default()
    }
}

/// Sends a transaction and gives its receipt.
pub fn send(chain: &mut Chain, from: Address, mut request: CallRequest) -> Receipt {
    request.from = Some(from);
    let hash = chain
        .submit_unsigned(from, request)
        .expect("the transaction is accepted");
    chain.receipt(hash).expect("the transaction is mined")
}

/// Sends a transaction that has to succeed.
#[track_caller]
pub fn done(chain: &mut Chain, from: Address, request: CallRequest) -> Receipt {
    let receipt = send(chain, from, request);
    assert!(receipt.success, "{receipt:?}");
    receipt
}

/// Gas of transactions to these programs in one block.
pub fn gas_in_one_block<const N: usize>(chain: &mut Chain, programs: [Address; N]) -> [u64; N] {
    chain.set_automine(false);
    let hashes = programs.map(|program| {
        let hash = chain.submit_unsigned(ALICE, request(program, Bytes::new()));
        hash.expect("accepted")
    });
    chain.mine(1, None).expect("mines");
    chain.set_automine(true);
    hashes.map(|hash| chain.receipt(hash).expect("mined").gas_used)
}

/// Why a frame ended that took all its gas.
pub fn halted(halt: &Option<Halt>) -> &str {
    &halt.as_ref().expect("a halt").0
}

/// Calls the account whose address is this last byte.
pub fn raw(chain: &Chain, to: u8, data: &[u8]) -> CallOutcome {
    call(chain, request(Address::with_last_byte(to), data.to_vec()))
}

/// The number that such a call answers.
#[track_caller]
pub fn number(chain: &Chain, to: u8, data: &[u8]) -> U256 {
    let outcome = raw(chain, to, data);
    assert!(outcome.success, "{data:02x?}");
    U256::from_be_slice(outcome.output.get(..32).unwrap_or_default())
}

pub fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

pub fn calldata(selector: [u8; 4], arguments: &[u64]) -> Vec<u8> {
    let words: Vec<u8> = arguments.iter().copied().flat_map(word).collect();
    [&selector[..], &words].concat()
}

/// Gas of a transaction's calldata.
pub fn calldata_gas(data: &[u8]) -> u64 {
    let price = |byte: &u8| if *byte == 0 { 4 } else { 16 };
    data.iter().map(price).sum()
}

/// A transaction of a chain owner to ArbOwner.
pub fn acts(chain: &mut Chain, selector: [u8; 4], arguments: &[u64]) -> Receipt {
    send(
        chain,
        DEV,
        request(ARB_OWNER, calldata(selector, arguments)),
    )
}

pub fn own(chain: &mut Chain, selector: [u8; 4], arguments: &[u64]) -> bool {
    acts(chain, selector, arguments).success
}

pub fn call(chain: &Chain, request: CallRequest) -> CallOutcome {
    chain
        .call(request, BlockId::latest(), &Overrides::default())
        .expect("the call is accepted")
}

/// Calls a view of a precompile and decodes its answer.
pub fn ask<C: SolCall>(chain: &Chain, to: Address, question: C) -> C::Return {
    let outcome = call(chain, request(to, question.abi_encode()));
    assert!(outcome.success, "{outcome:?}");
    C::abi_decode_returns(&outcome.output).expect("the answer decodes")
}

/// A chain that was loaded from what this one saved.
pub fn loaded(chain: &Chain) -> Chain {
    let saved = serde_json::to_string(&chain.dump_state().expect("dumps")).expect("serializes");
    let mut other = self::chain();
    let state = stylus_chain::ChainState::from_json(saved.as_bytes()).expect("parses");
    other.load_state(state).expect("loads");
    other
}

/// The next block from that time on brings the version.
pub fn schedule(chain: &mut Chain, version: u64, timestamp: u64) {
    let upgrade = ArbOs::scheduleArbOSUpgradeCall { version, timestamp };
    done(chain, DEV, request(ARB_OWNER, upgrade.abi_encode()));
}

/// Takes a chain to that version with the next block.
pub fn upgrade(chain: &mut Chain, version: u64) {
    schedule(chain, version, 0);
    chain.mine(1, None).expect("mines");
    assert_eq!(chain.arbos_version(), version);
}

pub fn is_cached(chain: &Chain, program: Address) -> bool {
    let codehash = code_hash(chain, program);
    ask(
        chain,
        ARB_WASM_CACHE,
        ArbOs::codehashIsCachedCall { codehash },
    )
}

pub fn slot(chain: &Chain, address: Address, slot: u64) -> U256 {
    chain
        .storage(address, U256::from(slot), BlockId::latest())
        .expect("latest exists")
        .into()
}

/// Init code that deploys `code` as it is.
pub fn deploying(code: &[u8]) -> Vec<u8> {
    let mut init = vec![0x7f];
    init.extend(U256::from(code.len()).to_be_bytes::<32>());
    init.extend(hex!("80602a5f395ff3"));
    assert_eq!(init.len(), 40);
    init[35] = 40;
    init.extend(code);
    init
}

pub fn deploy(chain: &mut Chain, code: &[u8]) -> Address {
    let create = CallRequest {
        input: deploying(code).into(),
        gas: Some(30_000_000),
        ..CallRequest::default()
    };
    let receipt = done(chain, ALICE, create);
    receipt.contract_address.expect("a creation has an address")
}

/// The on-chain form of a module.
pub fn program(wat: &str) -> Vec<u8> {
    let wasm = wat::parse_str(wat).expect("the module is well-formed");
    stylus_vm::compress(&wasm).expect("it is compressed")
}

pub fn activate(chain: &mut Chain, program: Address) -> Receipt {
    let input = ArbOs::activateProgramCall { program }.abi_encode();
    let request = CallRequest {
        value: ether(1),
        ..request(ARB_WASM, input)
    };
    send(chain, ALICE, request)
}

/// Activates a program, which has to succeed.
#[track_caller]
pub fn activated(chain: &mut Chain, program: Address) -> Receipt {
    let receipt = activate(chain, program);
    assert!(receipt.success, "{receipt:?}");
    receipt
}

/// Deploys and activates a module.
pub fn install(chain: &mut Chain, wat: &str) -> Address {
    let address = deploy(chain, &program(wat));
    activated(chain, address);
    address
}

/// The same with a module of one page that has this entry point, see [`module`].
pub fn install_body(chain: &mut Chain, body: &str) -> Address {
    install(chain, &module(1, body))
}

/// The two fragments of a module, as code of accounts.
pub fn fragments(wat: &str) -> [Vec<u8>; 2] {
    let whole = program(wat);
    let (first, second) = whole[4..].split_at(whole.len() / 2);
    [first, second].map(|part| [&hex!("eff001")[..], part].concat())
}

/// The code that puts fragments together to a module of so many bytes.
pub fn root(len: usize, fragments: &[Address]) -> Vec<u8> {
    let len = u32::try_from(len).expect("small").to_be_bytes();
    let parts = fragments.iter().map(|part| part.as_slice());
    [
        &hex!("eff00200")[..],
        &len,
        &parts.collect::<Vec<_>>().concat(),
    ]
    .concat()
}

pub fn account(chain: &Chain, address: Address) -> AccountView {
    let account = chain.account(address, BlockId::latest());
    account.expect("latest exists")
}

pub fn code_hash(chain: &Chain, address: Address) -> B256 {
    account(chain, address).code_hash
}

/// Calldata for the forwarders: whom to call, and with what.
pub fn via(to: Address, rest: &[u8]) -> Vec<u8> {
    [to.into_word().as_slice(), rest].concat()
}

/// EVM code that calls the address in the first calldata word with the rest and passes the result on.
pub const EVM_FORWARD: [u8; 33] =
    hex!("60203603806020 5f375f5f915f5f5f355af13d5f5f3e15601d573d5ff35b3d5ffd");
/// The same by delegatecall.
pub const EVM_DELEGATE: [u8; 32] =
    hex!("60203603806020 5f375f5f915f5f355af43d5f5f3e15601c573d5ff35b3d5ffd");
/// The same by staticcall.
pub const EVM_STATIC: [u8; 32] =
    hex!("60203603806020 5f375f5f915f5f355afa3d5f5f3e15601c573d5ff35b3d5ffd");

const IMPORTS: &str = r#"
    (import "vm_hooks" "read_args" (func $read_args (param i32)))
    (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
    (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
    (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
    (import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
    (import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
    (import "vm_hooks" "return_data_size" (func $return_data_size (result i32)))
    (import "vm_hooks" "emit_log" (func $emit_log (param i32 i32 i32)))
    (import "vm_hooks" "contract_address" (func $contract_address (param i32)))
    (import "vm_hooks" "msg_sender" (func $msg_sender (param i32)))
    (import "vm_hooks" "msg_value" (func $msg_value (param i32)))
    (import "vm_hooks" "msg_reentrant" (func $msg_reentrant (result i32)))
    (import "vm_hooks" "evm_gas_left" (func $gas_left (result i64)))
    (import "vm_hooks" "pay_for_memory_grow" (func $grow (param i32)))
"#;

/// A module with one page (or `pages`), all usual imports and this body of `user_entrypoint`.
pub fn module(pages: u32, body: &str) -> String {
    format!(
        r#"(module {IMPORTS}
        (memory (export "memory") {pages})
        (func $count
            ;; slot 0 of the acting account += 1, flushed
            (call $load (i32.const 60000) (i32.const 60100))
            (i32.store8 (i32.const 60131) (i32.add (i32.load8_u (i32.const 60131)) (i32.const 1)))
            (call $store (i32.const 60000) (i32.const 60100))
            (call $flush (i32.const 1)))
        (func $pass_on
            (drop (call $read_return_data (i32.const 0) (i32.const 0) (call $return_data_size)))
            (call $write_result (i32.const 0) (call $return_data_size)))
        (func (export "user_entrypoint") (param $len i32) (result i32)
            (local $status i32) (local $before i64) (local $at i32) (local $size i32)
            (call $read_args (i32.const 0))
            {body}))"#
    )
}

/// Notes the gas of `what` as the next number of [`DONE`].
pub fn measured(what: &str) -> String {
    format!(
        "(local.set $before (call $gas_left)) {what}
         (i64.store (i32.add (i32.const 50000) (local.get $size)) (i64.sub (local.get $before) (call $gas_left)))
         (local.set $size (i32.add (local.get $size) (i32.const 8)))"
    )
}

/// Returns the numbers that were noted.
pub const DONE: &str = "(call $write_result (i32.const 50000) (local.get $size)) (i32.const 0)";

/// Numbers that a program wrote as little-endian i64.
pub fn numbers(output: &[u8]) -> Vec<u64> {
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    output.chunks(8).map(number).collect()
}

/// Adds one to slot 0 and returns the new count as a word.
pub fn counter() -> String {
    module(
        1,
        "(call $count) (call $write_result (i32.const 60100) (i32.const 32)) (i32.const 0)",
    )
}

/// Counts, then calls as [`via`] says and passes the result on; a failure becomes a revert.
pub fn forwarder() -> String {
    module(
        1,
        "(call $count)
         (local.set $status (call $call (i32.const 12) (i32.const 32)
            (i32.sub (local.get $len) (i32.const 32)) (i32.const 61000) (i64.const -1) (i32.const 61100)))
         (call $pass_on)
         (local.get $status)",
    )
}

/// Calls by delegatecall as [`via`] says and passes the result on.
pub fn delegator() -> String {
    module(
        1,
        "(local.set $status (call $delegate (i32.const 12) (i32.const 32)
            (i32.sub (local.get $len) (i32.const 32)) (i64.const -1) (i32.const 61100)))
         (call $pass_on)
         (local.get $status)",
    )
}

/// Calls by staticcall as [`via`] says and returns the status as one byte, whatever it is.
pub fn static_caller() -> String {
    module(
        1,
        "(i32.store8 (i32.const 62000) (call $static (i32.const 12) (i32.const 32)
            (i32.sub (local.get $len) (i32.const 32)) (i64.const -1) (i32.const 61100)))
         (call $write_result (i32.const 62000) (i32.const 1))
         (i32.const 0)",
    )
}

pub const FEE: u128 = 100_000_000;
pub const BOB: Address = Address::repeat_byte(0xb0);

/// Key of [`ALICE`].
pub fn key() -> SigningKey {
    let key = hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    SigningKey::from_slice(&key).expect("a valid key")
}

pub fn sign(hash: B256, key: &SigningKey) -> Signature {
    key.sign_prehash_recoverable(hash.as_slice())
        .expect("signs")
        .into()
}

pub fn signed<T: SignableTransaction<Signature>>(tx: T) -> TxEnvelope
where
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = sign(tx.signature_hash(), &key());
    tx.into_signed(signature).into()
}

pub fn transfer(nonce: u64) -> TxEip1559 {
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

pub fn balance(chain: &Chain, address: Address) -> U256 {
    account(chain, address).balance
}
