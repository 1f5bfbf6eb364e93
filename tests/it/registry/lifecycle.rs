//! From an empty registry to an upgraded instance and back.

use alloy::primitives::{B256, Bytes, U256, keccak256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::registry::{IRegistry, Step};
use stylus_upgrades_tests::abi::ICounter;
use stylus_upgrades_tests::calls;

use super::fixture::{Fixture, account, initial_step, is, refused, step};

#[test]
fn an_instance_is_created_upgraded_and_brought_back() {
    let mut fixture = Fixture::new(&is(account(0)));
    let admin = account(0);
    let defined = fixture.define(&is(admin)).expect("defined");
    assert!(defined.returned.executed);
    let v1 = fixture.deploy("counter-v1");
    let v2 = fixture.deploy("counter-v2");
    let back = fixture.deploy("counter-back");

    let added = fixture
        .send(admin, &calls::add_version("A", "1.0", &v1, initial_step()))
        .expect("added");
    assert_eq!(
        added.events::<IRegistry::CurrentChanged>().len(),
        1,
        "the first version is current"
    );

    let create = calls::create_proxy(
        "A",
        "1.0",
        0,
        B256::ZERO,
        ICounter::initializeCall {
            value: U256::from(7),
        }
        .abi_encode(),
    );
    let created = fixture.send(admin, &create).expect("created");
    let proxy = created.returned.proxy;
    println!("create proxy: {} gas", created.gas);
    assert_eq!(created.events::<Proxy::Upgraded>().len(), 1);
    let expected = fixture
        .view(&calls::proxy_address("A", 0, B256::ZERO))
        .expect("address");
    assert_eq!(proxy, expected);
    assert_eq!(
        fixture.ask(proxy, &ICounter::valueCall {}).expect("value"),
        U256::from(7)
    );
    assert_eq!(
        fixture
            .ask(proxy, &Proxy::implementationVersionCall {})
            .expect("version"),
        "1.0"
    );
    refused(
        fixture.send(admin, &create),
        IRegistry::ProxyExists { proxy },
    );

    fixture
        .pay(admin, proxy, &ICounter::incrementCall {}, U256::ZERO)
        .expect("increment");
    let data: Bytes = ICounter::migrateCall {
        step: U256::from(10),
    }
    .abi_encode()
    .into();
    let migrated = fixture
        .send(
            admin,
            &calls::migrate("A", "2.0", &v2, step("1.0", 1, data)),
        )
        .expect("migrated");
    println!("migrate: {} gas", migrated.gas);
    let moved = migrated.events::<IRegistry::InstanceUpgraded>();
    assert_eq!(
        (moved[0].from.as_str(), moved[0].to.as_str()),
        ("1.0", "2.0")
    );
    fixture
        .pay(admin, proxy, &ICounter::incrementCall {}, U256::ZERO)
        .expect("increment");
    assert_eq!(
        fixture.ask(proxy, &ICounter::valueCall {}).expect("value"),
        U256::from(18)
    );
    assert_eq!(
        fixture.ask(proxy, &ICounter::stepCall {}).expect("step"),
        U256::from(10)
    );

    let script = Step {
        from: "2.0".into(),
        kind: 2,
        script: back.implementation,
        scriptCodehash: back.codehash,
        data: keccak256("anything")[..4].to_vec().into(),
    };
    let rolled_back = fixture
        .send(admin, &calls::migrate("A", "3.0", &v1, script))
        .expect("rolled back");
    println!("back: {} gas", rolled_back.gas);
    let now = fixture
        .view(&IRegistry::instanceOfCall { proxy })
        .expect("instance");
    assert_eq!(
        (now.name.as_str(), now.version.as_str(), now.kind, now.state),
        ("A", "3.0", 0, 0)
    );
    assert_eq!(
        fixture.ask(proxy, &ICounter::valueCall {}).expect("value"),
        U256::from(18)
    );
    let definition = fixture
        .view(&IRegistry::definitionCall { name: "A".into() })
        .expect("definition");
    assert_eq!(
        (
            definition.current.as_str(),
            definition.sequence,
            definition.versions,
            definition.instances
        ),
        ("3.0", 3, 3, 1)
    );
}
