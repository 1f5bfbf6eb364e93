use alloy::primitives::{B256, Bytes, U256};
use stylus_upgrades_harness::{Harness, HarnessError, step};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::upgradeToAndCallCall;
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::IHostile;

use super::fixture::{Done, Fixture, data, hostile, write};

/// Everything of an instance that an upgrade could have changed.
async fn state(it: &Fixture<'_>, slot: B256) -> Result<(Vec<B256>, U256, String), HarnessError> {
    let mut words = Vec::new();
    for slot in [
        slots::IMPLEMENTATION,
        slots::ADMIN,
        slots::BEACON,
        slots::INITIALISED,
        slots::CONSTRUCTED,
        slots::migrated("1.0"),
        slots::migrated("2.0"),
        slot,
    ] {
        words.push(it.instance.storage(slot).await?);
    }
    let balance = it.harness.chain().balance(it.instance.address()).await?;
    Ok((words, balance, it.instance.version().await?))
}

/// Runs `actions` as the migration in a mined transaction with value, and compares.
async fn fails_without_a_trace(actions: Vec<Bytes>) -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    let slot = B256::repeat_byte(0x55);
    let before = state(&it, slot).await?;
    let mut all = vec![write(slot, slot)];
    all.extend(actions);
    let upgrade = upgradeToAndCallCall {
        version: "2.0".into(),
        data: data(&IHostile::migrateCall { actions: all }),
    };
    let receipt = harness
        .chain()
        .send_anyway(it.instance.request(&upgrade, U256::from(3)))
        .await?;
    assert!(!receipt.status());
    assert!(receipt.logs().is_empty());
    assert_eq!(state(&it, slot).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_migration_that_reverts_leaves_everything_as_it_was() -> Done {
    let revert = IHostile::revertWithCall {
        data: Bytes::from_static(b"no"),
    };
    fails_without_a_trace(vec![data(&revert)]).await
}

#[tokio::test]
async fn a_migration_that_traps_leaves_everything_as_it_was() -> Done {
    fails_without_a_trace(vec![data(&IHostile::panicCall {})]).await
}

#[tokio::test]
async fn a_migration_that_never_ends_leaves_everything_as_it_was() -> Done {
    fails_without_a_trace(vec![data(&IHostile::spinCall {})]).await
}

#[tokio::test]
async fn a_migration_that_touches_our_slots_leaves_everything_as_it_was() -> Done {
    fails_without_a_trace(vec![write(slots::IMPLEMENTATION, B256::repeat_byte(1))]).await
}

#[tokio::test]
async fn an_initializer_that_fails_leaves_no_proxy() -> Done {
    use stylus_upgrades_interface::registry::IRegistry::definitionCall;
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    let revert = data(&IHostile::revertWithCall {
        data: Bytes::from_static(b"unborn"),
    });
    let created = it
        .definition
        .create_proxy(
            "1.0",
            &IHostile::initializeCall {
                actions: vec![revert],
            },
        )
        .await;
    match created {
        Err(HarnessError::Reverted(revert)) => assert_eq!(revert.data()[..], *b"unborn"),
        other => panic!("expected the initializer's revert, found {other:?}"),
    }
    let definition = definitionCall {
        name: "Hostile".into(),
    };
    let record = harness
        .chain()
        .read(harness.registry(), &definition)
        .await?;
    assert_eq!(record.instances, 1);
    Ok(())
}
