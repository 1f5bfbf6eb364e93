//! The scenario: from the registry to version 2, the way back, what is refused on the way,
//! a pause, signatures, deciding together, a replay, the five kinds of migration, and the kinds of proxies.
//! Each chapter is one function; each sends what the command of the same name would send.

mod adopted;
mod back;
mod first_version;
mod kinds;
mod paused;
mod refusals;
mod replayed;
mod signed;
mod together;
mod upgrade;

use super::abi::counter_v1::ICounter;
use super::fixture::Fixture;
use super::record::Record;
use crate::app_error::Error;
use crate::build::Artifact;
use crate::client::{ChainError, Sent};
use crate::deploy;
use crate::ids::CodeHash;
use crate::layout;
use crate::model::Head;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::{SolError, SolEvent};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::slots;

/// The definition of the scenario.
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
struct Addresses {
    registry: Address,
    v1: Address,
    v2: Address,
    proxy: Address,
}

/// Runs the whole scenario on `fixture`; gives its registry.
pub(in crate::demo) async fn run(fixture: &Fixture, record: &mut Record) -> Result<Address, Error> {
    let registry = first_version::deploy_registry(fixture, record).await?;
    let v1 = first_version::deploy_version_1(fixture, record).await?;
    first_version::register_version_1(fixture, record, registry, v1).await?;
    let proxy = first_version::create_proxy(fixture, record, registry, v1).await?;
    first_version::use_at_version_1(fixture, record, proxy).await?;
    let v2 = upgrade::deploy_version_2(fixture, record).await?;
    let addresses = Addresses {
        registry,
        v1,
        v2,
        proxy,
    };
    upgrade::register_version_2(fixture, record, &addresses).await?;
    refusals::refuse_a_stranger(fixture, record, &addresses).await?;
    refusals::refuse_a_bad_implementation(fixture, record, &addresses).await?;
    upgrade::upgrade(fixture, record, &addresses).await?;
    upgrade::use_at_version_2(fixture, record, &addresses).await?;
    let script = back::go_back(fixture, record, &addresses).await?;
    paused::pause(fixture, record, &addresses).await?;
    signed::approve(fixture, record, registry).await?;
    together::decide(fixture, record, &addresses, script).await?;
    replayed::before_the_upgrade(fixture, record, &addresses).await?;
    kinds::show(fixture, record, &addresses).await?;
    adopted::adopt(fixture, record, registry).await?;
    Ok(registry)
}

/// Deploys and activates a contract, and reports it.
async fn deployed(
    fixture: &Fixture,
    record: &mut Record,
    artifact: &Artifact,
) -> Result<Address, ChainError> {
    let done = deploy::deploy(&fixture.operator, artifact, deploy::DATA_FEE_BUMP_PERCENT).await?;
    record.sent(&done.created);
    if let Some(activated) = &done.activated {
        record.sent(activated);
    }
    record.fact(&artifact.name, done.address);
    record.check(
        format!("{} is on chain and active", artifact.name),
        deploy::is_active(&fixture.operator, done.address).await?,
    );
    Ok(done.address)
}

/// Publishes where a program's storage keeps what, as `register` does before it registers a version.
async fn published(
    fixture: &Fixture,
    record: &mut Record,
    registry: Address,
    artifact: &Artifact,
) -> Result<(), ChainError> {
    let mut block = 0;
    if let Some(document) = artifact.document() {
        if let Some(sent) = layout::publish(&fixture.operator, registry, &document).await? {
            record.sent(&sent);
        }
        block = fixture
            .user
            .registry(registry)
            .layout_at(document.hash().into())
            .await?;
    }
    let name = format!("the storage layout of {} is published", artifact.name);
    record.check(name, block != 0);
    Ok(())
}

async fn increment(
    fixture: &Fixture,
    record: &mut Record,
    proxy: Address,
) -> Result<(), ChainError> {
    let call = ICounter::incrementCall {};
    record.sent(
        &fixture
            .user
            .send("increment()", proxy, &call, U256::ZERO)
            .await?,
    );
    Ok(())
}

async fn value(fixture: &Fixture, proxy: Address) -> Result<U256, ChainError> {
    fixture.user.call(proxy, &ICounter::valueCall {}).await
}

async fn version(fixture: &Fixture, proxy: Address) -> Result<String, ChainError> {
    fixture
        .user
        .call(proxy, &proxy_abi::implementationVersionCall {})
        .await
}

async fn definition(fixture: &Fixture, registry: Address) -> Result<Head, ChainError> {
    fixture.user.registry(registry).head(NAME).await
}

async fn codehash(
    fixture: &Fixture,
    registry: Address,
    version: &str,
) -> Result<CodeHash, ChainError> {
    Ok(fixture
        .user
        .registry(registry)
        .code(NAME, version)
        .await?
        .codehash)
}

async fn slot_holds(
    fixture: &Fixture,
    proxy: Address,
    implementation: Address,
) -> Result<bool, ChainError> {
    let word = fixture.user.storage(proxy, slots::IMPLEMENTATION).await?;
    Ok(Address::from_word(word) == implementation)
}

/// How often `account` emitted the event in that transaction.
fn emitted<E: SolEvent>(sent: &Sent, account: Address) -> usize {
    let logs = sent.receipt.logs().iter();
    logs.filter(|log| log.address() == account && log.log_decode::<E>().is_ok())
        .count()
}

/// A governed call that one person decides alone and that waits all the same.
fn undone(what: &str) -> Error {
    ChainError::UnexpectedAnswer {
        account: Address::ZERO,
        what: what.into(),
        reason: "it waits for approvals".into(),
    }
    .into()
}

fn is_refused<E: SolError, T>(outcome: &Result<T, ChainError>) -> bool {
    outcome.as_ref().is_err_and(ChainError::is_refused_as::<E>)
}
