//! Proxies that do not obey a definition, and are to be its instances all the same.

use alloy::primitives::{Address, B256, Bytes};
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry;

use super::bank::{Done, OWNER, STRANGER, THIEF, Town, adopt, first, is, migrate, pause, resume};

alloy::sol! {
    interface IWallet {
        function call(address to, bytes data) external;
    }
}

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

/// F1 (b): an approver of A is a contract wallet behind a proxy of another registry. While that is paused, somebody
/// else's definition adopts the wallet, which would take its vote about A for ever.
#[tokio::test]
async fn an_approver_behind_a_paused_proxy_keeps_its_vote_whoever_adopts_it() -> Done {
    let town = Town::new().await?;
    let code = town.deploy("Bank1", &[]).await?;
    town.govern(&first(&code)).await?;
    let bank = town.bank(proxy_kind::WASM, 1).await?;
    town.alice_deposits(bank).await?;
    let theirs = town.another_registry(OWNER).await?;
    let wallet = town.deploy("Caller", &[]).await?;
    town.send(OWNER, theirs, &first(&wallet)).await?;
    let create = IRegistry::createProxyCall {
        name: "A".into(),
        version: "1.0".into(),
        kind: proxy_kind::EVM,
        salt: B256::ZERO,
        initData: Bytes::new(),
    };
    let created = town.send(OWNER, theirs, &create).await?;
    let wallet = created.events::<IRegistry::ProxyCreated>()[0].proxy;
    town.set_policy("migrate", &is(wallet)).await?;
    let thiefs = town.policy(THIEF);
    let define = IRegistry::createDefinitionCall {
        name: "B".into(),
        migratePolicy: thiefs.clone(),
        policyPolicy: thiefs.clone(),
        createPolicy: thiefs,
    };
    town.govern(&define).await?;
    let add = IRegistry::addVersionCall {
        name: "B".into(),
        ..first(&code)
    };
    town.send(THIEF, town.registry, &add).await?;

    town.send(OWNER, theirs, &pause()).await?;
    let take = IRegistry::adoptCall {
        name: "B".into(),
        ..adopt(wallet, proxy_kind::TRANSPARENT_5)
    };
    let taken = town.send(THIEF, town.registry, &take).await;
    town.send(OWNER, theirs, &resume()).await?;
    let two = town.deploy("Bank2", &[]).await?;
    let order = IWallet::callCall {
        to: town.registry,
        data: alloy::sol_types::SolCall::abi_encode(&migrate(&two, 0, Bytes::new())).into(),
    };
    let voted = town.send(OWNER, wallet, &order).await;
    assert_eq!(town.version(bank).await?, "2.0", "{taken:?}: {voted:?}");
    is_no_instance(&town, wallet).await;
    town.alice_withdraws(bank).await
}

/// F1 (c): a bank is to come from another registry. While it is paused there, a stranger's definition adopts it,
/// which would keep the team from ever doing so.
#[tokio::test]
async fn a_bank_that_is_paused_elsewhere_is_adopted_by_nobody_before_it_is_given() -> Done {
    let town = Town::new().await?;
    let code = town.deploy("Bank1", &[]).await?;
    town.govern(&first(&code)).await?;
    let theirs = town.another_registry(OWNER).await?;
    town.send(OWNER, theirs, &first(&code)).await?;
    let kind = proxy_kind::TRANSPARENT_4;
    let bank = town.given(kind, &code, Town::admin(theirs)).await?;
    town.send(OWNER, theirs, &adopt(bank, kind)).await?;
    town.alice_deposits(bank).await?;
    let thiefs = town.policy(THIEF);
    let define = IRegistry::createDefinitionCall {
        name: "B".into(),
        migratePolicy: thiefs.clone(),
        policyPolicy: thiefs.clone(),
        createPolicy: thiefs,
    };
    town.govern(&define).await?;
    let add = IRegistry::addVersionCall {
        name: "B".into(),
        ..first(&code)
    };
    town.send(THIEF, town.registry, &add).await?;

    town.send(OWNER, theirs, &pause()).await?;
    let take = IRegistry::adoptCall {
        name: "B".into(),
        ..adopt(bank, proxy_kind::TRANSPARENT_5)
    };
    let taken = town.send(THIEF, town.registry, &take).await;
    town.send(OWNER, theirs, &resume()).await?;
    let give = IRegistry::transferProxyCall {
        name: "A".into(),
        proxy: bank,
        to: Town::admin(town.registry),
        definition: String::new(),
    };
    town.send(OWNER, theirs, &give).await?;
    let adopted = town.govern(&adopt(bank, kind)).await;
    assert!(adopted.is_ok(), "{taken:?}: {adopted:?}");
    let two = town.deploy("Bank2", &[]).await?;
    town.govern(&migrate(&two, 0, Bytes::new())).await?;
    assert_eq!(town.version(bank).await?, "2.0");
    assert_eq!(town.runs(bank).await?, two.implementation);
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
    let back = IRegistry::transferProxyCall {
        name: "A".into(),
        proxy: bank,
        to: town.account(STRANGER),
        definition: String::new(),
    };
    let given = town.govern(&back).await;
    assert!(given.is_ok(), "it stays for ever: {given:?}");
    is_no_instance(&town, bank).await;
    let admin = town
        .slot(bank, stylus_upgrades_interface::slots::ADMIN)
        .await?;
    assert_eq!(admin, town.account(STRANGER).into_word());
    town.alice_withdraws(bank).await
}
