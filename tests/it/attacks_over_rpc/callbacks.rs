//! A thief who has something executed in the middle of his own withdrawal.

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolError;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{instance_state, proxy_kind};
use stylus_upgrades_interface::registry::IRegistry;

use super::bank::{
    ALICE, DAY, Done, IBank, IRobber, Receipt, STRANGER, TEAM, Town, ether, first, is, migrate,
    pause, refused, resume, rollout,
};

/// Which instance was skipped for which reason.
#[track_caller]
fn skipped(receipt: &Receipt, proxy: Address, reason: &impl SolError) {
    let skipped = receipt.events::<IRegistry::InstanceSkipped>();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].proxy, proxy);
    assert_eq!(skipped[0].reason, Bytes::from(reason.abi_encode()));
}

/// F2: what was done to beacon proxies, with the kinds that there are.
#[tokio::test]
async fn a_stranger_who_executes_a_matured_migration_in_his_withdrawal_is_paid_once() -> Done {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let town = Town::new().await?;
        town.govern(&first(&town.deploy("Bank1", &[]).await?))
            .await?;
        let bank = town.bank(kind, 1).await?;
        town.alice_deposits(bank).await?;
        let robber = town.robber(bank).await?;
        let policy = format!("AND({},AFTER({DAY}))", town.policy(TEAM));
        town.set_policy("migrate", &policy).await?;
        let order = migrate(&town.deploy("Bank2", &[]).await?, 0, Bytes::new());
        town.govern(&order).await?;
        town.wait(DAY + 1).await?;
        assert_eq!(town.balance(bank).await?, ether(11));

        town.rob(robber, town.registry, &order).await?;
        assert_eq!(town.balance(robber).await?, ether(1), "what was his");
        assert_eq!(town.balance(bank).await?, ether(10), "Alice's money");
        let outcome = town.view(robber, &IRobber::outcomeCall {}).await?;
        let refusal = Proxy::UpgradeInProgress {};
        assert_eq!(outcome, Bytes::from(refusal.abi_encode()));
        assert_eq!(town.current().await?, "1.0");
        // anybody executes it who is not in the middle of anything
        town.send(STRANGER, town.registry, &order).await?;
        assert_eq!(town.version(bank).await?, "2.0");
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}

/// F3.
#[tokio::test]
async fn a_stranger_who_executes_a_timelocks_migration_in_his_withdrawal_is_paid_once() -> Done {
    let kinds = [
        (proxy_kind::TRANSPARENT_4, ["Bank1", "Bank2"]),
        (proxy_kind::TRANSPARENT_5, ["Bank1", "Bank2"]),
        (proxy_kind::UUPS, ["UupsBank1", "UupsBank2"]),
    ];
    for (kind, [one, two]) in kinds {
        let town = Town::new().await?;
        let code = town.deploy(one, &[]).await?;
        town.govern(&first(&code)).await?;
        let bank = town.adopted(kind, &code).await?;
        town.alice_deposits(bank).await?;
        let robber = town.robber(bank).await?;
        let timelock = town.timelock().await?;
        town.set_policy("migrate", &is(timelock)).await?;
        let order = migrate(&town.deploy(two, &[]).await?, 0, Bytes::new());
        let execute = town.matured(timelock, &order).await?;
        assert_eq!(town.balance(bank).await?, ether(11));

        let robbed = town.rob(robber, timelock, &execute).await?;
        assert_eq!(town.balance(robber).await?, ether(1), "what was his");
        let caller = timelock;
        skipped(&robbed, bank, &IRegistry::DirectCallRequired { caller });
        assert_eq!(town.balance(bank).await?, ether(10), "Alice's money");
        assert_eq!(town.current().await?, "2.0");
        assert_eq!(town.version(bank).await?, "1.0");
        // anybody moves it who is not in the middle of anything
        town.send(STRANGER, town.registry, &rollout()).await?;
        assert_eq!(town.version(bank).await?, "2.0");
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}

/// F9.
#[tokio::test]
async fn a_pause_that_a_thief_executes_in_his_withdrawal_says_so_and_is_sent_again() -> Done {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let town = Town::new().await?;
        town.govern(&first(&town.deploy("Bank1", &[]).await?))
            .await?;
        let bank = town.bank(kind, 1).await?;
        town.alice_deposits(bank).await?;
        let robber = town.robber(bank).await?;
        let timelock = town.timelock().await?;
        let either = format!("OR({},{})", is(timelock), town.policy(TEAM));
        town.set_policy("pause", &either).await?;
        let execute = town.matured(timelock, &pause()).await?;

        let robbed = town.rob(robber, timelock, &execute).await?;
        // The bank runs on, for whatever he wants it to. The team is told, and pauses once more.
        assert_eq!(town.instance(bank).await?.1, instance_state::LIVE);
        let again = town.govern(&pause()).await;
        let withdrawn = town.send(ALICE, bank, &IBank::withdrawCall {}).await;
        assert_eq!(town.balance(bank).await?, ether(10), "nothing leaves it");
        refused(withdrawn, &Proxy::UpgradeInProgress {});
        assert_eq!(town.instance(bank).await?.1, instance_state::PAUSED);
        skipped(&robbed, bank, &Proxy::UpgradeInProgress {});
        assert_eq!(robbed.events::<IRegistry::Paused>().len(), 1);
        let again = again?;
        assert!(again.events::<IRegistry::Paused>().is_empty(), "it was");
        assert_eq!(again.events::<IRegistry::InstancePaused>().len(), 1);
        let name = String::from("A");
        let third = town.govern(&pause()).await;
        refused(third, &IRegistry::DefinitionPaused { name });
        town.govern(&resume()).await?;
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}
