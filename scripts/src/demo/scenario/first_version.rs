//! Steps 1 to 5: the registry, version 1, a proxy in use.

use super::{
    NAME, START, definition, deployed, emitted, increment, is_refused, published, slot_holds,
    undone, value,
};
use crate::app_error::Error;
use crate::demo::abi::counter_v1::ICounter;
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::deploy;
use crate::governance;
use crate::model::ProxyKind;
use crate::progress::Silent;
use crate::registry::{self, NewVersion};
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::migratable::IMigratable::NotInUpgrade;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{AdminChanged, Upgraded};
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots;

pub(super) async fn deploy_registry(
    fixture: &Fixture,
    record: &mut Record,
) -> Result<Address, Error> {
    record.chapter("1  Deploy the registry");
    let (operator, bump) = (&fixture.operator, deploy::DATA_FEE_BUMP_PERCENT);
    let framework = &fixture.framework;
    let ensured = deploy::ensure_framework(operator, framework, bump, &Silent).await?;
    for sent in ensured.sent {
        record.sent(&sent);
    }
    let policy = format!("{:#x}", operator.sender("demo")?);
    let deployed =
        deploy::deploy_registry(operator, &framework.registry, &policy, None, bump).await?;
    let registry = deployed.address;
    if let Some(sent) = &deployed.sent {
        record.sent(sent);
    }
    let define = abi::createDefinitionCall {
        name: NAME.into(),
        migratePolicy: policy.clone(),
        policyPolicy: policy.clone(),
        createPolicy: policy,
    };
    let defined = record.governed(operator, registry, &define).await?;
    record.fact("registry", registry);
    record.fact("pause stub", framework.stub_address);
    record.fact("UpgradeabilityStorage", framework.storage.address);
    record.check(
        "the definition is there at once: its policy is one address",
        defined.executed,
    );
    let again = deploy::ensure_framework(operator, framework, bump, &Silent).await?;
    record.check(
        "deploying the framework again sends nothing",
        again.sent.is_empty() && again.programs.iter().all(|program| program.shared),
    );
    Ok(registry)
}

pub(super) async fn deploy_version_1(
    fixture: &Fixture,
    record: &mut Record,
) -> Result<Address, Error> {
    record.chapter("2  Deploy version 1 of the contract");
    let v1 = deployed(fixture, record, &fixture.counter_v1).await?;
    let bare = fixture
        .stranger
        .call(
            v1,
            &ICounter::initializeCall {
                value: U256::from(1),
            },
        )
        .await;
    record.check(
        "nobody can initialise the bare implementation (NotInUpgrade)",
        is_refused::<NotInUpgrade, _>(&bare),
    );
    Ok(v1)
}

pub(super) async fn register_version_1(
    fixture: &Fixture,
    record: &mut Record,
    registry: Address,
    v1: Address,
) -> Result<(), Error> {
    record.chapter("3  Register it as 1.0");
    let code = fixture.counter_v1.code_at(v1);
    let new = NewVersion {
        name: NAME.into(),
        version: "1.0".into(),
        code,
        step: registry::initial(),
    };
    published(fixture, record, registry, &fixture.counter_v1).await?;
    let add = abi::addVersionCall::from(new);
    record.governed(&fixture.operator, registry, &add).await?;
    let current = definition(fixture, registry).await?.current;
    record.check("1.0 is current: it is the first version", current == "1.0");
    Ok(())
}

pub(super) async fn create_proxy(
    fixture: &Fixture,
    record: &mut Record,
    registry: Address,
    v1: Address,
) -> Result<Address, Error> {
    record.chapter("4  Create a proxy with its initializer");
    let init = ICounter::initializeCall {
        value: U256::from(START),
    };
    let call = abi::createProxyCall {
        name: NAME.into(),
        version: "1.0".into(),
        kind: proxy_kind::WASM,
        salt: B256::ZERO,
        initData: init.abi_encode().into(),
    };
    let promised = fixture
        .user
        .registry(registry)
        .proxy_address(NAME, ProxyKind::Wasm, B256::ZERO)
        .await?;
    let done = governance::perform(&fixture.operator, registry, &call, U256::ZERO).await?;
    let creation = done.execution().ok_or_else(|| undone("create the proxy"))?;
    let proxy = creation.require::<abi::ProxyCreated>()?.proxy;
    record.sent_as(
        creation,
        [
            "create the proxy: no version yet, paused",
            "upgrade it to 1.0 with initialize(7)",
        ],
    );
    record.fact("proxy", proxy);
    record.check(
        "it lies at the address that was promised",
        proxy == promised,
    );
    let admin = Address::from_word(fixture.user.storage(proxy, slots::ADMIN).await?);
    record.check(
        "its ERC-1967 admin slot holds the registry",
        admin == registry,
    );
    record.check(
        "its ERC-1967 implementation slot holds version 1",
        slot_holds(fixture, proxy, v1).await?,
    );
    let events =
        emitted::<AdminChanged>(creation, proxy) == 1 && emitted::<Upgraded>(creation, proxy) == 1;
    record.check(
        "it emitted AdminChanged and Upgraded itself, once each",
        events,
    );
    let again = fixture
        .stranger
        .call(
            proxy,
            &ICounter::initializeCall {
                value: U256::from(1),
            },
        )
        .await;
    record.check(
        "nobody can initialise it again (NotInUpgrade)",
        is_refused::<NotInUpgrade, _>(&again),
    );
    Ok(proxy)
}

pub(super) async fn use_at_version_1(
    fixture: &Fixture,
    record: &mut Record,
    proxy: Address,
) -> Result<(), Error> {
    record.chapter("5  Use it at version 1");
    record.check(
        "value() is what the initializer set",
        value(fixture, proxy).await? == U256::from(START),
    );
    increment(fixture, record, proxy).await?;
    record.check(
        "increment() added 1",
        value(fixture, proxy).await? == U256::from(START + 1),
    );
    Ok(())
}
