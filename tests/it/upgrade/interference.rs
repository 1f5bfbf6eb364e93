use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{UpgradeInProgress, upgradeToCall};
use stylus_upgrades_interface::registry::IRegistry::{Reentered, definitionCall, rolloutCall};

use super::fixture::{Done, data, hostile, hostile_owned_by, migrating};
use stylus_upgrades_tests::proxies::probe;

#[tokio::test]
async fn a_call_into_the_proxy_while_its_migration_runs_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    let proxy = it.instance.address();
    for inner in [data(&IHostile::contextCall {}), Default::default()] {
        let call = IHostile::callCall {
            target: proxy,
            value: U256::ZERO,
            data: inner,
        };
        let migration = IHostile::migrateCall {
            actions: vec![data(&call)],
        };
        assert_reverts(
            it.instance.upgrade_and_call("2.0", &migration).await,
            UpgradeInProgress {},
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_upgrade_in_the_middle_of_an_upgrade_is_refused() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::call_later("1.0")).await?;
    let upgrade = data(&upgradeToCall {
        version: "2.0".into(),
    });
    let call = IHostile::callCall {
        target: it.instance.address(),
        value: U256::ZERO,
        data: upgrade,
    };
    let migration = IHostile::migrateCall {
        actions: vec![data(&call)],
    };
    assert_reverts(
        it.instance.upgrade_and_call("2.0", &migration).await,
        UpgradeInProgress {},
    );
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
        data: data(&upgradeToCall {
            version: "2.0".into(),
        }),
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
    let ask = |call| IHostile::callCall {
        target: harness.registry(),
        value: U256::ZERO,
        data: call,
    };
    let rollout = ask(data(&rolloutCall {
        name: "Hostile".into(),
        max: 1,
    }));
    let migration = IHostile::migrateCall {
        actions: vec![data(&rollout)],
    };
    assert_reverts(
        it.instance.upgrade_and_call("2.0", &migration).await,
        Reentered {},
    );

    let view = ask(data(&definitionCall {
        name: "Hostile".into(),
    }));
    it.instance
        .upgrade_and_call(
            "2.0",
            &IHostile::migrateCall {
                actions: vec![data(&view)],
            },
        )
        .await?;
    assert_eq!(it.instance.version().await?, "2.0");
    Ok(())
}

#[tokio::test]
async fn an_implementation_that_calls_for_strangers_cannot_fake_an_upgrade() -> Done {
    use stylus_upgrades_interface::instance::IInstanceRegistry::{
        beginUpgradeCall, endUpgradeCall,
    };
    use stylus_upgrades_interface::registry::IRegistry::NotAnInstance;
    let harness = Harness::start().await?;
    let it = hostile(&harness, migrating(vec![])).await?;
    let proxy = it.instance.address();
    let admin: Address = harness.account(0);
    let begin = data(&beginUpgradeCall {
        caller: admin,
        version: "2.0".into(),
    });
    let end = data(&endUpgradeCall {
        version: "2.0".into(),
    });
    for call in [begin, end] {
        let act = IHostile::callCall {
            target: harness.registry(),
            value: U256::ZERO,
            data: call,
        };
        assert_reverts(
            it.instance.by(harness.account(1)).send(&act).await,
            NotAnInstance { proxy },
        );
    }
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}
