//! The framework's code, run by accounts that are not its proxies.

use crate::prelude::*;

use super::fixture::{Scenario, call, plain, upgrade_to, write};
use crate::registry::fixture::{account, framework, refused};

#[test]
fn nothing_changes_in_a_static_call_and_every_view_answers() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", plain("1.0"));
    let (boss, proxy, registry) = (scenario.boss, scenario.proxy, scenario.registry);
    let created = scenario.creation(2, "1.0");
    let changing = [
        (proxy, data(&upgrade_to("2.0"))),
        (registry, data(&created)),
        (registry, data(&calls::rollout("A", [proxy]))),
        (registry, data(&calls::set_policy("A", "x", "NONE"))),
    ];
    for (target, calldata) in changing {
        let tried = data(&IHostile::staticCallCall {
            target,
            data: calldata,
        });
        scenario
            .act(boss, vec![tried])
            .expect_err("it would change something");
    }
    let views = [
        (proxy, data(&Proxy::implementationCall {})),
        (proxy, data(&Proxy::registryCall {})),
        (proxy, data(&Proxy::implementationVersionCall {})),
        (registry, data(&IRegistry::instanceOfCall { proxy })),
        (
            registry,
            data(&IRegistry::actionOfCall {
                call: data(&created),
            }),
        ),
    ];
    for (target, calldata) in views {
        let query = data(&IHostile::staticCallCall {
            target,
            data: calldata,
        });
        scenario.act(boss, vec![query]).expect("a view");
    }
    assert_eq!(scenario.version(proxy), "1.0");
}

#[test]
fn a_delegated_account_is_no_proxy_and_no_code_but_may_approve() {
    let mut scenario = Scenario::new();
    let proxy = scenario.proxy;
    let designator = |to: Address| Bytes::from([&[0xef, 0x01, 0x00], to.as_slice()].concat());
    let delegated = account(3);
    for code in [framework().storage.address, framework().proxy.address] {
        scenario.chain.set_code(delegated, designator(code));
        let called = scenario.send_to(account(5), delegated, &upgrade_to("2.0"));
        refused(called, Proxy::NotAProxy {});
    }
    // an approver that delegated to code for everybody: everybody can make it approve
    let approver = account(4);
    scenario
        .fixture
        .chain
        .set_code(approver, designator(scenario.code.implementation));
    let order = calls::set_policy("A", "migrate", crate::registry::fixture::is(approver));
    scenario.govern(&order).expect("an approver");
    let code = scenario.code.clone();
    let add = calls::add_version("A", "2.0", &code, plain("1.0"));
    scenario.send(approver, &add).expect("it approves itself");
    let upgrade = call(proxy, &upgrade_to("2.0"));
    scenario
        .act(approver, vec![upgrade])
        .expect("so could anybody, through its code");
    assert_eq!(scenario.version(proxy), "2.0");
}

#[test]
fn a_batch_that_delegates_to_the_proxy_itself_does_not_lose_what_the_upgrade_wrote() {
    // OpenZeppelin's Multicall: address(this).delegatecall. No frame of the proxy is open but
    // its own, so the upgrade goes ahead; what the outer code holds was flushed before.
    let mut scenario = Scenario::new();
    let (proxy, boss) = (scenario.proxy, scenario.boss);
    let slot = B256::repeat_byte(0x77);
    let (before, after) = (B256::repeat_byte(1), B256::repeat_byte(2));
    scenario.add("2.0", super::fixture::migrating(vec![write(slot, after)]));
    let batch = act(vec![
        write(slot, before),
        hostile::delegate(proxy, &upgrade_to("2.0")),
    ]);
    scenario
        .act(boss, vec![call(proxy, &batch)])
        .expect("upgraded");
    assert_eq!(scenario.version(proxy), "2.0");
    assert_eq!(scenario.slot(proxy, slot), after);
    let found = scenario.slot(proxy, slots::IMPLEMENTATION);
    assert_eq!(found, scenario.code.implementation.into_word());
}
