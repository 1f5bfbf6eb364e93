use super::*;
use alloy_primitives::TxKind;
use alloy_sol_types::{SolCall, SolEvent};
use revm::context::{Context, TxEnv, result::ExecutionResult};
use revm::database::{CacheDB, EmptyDB};
use revm::state::{AccountInfo, Bytecode};
use revm::{ExecuteEvm, MainBuilder, MainContext};
use stylus_upgrades_interface::layouts::ILayouts::{
    LayoutPublished, layoutAtCall, publishLayoutCall,
};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{AdminChanged, Upgraded};
use stylus_upgrades_interface::{evm_proxy, slots};

#[test]
fn creation_code_is_that_of_the_other_tools() {
    let code = creation_code(&[0xaa; 3]);
    let prelude =
        "7f000000000000000000000000000000000000000000000000000000000000000380602b6000396000f300";
    assert_eq!(hex::encode(&code), format!("{prelude}aaaaaa"));
    assert_eq!(prelude.len() / 2, PRELUDE);
}

#[test]
fn the_stub_reverts_with_the_selector_of_upgrade_in_progress() {
    let selector = hex::encode(&keccak256("UpgradeInProgress()")[..4]);
    assert_eq!(
        hex::encode(stub_code()),
        format!("63{selector}60e01b5f5260045ffd")
    );
}

#[test]
fn the_creation_of_a_wasm_proxy_writes_both_slots_and_returns_its_code() {
    let code = proxy_creation_code(Address::repeat_byte(0x11), &[0xbb; 5]);
    let whole = format!("33 {} 610005 80 61008e 5f39 5ff3 bbbbbbbbbb", created());
    assert_eq!(hex::encode(&code), bare(&whole));
}

/// What every proxy begins with, by the creator on top of the stack, over the stub 0x11….
fn created() -> String {
    let (admin, implementation) = (slots::ADMIN, slots::IMPLEMENTATION);
    let stub = "11".repeat(20);
    let event = AdminChanged::SIGNATURE_HASH;
    format!("80 7f{admin} 55 6020 52 73{stub} 7f{implementation} 55 7f{event} 6040 5f a1")
}

/// The digits of code in a readable text.
fn bare(text: &str) -> String {
    text.replace("0x", "").replace(' ', "")
}

fn selector(signature: &str) -> String {
    hex::encode(&keccak256(signature)[..4])
}

/// An EVM proxy takes its creator from its last word, and whoever runs this into its code.
#[test]
fn the_creation_of_an_evm_proxy_writes_who_decides_and_who_passes_orders_on() {
    let (stub, storage) = (Address::repeat_byte(0x11), Address::repeat_byte(0x33));
    let code = evm_proxy_creation_code(stub, storage);
    let creator = "6020 80 38 03 81 39 6020 51"; // the last word of this code, to memory at 32
    let copy = "61006e 80 6100a2 5f39"; // 110 bytes at 0xa2
    let caller = "33 6060 1b 600a 51 17 600a 52"; // to byte 10 of them
    let proxy = hex::encode(evm_proxy_code(Address::ZERO, storage));
    let whole = format!("{creator} {} {copy} {caller} 5ff3 {proxy}", created());
    assert_eq!(hex::encode(&code), bare(&whole));
}

/// Every byte of an EVM proxy, as the Yellow Paper reads them.
#[test]
fn an_evm_proxy_asks_who_calls_and_forwards() {
    let (orders, storage) = (Address::repeat_byte(0x22), Address::repeat_byte(0x33));
    let arguments = "365f5f37 5f5f365f"; // calldata to memory; of the delegatecall
    let is_orders = format!("33 73{} 14 6055 57", hex::encode(orders));
    let load = format!("7f{} 54", hex::encode(slots::IMPLEMENTATION));
    let delegate = "5b 5af4 3d5f5f3e"; // at 0x44
    let end = "6051 57 3d5ffd 5b 3d5ff3"; // returns at 0x51
    let admin = format!("5b 73{} 6044 56", hex::encode(storage)); // at 0x55
    let whole = format!("{arguments}{is_orders}{load}{delegate}{end}{admin}");
    let code = evm_proxy_code(orders, storage);
    assert_eq!(hex::encode(&code), whole.replace(' ', ""));
    assert_eq!(code.len(), evm_proxy::EVM.size);
}

