//! The framework's code, run by accounts that are not its proxies.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::IComplexStep;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::IHostile;
use stylus_upgrades_tests::calls;

use super::fixture::{SENDER, Scenario, call, data, upgrade_to, write};
use crate::registry::fixture::{account, framework, part, refused, step};

fn delegate(target: Address, call: &impl SolCall) -> Bytes {
    data(&IHostile::delegateCall {
        target,
        data: data(call),
    })
}

#[test]
fn an_account_that_dresses_as_a_proxy_is_no_instance() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", step("1.0", 0, Bytes::new()));
    let impostor = scenario.fixture.deploy("hostile").implementation;
    let dress = write(slots::ADMIN, scenario.fixture.registry.into_word());
    let storage = framework().storage.address;
    for tried in [
        delegate(storage, &upgrade_to("2.0")),
        delegate(storage, &Proxy::implementationVersionCall {}),
    ] {
        refused(
            scenario.act(impostor, vec![dress.clone(), tried]),
            IRegistry::NotAnInstance { proxy: impostor },
        );
    }
    for back in [false, true] {
        let finish = delegate(storage, &IComplexStep::finishStepCall { back });
        scenario
            .act(impostor, vec![dress.clone(), finish])
            .expect_err("it is in no step");
    }
    refused(
        scenario.act(impostor, vec![delegate(storage, &upgrade_to("2.0"))]),
        Proxy::NotAProxy {},
    );
}

#[test]
fn the_admin_path_called_directly_is_no_proxy_whatever_the_calldata() {
    let mut scenario = Scenario::new();
    let storage = framework().storage.address;
    let selectors = [
        Proxy::implementationCall::SELECTOR,
        Proxy::upgradeToCall::SELECTOR,
        IComplexStep::finishStepCall::SELECTOR,
        [0xde, 0xad, 0xbe, 0xef],
    ];
    let whole = selectors.iter().map(|selector| selector.to_vec());
    let cut = (0..4).map(|length| selectors[1][..length].to_vec());
    for calldata in whole.chain(cut) {
        for value in [0, 1] {
            let called = scenario.fixture.raw(
                account(5),
                storage,
                calldata.clone().into(),
                U256::from(value),
                5_000_000,
            );
            refused(called, Proxy::NotAProxy {});
        }
    }
}

#[test]
fn the_parts_of_the_registry_run_on_a_strangers_storage_without_a_trace_in_ours() {
    let mut scenario = Scenario::new();
    let stranger = scenario.fixture.deploy("hostile").implementation;
    let dress = write(slots::REGISTRY, B256::repeat_byte(1));
    let begin = IInstanceRegistry::beginUpgradeCall {
        caller: scenario.boss,
        version: "2.0".into(),
    };
    let rollout = calls::rollout("A", 1);
    let part = part("registry-upgrades").address;
    refused(
        scenario.act(stranger, vec![dress.clone(), delegate(part, &rollout)]),
        IRegistry::DefinitionNotFound { name: "A".into() },
    );
    refused(
        scenario.act(stranger, vec![dress, delegate(part, &begin)]),
        IRegistry::NotAnInstance {
            proxy: account(SENDER),
        },
    );
    let proxy = scenario.proxy;
    assert_eq!(scenario.version(proxy), "1.0");
}

#[test]
fn nothing_changes_in_a_static_call_and_every_view_answers() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", step("1.0", 0, Bytes::new()));
    let (boss, proxy, registry) = (scenario.boss, scenario.proxy, scenario.fixture.registry);
    let created = scenario.creation(2, "1.0");
    let changing = [
        (proxy, data(&upgrade_to("2.0"))),
        (registry, data(&created)),
        (registry, data(&calls::rollout("A", 1))),
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
        scenario.fixture.chain.set_code(delegated, designator(code));
        let called = scenario
            .fixture
            .pay(account(5), delegated, &upgrade_to("2.0"), U256::ZERO);
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
    let add = calls::add_version("A", "2.0", &code, step("1.0", 0, Bytes::new()));
    scenario
        .fixture
        .send(approver, &add)
        .expect("it approves itself");
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
    let batch = IHostile::actCall {
        actions: vec![write(slot, before), delegate(proxy, &upgrade_to("2.0"))],
    };
    scenario
        .act(boss, vec![call(proxy, &batch)])
        .expect("upgraded");
    assert_eq!(scenario.version(proxy), "2.0");
    assert_eq!(scenario.slot(proxy, slot), after);
    assert_eq!(
        scenario.slot(proxy, slots::IMPLEMENTATION),
        scenario.code.implementation.into_word()
    );
}
