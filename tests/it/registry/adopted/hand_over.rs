//! Instances that go elsewhere.

use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::adopted::IUpgradeableProxy;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::ICounter;

use super::fixture::{
    KINDS, OWNER, TRANSPARENT_5, admin_of, adopt, adopted, compiled, migrate, runs,
};
use crate::registry::fixture::{Fixture, account, initial_step, is, refused};
use crate::registry::kinds::{create, instance, slot};

#[test]
fn an_adopted_proxy_goes_back_to_its_former_owner() {
    for kind in KINDS {
        let (mut fixture, first, proxy) = adopted(kind);
        let to = account(OWNER);
        let hand_over = IRegistry::handOverCall {
            name: "A".into(),
            proxy,
            newRegistry: to,
        };
        let done = fixture.send(account(0), &hand_over).expect("handed over");
        assert_eq!(done.events::<IRegistry::InstanceHandedOver>().len(), 1);
        refused(
            fixture.view(&IRegistry::instanceOfCall { proxy }),
            IRegistry::NotAnInstance { proxy },
        );
        let name = String::from("A");
        let left = fixture.view(&IRegistry::definitionCall { name });
        assert_eq!(left.expect("it").instances, 0);
        let implementation = compiled(&mut fixture, kind.codes[1]).implementation;
        if kind.kind == proxy_kind::TRANSPARENT_4 {
            let upgrade = IUpgradeableProxy::upgradeToCall { implementation };
            let done = fixture.pay(to, proxy, &upgrade, U256::ZERO);
            done.expect("the owner is its admin");
        } else {
            kind.upgrade_before(&mut fixture, proxy, implementation);
        }
        assert_eq!(runs(&fixture, proxy), implementation, "{kind:?}");
        assert_ne!(implementation, first.implementation);
        let migrated = compiled(&mut fixture, kind.codes[1]);
        migrate(&mut fixture, &migrated, 0, Bytes::new()).expect("without it");
        assert_eq!(runs(&fixture, proxy), implementation, "it is nobody's here");
    }
}

#[test]
fn what_cannot_be_handed_over_stays() {
    let (mut fixture, _, proxy) = adopted(TRANSPARENT_5);
    let hand_over = |to| IRegistry::handOverCall {
        name: "A".into(),
        proxy,
        newRegistry: to,
    };
    let what = "hand-over to that account";
    let own = admin_of(&fixture, "A");
    let registry = fixture.registry;
    let another = fixture.deploy_registry(&is(account(0)));
    let another = another.expect("another registry");
    fixture.registry = registry;
    for to in [Address::ZERO, registry, another, own] {
        refused(
            fixture.send(account(0), &hand_over(to)),
            IRegistry::NotSupported { what: what.into() },
        );
    }
    let pause = IRegistry::pauseCall { name: "A".into() };
    fixture.send(account(0), &pause).expect("paused");
    refused(
        fixture.send(account(0), &hand_over(account(7))),
        Proxy::UpgradeInProgress {},
    );
    let other = IRegistry::createDefinitionCall {
        name: "B".into(),
        migratePolicy: is(account(0)),
        policyPolicy: "NONE".into(),
        createPolicy: "NONE".into(),
    };
    fixture.send(account(0), &other).expect("defined");
    let of_another = IRegistry::handOverCall {
        name: "B".into(),
        proxy,
        newRegistry: account(7),
    };
    refused(
        fixture.send(account(0), &of_another),
        IRegistry::NotAnInstance { proxy },
    );
}

#[test]
fn the_last_instance_takes_the_place_of_one_that_goes() {
    let (mut fixture, code, first) = adopted(TRANSPARENT_5);
    let admin = admin_of(&fixture, "A");
    let mut proxies = vec![first];
    for _ in 0..3 {
        let proxy = TRANSPARENT_5.create(&mut fixture, &code);
        TRANSPARENT_5.give(&mut fixture, proxy, admin);
        let adopt = adopt(TRANSPARENT_5.kind, proxy);
        fixture.send(account(0), &adopt).expect("adopted");
        proxies.push(proxy);
    }
    let of = |fixture: &Fixture| {
        let page = IRegistry::instancesCall {
            name: "A".into(),
            start: 0,
            count: 9,
        };
        fixture.view(&page).expect("proxies")
    };
    for goes in [1, 2, 0, 0] {
        let hand_over = IRegistry::handOverCall {
            name: "A".into(),
            proxy: proxies[goes],
            newRegistry: account(7),
        };
        fixture.send(account(0), &hand_over).expect("handed over");
        proxies.swap_remove(goes);
        assert_eq!(of(&fixture), proxies);
    }
    // what is left is upgraded as before
    TRANSPARENT_5.give_back(&mut fixture, first);
    fixture
        .send(account(0), &adopt(TRANSPARENT_5.kind, first))
        .expect("back");
    let second = compiled(&mut fixture, "Box2");
    migrate(&mut fixture, &second, 0, Bytes::new()).expect("migrated");
    assert_eq!(runs(&fixture, first), second.implementation);
}

