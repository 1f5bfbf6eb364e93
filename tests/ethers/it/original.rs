//! The Solidity original on real anvil.

use ethers::abi::AbiEncode;
use ethers::contract::EthEvent;
use ethers::types::{Address, U256};
use stylus_upgrades_harness::{Lines, Npm, Solidity};

use crate::bindings::original_registry::ProxyCreatedFilter;
use crate::bindings::{Counter, MigrateCall, OriginalRegistry, Proxy};
use crate::client::{Client, Failure, Spawned, Wait, create};
use crate::lifecycle::{Suite, eight_steps};

struct Original {
    chain: Spawned,
    solidity: Solidity,
    registry: Address,
}

impl Original {
    fn registry(&self) -> OriginalRegistry<<Client as std::ops::Deref>::Target> {
        OriginalRegistry::new(self.registry, self.chain.client.clone())
    }

    async fn create(&self, contract: &str) -> Result<Address, Failure> {
        create(
            &self.chain.client,
            self.solidity.contract(contract)?.creation.to_vec(),
        )
        .await
    }
}

impl Suite for Original {
    async fn deploy_registry(&mut self) -> Result<(), Failure> {
        self.registry = self.create("Registry").await?;
        Ok(())
    }

    async fn deploy(&mut self, version: &str) -> Result<Address, Failure> {
        self.create(if version == "1.0" {
            "CounterV1"
        } else {
            "CounterV2"
        })
        .await
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
        // The gap between creation and initializer is the classic's, and what ours closes.
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

#[tokio::test]
async fn the_solidity_original_makes_the_eight_steps_on_real_anvil() -> Result<(), Failure> {
    let chain = Spawned::new(&Npm::install(&Lines)?.anvil())?;
    assert_eq!(chain.node.chain_id(), 31337);
    let solidity = Solidity::compile(&Lines)?;
    eight_steps(Original {
        chain,
        solidity,
        registry: Address::zero(),
    })
    .await
}
