//! Definitions, versions and instances of a registry that account 0 governs alone, made without the
//! program under test.

use crate::prelude::*;
use stylus_upgrades::build::evm;
use stylus_upgrades::deploy::{DATA_FEE_BUMP_PERCENT, deploy_registry};
use stylus_upgrades::registry::{NewVersion, code_at, definition_id};
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::adopted::IOwnable;

use super::fixture::Done;
use super::kinds::OWNER;

/// Where instances are made: account 0 governs that registry alone.
pub(super) struct Governor<'h> {
    harness: &'h Harness,
    registry: Address,
}

impl<'h> Governor<'h> {
    pub(super) fn new(harness: &'h Harness) -> Self {
        let registry = harness.registry();
        Self { harness, registry }
    }

    pub(super) async fn govern(&self, call: &impl SolCall) -> Done {
        let chain = self.harness.chain();
        let sender = chain.account(0);
        chain.execute(sender, self.registry, call).await?;
        Ok(())
    }

    pub(super) async fn define(&self, name: &str) -> Done {
        let policy = self.harness.account(0).to_string();
        let define = calls::create_definition(name, policy);
        self.govern(&define).await
    }

    /// An instance of that name that another registry creates and hands over to this one.
    pub(super) async fn moved(&self, name: &str, code: Address) -> Result<Address, HarnessError> {
        let (harness, registry) = (self.harness, &self.harness.framework().registry);
        let policy = format!("OR({})", harness.account(0));
        let client = harness.client();
        let other = deploy_registry(client, registry, &policy, None, DATA_FEE_BUMP_PERCENT);
        let other = other.await?.address;
        let creator = Governor {
            harness,
            registry: other,
        };
        creator.define(name).await?;
        creator.add(name, "1.0", code, step::initial()).await?;
        let proxy = creator.create(name, proxy_kind::WASM).await?;
        let accept = calls::accept_transfer(name, proxy, "1.0", other, 0);
        self.govern(&accept).await?;
        let transfer = calls::transfer_proxy(name, proxy, self.registry, name, 0);
        creator.govern(&transfer).await?;
        Ok(proxy)
    }

    pub(super) async fn version(
        &self,
        name: &str,
        version: &str,
        account: Address,
        step: Step,
    ) -> Result<NewVersion, HarnessError> {
        Ok(NewVersion {
            name: name.into(),
            version: version.into(),
            code: code_at(self.harness.client(), account).await?,
            step,
        })
    }

    pub(super) async fn add(
        &self,
        name: &str,
        version: &str,
        account: Address,
        step: Step,
    ) -> Done {
        let new = self.version(name, version, account, step).await?;
        self.govern(&IRegistry::addVersionCall::from(new)).await
    }

    /// An instance at 1.0 that counts from 7 on.
    pub(super) async fn create(&self, name: &str, kind: u8) -> Result<Address, HarnessError> {
        let (name, salt) = (name.to_owned(), B256::repeat_byte(kind));
        let init = calls::initialize_counter(7);
        let create = calls::create_proxy(name.clone(), "1.0", kind, salt, init.abi_encode());
        self.govern(&create).await?;
        let query = IRegistry::proxyAddressCall { name, kind, salt };
        self.harness.chain().read(self.registry, &query).await
    }

    /// A contract of Solidity.
    pub(super) async fn compiled(&self, name: &str) -> Result<Address, HarnessError> {
        let solidity = Solidity::compile(&Lines)?;
        let creation = solidity.contract(name)?.creation.clone();
        self.harness.chain().create(creation).await
    }

    /// A definition with that code as 1.0; the proxy is given to its admin by `through`, and becomes
    /// its instance.
    pub(super) async fn adopt(
        &self,
        name: &str,
        kind: u8,
        code: Address,
        (proxy, through): (Address, Address),
    ) -> Done {
        self.define(name).await?;
        self.add(name, "1.0", code, step::initial()).await?;
        let give = IOwnable::transferOwnershipCall {
            newOwner: evm::admin_address(self.registry, definition_id(name)),
        };
        let owner = self.harness.account(OWNER);
        self.harness.chain().execute(owner, through, &give).await?;
        self.govern(&adoption(name, proxy, kind)).await
    }
}

fn adoption(name: &str, proxy: Address, kind: u8) -> IRegistry::adoptCall {
    calls::adopt(name, proxy, kind, "1.0")
}
