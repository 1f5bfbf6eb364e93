//! Code that changes while a definition is paused.

use alloy::primitives::{Address, Bytes};
use serde_json::json;
use stylus_upgrades_harness::{Lines, Solidity};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{instance_state, proxy_kind};
use stylus_upgrades_interface::registry::IRegistry;

use super::bank::{
    Done, IBank, STRANGER, THIEF, Town, ether, first, migrate, pause, refused, resume, rollout,
};

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
