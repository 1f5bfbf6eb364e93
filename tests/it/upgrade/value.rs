use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{ValueNotAccepted, upgradeToCall};

use super::fixture::{Done, hostile, migrating};

fn refused(wei: u64) -> ValueNotAccepted {
    ValueNotAccepted {
        value: U256::from(wei),
    }
}

#[tokio::test]
async fn value_without_a_call_that_counts_it_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::nothing("1.0")).await?;
    let upgrade = upgradeToCall {
        version: "2.0".into(),
    };
    let sent = it.instance.send_with(&upgrade, U256::from(1)).await;
    assert_reverts(sent, refused(1));
    let upgraded = it
        .instance
        .upgrade_and_call_with("2.0", Bytes::new(), U256::from(2))
        .await;
    assert_reverts(upgraded, refused(2));
    Ok(())
}

#[tokio::test]
async fn value_that_two_calls_would_count_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    let data = data(&act(vec![]));
    let sent = it
        .instance
        .upgrade_and_call_with("2.0", data, U256::from(3))
        .await;
    assert_reverts(sent, refused(3));
    Ok(())
}

#[tokio::test]
async fn value_goes_along_with_the_only_call() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    let data = data(&hostile::migrate(vec![]));
    it.instance
        .upgrade_and_call_with("2.0", data, U256::from(4))
        .await?;
    let found = harness.chain().balance(it.instance.address()).await?;
    assert_eq!(found, U256::from(4));
    Ok(())
}

#[tokio::test]
async fn value_goes_along_with_the_initializer() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    let initializer = data(&IHostile::initializeCall { actions: vec![] });
    let created = it
        .definition
        .create_proxy_with("1.0", initializer, U256::from(5))
        .await?;
    let found = harness.chain().balance(created.address()).await?;
    assert_eq!(found, U256::from(5));
    let created = it
        .definition
        .create_proxy_with("1.0", Bytes::new(), U256::from(6))
        .await;
    assert_reverts(created.map(drop), refused(6));
    Ok(())
}
