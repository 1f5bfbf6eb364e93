//! Who may do less than `migrate`, and would keep those who may migrate from doing it.

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::{SolCall, SolError};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{proxy_kind, step as step_kind};
use stylus_upgrades_interface::registry::IRegistry;

use super::bank::{
    CREATOR, Done, IBank, Receipt, STRANGER, Town, add, first, migrate, rollout, step,
};

/// A bank with Alice's money at 1.0, and somebody who may create others.
async fn bank_and_creator(kind: u8) -> Done<(Town, Address)> {
    let town = Town::new().await?;
    town.govern(&first(&town.deploy("Bank1", &[]).await?))
        .await?;
    let bank = town.bank(kind, 1).await?;
    town.alice_deposits(bank).await?;
    let creator = town.policy(CREATOR);
    town.set_policy("create", &creator).await?;
    Ok((town, bank))
}

#[track_caller]
fn skipped(receipt: &Receipt, proxy: Address, reason: impl Into<Bytes>) {
    let skipped = receipt.events::<IRegistry::InstanceSkipped>();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].proxy, proxy);
    assert_eq!(skipped[0].reason, reason.into());
}

/// F14: who may create makes an instance at a version that no step leads away from.
#[tokio::test]
async fn who_may_only_create_stops_no_migration_by_an_instance_without_a_path() -> Done {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let (town, bank) = bank_and_creator(kind).await?;
        let code = town.deploy("Bank1", &[]).await?;
        let dead_end = add("1.5", &code, step("", 0, Bytes::new()));
        town.govern(&dead_end).await?;
        let registry = town.registry;
        let stray = town
            .bank_of(CREATOR, registry, kind, 2, "1.5", false)
            .await?;

        let two = town.deploy("Bank2", &[]).await?;
        let migrated = town.govern(&migrate(&two, 0, Bytes::new())).await;
        assert_eq!(town.version(bank).await?, "2.0", "{migrated:?}");
        assert_eq!(town.runs(bank).await?, two.implementation);
        let reason = Proxy::NoPath {
            name: "A".into(),
            from: "1.5".into(),
            to: "2.0".into(),
        };
        skipped(&migrated?, stray, reason.abi_encode());
        assert_eq!(town.version(stray).await?, "1.5");
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}

/// F14: who may create chooses the data of an instance such that its step reverts.
#[tokio::test]
async fn who_may_only_create_stops_no_lenient_migration_by_an_instance_whose_step_reverts() -> Done
{
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let (town, bank) = bank_and_creator(kind).await?;
        let registry = town.registry;
        let stray = town
            .bank_of(CREATOR, registry, kind, 2, "1.0", true)
            .await?;

        let two = town.deploy("Bank2", &[]).await?;
        let call = Bytes::from(IBank::migrateCall {}.abi_encode());
        let lenient = step_kind::FOREIGN_CALL | step_kind::SKIP_FAILING;
        let migrated = town.govern(&migrate(&two, lenient, call)).await;
        assert_eq!(town.version(bank).await?, "2.0", "{migrated:?}");
        let reason = alloy::sol_types::Revert::from("refuses").abi_encode();
        skipped(&migrated?, stray, reason);
        assert_eq!(town.version(stray).await?, "1.0");
        // it waits, in nobody's way
        town.send(STRANGER, registry, &rollout()).await?;
        assert_eq!(town.version(stray).await?, "1.0");
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}
