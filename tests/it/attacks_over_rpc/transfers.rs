//! Banks that go to another registry.

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::{SolCall, SolError};
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_interface::slots;

use super::bank::{
    Done, IBank, OWNER, Reverted, THIEF, Town, add, ether, first, migrate, refused, step,
};

alloy::sol! {
    interface IFormerRegistry {
        function handOver(string name, address proxy, address newRegistry) external;
    }
}

const KINDS: [u8; 2] = [proxy_kind::WASM, proxy_kind::EVM];

fn transfer(proxy: Address, to: Address) -> IRegistry::transferProxyCall {
    IRegistry::transferProxyCall {
        name: "A".into(),
        proxy,
        to,
        definition: "A".into(),
    }
}

fn accept(
    proxy: Address,
    kind: u8,
    version: &str,
    registry: Address,
) -> IRegistry::acceptTransferCall {
    IRegistry::acceptTransferCall {
        name: "A".into(),
        proxy,
        kind,
        version: version.into(),
        registry,
    }
}

/// F10: the team transfers a bank to a registry where the name belongs to nobody, or to a thief who waits for it.
#[tokio::test]
async fn a_bank_goes_to_no_definition_that_has_not_accepted_it() -> Done {
    for kind in KINDS {
        let town = Town::new().await?;
        let code = town.deploy("Bank1", &[]).await?;
        town.govern(&first(&code)).await?;
        let bank = town.bank(kind, 1).await?;
        town.alice_deposits(bank).await?;
        let empty = town.empty_registry(OWNER).await?;
        let thiefs = town.another_registry(THIEF).await?;
        town.send(THIEF, thiefs, &first(&code)).await?;

        for to in [empty, thiefs] {
            let sent = town.govern(&transfer(bank, to)).await;
            assert_eq!(
                town.slot(bank, slots::ADMIN).await?,
                town.registry.into_word()
            );
            let definition = stylus_upgrades::registry::definition_id("A").0;
            let (proxy, registry) = (bank, town.registry);
            refused(
                sent,
                &IRegistry::TransferNotAccepted {
                    definition,
                    proxy,
                    registry,
                },
            );
            let former = IFormerRegistry::handOverCall {
                name: "A".into(),
                proxy: bank,
                newRegistry: to,
            };
            let handed_over = town.govern(&former).await;
            assert!(handed_over.is_err(), "that call is no more");
        }
        // What he would do with it: take it, and run code that pays him.
        let take = accept(bank, kind, "1.0", town.registry);
        town.send(THIEF, thiefs, &take).await?;
        let thief = alloy::sol_types::SolValue::abi_encode(&code.implementation);
        let thief = town.deploy("Thief", &thief).await?;
        town.send(THIEF, thiefs, &migrate(&thief, 0, Bytes::new()))
            .await?;
        let to = Address::repeat_byte(0x77);
        let drained = town.send(THIEF, bank, &IBank::drainCall { to }).await;
        assert_eq!(town.balance(bank).await?, ether(10), "Alice's money");
        assert!(drained.is_err(), "{drained:?}");
        assert_eq!(town.version(bank).await?, "1.0");
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}

/// F11: a bank is received at a version that its data were never brought to. No step of that version would ever run
/// on it, and it would block every migration.
#[tokio::test]
async fn a_bank_is_received_at_no_version_whose_migration_it_lacks() -> Done {
    for kind in KINDS {
        let town = Town::new().await?;
        let code = town.deploy("Bank1", &[]).await?;
        town.govern(&first(&code)).await?;
        let bank = town.bank(kind, 1).await?;
        town.alice_deposits(bank).await?;
        let call = Bytes::from(IBank::migrateCall {}.abi_encode());
        let two = town.deploy("Bank2", &[]).await?;
        let way = step(
            "1.0",
            stylus_upgrades_interface::reasons::step::FOREIGN_CALL,
            call,
        );
        let new = town.another_registry(OWNER).await?;
        town.send(OWNER, new, &first(&code)).await?;
        town.send(OWNER, new, &add("2.0", &two, way.clone()))
            .await?;

        let old = town.registry;
        town.send(OWNER, new, &accept(bank, kind, "2.0", old))
            .await?;
        let sent = town.govern(&transfer(bank, new)).await;
        assert_eq!(town.version(bank).await?, "1.0", "it is where it was");
        assert_eq!(town.runs(bank).await?, code.implementation);
        let missing: [u8; 4] = IMigratable::PredecessorMissing::SELECTOR;
        match sent {
            Err(Reverted(data)) => assert!(data.starts_with(&missing), "{data}"),
            Ok(done) => panic!("{done:?}"),
        }
        // At its own version it arrives, and is migrated there.
        town.send(OWNER, new, &accept(bank, kind, "1.0", old))
            .await?;
        town.govern(&transfer(bank, new)).await?;
        let order = IRegistry::migrateCall {
            name: "A".into(),
            version: "2.0".into(),
            code: two.clone(),
            step: way,
        };
        town.send(OWNER, new, &order).await?;
        assert_eq!(town.runs(bank).await?, two.implementation);
        let query = IRegistry::instanceOfCall { proxy: bank };
        assert_eq!(town.view(new, &query).await?.version, "2.0");
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}