#[test]
fn the_stub_of_uups_proxies_takes_one_word_of_its_registry() {
    let registry = Address::repeat_byte(0x22);
    let uuid = hex::encode(&keccak256("proxiableUUID()")[..4]);
    let selector = hex::encode(&keccak256("UpgradeInProgress()")[..4]);
    let slot = hex::encode(slots::IMPLEMENTATION);
    let question = format!("5f35 60e01c 63{uuid} 14 603b 57");
    let is_registry = format!("33 73{} 14 36 6020 14 16 6063 57", hex::encode(registry));
    let refuse = format!("63{selector}60e01b5f5260045ffd");
    let proxiable = format!("5b 7f{slot} 5f52 60205ff3"); // at 0x3b
    let signature = Upgraded::SIGNATURE_HASH;
    let set = format!("5b 5f3580 7f{slot} 55 7f{signature} 5f5fa200"); // at 0x63
    let whole = format!("{question}{is_registry}{refuse}{proxiable}{set}").replace("0x", "");
    let code = uups_stub_code(registry);
    assert_eq!(hex::encode(&code), whole.replace(' ', ""));
}

#[test]
fn an_admin_calls_what_its_registry_says_and_refuses_others() {
    let registry = Address::repeat_byte(0x22);
    let is_registry = format!("73{} 33 03 6042 57", hex::encode(registry));
    let account = "5f35 80 60a01c 6042 57";
    let end = "603e 57 3d5ffd 5b 3d5ff3"; // returns at 0x3e
    let refused = "5b 5f5ffd"; // at 0x42
    let whole = format!("{is_registry}{account}{ORDER}{end}{refused}");
    let code = admin_code(registry);
    assert_eq!(hex::encode(&code), bare(&whole));
    assert_eq!(registry_of_admin(&code), Some(registry));
    let mut longer = code.to_vec();
    longer.push(0);
    for other in [&longer[..], &code[1..], &[]] {
        assert_eq!(registry_of_admin(other), None);
    }
}

/// The calldata after their first word to memory, the account below them called with the value, what came back to memory.
const ORDER: &str = "60203603 80 6020 5f 37 5f5f825f34865af1 3d5f5f3e";
/// The word on top of the stack is what the call returns.
const ANSWER: &str = "5f52 60205ff3";

/// Every byte of the orders contract.
#[test]
fn the_orders_contract_creates_gives_answers_and_passes_on() {
    let (stub, storage) = (Address::repeat_byte(0x11), Address::repeat_byte(0x33));
    let init = evm_proxy_creation_code(stub, storage);
    assert_eq!(init.len(), 0x110);
    // The slot of the account on top of the stack holds the caller, or it is refused.
    let by_who_orders = "80 54 33 03 610063 57";
    let at_least = |bytes: &str| format!("60{bytes} 36 10 610063 57");
    let first = "6004 35";
    let whole = [
        "5f35 80 60a0 1c 61003a 57".into(), // no account: a function
        at_least("20"),
        by_who_orders.into(),
        ORDER.into(),
        "610036 57 3d5ffd 5b 3d5ff3".into(), // returns at 0x36
        "5b 34 610063 57 60e0 1c".into(),    // at 0x3a: without value
        format!("80 63{} 14 610067 57", selector("create(bytes32)")),
        format!("80 63{} 14 61009b 57", selector("give(address,address)")),
        format!("63{} 14 6100c3 57", selector("ordersOf(address)")),
        "5b 5f5ffd".into(), // refused, at 0x63
        "5b".into(),        // create, at 0x67
        at_least("24"),
        "610110 6100d6 5f 39 33 610110 52".into(), // init code and caller
        format!("{first} 610130 5f 5f f5"),
        "80 15 610063 57".into(),     // created
        "80 54 610063 57".into(),     // for the first time
        format!("33 81 55 {ANSWER}"), // entry := caller
        "5b".into(),                  // give, at 0x9b
        at_least("44"),
        format!("{first} {by_who_orders}"),
        "6024 35 80 15 610063 57 80 60a0 1c 610063 57".into(), // to an account
        "90 55 00".into(),
        "5b".into(), // ordersOf, at 0xc3
        at_least("24"),
        format!("{first} 54 {ANSWER}"),
        hex::encode(&init), // at 0xd6
    ];
    let code = orders_code(stub, storage);
    assert_eq!(hex::encode(&code), bare(&whole.concat()));
}

