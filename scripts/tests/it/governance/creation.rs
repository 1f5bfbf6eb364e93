//! The creation of an instance that is reviewed: on what it depends, and what it does beside the proxy.

use crate::governance::sandbox::ABSENT;
use crate::prelude::*;
use alloy::primitives::{address, hex};
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Where the code of the versions is.
const CODE: u8 = 0x51;
/// What an initializer calls.
const TARGET: u8 = 0x77;

/// A sandbox with a definition for each of those codes, whose instances Admin and Admin2 create.
pub(crate) fn sandbox(codes: &[(&str, Bytes)]) -> Sandbox {
    let sandbox = Sandbox::new();
    let layout = r#"{"storage":[],"types":{},"namespaces":{}}"#;
    std::fs::write(sandbox.path("layout.json"), layout).expect("written");
    for (number, (name, code)) in (0..).zip(codes) {
        let account = Address::right_padding_from(&[CODE, number, 1]);
        let code = code.clone();
        sandbox.chain(move |chain| chain.set_code(account, code));
        let both = "AND(Admin,Admin2)";
        sandbox.done(
            "Admin",
            &format!("define {name} --migrate Admin --create {both}"),
        );
        let account = account.to_string();
        let register = ["register", name, "1.0", &account, "--layout", "layout.json"];
        sandbox.done("Admin", &[&register[..], &[ABSENT]].concat());
    }
    sandbox
}

/// Proposes an instance of a definition as Admin; what `review` tells Admin2 of it.
fn reviewed(sandbox: &Sandbox, name: &str) -> Value {
    let call = creation(name, vec![0, 0, 0, 1].into());
    send(sandbox, 0, &call);
    let pending = sandbox.done("Admin2", &format!("pending {name}"));
    sandbox.done(
        "Admin2",
        &format!("pending {}", text(&pending["actions"][0], "action")),
    )
}

/// The creation of an instance.
pub(crate) fn creation(name: &str, init_data: Bytes) -> abi::createProxyCall {
    abi::createProxyCall {
        name: name.into(),
        version: "1.0".into(),
        kind: proxy_kind::WASM,
        salt: B256::from(U256::from(1)),
        initData: init_data,
    }
}

/// The account of that number calls the registry.
pub(crate) fn send(sandbox: &Sandbox, who: usize, call: &impl SolCall) {
    let (who, input) = (sandbox.node.addresses()[who], call.abi_encode().into());
    let registry: Address = sandbox.saved("registry").parse().expect("an address");
    let success = sandbox.node.with_chain(move |chain| {
        chain.impersonate(who);
        let request = CallRequest {
            to: Some(registry),
            gas: Some(5_000_000),
            input,
            ..CallRequest::default()
        };
        let hash = chain.submit_unsigned(who, request).expect("accepted");
        chain.receipt(hash).expect("mined").success
    });
    assert!(success.expect("the chain"));
}

/// The heaviest finding of a part or an id: severity, and all that it says.
pub(crate) fn card<'v>(review: &'v Value, about: &str) -> (&'v str, String) {
    let cards = review["findings"].as_array().expect("findings");
    let found = cards
        .iter()
        .find(|card| card["part"] == about || card["id"] == about);
    let found = found.unwrap_or_else(|| panic!("no {about:?}: {review:#}"));
    let words = ["id", "message", "found", "next"].map(|word| found[word].as_str());
    let says: Vec<&str> = words.into_iter().flatten().collect();
    (text(found, "severity"), says.join("; "))
}

#[test]
fn a_creation_that_does_other_things_with_other_gas_is_a_danger() {
    // 5 with little gas, 0xdead with more.
    let code = hex!("5a6202400010600f576005600155005b61dead60015500");
    let sandbox = sandbox(&[("Differs", code.into())]);
    let review = reviewed(&sandbox, "Differs");
    let (weight, says) = card(&review, "trial");
    assert_eq!(weight, "danger", "{says}");
    assert!(says.contains("DependsOnGas"), "{says}");
    let tried = &review["created"]["tried"];
    assert_eq!(text(&tried["problem"], "id"), "DependsOnGas");
    let limits = tried["limits"].as_array().expect("limits");
    assert!(limits.len() > 3, "{tried:#}");
}

/// EVM code that stores 0xdead where more than 2,000,000 and less than 15,000,000 units are left, else 5.
pub(crate) fn between() -> Bytes {
    hex!("5a80621e8480109062e4e1c011166017576005600155005b61dead60015500").into()
}

/// EVM code that sends all that its account owns to somebody, calls somebody else, and stores 5.
pub(crate) fn pays(to: Address, calls: Address) -> Bytes {
    let parts: [&[u8]; 5] = [
        &hex!("5f5f5f5f4773"),
        to.as_slice(),
        &hex!("5af1505f5f5f5f5f73"),
        calls.as_slice(),
        &hex!("5af150600560015500"),
    ];
    parts.concat().into()
}

