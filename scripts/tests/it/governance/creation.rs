//! The creation of an instance that is reviewed: on what it depends, and what it does beside the proxy.

use crate::prelude::*;
use alloy::primitives::address;
use stylus_upgrades_interface::reasons::proxy_kind;

/// Where the code of the versions is.
const CODE: u8 = 0x51;
/// What an initializer calls.
const TARGET: u8 = 0x77;

/// A sandbox with a definition for each of those codes, whose instances Admin and Admin2 create.
pub(crate) fn sandbox(codes: &[(&str, Bytes)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "layout.json",
        r#"{"storage":[],"types":{},"namespaces":{}}"#,
    );
    for (number, (name, code)) in (0..).zip(codes) {
        let account = Address::right_padding_from(&[CODE, number, 1]);
        sandbox.set_code(account, code.clone());
        sandbox.transcript(&format!(
            "Admin 0 | define {name} --migrate Admin --create {BOTH}
             Admin 0 | register {name} 1.0 {account} --layout layout.json {ABSENT}"
        ));
    }
    sandbox
}

/// Proposes an instance of a definition as Admin; what `pending` tells Admin2 of it.
fn reviewed(sandbox: &Sandbox, name: &str) -> Value {
    sandbox.send(0, &creation(name, vec![0, 0, 0, 1].into()));
    sandbox.review("Admin2", name)
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

/// The heaviest finding of a part or an id: severity, and all that it says.
pub(crate) fn card<'v>(review: &'v Value, about: &str) -> (&'v str, String) {
    let mut cards = list(review, "findings").iter();
    let found = cards.find(|card| card["part"] == about || card["id"] == about);
    let found = found.unwrap_or_else(|| panic!("no {about:?}: {review:#}"));
    let words = ["id", "message", "found", "next"].map(|word| found[word].as_str());
    let says: Vec<&str> = words.into_iter().flatten().collect();
    (text(found, "severity"), says.join("; "))
}

/// The heaviest finding of a part or an id, for a snapshot.
pub(crate) fn weight(review: &Value, about: &str) -> String {
    let (severity, says) = card(review, about);
    masked(&format!("{severity}: {says}"))
}

/// Asserts that the heaviest finding of a part or an id has that severity, and says all of this.
#[track_caller]
pub(crate) fn weighs(review: &Value, about: &str, severity: &str, parts: &[&str]) {
    let (found, says) = card(review, about);
    assert_eq!(found, severity, "{about}: {says}");
    contains(&says, parts);
}

/// Asserts that something changes.
fn changes_something(review: &Value) {
    let (_, says) = card(review, "trial");
    assert!(!says.contains("and only the registry"), "{says}");
}

#[test]
fn a_creation_that_does_other_things_with_other_gas_is_a_danger() {
    // 5 with little gas, 0xdead with more.
    let code = hex!("5a6202400010600f576005600155005b61dead60015500");
    let sandbox = sandbox(&[("Differs", code.into())]);
    let review = reviewed(&sandbox, "Differs");
    weighs(&review, "trial", "danger", &["DependsOnGas"]);
    let tried = &review["created"]["tried"];
    tried.has(json!({"problem": {"id": "DependsOnGas"}}));
    assert!(list(tried, "limits").len() > 3, "{tried:#}");
}

/// EVM code that stores 0xdead where more than 2,000,000 and less than 15,000,000 units are left, else 5.
pub(crate) fn between() -> Bytes {
    hex!("5a80621e8480109062e4e1c011166017576005600155005b61dead60015500").into()
}

/// EVM code that sends all that its account owns to somebody, calls somebody else, and stores 5.
pub(crate) fn pays(to: Address, calls: Address) -> Bytes {
    let pay = [&hex!("5f5f5f5f4773")[..], to.as_slice(), &hex!("5af150")].concat();
    let call = [&hex!("5f5f5f5f5f73")[..], calls.as_slice(), &hex!("5af150")].concat();
    [&pay[..], &call, &hex!("600560015500")].concat().into()
}

