//! Several things that happen to one instance or definition in one transaction.

use crate::prelude::*;
use crate::registry::errors::in_progress;
use stylus_upgrades_interface::reasons::{definition_state, step as step_kind};

use super::second::IForger;
use super::{ATTACKER, VICTIM};
use crate::registry::adopted::fixture::compiled;
use crate::registry::fixture::{Fixture, account, complex, is, plain, set_policy, step};
use crate::registry::kinds::create;

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
            let sent = fixture.send_to(account(VICTIM), proxy, &direct);
            sent.expect_err("no complex step begins");
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
