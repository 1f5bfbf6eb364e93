//! Beacon proxies, by which a stranger was paid twice (F2, in `callbacks`), the role `create` stopped every migration
//! (F4), code ran that nobody had checked (F5), and a definition adopted what was no proxy (F6). The kind does not
//! exist any more; the same is tried with those that do.

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use serde_json::json;
use stylus_upgrades::build::evm;
use stylus_upgrades_harness::{Lines, Solidity};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{instance_state, proxy_kind, step as step_kind};
use stylus_upgrades_interface::registry::IRegistry;

use super::bank::{
    CREATOR, Done, IBank, STRANGER, THIEF, Town, adopt, ether, first, migrate, pause, refused,
    resume, rollout,
};

/// What a proxy was that asks a beacon.
const BEACON: u8 = 2;

/// F4, and what F2 began with: nobody makes a beacon proxy, so none stops a migration with a step.
#[tokio::test]
async fn nobody_makes_a_beacon_proxy_that_could_stop_a_migration() -> Done {
    let town = Town::new().await?;
    town.govern(&first(&town.deploy("Bank1", &[]).await?))
        .await?;
    let bank = town.bank(proxy_kind::WASM, 1).await?;
    town.alice_deposits(bank).await?;
    town.set_policy("create", &town.policy(CREATOR)).await?;

    let made = town.bank_of(CREATOR, town.registry, BEACON, 1, "1.0", false);
    let made = made.await;
    let two = town.deploy("Bank2", &[]).await?;
    let call = Bytes::from(IBank::migrateCall {}.abi_encode());
    let order = migrate(&two, step_kind::FOREIGN_CALL, call);
    let migrated = town.govern(&order).await;
    assert_eq!(town.version(bank).await?, "2.0", "{migrated:?}");
    assert_eq!(town.runs(bank).await?, two.implementation);
    let what = String::from("proxy kind");
    refused(made, &IRegistry::NotSupported { what });
    town.alice_withdraws(bank).await
}

/// F5: while a bank is paused its code becomes other code. Whoever resumes it brings that to nobody.
#[tokio::test]
async fn a_bank_is_not_resumed_with_code_that_changed_in_its_pause() -> Done {
    for kind in [
        proxy_kind::WASM,
        proxy_kind::EVM,
        proxy_kind::TRANSPARENT_4,
        proxy_kind::TRANSPARENT_5,
    ] {
        let town = Town::new().await?;
        let code = town.deploy("Bank1", &[]).await?;
        town.govern(&first(&code)).await?;
        let bank = match kind {
            proxy_kind::WASM | proxy_kind::EVM => town.bank(kind, 1).await?,
            _ => town.adopted(kind, &code).await?,
        };
        town.alice_deposits(bank).await?;
        town.govern(&pause()).await?;
        let solidity = Solidity::compile(&Lines)?;
        let [own, thief] =
            [solidity.contract("Bank1")?, solidity.contract("Thief")?].map(|code| &code.runtime);
        town.rpc("anvil_setCode", json!([code.implementation, thief]))
            .await?;

        let resumed = town.govern(&resume()).await?;
        let to = Address::repeat_byte(0x77);
        let drained = town.send(THIEF, bank, &IBank::drainCall { to }).await;
        assert_eq!(town.balance(bank).await?, ether(10), "Alice's money");
        refused(drained, &Proxy::UpgradeInProgress {});
        assert_eq!(town.instance(bank).await?.1, instance_state::PAUSED);
        let skipped = resumed.events::<IRegistry::InstanceSkipped>();
        assert_eq!((skipped.len(), skipped[0].proxy), (1, bank));
        if kind == proxy_kind::WASM || kind == proxy_kind::EVM {
            // the next version is the way out
            let two = town.deploy("Bank2", &[]).await?;
            town.govern(&migrate(&two, 0, Bytes::new())).await?;
        } else {
            // an adopted one is resumed first, with its own code
            town.rpc("anvil_setCode", json!([code.implementation, own]))
                .await?;
        }
        town.send(STRANGER, town.registry, &rollout()).await?;
        assert_eq!(town.version(bank).await?, town.current().await?);
        assert_eq!(town.instance(bank).await?.1, instance_state::LIVE);
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}

/// F6: what answers as a paused proxy does, and is none, is adopted in no kind. The bank follows its definition.
#[tokio::test]
async fn nothing_of_a_paused_definition_is_adopted_as_a_proxy() -> Done {
    let town = Town::new().await?;
    let code = town.deploy("UupsBank1", &[]).await?;
    town.govern(&first(&code)).await?;
    let bank = town.adopted(proxy_kind::UUPS, &code).await?;
    town.alice_deposits(bank).await?;
    let policy = town.policy(THIEF);
    let define = IRegistry::createDefinitionCall {
        name: "B".into(),
        migratePolicy: policy.clone(),
        policyPolicy: policy.clone(),
        createPolicy: policy,
    };
    town.govern(&define).await?;
    let add = IRegistry::addVersionCall {
        name: "B".into(),
        ..first(&code)
    };
    town.send(THIEF, town.registry, &add).await?;
    town.govern(&pause()).await?;

    let stub = evm::uups_stub_address(town.registry);
    let admin = Town::admin(town.registry);
    for proxy in [stub, admin, town.registry, bank] {
        for kind in 0..=proxy_kind::UUPS {
            let take = IRegistry::adoptCall {
                name: "B".into(),
                ..adopt(proxy, kind)
            };
            let taken = town.send(THIEF, town.registry, &take).await;
            assert!(taken.is_err(), "{proxy} as {kind}: {taken:?}");
        }
    }
    let listed = IRegistry::instancesCall {
        name: "B".into(),
        start: 0,
        count: 10,
    };
    let listed = town.view(town.registry, &listed).await?;
    assert_eq!(listed, Vec::<Address>::new());
    assert_eq!(town.balance(bank).await?, ether(10));
    town.govern(&resume()).await?;
    assert_eq!(town.version(bank).await?, "1.0");
    town.alice_withdraws(bank).await
}