#[test]
fn ether_that_an_initializer_gives_to_an_approver_is_shown_to_the_wei() {
    let admin = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    let sandbox = sandbox(&[("Pays", pays(admin, Address::ZERO))]);
    let review = reviewed(&sandbox, "Pays");
    assert_snapshot!(weight(&review, "trial"), @"good: trial; the instance is created, and its initializer succeeds, and only the registry and the proxy change: the same with [number] amounts from [number] to [number] gas. Code that reads gas, time, fee or sender may behave differently");
    let proxy = account(&review["created"]["tried"], "proxy");
    sandbox.chain(move |chain| chain.set_balance(proxy, U256::from(10)));
    let review = sandbox.review("Admin2", "Pays");
    let tried = &review["created"]["tried"];
    assert_eq!(tried["balance"], json!(["0xa", "0x0"]));
    let [other] = &list(tried, "others")[..] else {
        panic!("{tried:#}");
    };
    other.has(json!({"account": admin, "known": "Admin, an approver"}));
    let wei = |at: usize| -> U256 {
        let wei = other["balance"][at].as_str().expect("wei");
        wei.parse().expect("wei")
    };
    assert_eq!(wei(1) - wei(0), U256::from(10));
    for about in ["other-accounts", "ether-of-instances"] {
        weighs(&review, about, "warning", &[]);
    }
    changes_something(&review);
}

#[test]
fn a_creation_that_reads_the_gas_price_or_base_fee_is_tried_with_those_of_the_chain() {
    let price = ("Price", hex!("3a60015500").into());
    let fee = ("Fee", hex!("4860015500").into());
    let sandbox = sandbox(&[price, fee]);
    for name in ["Price", "Fee"] {
        let review = reviewed(&sandbox, name);
        weighs(&review, "trial", "good", &["and only the registry"]);
        let one = B256::with_last_byte(1).to_string();
        let mut changes = list(&review["created"]["tried"], "changes").iter();
        let held = changes.find(|change| change["slot"] == one.as_str());
        let fee = sandbox.chain(|chain| chain.base_fee());
        let fee = B256::from(U256::from(fee)).to_string();
        assert_eq!(text(held.expect("slot 1"), "after"), fee, "{name}");
    }
}

#[test]
fn what_an_initializer_changes_beside_the_proxy_is_listed() {
    let target = Address::with_last_byte(TARGET);
    let calls = [
        &hex!("5f5f5f5f5f73")[..],
        target.as_slice(),
        &hex!("5af15000"),
    ];
    let sandbox = sandbox(&[("Calls", calls.concat().into())]);
    sandbox.set_code(target, hex!("600160005500"));
    let review = reviewed(&sandbox, "Calls");
    let [other] = &list(&review["created"]["tried"], "others")[..] else {
        panic!("{review:#}");
    };
    assert_eq!(text(other, "account"), target.to_string());
    assert_eq!(list(other, "changes").len(), 1);
    weighs(&review, "other-accounts", "warning", &[&target.to_string()]);
    changes_something(&review);
}

#[test]
fn of_code_without_the_mixin_it_is_said_that_anybody_may_initialize_the_instance() {
    let sandbox = sandbox(&[("Open", hex!("600560015500").into())]);
    let create = "create-proxy Open 1.0";
    let refused = sandbox.run("Admin", create);
    refused.is(1, "InitializerOmitted");
    assert_snapshot!(refused.refusal(), @"
    message: no initializer runs, and the code does not say which it declares: once the instance exists, anybody can call a function that initializes it
    expected: an initializer
    found: no --init
    next: give --init; if no function of the code can still initialize the instance: --accept initializer-omitted; NotChecked refuses it too (sources of the code cannot be checked: the hash of the sources of 1.0 was not recorded): give the source instead of what was built from it; to accept it: --accept absent:source
    ");
    let absent = "absent:source,absent:interface,absent:steps";
    let proposed = sandbox.run(
        "Admin",
        &format!("{create} --accept=initializer-omitted,{absent}"),
    );
    assert_snapshot!(proposed.notes(), @"
    no --init: no initializer runs at creation, and anybody can call a function of the code that initializes the instance, as soon as it exists
    create a proxy of Open 1.0  (decided by create)
    sending create a proxy of Open 1.0: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    warning: --accept names what was not found: absent:interface, absent:steps
    ");
}

#[test]
fn who_completes_a_creation_learns_its_address() {
    let sandbox = sandbox(&[("Plain", hex!("600560015500").into())]);
    sandbox.send(0, &creation("Plain", Bytes::new()));
    let open = sandbox.open("Plain");
    let action = text(&open[0], "action");
    let absent = "absent:source,absent:interface,absent:steps";
    let approve = format!("approve {action} --accept=initializer-omitted,{absent}");
    let done = sandbox.done("Admin2", &approve);
    let instance = &sandbox.instances("Plain")[0];
    assert_eq!(account(&done, "proxy"), account(instance, "proxy"));
}
