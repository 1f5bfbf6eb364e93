//! Several things that happen to one instance or definition in one transaction.

use crate::prelude::*;
use crate::registry::errors::{bad_policy, bad_step, in_progress};
use stylus_upgrades_interface::reasons::{
    definition_state, invalid_policy, invalid_step, step as step_kind,
};

use super::second::{IForger, IVanishing, run};
use super::{ATTACKER, VICTIM, definition_of};
use crate::registry::adopted::fixture::compiled;
use crate::registry::fixture::{
    Fixture, account, add_version, complex, initial_step, is, plain, refused, set_policy, step,
};
use crate::registry::kinds::create;

fn set_for(role: &str, who: Address) -> Bytes {
    data(&set_policy(role, &is(who)))
}

/// Holds: an instance that is created, begins a complex step and vanishes in one transaction is removed, with or without
/// a step that turns back; afterwards nothing counts as stopped.
#[test]
fn an_instance_that_vanished_in_a_complex_step_is_removed_and_keeps_no_policy_from_being_final() {
    let kind = proxy_kind::EVM;
    let mut fixture = Fixture::new(&is(account(VICTIM)));
    let registry = fixture.registry;
    let forger = compiled(&mut fixture, "Forger").implementation;
    let vanishing = compiled(&mut fixture, "Vanishing");
    let program = fixture.deploy("points-cursor");
    let code = fixture.deploy("counter-v1");
    definition_of(&mut fixture, forger, "A");
    let creation = calls::create_proxy("A", "0.9", kind, B256::ZERO, Bytes::new());
    let address = calls::proxy_address("A", kind, B256::ZERO);
    let proxy = fixture.view(&address).expect("an address");
    let forget = IVanishing::forgetCall {
        slot: slots::UPGRADED,
    };
    let way = complex("0.9", &program, account(7));
    let migrate = calls::migrate("A", "1.0", &code, way);
    let all = [
        (
            registry,
            data(&add_version(&vanishing, "0.9", initial_step())),
        ),
        (registry, data(&creation)),
        (proxy, data(&forget)),
        (proxy, data(&IVanishing::vanishCall {})),
        (registry, data(&migrate)),
        (registry, data(&calls::rollout("A", [proxy]))),
        (registry, set_for("migrate", account(VICTIM))),
        (registry, set_for("create", account(VICTIM))),
        (registry, set_for("policy", account(VICTIM))),
    ];
    run(&mut fixture, forger, &all).expect("all of it");
    assert_eq!(fixture.code(proxy), Bytes::new());
    assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
    let frozen = set_policy("migrate", "NONE");
    let stopped = || bad_policy("NONE", 0, invalid_policy::STOPPED);
    fixture.refuses(VICTIM, &frozen, stopped());
    // nobody is there to be paused, rolled out or asked
    fixture.executes(VICTIM, &calls::pause_first("A", [proxy, proxy]));
    fixture.executes(VICTIM, &calls::resume("A", "1.0"));
    assert_eq!(fixture.follow().returned, 0);

    let id = fixture.chain.snapshot();
    for aborted in [false, true] {
        if aborted {
            let nonce = fixture.nonce(proxy);
            fixture.executes(VICTIM, &calls::abort_migration("A", proxy, nonce));
        }
        let handler = calls::set_handler("A", proxy, account(9), fixture.nonce(proxy));
        fixture.executes(VICTIM, &handler);
        let remove = calls::remove_instance("A", proxy, fixture.nonce(proxy));
        fixture.executes(VICTIM, &remove);
        fixture.is_no_instance(proxy);
        fixture.executes(VICTIM, &frozen);
        if !aborted {
            assert!(fixture.chain.revert(id));
        }
    }
}