#[test]
fn ether_that_an_initializer_gives_to_an_approver_is_shown_to_the_wei() {
    let admin = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    let sandbox = sandbox(&[("Pays", pays(admin, Address::ZERO))]);
    let review = reviewed(&sandbox, "Pays");
    let (_, says) = card(&review, "trial");
    assert!(says.contains("and only the registry"), "{says}");
    let proxy: Address = text(&review["created"]["tried"], "proxy")
        .parse()
        .expect("an address");
    sandbox.chain(move |chain| chain.set_balance(proxy, U256::from(10)));
    let review = sandbox.done("Admin2", &format!("pending {}", text(&review, "action")));
    let tried = &review["created"]["tried"];
    assert_eq!(tried["balance"], serde_json::json!(["0xa", "0x0"]));
    assert_eq!(
        tried["others"].as_array().map(Vec::len),
        Some(1),
        "{tried:#}"
    );
    let other = &tried["others"][0];
    assert_eq!(other["account"], serde_json::json!(admin));
    assert_eq!(text(other, "known"), "Admin, an approver");
    let wei = |at: usize| -> U256 {
        other["balance"][at]
            .as_str()
            .expect("wei")
            .parse()
            .expect("wei")
    };
    assert_eq!(wei(1) - wei(0), U256::from(10));
    for about in ["other-accounts", "ether-of-instances"] {
        assert_eq!(card(&review, about).0, "warning");
    }
    let (_, says) = card(&review, "trial");
    assert!(!says.contains("and only the registry"), "{says}");
}

#[test]
fn a_creation_that_reads_the_gas_price_or_base_fee_is_tried_with_those_of_the_chain() {
    let codes = [
        ("Price", hex!("3a60015500").into()),
        ("Fee", hex!("4860015500").into()),
    ];
    let sandbox = sandbox(&codes);
    for (name, _) in codes {
        let review = reviewed(&sandbox, name);
        let (weight, says) = card(&review, "trial");
        assert_eq!(weight, "good", "{name}: {says}");
        assert!(says.contains("and only the registry"), "{name}: {says}");
        let changes = review["created"]["tried"]["changes"].as_array();
        let one = B256::with_last_byte(1).to_string();
        let held = changes
            .expect("changes")
            .iter()
            .find(|one_of| one_of["slot"] == one.as_str());
        let held = text(held.expect("slot 1"), "after").to_owned();
        let fee = sandbox.node.with_chain(|chain| chain.base_fee());
        let fee = B256::from(U256::from(fee.expect("the chain")));
        assert_eq!(held, fee.to_string(), "{name}");
    }
}

#[test]
fn what_an_initializer_changes_beside_the_proxy_is_listed() {
    let target = Address::with_last_byte(TARGET);
    let calls = [
        &hex!("5f5f5f5f5f73")[..],
        target.as_slice(),
        &hex!("5af15000"),
    ]
    .concat();
    let codes = [("Calls", calls.into())];
    let sandbox = sandbox(&codes);
    let stores = hex!("600160005500").into();
    sandbox.chain(move |chain| chain.set_code(target, stores));
    let review = reviewed(&sandbox, "Calls");
    let others = &review["created"]["tried"]["others"];
    assert_eq!(others.as_array().map(Vec::len), Some(1), "{others:#}");
    assert_eq!(text(&others[0], "account"), target.to_string());
    assert_eq!(others[0]["changes"].as_array().map(Vec::len), Some(1));
    let (weight, says) = card(&review, "other-accounts");
    assert_eq!(weight, "warning");
    assert!(says.contains(&target.to_string()), "{says}");
    let (_, says) = card(&review, "trial");
    assert!(!says.contains("and only the registry"), "{says}");
}

#[test]
fn whoever_completes_a_creation_learns_its_address() {
    let sandbox = sandbox(&[("Plain", hex!("600560015500").into())]);
    send(&sandbox, 0, &creation("Plain", Bytes::new()));
    let pending = sandbox.done("Admin2", "pending Plain");
    let action = text(&pending["actions"][0], "action");
    let approve = ["approve", action, "--accept=initializer-omitted"];
    let absent = ["absent:source", "absent:interface", "absent:steps"];
    let absent = absent.map(|part| ["--accept", part]).concat();
    let done = sandbox.done("Admin2", &[&approve[..], &absent].concat());
    let status = sandbox.done("Other", "status Plain");
    let instance = &status["definitions"][0]["instances"][0];
    let proxy = text(&done, "proxy").to_lowercase();
    assert_eq!(proxy, text(instance, "proxy").to_lowercase());
}
