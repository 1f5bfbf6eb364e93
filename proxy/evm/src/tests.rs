use super::*;
use alloy_sol_types::SolEvent;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;
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
fn the_creation_of_a_proxy_names_both_slots_and_ends_in_its_code() {
    let code = proxy_creation_code(Address::repeat_byte(0x11), &[0xbb; 5]);
    let text = hex::encode(&code);
    assert!(text.contains(&hex::encode(slots::ADMIN)));
    assert!(text.contains(&hex::encode(slots::IMPLEMENTATION)));
    assert!(text.ends_with("bbbbbbbbbb"));
    let offset = code.len() - 5;
    assert!(text.contains(&format!("6100058061{offset:04x}5f395ff3")));
}

/// Every byte of an EVM proxy, as the Yellow Paper reads them.
#[test]
fn an_evm_proxy_asks_who_calls_and_forwards() {
    let (registry, storage) = (Address::repeat_byte(0x22), Address::repeat_byte(0x33));
    let arguments = "365f5f37 5f5f365f"; // calldata to memory; of the delegatecall
    let is_registry = format!("33 73{} 14 6055 57", hex::encode(registry));
    let load = format!("7f{} 54", hex::encode(slots::IMPLEMENTATION));
    let delegate = "5b 5af4 3d5f5f3e"; // at 0x44
    let end = "6051 57 3d5ffd 5b 3d5ff3"; // returns at 0x51
    let admin = format!("5b 73{} 6044 56", hex::encode(storage)); // at 0x55
    let whole = format!("{arguments}{is_registry}{load}{delegate}{end}{admin}");
    let code = evm_proxy_code(registry, storage);
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
fn an_admin_calls_what_its_registry_says_and_answers_others_as_the_registry() {
    let registry = Address::repeat_byte(0x22);
    let is_registry = format!("73{} 80 33 14 6029 57", hex::encode(registry));
    let others = "365f5f37 5f5f365f845afa 6044 56".to_owned();
    let order = "5b 5f3580 60a01c 6053 57 60203603 80 6020 5f37 5f5f825f5f865af1"; // at 0x29
    let ended = "5b 3d5f5f3e 604f 57 3d5ffd 5b 3d5ff3"; // at 0x44 and 0x4f
    let refused = "5b 5f5ffd"; // at 0x53
    let whole = format!("{is_registry}{others}{order}{ended}{refused}").replace("0x", "");
    let code = admin_code(registry);
    assert_eq!(hex::encode(&code), whole.replace(' ', ""));
    assert_eq!(registry_of_admin(&code), Some(registry));
    let mut longer = code.to_vec();
    longer.push(0);
    for other in [&longer[..], &code[1..], &[]] {
        assert_eq!(registry_of_admin(other), None);
    }
}

#[test]
fn every_creation_in_evm_code_ends_in_the_code_without_a_registry() {
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
        assert_eq!(code[shape.registry_at..][..20], registry[..]);
    }
}
