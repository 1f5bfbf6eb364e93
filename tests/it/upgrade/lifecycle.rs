use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::migratable::IMigratable::{Migrated, isMigratedCall};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    AdminChanged, Upgraded, registryCall,
};
use stylus_upgrades_interface::registry::IRegistry::{
    InstanceUpgraded, ProxyCreated, definitionCall, instanceOfCall,
};

use super::fixture::{Done, counter, hostile, migrating};

#[tokio::test]
async fn an_upgrade_emits_these_events_and_no_other() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let name = String::from("Counter");
    let query = definitionCall { name };
    let definition = harness.chain().read(harness.registry(), &query).await?;
    let logs = it.instance.upgrade("2.0").await?.logs();
    let proxy = it.instance.address();
    let (from, to) = (String::from("1.0"), String::from("2.0"));
    let migrated = Migrated {
        from: from.clone(),
        to: to.clone(),
    };
    let recorded = InstanceUpgraded {
        definition: keccak256("Counter"),
        proxy,
        from,
        to,
        sequence: definition.sequence,
    };
    let implementation = it.second.address;
    let upgraded = Upgraded { implementation };
    let expected = [
        (proxy, migrated.encode_log_data()),
        (harness.registry(), recorded.encode_log_data()),
        (proxy, upgraded.encode_log_data()),
    ];
    assert_eq!(logs, expected);
    Ok(())
}

#[tokio::test]
async fn a_creation_is_one_transaction_with_its_initializer() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let (proxy, registry) = (it.instance.address(), harness.registry());
    let initial = it.instance.creation();
    let previous = AdminChanged {
        previousAdmin: Address::ZERO,
        newAdmin: registry,
    };
    initial.assert_emitted(proxy, &previous);
    let implementation = it.first.address;
    initial.assert_emitted(proxy, &Upgraded { implementation });
    initial.assert_not_emitted::<Migrated>();
    initial.assert_not_emitted::<InstanceUpgraded>();
    assert_eq!(initial.events::<ProxyCreated>(registry).len(), 1);
    let found = it.instance.read(&ICounter::valueCall {}).await?;
    assert_eq!(found, U256::from(7));
    assert_eq!(it.instance.read(&registryCall {}).await?, registry);
    let record = harness
        .chain()
        .read(registry, &instanceOfCall { proxy })
        .await?;
    assert_eq!((&*record.name, &*record.version), ("Counter", "1.0"));
    assert_eq!((record.kind, record.state), (0, 0));
    Ok(())
}

#[tokio::test]
async fn the_slots_are_where_erc_1967_and_erc_7201_put_them() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    for (program, version) in [(&it.first, "1.0"), (&it.second, "2.0")] {
        if version == "2.0" {
            it.instance.upgrade("2.0").await?;
        }
        let found = it.instance.storage(slots::IMPLEMENTATION).await?;
        assert_eq!(found, program.address.into_word());
        let found = it.instance.storage(slots::ADMIN).await?;
        assert_eq!(found, harness.registry().into_word());
        assert_eq!(it.instance.storage(slots::BEACON).await?, B256::ZERO);
        assert_eq!(it.instance.storage(slots::INITIALIZED).await?, slots::SET);
        let found = it.instance.storage(slots::migrated("1.0")).await?;
        assert_eq!(found, slots::SET);
        let version = version.into();
        assert!(it.instance.read(&isMigratedCall { version }).await?);
    }
    let found = it.instance.storage(U256::ZERO).await?;
    assert_eq!(found, B256::with_last_byte(7));
    let found = it.instance.storage(U256::ONE).await?;
    assert_eq!(found, B256::with_last_byte(5));
    let found = it.instance.storage(slots::migrated("2.0")).await?;
    assert_eq!(found, slots::SET);
    Ok(())
}

#[tokio::test]
async fn an_instance_that_skips_a_version_runs_every_migration_in_order() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    let third = harness.deploy(it.first.artifact.clone()).await?;
    it.definition
        .add_version("3.0", &third, step::nothing("2.0"))
        .await?;
    let upgrade = it.instance.upgrade("3.0").await?;
    let migrated = upgrade.events::<Migrated>(it.instance.address());
    let steps: Vec<(&str, &str)> = migrated
        .iter()
        .map(|step| (step.from.as_str(), step.to.as_str()))
        .collect();
    assert_eq!(steps, [("1.0", "2.0"), ("2.0", "3.0")]);
    let implementation = third.address;
    let upgraded = upgrade.events::<Upgraded>(it.instance.address());
    assert_eq!(upgraded, [Upgraded { implementation }]);
    for version in ["1.0", "2.0", "3.0"] {
        let found = it.instance.storage(slots::migrated(version)).await?;
        assert_eq!(found, slots::SET, "{version}");
    }
    assert_eq!(it.instance.version().await?, "3.0");
    Ok(())
}

#[tokio::test]
async fn calldata_after_an_upgrade_without_a_migration_runs_on_the_new_code() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    it.definition
        .add_version("2.1", &it.second, step::nothing("1.0"))
        .await?;
    it.instance
        .upgrade_and_call("2.1", &ICounter::incrementCall {})
        .await?;
    let found = it.instance.read(&ICounter::valueCall {}).await?;
    assert_eq!(found, U256::from(7));
    assert_eq!(it.instance.version().await?, "2.1");
    Ok(())
}
