//! The five kinds of migration, each on a contract that needs it: an initializer, a simple one, a
//! lazy one, a complex one, a full one. Then the other kinds of proxies.

mod complex;
mod full;
mod initializer;
mod lazy;
mod proxies;
mod simple;

use super::{Addresses, deployed, published, undone, version};
use crate::app_error::Error;
use crate::build::Artifact;
use crate::client::{ChainError, Sent};
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::registry::{self, NewVersion};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

/// Shows each kind in a chapter of its own.
pub(super) async fn show(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    let points = initializer::run_once(fixture, record, addresses).await?;
    simple::with_the_upgrade(fixture, record, addresses).await?;
    lazy::when_first_written(fixture, record, addresses).await?;
    complex::in_batches(fixture, record, &points).await?;
    full::from_history(fixture, record, addresses).await?;
    proxies::in_evm_code(fixture, record, addresses).await
}

/// A contract of these chapters: its definition, which the operator governs alone, and an
/// instance.
pub(super) struct Contract {
    pub(super) name: &'static str,
    registry: Address,
    pub(super) proxy: Address,
    /// The transaction that created the instance.
    creation: Sent,
}

impl Contract {
    /// Defines it and creates an instance at 1.0.
    pub(super) async fn create(
        fixture: &Fixture,
        record: &mut Record,
        registry: Address,
        name: &'static str,
        code: Code,
        initializer: &impl SolCall,
    ) -> Result<Self, Error> {
        let of = (name, proxy_kind::WASM);
        Self::create_as(fixture, record, registry, of, code, initializer).await
    }

    /// The same with a proxy of that kind.
    async fn create_as(
        fixture: &Fixture,
        record: &mut Record,
        registry: Address,
        (name, kind): (&'static str, u8),
        code: Code,
        initializer: &impl SolCall,
    ) -> Result<Self, Error> {
        let operator = &fixture.operator;
        let policy = format!("{:#x}", operator.sender("demo")?);
        let define = abi::createDefinitionCall {
            name: name.into(),
            migratePolicy: policy.clone(),
            policyPolicy: policy.clone(),
            createPolicy: policy,
        };
        record.governed(operator, registry, &define).await?;
        let first = NewVersion {
            name: name.into(),
            version: "1.0".into(),
            code,
            step: registry::initial(),
        };
        let add = abi::addVersionCall::from(first);
        record.governed(operator, registry, &add).await?;
        let create = abi::createProxyCall {
            name: name.into(),
            version: "1.0".into(),
            kind,
            salt: B256::ZERO,
            initData: initializer.abi_encode().into(),
        };
        let created = record.governed(operator, registry, &create).await?;
        let creation = created
            .execution()
            .ok_or_else(|| undone("create a proxy"))?;
        Ok(Self {
            name,
            registry,
            proxy: creation.require::<abi::ProxyCreated>()?.proxy,
            creation: creation.clone(),
        })
    }

    /// Registers 2.0 behind `step` and upgrades the instance to it, or into it.
    async fn upgrade(
        &self,
        fixture: &Fixture,
        record: &mut Record,
        code: Code,
        step: Step,
    ) -> Result<Sent, Error> {
        let second = NewVersion {
            name: self.name.into(),
            version: "2.0".into(),
            code,
            step,
        };
        let add = abi::addVersionCall::from(second);
        record
            .governed(&fixture.operator, self.registry, &add)
            .await?;
        let done = registry::upgrade(&fixture.operator, self.proxy, "2.0", Bytes::new()).await?;
        let sent = Sent {
            what: format!("upgrade {} to 2.0", self.name),
            ..done.sent
        };
        record.sent(&sent);
        Ok(sent)
    }

    /// Whether the instance is at that version, and marked for it.
    async fn is_at(&self, fixture: &Fixture, label: &str) -> Result<bool, ChainError> {
        let marked = IMigratable::isMigratedCall {
            version: label.into(),
        };
        Ok(version(fixture, self.proxy).await? == label
            && fixture.user.call(self.proxy, &marked).await?)
    }
}

/// Deploys a program; its code, as a version records it.
async fn code(
    fixture: &Fixture,
    record: &mut Record,
    artifact: &Artifact,
) -> Result<Code, ChainError> {
    let address = deployed(fixture, record, artifact).await?;
    Ok(artifact.code_at(address))
}

/// As [`code`], of a version: its storage layout is published.
async fn version_code(
    fixture: &Fixture,
    record: &mut Record,
    registry: Address,
    artifact: &Artifact,
) -> Result<Code, ChainError> {
    let code = code(fixture, record, artifact).await?;
    published(fixture, record, registry, artifact).await?;
    Ok(code)
}
