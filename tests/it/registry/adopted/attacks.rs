//! Attacks on adoption and hand-over.

use crate::prelude::*;
use crate::registry::errors::{not_direct, stale};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use stylus_upgrades::build::evm;
use stylus_upgrades::governance::signed::Approval;
use stylus_upgrades_interface::adopted::{IProxyAdmin, IUpgradeableProxy};
use stylus_upgrades_interface::registry::Signature;

use super::fixture::{
    IBox, KINDS, Kind, TRANSPARENT_5, UUPS_5, admin_of, adopt, adopted, compiled, created, migrate,
    runs, value,
};
use crate::registry::fixture::{
    Fixture, Reverted, account, initial_step, is, new_proxy, refused, step,
};

alloy::sol! {
    interface IHook { function hooked(address to, bytes data) external; }
}

/// It goes to that account, in the state that it is in.
fn transfer(fixture: &Fixture, proxy: Address, to: Address) -> IRegistry::transferProxyCall {
    calls::transfer_proxy("A", proxy, to, String::new(), fixture.nonce(proxy))
}

/// A second definition, of account 5 alone, at a version of that code.
fn define_b(fixture: &mut Fixture, code: &str) {
    fixture.accepted(0, &calls::define("B", is(account(5)), "NONE", "NONE"));
    let add = calls::add_version("B", "1.0", &compiled(fixture, code), initial_step());
    fixture.accepted(5, &add);
}

#[test]
fn a_proxy_is_adopted_by_the_definition_that_it_was_given_to_and_by_no_other() {
    for kind in KINDS {
        let (mut fixture, _, proxy) = created(kind);
        define_b(&mut fixture, kind.codes[0]);
        let admin = admin_of(&fixture, "A");
        kind.give(&mut fixture, proxy, admin);
        let take = IRegistry::adoptCall {
            name: "B".into(),
            ..adopt(kind.kind, proxy)
        };
        fixture
            .send(account(5), &take)
            .expect_err("it was given to A");
        fixture.accepted(0, &adopt(kind.kind, proxy));
        fixture.send(account(5), &take).expect_err("it is A's");
        assert_eq!(fixture.instance(proxy).name, "A");
        // and A hands it over to B, which adopts it
        let to = admin_of(&fixture, "B");
        let leave = transfer(&fixture, proxy, to);
        fixture.accepted(0, &leave);
        let again = fixture.send(account(0), &adopt(kind.kind, proxy));
        again.expect_err("it is given to B now");
        fixture.accepted(5, &take);
        assert_eq!(fixture.instance(proxy).name, "B");
        assert_eq!(value(&fixture, proxy), Ok(U256::from(7)), "{kind:?}");
    }
}

#[test]
fn a_proxy_that_was_given_to_the_registry_itself_is_adopted_by_nobody() {
    for kind in KINDS {
        let (mut fixture, _, proxy) = created(kind);
        let registry = fixture.registry;
        kind.give(&mut fixture, proxy, registry);
        let sent = fixture.send(account(0), &adopt(kind.kind, proxy));
        sent.expect_err("nothing says which definition is meant");
        assert_eq!(value(&fixture, proxy), Ok(U256::from(7)), "{kind:?}");
    }
}

#[test]
fn the_admin_of_a_definition_does_what_its_registry_says_and_nobody_else() {
    let (mut fixture, first, proxy) = adopted(TRANSPARENT_5);
    let admin = admin_of(&fixture, "A");
    let pause = calls::pause("A");
    let lost = IUpgradeableProxy::upgradeToCall {
        implementation: account(9),
    };
    let order = [proxy.into_word().as_slice(), &lost.abi_encode()].concat();
    let orders = [order.into(), pause.abi_encode().into(), Bytes::new()];
    for order in orders {
        for who in [account(0), account(5), proxy] {
            fixture.give_ether(who);
            let sent = fixture.raw(who, admin, order.clone(), U256::ZERO, 5_000_000);
            sent.expect_err("it changes nothing for others");
        }
    }
    assert_eq!(runs(&fixture, proxy), first.implementation);
    assert_eq!(fixture.instance(proxy).state, instance_state::LIVE);
    // who asks it is not answered, and who takes it for a ProxyAdmin changes nothing
    let asked = fixture.ask(admin, &IRegistry::instanceOfCall { proxy });
    assert_eq!(asked.err(), Some(Reverted(Bytes::new())));
    let upgrade = IProxyAdmin::upgradeAndCallCall {
        proxy,
        implementation: account(9),
        data: Bytes::new(),
    };
    let sent = fixture.send(account(0), &upgrade);
    sent.expect_err("no call of the registry");
    let sent = fixture.send_to(account(0), admin, &upgrade);
    assert_eq!(sent.err(), Some(Reverted(Bytes::new())));
    // what its registry sends is an order to an account, never a call of its own
    let registry = fixture.registry;
    fixture.give_ether(registry);
    let sent = fixture.send_to(registry, admin, &pause);
    assert_eq!(sent.expect_err("no account").0, Bytes::new());
    let order = [proxy.into_word().as_slice(), &IBox::addCall {}.abi_encode()].concat();
    let sent = fixture.raw(registry, admin, order.into(), U256::ZERO, 5_000_000);
    sent.expect("a call of the proxy");
    assert_eq!(value(&fixture, proxy), Ok(U256::from(8)));
}

