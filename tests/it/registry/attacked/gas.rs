//! Whatever gas somebody sends along: an instance that can follow its definition follows it, or nothing happens.

use crate::prelude::*;

use super::VICTIM;
use crate::registry::adopted::fixture::compiled;
use crate::registry::fixture::{Fixture, account, plain, step};
use crate::registry::kinds::create;

/// Sends a call with every amount of gas from little to plenty. It reverts, or all instances do as it says.
#[track_caller]
fn swept(
    fixture: &mut Fixture,
    call: &impl SolCall,
    most: u64,
    proxies: &[Address],
    (version, state): (&str, u8),
) {
    let registry = fixture.registry;
    let mut succeeded = false;
    for gas in (300_000..most).step_by(37_009) {
        let id = fixture.chain.snapshot();
        let sent = fixture.raw(
            account(VICTIM),
            registry,
            call.abi_encode().into(),
            U256::ZERO,
            gas,
        );
        if let Ok(done) = sent {
            assert_eq!(done.skipped(), [], "with {gas} gas");
            for proxy in proxies {
                let found = fixture.instance(*proxy);
                let found = (found.version.as_str(), found.state);
                assert_eq!(found, (version, state), "with {gas} gas");
            }
            succeeded = true;
        }
        assert!(fixture.chain.revert(id));
    }
    assert!(succeeded, "with enough");
}

/// Holds: for both kinds, with and without a check among the steps.
#[test]
fn no_amount_of_gas_leaves_an_instance_behind_that_could_follow() {
    for has_checks in [false, true] {
        let (mut fixture, code) = Fixture::with_first_version("counter-v1");
        let proxies = [proxy_kind::WASM, proxy_kind::EVM]
            .map(|kind| create(&mut fixture, kind, &calls::initialize_counter(7)));
        if has_checks {
            let check = compiled(&mut fixture, "ValueStays");
            let mut way = plain("1.0");
            (way.script, way.scriptCodehash) = (check.implementation, check.codehash);
            fixture.add("0.5", &code, way);
        }
        let second = fixture.deploy("counter-v2");
        let by = data(&calls::migrate_counter(5));
        let order = calls::migrate("A", "2.0", &second, step("1.0", 1, by));
        let rollout = calls::rollout("A", proxies);

        let pause = calls::pause_first("A", proxies);
        let (live, paused) = (instance_state::LIVE, instance_state::PAUSED);
        swept(&mut fixture, &pause, 5_000_000, &proxies, ("1.0", paused));
        fixture.executes(VICTIM, &pause);
        let id = fixture.chain.snapshot();
        fixture.executes(VICTIM, &calls::resume("A", "1.0"));
        swept(&mut fixture, &rollout, 5_000_000, &proxies, ("1.0", live));
        assert!(fixture.chain.revert(id));
        fixture.executes(VICTIM, &order);
        fixture.executes(VICTIM, &calls::resume("A", "2.0"));
        swept(&mut fixture, &rollout, 5_000_000, &proxies, ("2.0", live));
        assert_eq!(fixture.follow().returned, 2);
        for proxy in proxies {
            assert_eq!(fixture.instance(proxy).version, "2.0");
        }
    }
}