#[test]
fn a_wasm_proxy_moves_to_another_registry_and_is_upgraded_there() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("counter-v1");
    fixture.add("1.0", &code, initial_step());
    let init = ICounter::initializeCall {
        value: U256::from(7),
    };
    let proxy = create(&mut fixture, proxy_kind::WASM, &init);
    let evm = create(&mut fixture, proxy_kind::EVM, &init);
    let old = fixture.registry;
    let who = is(account(0));
    let new = fixture.deploy_registry(&who).expect("another one");
    fixture.registry = new;
    fixture.define(&who).expect("defined");
    fixture.add("1.0", &code, initial_step());
    refused(
        fixture.send(account(0), &adopt(proxy_kind::WASM, proxy)),
        IRegistry::NotAnInstance { proxy },
    );
    fixture.registry = old;
    let hand_over = |proxy, to| IRegistry::handOverCall {
        name: "A".into(),
        proxy,
        newRegistry: to,
    };
    let what = "hand-over of a proxy that has its registry in its code";
    refused(
        fixture.send(account(0), &hand_over(evm, new)),
        IRegistry::NotSupported { what: what.into() },
    );
    let found = fixture.code_hash(account(7));
    refused(
        fixture.send(account(0), &hand_over(proxy, account(7))),
        IRegistry::CodeChanged {
            account: account(7),
            expected: fixture.code_hash(old),
            found,
        },
    );
    let done = fixture.send(account(0), &hand_over(proxy, new));
    let done = done.expect("handed over");
    let changed = done.events::<Proxy::AdminChanged>();
    assert_eq!(changed.len(), 1);
    assert_eq!((changed[0].previousAdmin, changed[0].newAdmin), (old, new));
    assert_eq!(slot(&fixture, proxy, slots::ADMIN), new.into_word());
    assert_eq!(
        instance(&fixture, evm).version,
        "1.0",
        "the other one stays"
    );

    fixture.registry = new;
    let other = IRegistry::createDefinitionCall {
        name: "B".into(),
        migratePolicy: is(account(5)),
        policyPolicy: "NONE".into(),
        createPolicy: "NONE".into(),
    };
    fixture.send(account(0), &other).expect("defined");
    let version = IRegistry::addVersionCall {
        name: "B".into(),
        version: "1.0".into(),
        code: code.clone(),
        step: initial_step(),
    };
    fixture.send(account(5), &version).expect("added");
    let what = "adoption by another definition than it was handed over to";
    let take = IRegistry::adoptCall {
        name: "B".into(),
        ..adopt(proxy_kind::WASM, proxy)
    };
    refused(
        fixture.send(account(5), &take),
        IRegistry::NotSupported { what: what.into() },
    );
    // nobody but a registry with the same code says for which definition it comes
    let claim = IInstanceRegistry::handedOverCall {
        proxy,
        definition: keccak256("B"),
    };
    refused(
        fixture.send(account(5), &claim),
        IRegistry::CodeChanged {
            account: account(5),
            expected: fixture.code_hash(new),
            found: fixture.code_hash(account(5)),
        },
    );
    fixture.send(account(5), &take).expect_err("still not");
    fixture
        .send(account(0), &adopt(proxy_kind::WASM, proxy))
        .expect("adopted");
    // and of an instance not even that one
    fixture.chain.set_balance(old, U256::from(10u64.pow(18)));
    refused(fixture.send(old, &claim), IRegistry::ProxyExists { proxy });
    assert_eq!(instance(&fixture, proxy).name, "A");
    let second = fixture.deploy("counter-v2");
    let call = ICounter::migrateCall {
        step: U256::from(5),
    };
    migrate(&mut fixture, &second, 1, call.abi_encode().into()).expect("migrated");
    assert_eq!(instance(&fixture, proxy).version, "2.0");
    assert_eq!(runs(&fixture, proxy), second.implementation);
    let step = fixture.ask(proxy, &ICounter::stepCall {});
    assert_eq!(step, Ok(U256::from(5)));
}