#[test]
fn what_others_signed_upgrades_no_adopted_proxy_in_the_middle_of_its_call() {
    let hook = Kind {
        codes: ["HookBox", "Box2"],
        ..TRANSPARENT_5
    };
    let (mut fixture, first, proxy) = adopted(hook);
    let key = PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).expect("a key");
    fixture.set("migrate", &is(key.address()));
    let second = compiled(&mut fixture, "Box2");
    let data = Bytes::from_static(&alloy::primitives::hex!("8fd3ab80")); // migrate()
    let call = calls::migrate("A", "2.0", &second, step("1.0", 4, data));
    let (chain_id, registry) = (fixture.chain.chain_id(), fixture.registry);
    let signed = |epoch: u64| {
        let approval = Approval {
            chain_id,
            registry,
            call: call.abi_encode().into(),
            epoch,
            round: 0,
            deadline: u64::MAX,
            approver: key.address(),
        };
        let hash = approval.digests().expect("typed").eip712;
        let signature = Signature {
            signer: key.address(),
            data: key.sign_hash_sync(&hash).expect("signed").as_bytes().into(),
        };
        IRegistry::submitSignedCall {
            action: approval.call,
            deadline: u64::MAX,
            approvals: vec![signature],
        }
    };
    // a stranger chooses the middle of a call: the version becomes current, and the proxy is where it was
    let done = (0..4).find_map(|epoch| {
        let through = IHook::hookedCall {
            to: fixture.registry,
            data: signed(epoch).abi_encode().into(),
        };
        fixture.send_to(account(8), proxy, &through).ok()
    });
    done.expect("one of the signatures is right");
    assert_eq!(fixture.definition().current, "2.0");
    let rollout = calls::rollout("A", [proxy]);
    let through = IHook::hookedCall {
        to: fixture.registry,
        data: rollout.abi_encode().into(),
    };
    let done = fixture.accepted_by(proxy, 8, &through);
    done.skips(proxy, not_direct(proxy).abi_encode());
    assert_eq!(runs(&fixture, proxy), first.implementation);
    assert_eq!(fixture.accepted(8, &rollout).returned, 1);
    assert_eq!(runs(&fixture, proxy), second.implementation);
}

#[test]
fn a_proxy_whose_owner_stays_is_not_handed_over() {
    let (mut fixture, _, proxy) = adopted(UUPS_5);
    let second = compiled(&mut fixture, "TwoStep");
    migrate(&mut fixture, &second, 0, Bytes::new()).expect("migrated");
    let leave = transfer(&fixture, proxy, account(7));
    let sent = fixture.send(account(0), &leave);
    assert!(sent.is_err(), "transferred to an account that owns nothing");
    assert_eq!(fixture.instance(proxy).version, "2.0");
}

#[test]
fn the_stub_and_the_admins_of_a_registry_are_no_instances() {
    let (mut fixture, _, _) = adopted(UUPS_5);
    define_b(&mut fixture, "Box");
    let stub = evm::uups_stub_address(fixture.registry);
    let admin = admin_of(&fixture, "A");
    for paused in [false, true] {
        if paused {
            fixture.pause(0);
        }
        for (kind, stub) in (0..6).flat_map(|kind| [(kind, stub), (kind, admin)]) {
            let take = IRegistry::adoptCall {
                name: "B".into(),
                ..adopt(kind, stub)
            };
            // by its code, before anybody is asked whether it obeys
            let taken = fixture.send(account(5), &take);
            let what = "adoption of that proxy".into();
            refused(taken, IRegistry::NotSupported { what });
        }
    }
}

#[test]
fn a_stranger_hands_nothing_over() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    let init = calls::initialize_counter(7);
    let mut proxies = vec![];
    for n in 0..6 {
        let create = new_proxy(proxy_kind::WASM, n, init.abi_encode());
        proxies.push(fixture.created(0, &create));
    }
    let old = fixture.registry;
    let refused = |fixture: &mut Fixture| {
        for who in [0, 5] {
            for proxy in [proxies[0], proxies[5]] {
                let word = calls::upgrade_to_and_call("", account(who).into_word());
                let sent = fixture.send_to(account(who), proxy, &word);
                assert!(sent.is_err(), "account {who}");
                assert_eq!(fixture.slot(proxy, slots::ADMIN), old.into_word());
            }
        }
    };
    refused(&mut fixture);
    fixture.pause(0);
    refused(&mut fixture);
}

#[test]
fn an_approval_of_a_transfer_ends_when_the_instance_leaves() {
    let (mut fixture, _, proxy) = adopted(TRANSPARENT_5);
    let [a, b, c] = [0, 1, 2].map(|n| is(account(n)));
    fixture.set("migrate", &format!("OutOf(2,{a},{b},{c})"));
    let [to_nine, to_seven] = [9, 7].map(|to| transfer(&fixture, proxy, account(to)));
    fixture.records(0, &to_nine);
    for n in [1, 2] {
        fixture.accepted(n, &to_seven);
    }
    TRANSPARENT_5.give_back(&mut fixture, proxy);
    for n in [1, 2] {
        fixture.accepted(n, &adopt(TRANSPARENT_5.kind, proxy));
    }
    let nonce = fixture.nonce(proxy);
    fixture.refuses(1, &to_nine, stale(to_nine.nonce, nonce));
    let late = transfer(&fixture, proxy, account(9));
    fixture.records(1, &late);
}
