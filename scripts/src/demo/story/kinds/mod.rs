//! The five kinds of migration, each on a contract that needs it: an initializer, a simple one, a
//! lazy one, a complex one, a full one.

mod complex;
mod full;
mod initializer;
mod lazy;
mod simple;

use super::{Cast, deployed, version};
use crate::build::Artifact;
use crate::client::{ChainError, Sent};
use crate::demo::record::Record;
use crate::demo::stage::Stage;
use crate::error::Error;
use crate::registry::{self, NewDefinition, NewVersion};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

/// Shows each kind in a chapter of its own.
pub(super) async fn show(stage: &Stage, record: &mut Record, cast: &Cast) -> Result<(), Error> {
    let points = initializer::run_once(stage, record, cast).await?;
    simple::with_the_upgrade(stage, record, cast).await?;
    lazy::when_first_written(stage, record, cast).await?;
    complex::in_batches(stage, record, &points).await?;
    full::from_history(stage, record, cast).await
}

/// A contract of these chapters: its definition, which the operator governs alone, and an
/// instance.
struct Contract {
    name: &'static str,
    registry: Address,
    proxy: Address,
    /// The transaction that created the instance.
    born: Sent,
}

impl Contract {
    /// Defines it and creates an instance at 1.0.
    async fn born(
        stage: &Stage,
        record: &mut Record,
        registry: Address,
        name: &'static str,
        code: Code,
        initializer: &impl SolCall,
    ) -> Result<Self, ChainError> {
        let operator = &stage.operator;
        let policy = format!("{:#x}", operator.sender("demo")?);
        let new = NewDefinition {
            name: name.into(),
            migrate: policy.clone(),
            policy: policy.clone(),
            create: policy,
        };
        record.sent(&registry::define(operator, registry, new).await?.sent);
        let first = NewVersion {
            name: name.into(),
            version: "1.0".into(),
            code,
            step: registry::born(),
        };
        let added = registry::add_version(operator, registry, first).await?;
        record.sent(&added.sent);
        let create = abi::createProxyCall {
            name: name.into(),
            version: "1.0".into(),
            kind: proxy_kind::WASM,
            salt: B256::ZERO,
            initData: initializer.abi_encode().into(),
        };
        let created = registry::create_proxy(operator, registry, create, U256::ZERO).await?;
        record.sent(&created.governed.sent);
        Ok(Self {
            name,
            registry,
            proxy: created.proxy,
            born: created.governed.sent,
        })
    }

    /// Registers 2.0 behind `step` and upgrades the instance to it, or into it.
    async fn upgrade(
        &self,
        stage: &Stage,
        record: &mut Record,
        code: Code,
        step: Step,
    ) -> Result<Sent, ChainError> {
        let second = NewVersion {
            name: self.name.into(),
            version: "2.0".into(),
            code,
            step,
        };
        let added = registry::add_version(&stage.operator, self.registry, second).await?;
        record.sent(&added.sent);
        let done = registry::upgrade(&stage.operator, self.proxy, "2.0", Bytes::new()).await?;
        let sent = Sent {
            what: format!("upgrade {} to 2.0", self.name),
            ..done.sent
        };
        record.sent(&sent);
        Ok(sent)
    }

    /// Whether the instance is at that version, and marked for it.
    async fn is_at(&self, stage: &Stage, label: &str) -> Result<bool, ChainError> {
        let marked = IMigratable::isMigratedCall {
            version: label.into(),
        };
        Ok(version(stage, self.proxy).await? == label
            && stage.user.call(self.proxy, &marked).await?)
    }
}

/// Deploys a program; its code, as a version records it.
async fn code(stage: &Stage, record: &mut Record, artifact: &Artifact) -> Result<Code, ChainError> {
    let address = deployed(stage, record, artifact).await?;
    Ok(artifact.code_at(address))
}
