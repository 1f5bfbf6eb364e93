use crate::prelude::*;
use crate::registry::errors::not_an_instance;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::UpgradeInProgress;
use stylus_upgrades_interface::registry::IRegistry::{Reentered, definitionCall};

use super::fixture::{Done, hostile, hostile_owned_by, migrating};
use stylus_upgrades_tests::proxies::probe;

#[tokio::test]
async fn a_call_into_the_proxy_while_its_migration_runs_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    let proxy = it.instance.address();
    for inner in [data(&IHostile::contextCall {}), Default::default()] {
        let migration = hostile::migrate([hostile::send(proxy, inner)]);
        let upgraded = it.instance.upgrade_and_call("2.0", &migration).await;
        assert_reverts(upgraded, UpgradeInProgress {});
    }
    Ok(())
}

#[tokio::test]
async fn an_upgrade_in_the_middle_of_an_upgrade_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    let upgrade = hostile::call(it.instance.address(), &calls::upgrade_to("2.0"));
    let migration = hostile::migrate([upgrade]);
    let upgraded = it.instance.upgrade_and_call("2.0", &migration).await;
    assert_reverts(upgraded, UpgradeInProgress {});
    Ok(())
}

#[tokio::test]
async fn a_callback_in_the_middle_of_a_call_cannot_upgrade() -> Done {
    let harness = Harness::start().await?;
    let probe_code = Solidity::compile(&Lines)?
        .contract("Probe")?
        .creation
        .clone();
    let owner = harness.chain().create(probe_code).await?;
    let it = hostile_owned_by(&harness, migrating(vec![]), owner).await?;
    let proxy = it.instance.address();
    // The owner may upgrade, and may not while a frame of the proxy is open.
    let upgrade = probe::passCall {
        to: proxy,
        data: data(&calls::upgrade_to("2.0")),
    };
    let slot = B256::repeat_byte(0x77);
    let act = IHostile::writeCallFlushCall {
        slot,
        value: slot,
        target: owner,
        data: data(&upgrade),
    };
    let outer = it.instance.read(&act).await?;
    assert!(outer._0, "the call to the owner itself went through");
    let inner = probe::passCall::abi_decode_returns(&outer._1).expect("the owner's answer");
    assert_eq!(
        (inner.ok, inner.answer.to_vec()),
        (false, UpgradeInProgress {}.abi_encode())
    );

    it.instance.send(&act).await?;
    assert_eq!(it.instance.version().await?, "1.0");
    harness
        .chain()
        .execute(harness.account(0), owner, &upgrade)
        .await?;
    assert_eq!(it.instance.version().await?, "2.0");
    Ok(())
}

#[tokio::test]
async fn a_migration_cannot_re_enter_the_registry_but_may_ask_it() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    let registry = harness.registry();
    let rollout = hostile::call(registry, &calls::rollout("Hostile", []));
    let migration = hostile::migrate([rollout]);
    let upgraded = it.instance.upgrade_and_call("2.0", &migration).await;
    assert_reverts(upgraded, Reentered {});

    let name = "Hostile".into();
    let view = hostile::call(registry, &definitionCall { name });
    let migration = hostile::migrate([view]);
    it.instance.upgrade_and_call("2.0", &migration).await?;
    assert_eq!(it.instance.version().await?, "2.0");
    Ok(())
}

#[tokio::test]
async fn an_implementation_that_calls_for_strangers_cannot_fake_an_upgrade() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    let proxy = it.instance.address();
    let admin: Address = harness.account(0);
    let begin = data(&calls::begin_upgrade(admin, "2.0"));
    let end = data(&calls::end_upgrade("2.0"));
    for call in [begin, end] {
        let act = act([hostile::send(harness.registry(), call)]);
        let stranger = it.instance.by(harness.account(1));
        assert_reverts(stranger.send(&act).await, not_an_instance(proxy));
    }
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}
