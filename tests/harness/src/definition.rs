//! A definition in the registry: its versions and its instances.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_deploy::registry::{NewVersion, code_at, initial};
use stylus_upgrades_interface::registry::{IRegistry, Step};

use crate::error::HarnessError;
use crate::harness::{Harness, Program};
use crate::instance::Instance;
use crate::receipt::Receipt;
use crate::revert::Revert;

/// A definition of a [`Harness`]'s registry.
#[derive(Debug, Clone)]
pub struct Definition<'h> {
    harness: &'h Harness,
    name: String,
}

impl<'h> Definition<'h> {
    pub(crate) fn new(harness: &'h Harness, name: &str) -> Self {
        Self {
            harness,
            name: name.to_owned(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds a version; the first one becomes current.
    ///
    /// # Errors
    /// What the registry reverts with.
    pub async fn add_version(
        &self,
        version: &str,
        program: &Program,
        step: Step,
    ) -> Result<Receipt, HarnessError> {
        let new = self.version(version, program, step).await?;
        let call = IRegistry::addVersionCall::from(new);
        Ok(self.harness.govern(&call, U256::ZERO).await?.receipt.into())
    }

    /// Adds version 1.0, which instances are created at.
    ///
    /// # Errors
    /// What the registry reverts with.
    pub async fn add_first(&self, program: &Program) -> Result<Receipt, HarnessError> {
        self.add_version("1.0", program, initial()).await
    }

    /// Adds a version and makes it current. The instances follow by [`Definition::rollout`].
    ///
    /// # Errors
    /// What the registry reverts with.
    pub async fn migrate(
        &self,
        version: &str,
        program: &Program,
        step: Step,
    ) -> Result<Receipt, HarnessError> {
        let new = self.version(version, program, step).await?;
        let call = IRegistry::migrateCall::from(new);
        Ok(self.harness.govern(&call, U256::ZERO).await?.receipt.into())
    }

    /// Has these instances follow the definition, as anybody may: to its current version, to its pause or out of it.
    ///
    /// # Errors
    /// What the registry reverts with; the reason of the first instance that stays as it was.
    pub async fn rollout(&self, proxies: &[Address]) -> Result<Receipt, HarnessError> {
        let call = IRegistry::rolloutCall {
            name: self.name.clone(),
            proxies: proxies.to_vec(),
        };
        let chain = self.harness.chain();
        let stranger = chain.account(9);
        let registry = self.harness.registry();
        let receipt = chain.execute(stranger, registry, &call).await?;
        match receipt.decoded_log::<IRegistry::InstanceSkipped>() {
            Some(skipped) => Err(HarnessError::Reverted(Revert::new(skipped.data.reason))),
            None => Ok(receipt.into()),
        }
    }

    async fn version(
        &self,
        version: &str,
        program: &Program,
        step: Step,
    ) -> Result<NewVersion, HarnessError> {
        let code = code_at(self.harness.client(), program.address).await?;
        Ok(NewVersion {
            name: self.name.clone(),
            version: version.to_owned(),
            code,
            step,
        })
    }

    /// Gives a role to one address.
    ///
    /// # Errors
    /// What the registry reverts with.
    pub async fn set_policy(&self, role: &str, owner: Address) -> Result<Receipt, HarnessError> {
        let call = IRegistry::setPolicyCall {
            name: self.name.clone(),
            role: role.to_owned(),
            expression: owner.to_string(),
        };
        let chain = self.harness.chain();
        Ok(chain
            .execute(chain.account(0), self.harness.registry(), &call)
            .await?
            .into())
    }

    /// Makes an instance at `version` and initializes it, in one transaction.
    ///
    /// # Errors
    /// What the initializer or the registry reverts with.
    pub async fn create_proxy(
        &self,
        version: &str,
        initializer: &impl SolCall,
    ) -> Result<Instance<'h>, HarnessError> {
        self.create_proxy_with(version, initializer.abi_encode().into(), U256::ZERO)
            .await
    }

    /// The same with raw calldata, which may be empty, and with value in wei.
    ///
    /// # Errors
    /// As [`Definition::create_proxy`].
    pub async fn create_proxy_with(
        &self,
        version: &str,
        initializer: Bytes,
        value: U256,
    ) -> Result<Instance<'h>, HarnessError> {
        let call = IRegistry::createProxyCall {
            name: self.name.clone(),
            version: version.to_owned(),
            kind: stylus_upgrades_interface::reasons::proxy_kind::WASM,
            salt: self.harness.next_salt(),
            initData: initializer,
        };
        let sent = self.harness.govern(&call, value).await?;
        let created = sent.require_event::<IRegistry::ProxyCreated>()?;
        Ok(Instance::new(
            self.harness.chain(),
            created.proxy,
            sent.receipt,
        ))
    }
}
