use crate::prelude::*;
use stylus_upgrades_interface::instance::IInstanceRegistry::{beginUpgradeCall, endUpgradeCall};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    AlreadyAtVersion, NotAProxy, UpgradeNotAuthorized, VersionNotFound, implementationCall,
    implementationVersionCall, registryCall, upgradeToAndCallCall, upgradeToCall,
};
use stylus_upgrades_interface::registry::IRegistry::NotAnInstance;

use super::fixture::{Done, counter};

#[tokio::test]
async fn a_stranger_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let stranger = harness.account(1);
    let refused = UpgradeNotAuthorized {
        caller: stranger,
        from: "1.0".into(),
        to: "2.0".into(),
    };
    let by_stranger = it.instance.by(stranger);
    assert_reverts(by_stranger.upgrade("2.0").await, refused.clone());
    assert_reverts(
        by_stranger
            .upgrade_and_call("2.0", &ICounter::incrementCall {})
            .await,
        refused,
    );
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}

#[tokio::test]
async fn refusals_come_in_their_order() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let stranger = harness.account(1);
    let unknown = VersionNotFound {
        name: "Counter".into(),
        version: "9.9".into(),
    };
    assert_reverts(
        it.instance.by(stranger).upgrade("9.9").await,
        unknown.clone(),
    );
    assert_reverts(it.instance.upgrade("9.9").await, unknown);
    let refused = UpgradeNotAuthorized {
        caller: stranger,
        from: "1.0".into(),
        to: "1.0".into(),
    };
    assert_reverts(it.instance.by(stranger).upgrade("1.0").await, refused);
    assert_reverts(
        it.instance.upgrade("1.0").await,
        AlreadyAtVersion {
            version: "1.0".into(),
        },
    );
    it.instance.upgrade("2.0").await?;
    assert_reverts(
        it.instance.upgrade("2.0").await,
        AlreadyAtVersion {
            version: "2.0".into(),
        },
    );
    Ok(())
}

#[tokio::test]
async fn anybody_may_look() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let stranger = it.instance.by(harness.account(5));
    assert_eq!(stranger.implementation().await?, it.first.address);
    assert_eq!(stranger.read(&registryCall {}).await?, harness.registry());
    assert_eq!(stranger.version().await?, "1.0");
    Ok(())
}

#[tokio::test]
async fn the_admin_path_called_directly_is_not_a_proxy() -> Done {
    let harness = Harness::start().await?;
    let chain = harness.chain();
    for program in [
        harness.framework().storage.address,
        harness.framework().proxy.address,
    ] {
        assert_reverts(
            chain.read(program, &implementationCall {}).await.map(drop),
            NotAProxy {},
        );
        assert_reverts(
            chain.read(program, &registryCall {}).await.map(drop),
            NotAProxy {},
        );
        assert_reverts(
            chain
                .read(program, &implementationVersionCall {})
                .await
                .map(drop),
            NotAProxy {},
        );
        let upgrade = upgradeToCall {
            version: "1.0".into(),
        };
        assert_reverts(
            chain
                .execute(harness.account(0), program, &upgrade)
                .await
                .map(drop),
            NotAProxy {},
        );
        let upgrade = upgradeToAndCallCall {
            version: "1.0".into(),
            data: Bytes::new(),
        };
        assert_reverts(
            chain
                .execute(harness.account(0), program, &upgrade)
                .await
                .map(drop),
            NotAProxy {},
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_calls_between_proxy_and_registry_are_theirs_alone() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let admin = harness.account(0);
    let begin = beginUpgradeCall {
        caller: admin,
        version: "2.0".into(),
    };
    let end = endUpgradeCall {
        version: "2.0".into(),
    };
    for caller in [admin, harness.account(1)] {
        let refused = NotAnInstance { proxy: caller };
        let registry = harness.registry();
        assert_reverts(
            harness
                .chain()
                .execute(caller, registry, &begin)
                .await
                .map(drop),
            refused.clone(),
        );
        assert_reverts(
            harness
                .chain()
                .execute(caller, registry, &end)
                .await
                .map(drop),
            refused,
        );
    }
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}
