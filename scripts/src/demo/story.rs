//! The storyboard: eight steps, the way back, and what is refused on the way. Each chapter is one
//! function; each sends what the command of the same name would send.

use super::record::Record;
use super::stage::{ICounter, Stage};
use crate::client::{ChainError, Sent, not_runnable_reason};
use crate::deploy;
use crate::registry::{self, Created, NewDefinition, NewVersion};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolEvent};
use stylus_upgrades_interface::migratable::IMigratable::{self, Migrated};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{AdminChanged, Upgraded};
use stylus_upgrades_interface::reasons::{not_runnable, proxy_kind};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots;

/// The definition of the story.
const NAME: &str = "Counter";
/// What the counter starts at.
const START: u64 = 7;
/// The step that version 2 counts in.
const STEP: u64 = 5;
/// Where version 1 keeps its value.
const VALUE_SLOT: B256 = B256::ZERO;
/// Where version 2 keeps its step, behind what version 1 has.
const STEP_SLOT: B256 = B256::with_last_byte(1);

/// Addresses that later chapters need.
struct Cast {
    registry: Address,
    v1: Address,
    v2: Address,
    proxy: Address,
}

/// Tells the whole story on `stage`.
pub(super) async fn tell(stage: &Stage, record: &mut Record) -> Result<(), ChainError> {
    let registry = deploy_registry(stage, record).await?;
    let v1 = deploy_version_1(stage, record).await?;
    register_version_1(stage, record, registry, v1).await?;
    let proxy = create_proxy(stage, record, registry, v1).await?;
    use_at_version_1(stage, record, proxy).await?;
    let v2 = deploy_version_2(stage, record).await?;
    let cast = Cast {
        registry,
        v1,
        v2,
        proxy,
    };
    register_version_2(stage, record, &cast).await?;
    refuse_a_stranger(stage, record, &cast).await?;
    refuse_a_bad_implementation(stage, record, &cast).await?;
    upgrade(stage, record, &cast).await?;
    use_at_version_2(stage, record, &cast).await?;
    go_back(stage, record, &cast).await
}

async fn deploy_registry(stage: &Stage, record: &mut Record) -> Result<Address, ChainError> {
    record.chapter("1  Deploy the registry");
    let (operator, bump) = (&stage.operator, deploy::DATA_FEE_BUMP_PERCENT);
    let framework = &stage.framework;
    for sent in
        deploy::ensure_framework(operator, framework, bump, &crate::progress::Silent).await?
    {
        record.sent(&sent);
    }
    let policy = format!("{:#x}", operator.sender("demo")?);
    let (registry, sent) =
        deploy::deploy_registry(operator, &framework.registry, &policy, bump).await?;
    record.sent(&sent);
    let new = NewDefinition {
        name: NAME.into(),
        migrate: policy.clone(),
        policy: policy.clone(),
        create: policy,
    };
    let defined = registry::define(operator, registry, new).await?;
    record.sent(&defined.sent);
    record.fact("registry", registry);
    record.fact("pause stub", framework.stub_address);
    record.fact("UpgradeabilityStorage", framework.storage.address);
    record.check(
        "the definition is there at once: its policy is one address",
        defined.progress.executed,
    );
    let again =
        deploy::ensure_framework(operator, framework, bump, &crate::progress::Silent).await?;
    record.check(
        "deploying the framework again sends nothing",
        again.is_empty(),
    );
    Ok(registry)
}

async fn deploy_version_1(stage: &Stage, record: &mut Record) -> Result<Address, ChainError> {
    record.chapter("2  Deploy version 1 of the contract");
    let v1 = deployed(stage, record, &stage.counter_v1).await?;
    let bare = stage
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
        is_refused(&bare, "NotInUpgrade"),
    );
    Ok(v1)
}

async fn register_version_1(
    stage: &Stage,
    record: &mut Record,
    registry: Address,
    v1: Address,
) -> Result<(), ChainError> {
    record.chapter("3  Register it as 1.0");
    let code = registry::code_at(&stage.operator, v1).await?;
    let new = NewVersion {
        name: NAME.into(),
        version: "1.0".into(),
        code,
        step: registry::born(),
    };
    record.sent(
        &registry::add_version(&stage.operator, registry, new)
            .await?
            .sent,
    );
    let current = definition(stage, registry).await?.current;
    record.check("1.0 is current: it is the first version", current == "1.0");
    Ok(())
}

