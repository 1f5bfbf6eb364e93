//! Programs expire after 365 days unless somebody keeps them alive. These tests show what stops
//! working then, and who can restore it.

use alloy::primitives::{B256, Bytes, U256};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::not_runnable;
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::IHostile;
use stylus_upgrades_tests::calls;

use super::fixture::{Scenario, call, upgrade_to};
use crate::registry::fixture::{Reverted, account, framework, part, refused, step};

#[test]
fn whatever_expired_anybody_brings_back_and_nothing_is_lost() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", step("1.0", 0, Bytes::new()));
    let (proxy, boss) = (scenario.proxy, scenario.boss);
    let read = IHostile::readSlotCall { slot: slots::ADMIN };
    let admin = scenario.fixture.registry.into_word();
    scenario.fixture.wait(366 * 86_400);
    let dead = Err(Reverted(Bytes::new()));
    assert_eq!(scenario.fixture.ask(proxy, &read), dead);

    // users need the proxy's and the implementation's code only
    scenario.fixture.activate(framework().proxy.address);
    assert_eq!(scenario.fixture.ask(proxy, &read), dead);
    scenario.fixture.activate(scenario.code.implementation);
    assert_eq!(scenario.fixture.ask(proxy, &read), Ok(admin));

    // views of the proxy need UpgradeabilityStorage, its version the registry and its records
    let implementation = Proxy::implementationCall {};
    assert_eq!(
        scenario.fixture.ask(proxy, &implementation),
        Err(Reverted(Bytes::new()))
    );
    scenario.fixture.activate(framework().storage.address);
    assert_eq!(
        scenario.fixture.ask(proxy, &implementation),
        Ok(scenario.code.implementation)
    );
    let version = Proxy::implementationVersionCall {};
    scenario
        .fixture
        .ask(proxy, &version)
        .expect_err("the registry is dead");
    let upgrade = vec![call(proxy, &upgrade_to("2.0"))];
    scenario
        .act(boss, upgrade.clone())
        .expect_err("the registry is dead");
    assert_eq!(
        scenario.slot(proxy, slots::IMPLEMENTATION),
        scenario.code.implementation.into_word(),
        "a failed upgrade does not leave the stub"
    );
    scenario.fixture.activate(scenario.fixture.registry);
    scenario.fixture.activate(part("registry-records").address);
    assert_eq!(scenario.fixture.ask(proxy, &version), Ok("1.0".to_owned()));
    scenario
        .act(boss, upgrade.clone())
        .expect_err("the registry's upgrades are dead");
    scenario.fixture.activate(part("registry-upgrades").address);
    scenario.act(boss, upgrade).expect("upgraded");
    assert_eq!(scenario.fixture.ask(proxy, &version), Ok("2.0".to_owned()));
    let paid = scenario
        .fixture
        .raw(account(5), proxy, Bytes::new(), U256::from(3), 5_000_000);
    paid.expect("money arrives as before");
}

#[test]
fn a_framework_that_expired_makes_no_proxy() {
    let mut scenario = Scenario::new();
    scenario.fixture.wait(366 * 86_400);
    let parts = framework().parts.iter().map(|part| part.address);
    for program in parts.chain([scenario.fixture.registry, scenario.code.implementation]) {
        scenario.fixture.activate(program);
    }
    let query = calls::proxy_address("A", 0, B256::repeat_byte(2));
    let proxy = scenario.fixture.view(&query).expect("an address");
    let creation = scenario.creation(2, "1.0");
    let expired = |implementation| Proxy::ImplementationNotRunnable {
        implementation,
        reason: not_runnable::EXPIRED,
    };
    let storage = framework().storage.address;
    refused(scenario.govern(&creation), expired(storage));
    scenario.fixture.activate(storage);
    refused(scenario.govern(&creation), expired(proxy));
    scenario.fixture.activate(framework().proxy.address);
    scenario.govern(&creation).expect("created");
}
