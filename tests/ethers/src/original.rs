//! The Solidity original on real anvil.

use ethers::abi::AbiEncode;
use ethers::contract::EthEvent;
use ethers::types::{Address, Bytes, U256};
use serde::Deserialize;

use crate::bindings::original_registry::ProxyCreatedFilter;
use crate::bindings::{Counter, MigrateCall, OriginalRegistry, Proxy};
use crate::client::{Client, Failure, Spawned, Wait, create};
use crate::lifecycle::{self, Suite};

/// Creation code.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Codes {
    registry: Bytes,
    counter_v1: Bytes,
    counter_v2: Bytes,
}

struct Original {
    chain: Spawned,
    codes: Codes,
    registry: Address,
}

impl Original {
    fn registry(&self) -> OriginalRegistry<<Client as std::ops::Deref>::Target> {
        OriginalRegistry::new(self.registry, self.chain.client.clone())
    }
}

impl Suite for Original {
    async fn deploy_registry(&mut self) -> Result<(), Failure> {
        self.registry = create(&self.chain.client, self.codes.registry.clone()).await?;
        Ok(())
    }

    async fn deploy(&mut self, version: &str) -> Result<Address, Failure> {
        let code = match version {
            "1.0" => &self.codes.counter_v1,
            _ => &self.codes.counter_v2,
        };
        create(&self.chain.client, code.clone()).await
    }

    async fn register(&mut self, version: &str, implementation: Address) -> Result<(), Failure> {
        self.registry()
            .add_version(version.to_owned(), implementation)
            .mined()
            .await?;
        Ok(())
    }

    async fn create_proxy(&mut self, start: U256) -> Result<Address, Failure> {
        let receipt = self
            .registry()
            .create_proxy("1.0".to_owned())
            .mined()
            .await?;
        let log = receipt
            .logs
            .into_iter()
            .find(|log| log.topics.first() == Some(&ProxyCreatedFilter::signature()))
            .ok_or("no ProxyCreated")?;
        let proxy = Address::from_slice(log.data.get(12..32).ok_or("a short ProxyCreated")?);
        // The classic has a gap between creation and initializer. The framework closes it.
        Counter::new(proxy, self.chain.client.clone())
            .initialize(start)
            .mined()
            .await?;
        Ok(proxy)
    }

    async fn upgrade(&mut self, proxy: Address, step: U256) -> Result<(), Failure> {
        let migration = MigrateCall { step }.encode();
        let proxy = Proxy::new(proxy, self.chain.client.clone());
        proxy
            .upgrade_to_and_call("2.0".to_owned(), migration.into())
            .mined()
            .await?;
        Ok(())
    }

    fn client(&self) -> &Client {
        &self.chain.client
    }
}

/// Makes the eight steps.
pub(crate) async fn eight_steps(chain: Spawned, codes: Codes) -> Result<(), Failure> {
    assert_eq!(chain.node.chain_id(), 31337);
    lifecycle::eight_steps(Original {
        chain,
        codes,
        registry: Address::zero(),
    })
    .await
}