async fn create_proxy(
    stage: &Stage,
    record: &mut Record,
    registry: Address,
    v1: Address,
) -> Result<Address, ChainError> {
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
    let where_to = abi::proxyAddressCall {
        name: NAME.into(),
        kind: proxy_kind::WASM,
        salt: B256::ZERO,
    };
    let promised = stage.user.call(registry, &where_to).await?;
    let Created { governed, proxy } =
        registry::create_proxy(&stage.operator, registry, call, U256::ZERO).await?;
    record.sent_as(
        &governed.sent,
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
    let admin = Address::from_word(stage.user.storage(proxy, slots::ADMIN).await?);
    record.check(
        "its ERC-1967 admin slot holds the registry",
        admin == registry,
    );
    record.check(
        "its ERC-1967 implementation slot holds version 1",
        slot_holds(stage, proxy, v1).await?,
    );
    let events = emitted::<AdminChanged>(&governed.sent, proxy) == 1
        && emitted::<Upgraded>(&governed.sent, proxy) == 1;
    record.check(
        "it emitted AdminChanged and Upgraded itself, once each",
        events,
    );
    let again = stage
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
        is_refused(&again, "NotInUpgrade"),
    );
    Ok(proxy)
}

async fn use_at_version_1(
    stage: &Stage,
    record: &mut Record,
    proxy: Address,
) -> Result<(), ChainError> {
    record.chapter("5  Use it at version 1");
    record.check(
        "value() is what the initializer set",
        value(stage, proxy).await? == U256::from(START),
    );
    increment(stage, record, proxy).await?;
    record.check(
        "increment() added 1",
        value(stage, proxy).await? == U256::from(START + 1),
    );
    Ok(())
}

async fn deploy_version_2(stage: &Stage, record: &mut Record) -> Result<Address, ChainError> {
    record.chapter("6  Deploy version 2");
    deployed(stage, record, &stage.counter_v2).await
}

async fn register_version_2(
    stage: &Stage,
    record: &mut Record,
    cast: &Cast,
) -> Result<(), ChainError> {
    record.chapter("7  Register it as 2.0, with its migration from 1.0");
    let code = registry::code_at(&stage.operator, cast.v2).await?;
    let migration = ICounter::migrateCall {
        step: U256::from(STEP),
    }
    .abi_encode();
    let step = registry::call("1.0", migration.into());
    let new = NewVersion {
        name: NAME.into(),
        version: "2.0".into(),
        code,
        step,
    };
    record.sent(
        &registry::add_version(&stage.operator, cast.registry, new)
            .await?
            .sent,
    );
    let current = definition(stage, cast.registry).await?.current;
    record.check(
        "registering changes nothing that runs: 1.0 is still current",
        current == "1.0",
    );
    Ok(())
}

async fn refuse_a_stranger(
    stage: &Stage,
    record: &mut Record,
    cast: &Cast,
) -> Result<(), ChainError> {
    record.chapter("✗  A stranger tries to upgrade it");
    let tried = registry::upgrade(&stage.stranger, cast.proxy, "2.0", Bytes::new()).await;
    refusal(record, &tried);
    record.check(
        "a stranger is refused (UpgradeNotAuthorized)",
        is_refused(&tried, "UpgradeNotAuthorized"),
    );
    let same = slot_holds(stage, cast.proxy, cast.v1).await?;
    record.check("the proxy still runs version 1", same);
    Ok(())
}

async fn refuse_a_bad_implementation(
    stage: &Stage,
    record: &mut Record,
    cast: &Cast,
) -> Result<(), ChainError> {
    record.chapter("✗  An implementation that nobody activated");
    let (inactive, sent) = deploy::create(&stage.operator, &stage.inactive).await?;
    record.sent(&sent);
    record.fact("the code of version 2 in other bytes", inactive);
    let code = registry::code_at(&stage.operator, inactive).await?;
    let new = NewVersion {
        name: NAME.into(),
        version: "2.0-inactive".into(),
        code,
        step: registry::nothing("1.0"),
    };
    let tried = register_and_upgrade(stage, cast, new).await;
    refusal(record, &tried);
    let reason = tried
        .as_ref()
        .err()
        .and_then(ChainError::revert)
        .map(|revert| revert.number(1));
    record.check(
        format!(
            "it is refused before it can brick the proxy (ImplementationNotRunnable: {})",
            not_runnable_reason(not_runnable::NOT_ACTIVATED.into())
        ),
        is_refused(&tried, "ImplementationNotRunnable")
            && reason == Some(not_runnable::NOT_ACTIVATED.into()),
    );
    let alive = value(stage, cast.proxy).await? == U256::from(START + 1);
    record.check("the proxy still answers", alive);
    Ok(())
}

