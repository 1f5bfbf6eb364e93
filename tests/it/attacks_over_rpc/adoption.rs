//! Proxies that do not obey a definition, and are to be its instances all the same.

use alloy::primitives::{Address, Bytes};
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_tests::calls;

use super::bank::{Done, STRANGER, THIEF, Town, adopt, first, migrate, pause, resume};

/// An account that is no instance of the team's registry.
async fn is_no_instance(town: &Town, proxy: Address) {
    let query = IRegistry::instanceOfCall { proxy };
    let found = town.view(town.registry, &query).await;
    super::bank::refused(found, &IRegistry::NotAnInstance { proxy });
}

/// F1 (a): the approvers are talked into adopting a proxy that another registry has paused, and that looks as if it
/// obeyed them therefore. Once it is resumed, they could migrate nothing any more.
#[tokio::test]
async fn a_proxy_that_another_registry_has_paused_is_not_adopted_and_stops_no_migration() -> Done {
    let town = Town::new().await?;
    let code = town.deploy("Bank1", &[]).await?;
    town.govern(&first(&code)).await?;
    let bank = town.bank(proxy_kind::WASM, 1).await?;
    town.alice_deposits(bank).await?;
    let theirs = town.another_registry(THIEF).await?;
    town.send(THIEF, theirs, &first(&code)).await?;
    let bait = town
        .bank_of(THIEF, theirs, proxy_kind::EVM, 1, "1.0", false)
        .await?;
    town.send(THIEF, theirs, &pause()).await?;

    let adopted = town.govern(&adopt(bait, proxy_kind::TRANSPARENT_5)).await;
    town.send(THIEF, theirs, &resume()).await?;
    let two = town.deploy("Bank2", &[]).await?;
    let migrated = town.govern(&migrate(&two, 0, Bytes::new())).await;
    assert_eq!(
        town.version(bank).await?,
        "2.0",
        "{adopted:?}: {migrated:?}"
    );
    assert_eq!(town.runs(bank).await?, two.implementation);
    is_no_instance(&town, bait).await;
    town.alice_withdraws(bank).await
}

/// F15: the bank has a function of the name that tells whether a proxy belongs to its admin. It would be adopted and
/// could never be given back.
#[tokio::test]
async fn a_transparent_proxy_whose_code_answers_as_the_proxy_does_can_be_given_back() -> Done {
    let town = Town::new().await?;
    let code = town.deploy("AnsweringBank", &[]).await?;
    town.govern(&first(&code)).await?;
    let kind = proxy_kind::TRANSPARENT_4;
    let bank = town.adopted(kind, &code).await?;
    town.alice_deposits(bank).await?;
    let back = calls::transfer_proxy("A", bank, town.account(STRANGER), String::new());
    let given = town.govern(&back).await;
    assert!(given.is_ok(), "it stays for ever: {given:?}");
    is_no_instance(&town, bank).await;
    let admin = town
        .slot(bank, stylus_upgrades_interface::slots::ADMIN)
        .await?;
    assert_eq!(admin, town.account(STRANGER).into_word());
    town.alice_withdraws(bank).await
}