/// Holds: who may set the policy makes it final in the middle of an upgrade that goes on to a complex step. The upgrade and
/// the policy come to nothing together.
#[test]
fn a_policy_that_becomes_final_in_the_middle_of_an_upgrade_lets_no_complex_step_begin() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let (mut fixture, code) = Fixture::with_first_version("hostile");
        let registry = fixture.registry;
        let forger = compiled(&mut fixture, "Forger").implementation;
        let program = fixture.deploy("points-cursor");
        let init = IHostile::initializeCall { actions: vec![] };
        let proxy = create(&mut fixture, kind, &init);
        let freeze = IForger::runCall {
            to: vec![registry],
            data: vec![data(&set_policy("migrate", "NONE"))],
        };
        let calls_out = IHostile::callCall {
            target: forger,
            value: U256::ZERO,
            data: data(&freeze),
        };
        let by = data(&act(vec![data(&calls_out)]));
        fixture.add("2.0", &code, step("1.0", step_kind::FOREIGN_CALL, by));
        fixture.add("3.0", &code, complex("2.0", &program, account(7)));
        fixture.set(
            "migrate",
            &format!("OR({},{})", is(account(VICTIM)), is(forger)),
        );
        fixture.set(
            "policy",
            &format!("OR({},{})", is(account(VICTIM)), is(forger)),
        );
        // through the registry its lock is taken
        let upgrade = calls::upgrade_instance(proxy, "3.0", Bytes::new());
        fixture
            .send(account(VICTIM), &upgrade)
            .expect_err("the registry is busy");
        if kind == proxy_kind::WASM {
            // by himself nobody is held up, so the policy is final when the complex step would begin
            let direct = calls::upgrade_to("3.0");
            let reason = invalid_step::COMPLEX_WHEN_FROZEN;
            let sent = fixture.send_to(account(VICTIM), proxy, &direct);
            refused(sent, bad_step("2.0", "3.0", reason));
            // without a complex step the instance arrives, and the policy is final
            let id = fixture.chain.snapshot();
            fixture.accepted_by(proxy, VICTIM, &calls::upgrade_to("2.0"));
            assert_eq!(fixture.instance(proxy).version, "2.0");
            let state = fixture.definition().state;
            assert_eq!(state, definition_state::FROZEN);
            assert!(fixture.chain.revert(id));
        }
        assert_eq!(fixture.instance(proxy).version, "1.0");
    }
}

/// Holds: one that lags, is paused and resumed, and is named twice in one rollout goes to what it ran, once; the second
/// attempt leaves it there, with its reason.
#[test]
fn an_instance_that_is_named_twice_does_not_take_two_turns_in_one_transaction() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let (mut fixture, code) = Fixture::with_first_version("counter-v1");
        let proxy = create(&mut fixture, kind, &calls::initialize_counter(7));
        let order = calls::migrate("A", "2.0", &code, plain("1.0"));
        fixture.executes(VICTIM, &order);
        fixture.executes(VICTIM, &calls::pause_first("A", [proxy, proxy, proxy]));
        assert_eq!(fixture.instance(proxy).state, instance_state::PAUSED);
        fixture.executes(VICTIM, &calls::resume("A", "2.0"));
        let done = fixture.rollout([proxy, proxy], 32_000_000).expect("tried");
        assert_eq!(done.returned, 1);
        done.skips(proxy, in_progress().abi_encode());
        let found = fixture.instance(proxy);
        assert_eq!(
            (found.version.as_str(), found.state),
            ("1.0", instance_state::LIVE)
        );
        assert_eq!(fixture.follow().returned, 1);
        assert_eq!(fixture.instance(proxy).version, "2.0");
    }
}

/// Holds: `migrate` to what is current once more, in the middle of a pause, lets nobody who lagged run what was replaced.
#[test]
fn what_is_current_is_activated_once_more_in_a_pause_and_takes_along_who_lagged() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let (mut fixture, code) = Fixture::with_first_version("counter-v1");
        let proxies = [0, 1].map(|salt| {
            let init = data(&calls::initialize_counter(7));
            fixture.created(VICTIM, &super::new_proxy(kind, salt, init))
        });
        let order = calls::migrate("A", "2.0", &code, plain("1.0"));
        fixture.executes(VICTIM, &order);
        fixture
            .rollout([proxies[0]], 32_000_000)
            .expect("one follows");
        fixture.executes(VICTIM, &calls::pause_first("A", proxies));
        fixture.executes(VICTIM, &order);
        fixture.executes(VICTIM, &calls::resume("A", "2.0"));
        let done = fixture.follow();
        assert_eq!((done.returned, done.skipped()), (2, vec![]));
        for proxy in proxies {
            let found = fixture.instance(proxy);
            assert_eq!(
                (found.version.as_str(), found.state),
                ("2.0", instance_state::LIVE)
            );
        }
        // an instance that is live is in no step, whatever was activated
        let abort = calls::abort_migration("A", proxies[0], fixture.nonce(proxies[0]));
        let state = instance_state::LIVE;
        let not_migrating = IRegistry::NotMigrating {
            proxy: proxies[0],
            state,
        };
        fixture.refuses(VICTIM, &abort, not_migrating);
        fixture
            .send(account(ATTACKER), &calls::resume("A", "2.0"))
            .expect_err("nobody");
    }
}
