//! The storyboard: from the registry to version 2, the way back, what is refused on the way,
//! deciding together, and the five kinds of migration. Each chapter is one function; each sends what the command of the same name
//! would send.

mod back;
mod birth;
mod kinds;
mod refusals;
mod together;
mod upgrade;

use super::record::Record;
use super::stage::{ICounter, Stage};
use crate::build::Artifact;
use crate::client::{ChainError, Sent};
use crate::deploy;
use crate::error::Error;
use crate::layout;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
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
pub(in crate::demo) async fn tell(stage: &Stage, record: &mut Record) -> Result<(), Error> {
    let registry = birth::deploy_registry(stage, record).await?;
    let v1 = birth::deploy_version_1(stage, record).await?;
    birth::register_version_1(stage, record, registry, v1).await?;
    let proxy = birth::create_proxy(stage, record, registry, v1).await?;
    birth::use_at_version_1(stage, record, proxy).await?;
    let v2 = upgrade::deploy_version_2(stage, record).await?;
    let cast = Cast {
        registry,
        v1,
        v2,
        proxy,
    };
    upgrade::register_version_2(stage, record, &cast).await?;
    refusals::refuse_a_stranger(stage, record, &cast).await?;
    refusals::refuse_a_bad_implementation(stage, record, &cast).await?;
    upgrade::upgrade(stage, record, &cast).await?;
    upgrade::use_at_version_2(stage, record, &cast).await?;
    let script = back::go_back(stage, record, &cast).await?;
    together::decide(stage, record, &cast, script).await?;
    kinds::show(stage, record, &cast).await
}

/// Deploys and activates a contract, and tells of it.
async fn deployed(
    stage: &Stage,
    record: &mut Record,
    artifact: &Artifact,
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

/// Publishes where a program's storage keeps what, as `register` does before it registers a version.
async fn published(
    stage: &Stage,
    record: &mut Record,
    registry: Address,
    artifact: &Artifact,
) -> Result<(), ChainError> {
    let mut block = 0;
    if let Some(document) = artifact.document() {
        if let Some(sent) = layout::publish(&stage.operator, registry, &document).await? {
            record.sent(&sent);
        }
        let layout_at = abi::layoutAtCall {
            layoutHash: document.hash(),
        };
        block = stage.user.call(registry, &layout_at).await?;
    }
    let name = format!("the storage layout of {} is published", artifact.name);
    record.check(name, block != 0);
    Ok(())
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

/// A governed call that one person decides alone and that waits all the same.
fn undone(what: &str) -> Error {
    ChainError::UnexpectedAnswer {
        account: Address::ZERO,
        what: what.into(),
        reason: "it waits for approvals".into(),
    }
    .into()
}

fn is_refused<T>(outcome: &Result<T, ChainError>, name: &str) -> bool {
    outcome
        .as_ref()
        .err()
        .and_then(ChainError::revert)
        .is_some_and(|revert| revert.name == name)
}
