use crate::prelude::*;
use crate::registry::errors::{already_at, not_an_instance, not_authorized};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    NotAProxy, VersionNotFound, implementationCall, implementationVersionCall, registryCall,
};

use super::fixture::{Done, counter};

#[tokio::test]
async fn a_stranger_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let stranger = harness.account(1);
    let refused = not_authorized(stranger, "1.0", "2.0");
    let by_stranger = it.instance.by(stranger);
    assert_reverts(by_stranger.upgrade("2.0").await, refused.clone());
    let sent = by_stranger
        .upgrade_and_call("2.0", &ICounter::incrementCall {})
        .await;
    assert_reverts(sent, refused);
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
    let sent = it.instance.by(stranger).upgrade("9.9").await;
    assert_reverts(sent, unknown.clone());
    assert_reverts(it.instance.upgrade("9.9").await, unknown);
    let refused = not_authorized(stranger, "1.0", "1.0");
    assert_reverts(it.instance.by(stranger).upgrade("1.0").await, refused);
    assert_reverts(it.instance.upgrade("1.0").await, already_at("1.0"));
    it.instance.upgrade("2.0").await?;
    assert_reverts(it.instance.upgrade("2.0").await, already_at("2.0"));
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
    let framework = harness.framework();
    for program in [framework.storage.address, framework.proxy.address] {
        let implementation = chain.read(program, &implementationCall {}).await;
        assert_reverts(implementation, NotAProxy {});
        assert_reverts(chain.read(program, &registryCall {}).await, NotAProxy {});
        let version = chain.read(program, &implementationVersionCall {}).await;
        assert_reverts(version, NotAProxy {});
        let upgrade = calls::upgrade_to("1.0");
        let sent = chain.execute(harness.account(0), program, &upgrade).await;
        assert_reverts(sent, NotAProxy {});
        let upgrade = calls::upgrade_to_and_call("1.0", Bytes::new());
        let sent = chain.execute(harness.account(0), program, &upgrade).await;
        assert_reverts(sent, NotAProxy {});
    }
    Ok(())
}

#[tokio::test]
async fn the_calls_between_proxy_and_registry_are_for_them_alone() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let admin = harness.account(0);
    let begin = calls::begin_upgrade(admin, "2.0");
    let end = calls::end_upgrade("2.0");
    for caller in [admin, harness.account(1)] {
        let refused = not_an_instance(caller);
        let registry = harness.registry();
        let sent = harness.chain().execute(caller, registry, &begin).await;
        assert_reverts(sent, refused.clone());
        let sent = harness.chain().execute(caller, registry, &end).await;
        assert_reverts(sent, refused);
    }
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}