async fn upgrade(stage: &Stage, record: &mut Record, cast: &Cast) -> Result<(), ChainError> {
    record.chapter("8  Upgrade it to 2.0, with its migration");
    let before = value(stage, cast.proxy).await?;
    let done = registry::upgrade(&stage.operator, cast.proxy, "2.0", Bytes::new()).await?;
    record.sent(&done.sent);
    record.check("it went from 1.0 to 2.0", done.from == "1.0" && done.done);
    let now = stage
        .user
        .call(cast.proxy, &proxy_abi::implementationVersionCall {})
        .await?;
    record.check("implementationVersion() is 2.0", now == "2.0");
    record.check(
        "its ERC-1967 implementation slot holds version 2",
        slot_holds(stage, cast.proxy, cast.v2).await?,
    );
    record.check(
        "the data of version 1 is intact",
        value(stage, cast.proxy).await? == before,
    );
    let step = stage.user.call(cast.proxy, &ICounter::stepCall {}).await?;
    record.check("the migration set step()", step == U256::from(STEP));
    let events = emitted::<Upgraded>(&done.sent, cast.proxy) == 1
        && emitted::<Migrated>(&done.sent, cast.proxy) == 1;
    record.check("the proxy emitted Migrated and Upgraded, once each", events);
    let again = stage
        .stranger
        .call(
            cast.proxy,
            &ICounter::migrateCall {
                step: U256::from(1),
            },
        )
        .await;
    record.check(
        "nobody can migrate it again (NotInUpgrade)",
        is_refused(&again, "NotInUpgrade"),
    );
    Ok(())
}

async fn use_at_version_2(
    stage: &Stage,
    record: &mut Record,
    cast: &Cast,
) -> Result<(), ChainError> {
    record.chapter("9  Use it at version 2");
    increment(stage, record, cast.proxy).await?;
    let expected = U256::from(START + 1 + STEP);
    record.check(
        "increment() added the step",
        value(stage, cast.proxy).await? == expected,
    );
    let registry = registry::definition_status(&stage.user, cast.registry, NAME).await?;
    let at_2 = registry
        .instances
        .iter()
        .any(|i| i.proxy == cast.proxy && i.version == "2.0");
    record.check("status knows the instance at 2.0", at_2);
    Ok(())
}

async fn go_back(stage: &Stage, record: &mut Record, cast: &Cast) -> Result<(), ChainError> {
    record.chapter("↩  The way back: 3.0 is the code of version 1, behind a migration script");
    let Cast {
        registry,
        v1,
        v2,
        proxy,
    } = *cast;
    let code = registry::code_at(&stage.operator, v2).await?;
    let migration = ICounter::migrateCall {
        step: U256::from(STEP),
    }
    .abi_encode();
    let step = registry::call("1.0", migration.into());
    let new = NewVersion {
        name: NAME.into(),
        version: "2.0".into(),
        code,
        step,
    };
    let made = registry::migrate(&stage.operator, registry, new).await?;
    record.sent(&Sent {
        what: "make 2.0 current".into(),
        ..made.sent
    });
    let before = definition(stage, registry).await?;
    let (value_before, word_before) = (
        value(stage, proxy).await?,
        stage.user.storage(proxy, VALUE_SLOT).await?,
    );

    let script = deployed(stage, record, &stage.counter_back).await?;
    let back = ICounter::backCall {}.abi_encode();
    let step = registry::script(&stage.operator, "2.0", script, back.into()).await?;
    let code = registry::code_at(&stage.operator, v1).await?;
    let new = NewVersion {
        name: NAME.into(),
        version: "3.0".into(),
        code,
        step,
    };
    let done = registry::migrate(&stage.operator, registry, new).await?;
    record.sent(&done.sent);

    let after = definition(stage, registry).await?;
    record.check(
        "3.0 is current and the instance is at it",
        after.current == "3.0" && version(stage, proxy).await? == "3.0",
    );
    let hashes = (
        codehash(stage, registry, "1.0").await?,
        codehash(stage, registry, "3.0").await?,
    );
    record.check("3.0 has the very code hash of 1.0", hashes.0 == hashes.1);
    record.check("the sequence still rises", after.sequence > before.sequence);
    let same = value(stage, proxy).await? == value_before
        && stage.user.storage(proxy, VALUE_SLOT).await? == word_before;
    record.check("the data of version 1 is identical", same);
    let cleared = stage.user.storage(proxy, STEP_SLOT).await?.is_zero();
    record.check("what version 2 added is gone", cleared);
    record.check(
        "its ERC-1967 implementation slot holds version 1",
        slot_holds(stage, proxy, v1).await?,
    );
    let marked = IMigratable::isMigratedCall {
        version: "3.0".into(),
    };
    record.check(
        "isMigrated(\"3.0\")",
        stage.user.call(proxy, &marked).await?,
    );
    increment(stage, record, proxy).await?;
    record.check(
        "increment() adds 1 again",
        value(stage, proxy).await? == value_before + U256::from(1),
    );
    Ok(())
}