/// Every byte of the layouts contract.
#[test]
fn the_layouts_contract_logs_a_document_once_and_keeps_its_block() {
    let invalid = selector("InvalidLayout(uint256)");
    let block = selector("arbBlockNumber()");
    let event = LayoutPublished::SIGNATURE_HASH;
    let whole = [
        "34 61001f 57 5f35 60e0 1c".into(), // without value
        format!("80 63{} 14 610036 57", selector("publishLayout(bytes)")),
        format!("63{} 14 610023 57", selector("layoutAt(bytes32)")),
        "5b 5f5ffd".into(),              // refused, at 0x1f
        "5b 6024 36 10 61001f57".into(), // layoutAt, at 0x23
        format!("6004 35 54 {ANSWER}"),
        "5b 6024 36 10 61001f57".into(), // publishLayout, at 0x36
        "6004 35 80 6040 1c 61001f 57 6004 01".into(), // the offset has 64 bits
        "80 35 617fff 6001 82 03 11 6100d2 57".into(), // 1 to 32,768 bytes
        "90 6020 01 81 81 01 36 10 61001f 57".into(), // which are there
        "81 90 6040 37 80 6040 20".into(), // to memory, and their hash
        "80 54 6100cb 57".into(),        // once
        format!("63{block} 60e0 1b 5f 52 6020 80 6004 5f 6064 5a fa"),
        "6020 51 02 80 15 61001f 57 81 55".into(), // slot := block
        "6020 5f 52 81 6020 52".into(),            // of the event
        format!("80 7f{event} 601f 19 605f 85 01 16 5f a2"),
        format!("5b {ANSWER}"),                                   // at 0xcb
        format!("5b 63{invalid} 60e0 1b 5f 52 6004 52 60245ffd"), // at 0xd2
    ];
    assert_eq!(hex::encode(layouts_code()), bare(&whole.concat()));
}

#[test]
fn every_creation_in_evm_code_ends_in_the_code_without_who_created_it() {
    let (stub, storage) = (Address::repeat_byte(0x11), Address::repeat_byte(0x33));
    let creations = creation_codes(stub, storage).map(|(_, creation)| creation);
    let codes = |registry| {
        [
            evm_proxy_code(registry, storage),
            uups_stub_code(registry),
            admin_code(registry),
        ]
    };
    let shapes = [evm_proxy::EVM, evm_proxy::UUPS_STUB, evm_proxy::ADMIN];
    let registry = Address::repeat_byte(0x22);
    for (n, shape) in shapes.into_iter().enumerate() {
        assert!(creations[n].ends_with(&codes(Address::ZERO)[n]));
        let code = &codes(registry)[n];
        assert_eq!(code.len(), shape.size);
        assert_eq!(code[shape.caller_at..][..20], registry[..]);
    }
}

/// Ethereum has no account that tells the block's number so: whoever looked for the event would not find it.
#[test]
fn nothing_is_published_where_no_block_can_be_known() {
    let layouts = Address::repeat_byte(0x11);
    let mut state = CacheDB::new(EmptyDB::default());
    let code = Bytecode::new_raw(layouts_code());
    state.insert_account_info(layouts, AccountInfo::from_bytecode(code));
    let mut chain = Context::mainnet().with_db(state).build_mainnet();
    let mut sent = |input: Vec<u8>| {
        let transaction = TxEnv::builder()
            .kind(TxKind::Call(layouts))
            .data(input.into());
        let transaction = transaction
            .gas_limit(1_000_000)
            .build()
            .expect("a transaction");
        chain.transact(transaction).expect("it is executed").result
    };
    let document = Bytes::from_static(b"{}");
    let hash = keccak256(&document);
    let refused = sent(publishLayoutCall { document }.abi_encode());
    assert!(
        matches!(refused, ExecutionResult::Revert { .. }),
        "{refused:?}"
    );
    assert_eq!(refused.output(), Some(&Bytes::new()));
    let question = layoutAtCall { layoutHash: hash }.abi_encode();
    assert!(sent(question).is_success());
}
