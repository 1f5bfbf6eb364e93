//! The eight steps, written once for every suite.

use ethers::types::{Address, U256};

use crate::bindings::{Counter, Proxy};
use crate::client::{Client, Failure, Wait};

/// A framework that can run the eight steps on some chain.
pub(crate) trait Suite {
    async fn deploy_registry(&mut self) -> Result<(), Failure>;
    /// Deploys the counter's code of a version.
    async fn deploy(&mut self, version: &str) -> Result<Address, Failure>;
    /// Registers it; from 2.0 on with a migration.
    async fn register(&mut self, version: &str, implementation: Address) -> Result<(), Failure>;
    /// Makes a proxy at 1.0 whose initializer ran with `start`.
    async fn create_proxy(&mut self, start: U256) -> Result<Address, Failure>;
    /// Upgrades it to 2.0 with the migration that sets `step`.
    async fn upgrade(&mut self, proxy: Address, step: U256) -> Result<(), Failure>;
    fn client(&self) -> &Client;
}

/// Registry, version 1, a proxy in use, version 2, its migration, the proxy in use again.
pub(crate) async fn eight_steps(mut suite: impl Suite) -> Result<(), Failure> {
    suite.deploy_registry().await?;
    let first = suite.deploy("1.0").await?;
    suite.register("1.0", first).await?;
    let address = suite.create_proxy(U256::from(7)).await?;

    let proxy = Proxy::new(address, suite.client().clone());
    let counter = Counter::new(address, suite.client().clone());
    counter.increment().mined().await?;
    assert_eq!(counter.value().call().await?, U256::from(8));
    assert_eq!(proxy.implementation().call().await?, first);
    assert!(
        counter.step().call().await.is_err(),
        "version 1 has no step"
    );

    let second = suite.deploy("2.0").await?;
    suite.register("2.0", second).await?;
    suite.upgrade(address, U256::from(5)).await?;
    assert_eq!(proxy.implementation().call().await?, second);
    assert_eq!(
        counter.value().call().await?,
        U256::from(8),
        "the data is intact"
    );
    assert_eq!(counter.step().call().await?, U256::from(5));
    counter.increment().mined().await?;
    assert_eq!(counter.value().call().await?, U256::from(13));
    Ok(())
}
