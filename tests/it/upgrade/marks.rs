use crate::prelude::*;
use crate::registry::errors::not_applied;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::UpgradeSlotsTouched;

use super::fixture::{Done, hostile, migrating};

/// What no step may write, but for its own mark.
fn guarded() -> [B256; 5] {
    [
        slots::IMPLEMENTATION,
        slots::ADMIN,
        slots::BEACON,
        slots::INITIALIZED,
        slots::migrated("1.0"),
    ]
}

#[tokio::test]
async fn a_migration_that_writes_a_slot_of_the_framework_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    for slot in guarded() {
        let actions = vec![hostile::write(slot, B256::repeat_byte(0x11))];
        let refused = it
            .instance
            .upgrade_and_call("2.0", &hostile::migrate(actions))
            .await;
        assert_reverts(refused, UpgradeSlotsTouched { slot });
    }
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}

#[tokio::test]
async fn a_script_that_writes_a_slot_of_the_framework_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    for (i, slot) in guarded()
        .into_iter()
        .chain([slots::migrated("3.0")])
        .enumerate()
    {
        let actions = vec![hostile::write(slot, B256::repeat_byte(0x11))];
        let script = step::script("1.0", &it.first, &act(actions));
        let version = if slot == slots::migrated("3.0") {
            "3.0".to_owned()
        } else {
            format!("4.{i}")
        };
        it.definition
            .add_version(&version, &it.second, script)
            .await?;
        let sent = it.instance.upgrade(&version).await;
        assert_reverts(sent, UpgradeSlotsTouched { slot });
    }
    Ok(())
}

#[tokio::test]
async fn data_after_the_upgrade_may_not_write_them_either() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::nothing("1.0")).await?;
    for slot in guarded().into_iter().chain([slots::migrated("2.0")]) {
        let act = act(vec![hostile::write(slot, B256::repeat_byte(0x11))]);
        let sent = it.instance.upgrade_and_call("2.0", &act).await;
        assert_reverts(sent, UpgradeSlotsTouched { slot });
    }
    Ok(())
}

#[tokio::test]
async fn an_initializer_may_not_write_them_either() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    for slot in [
        slots::IMPLEMENTATION,
        slots::ADMIN,
        slots::BEACON,
        slots::INITIALIZED,
    ] {
        let initializer = IHostile::initializeCall {
            actions: vec![hostile::write(slot, B256::repeat_byte(0x11))],
        };
        let created = it.definition.create_proxy("1.0", &initializer).await;
        assert_reverts(created.map(drop), UpgradeSlotsTouched { slot });
    }
    Ok(())
}

#[tokio::test]
async fn a_step_that_sets_no_mark_is_not_applied() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call("1.0", &act(vec![]))).await?;
    assert_reverts(it.instance.upgrade("2.0").await, not_applied("1.0", "2.0"));
    Ok(())
}

#[tokio::test]
async fn a_step_that_reverts_without_data_is_not_applied() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![data(&IHostile::panicCall {})])).await?;
    assert_reverts(it.instance.upgrade("2.0").await, not_applied("1.0", "2.0"));
    Ok(())
}

#[tokio::test]
async fn the_revert_data_of_a_step_comes_through_byte_for_byte() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    for length in [1usize, 4, 31, 32, 33, 10_000] {
        let words: Bytes = (0..length).map(|i| i as u8).collect();
        let actions = vec![data(&IHostile::revertWithCall {
            data: words.clone(),
        })];
        match it
            .instance
            .upgrade_and_call("2.0", &hostile::migrate(actions))
            .await
        {
            Err(HarnessError::Reverted(revert)) => assert_eq!(*revert.data(), words),
            other => panic!("expected a revert with {length} bytes, found {other:?}"),
        }
    }
    assert_eq!(it.instance.storage(U256::from(3)).await?, B256::ZERO);
    Ok(())
}
