use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::chain::CONSTRUCTOR_SELECTOR;
use stylus_upgrades_interface::migratable::IMigratable::NotInUpgrade;
use stylus_upgrades_tests::abi::ICounter2;

use super::fixture::{Done, counter, hostile, initialize, migrate, migrating};

#[tokio::test]
async fn the_bare_implementation_cannot_be_initialized_or_migrated() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    for caller in [harness.account(0), harness.account(1)] {
        let (chain, second) = (harness.chain(), it.second.address);
        let both = ICounter2::initializeCall {
            value: U256::from(1),
            step: U256::from(1),
        };
        let sent = chain
            .execute(caller, it.first.address, &initialize(1))
            .await;
        assert_reverts(sent, NotInUpgrade {});
        assert_reverts(chain.execute(caller, second, &both).await, NotInUpgrade {});
        let sent = chain.execute(caller, second, &migrate(1)).await;
        assert_reverts(sent, NotInUpgrade {});
    }
    Ok(())
}

#[tokio::test]
async fn nobody_initializes_or_migrates_through_the_proxy() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    it.instance.upgrade("2.0").await?;
    for caller in [harness.account(0), harness.account(1)] {
        let proxy = it.instance.by(caller);
        assert_reverts(proxy.send(&migrate(1)).await, NotInUpgrade {});
        let again = ICounter2::initializeCall {
            value: U256::from(1),
            step: U256::from(1),
        };
        assert_reverts(proxy.send(&again).await, NotInUpgrade {});
    }
    let found = it.instance.read(&ICounter::valueCall {}).await?;
    assert_eq!(found, U256::from(7));
    let found = it.instance.read(&ICounter::stepCall {}).await?;
    assert_eq!(found, U256::from(5));
    Ok(())
}

#[tokio::test]
async fn data_after_an_upgrade_is_no_initializer() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let sent = it.instance.upgrade_and_call("2.0", &migrate(9)).await;
    assert_reverts(sent, NotInUpgrade {});
    Ok(())
}

#[tokio::test]
async fn an_initializer_is_no_migration() -> Done {
    let harness = Harness::start().await?;
    let step = step::call("1.0", &IHostile::initializeCall { actions: vec![] });
    let it = hostile(&harness, step).await?;
    assert_reverts(it.instance.upgrade("2.0").await, NotInUpgrade {});
    Ok(())
}

#[tokio::test]
async fn a_migration_is_no_initializer() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    let created = it
        .definition
        .create_proxy("1.0", &hostile::migrate(vec![]))
        .await;
    assert_reverts(created.map(drop), NotInUpgrade {});
    Ok(())
}

#[tokio::test]
async fn the_token_is_spent_when_the_migration_begins() -> Done {
    let harness = Harness::start().await?;
    let again = data(&hostile::migrate(vec![]));
    let it = hostile(&harness, migrating(vec![again])).await?;
    assert_reverts(it.instance.upgrade("2.0").await, NotInUpgrade {});
    Ok(())
}

#[tokio::test]
async fn an_instance_created_without_initializer_cannot_be_initialized_later() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let instance = it
        .definition
        .create_proxy_with("1.0", Bytes::new(), U256::ZERO)
        .await?;
    assert_reverts(instance.send(&initialize(3)).await, NotInUpgrade {});
    let sent = instance.by(harness.account(1)).send(&initialize(3)).await;
    assert_reverts(sent, NotInUpgrade {});
    assert_eq!(instance.storage(slots::INITIALIZED).await?, slots::SET);
    Ok(())
}

#[tokio::test]
async fn nobody_runs_the_sdk_constructor_through_a_proxy() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    let mut calldata = CONSTRUCTOR_SELECTOR.to_vec();
    calldata.extend(B256::with_last_byte(1));
    for caller in [harness.account(0), harness.account(1)] {
        let request = it
            .instance
            .by(caller)
            .request(&ICounter::valueCall {}, U256::ZERO);
        let request = alloy::rpc::types::TransactionRequest {
            input: Bytes::from(calldata.clone()).into(),
            ..request
        };
        assert!(matches!(
            harness.chain().send(request).await,
            Err(HarnessError::Reverted(_))
        ));
    }
    assert_eq!(it.instance.storage(U256::ZERO).await?, B256::ZERO);
    assert_eq!(it.instance.storage(U256::ONE).await?, B256::ZERO);
    assert_ne!(it.instance.storage(slots::CONSTRUCTED).await?, B256::ZERO);
    Ok(())
}
