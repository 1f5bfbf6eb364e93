//! Migration scripts, and what they may not do with the proxy whose storage they run on.
//! (`upgrade::marks` tests what they may not write.)

use alloy::primitives::{B256, Bytes, U256};
use stylus_upgrades_harness::{Harness, assert_reverts, step};
use stylus_upgrades_interface::migratable::IMigratable::{Migrated, NotInUpgrade};
use stylus_upgrades_interface::registry::IRegistry::CodeChanged;
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::IHostile;

use crate::upgrade::{Done, data, hostile};

#[tokio::test]
async fn a_script_does_not_run_a_migration_of_the_implementation() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::nothing("1.0")).await?;
    for inner in [
        data(&IHostile::migrateCall { actions: vec![] }),
        data(&IHostile::initializeCall { actions: vec![] }),
    ] {
        let delegate = IHostile::delegateCall {
            target: it.first.address,
            data: inner.clone(),
        };
        let version = format!("2.0-{}", inner[0]);
        let script = step::script("1.0", &it.second, &delegate);
        it.definition
            .add_version(&version, &it.second, script)
            .await?;
        assert_reverts(it.instance.upgrade(&version).await, NotInUpgrade {});
    }
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}

#[tokio::test]
async fn one_script_serves_many_steps_and_instances_once_each() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::nothing("1.0")).await?;
    let script = harness.deploy(it.first.artifact.clone()).await?;
    let write = |value: u8| IHostile::writeSlotCall {
        slot: B256::with_last_byte(0x77),
        value: B256::with_last_byte(value),
    };
    for (from, to, value) in [("2.0", "3.0", 3), ("3.0", "4.0", 4)] {
        let script = step::script(from, &script, &write(value));
        it.definition.add_version(to, &it.second, script).await?;
    }
    let created = IHostile::initializeCall { actions: vec![] };
    let other = it.definition.create_proxy("1.0", &created).await?;
    for (instance, target, value) in [(&it.instance, "4.0", 4), (&other, "3.0", 3)] {
        let upgrade = instance.upgrade(target).await?;
        let migrated = upgrade.events::<Migrated>(instance.address());
        assert_eq!(migrated.len(), usize::from(value) - 1);
        let slot = U256::from(0x77);
        assert_eq!(instance.storage(slot).await?, B256::with_last_byte(value));
    }
    assert_eq!(other.storage(slots::migrated("4.0")).await?, B256::ZERO);
    other.upgrade("4.0").await?;
    assert_eq!(other.version().await?, "4.0");
    Ok(())
}

#[tokio::test]
async fn a_script_whose_code_changed_since_it_was_approved_does_not_run() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::nothing("1.0")).await?;
    let script = harness.deploy(it.first.artifact.clone()).await?;
    let nothing = IHostile::actCall { actions: vec![] };
    let way = step::script("2.0", &script, &nothing);
    it.definition.add_version("3.0", &it.second, way).await?;
    let chain = harness.chain();
    let other = Bytes::from_static(&[0x00]);
    chain
        .request::<_, Option<bool>>("anvil_setCode", (script.address, other.clone()))
        .await?;
    let changed = CodeChanged {
        account: script.address,
        expected: script.codehash,
        found: alloy::primitives::keccak256(&other),
    };
    assert_reverts(it.instance.upgrade("3.0").await, changed);
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}