/// Deploys and activates a contract, and tells of it.
async fn deployed(
    stage: &Stage,
    record: &mut Record,
    artifact: &crate::build::Artifact,
) -> Result<Address, ChainError> {
    let done = deploy::deploy(&stage.operator, artifact, deploy::DATA_FEE_BUMP_PERCENT).await?;
    record.sent(&done.created);
    if let Some(activated) = &done.activated {
        record.sent(activated);
    }
    record.fact(&artifact.name, done.address);
    record.check(
        format!("{} is on chain and active", artifact.name),
        deploy::is_active(&stage.operator, done.address).await?,
    );
    Ok(done.address)
}

async fn register_and_upgrade(
    stage: &Stage,
    cast: &Cast,
    new: NewVersion,
) -> Result<(), ChainError> {
    let version = new.version.clone();
    registry::add_version(&stage.operator, cast.registry, new).await?;
    registry::upgrade(&stage.operator, cast.proxy, &version, Bytes::new())
        .await
        .map(|_| ())
}

async fn increment(stage: &Stage, record: &mut Record, proxy: Address) -> Result<(), ChainError> {
    let call = ICounter::incrementCall {};
    record.sent(
        &stage
            .user
            .send("increment()", proxy, &call, U256::ZERO)
            .await?,
    );
    Ok(())
}

async fn value(stage: &Stage, proxy: Address) -> Result<U256, ChainError> {
    stage.user.call(proxy, &ICounter::valueCall {}).await
}

async fn version(stage: &Stage, proxy: Address) -> Result<String, ChainError> {
    stage
        .user
        .call(proxy, &proxy_abi::implementationVersionCall {})
        .await
}

async fn definition(stage: &Stage, registry: Address) -> Result<abi::definitionReturn, ChainError> {
    stage
        .user
        .call(registry, &abi::definitionCall { name: NAME.into() })
        .await
}

async fn codehash(stage: &Stage, registry: Address, version: &str) -> Result<B256, ChainError> {
    let call = abi::getVersionCall {
        name: NAME.into(),
        version: version.into(),
    };
    Ok(stage.user.call(registry, &call).await?.code.codehash)
}

async fn slot_holds(
    stage: &Stage,
    proxy: Address,
    implementation: Address,
) -> Result<bool, ChainError> {
    let word = stage.user.storage(proxy, slots::IMPLEMENTATION).await?;
    Ok(Address::from_word(word) == implementation)
}

/// How often `account` emitted the event in that transaction.
fn emitted<E: SolEvent>(sent: &Sent, account: Address) -> usize {
    let logs = sent.receipt.logs().iter();
    logs.filter(|log| log.address() == account && log.log_decode::<E>().is_ok())
        .count()
}

fn is_refused<T>(outcome: &Result<T, ChainError>, name: &str) -> bool {
    outcome
        .as_ref()
        .err()
        .and_then(ChainError::revert)
        .is_some_and(|revert| revert.name == name)
}

/// Shows in the contract's own terms why something was refused.
fn refusal<T>(record: &Record, outcome: &Result<T, ChainError>) {
    match outcome {
        Ok(_) => record.fact("it went through", "which it must not"),
        Err(error) => record.fact("refused", error),
    }
}
