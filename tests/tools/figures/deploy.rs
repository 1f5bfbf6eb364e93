//! Gas of deployment, creation and upgrade.

use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades_harness::{Chain, Harness, HarnessError, step};

use super::COMPARED;
use crate::abi::ICounter::incrementCall;
use crate::calls;
use crate::proxies::Maker;
use crate::snapshot::Figures;

/// Deployment of each proxy alone, and the steps of an upgrade through our registry.
///
/// # Errors
/// Whatever the chain refuses.
pub async fn deploy_gas() -> Result<Figures, HarnessError> {
    let mut figures = Figures::new();
    let chain = Chain::embedded()?;
    let maker = Maker::new(&chain)?;
    let implementation = chain
        .create(maker.solidity().contract("Probe")?.creation.clone())
        .await?;
    for (proxy, name) in COMPARED {
        let creation = maker.creation_code(proxy, implementation).await?;
        let create = TransactionRequest::default().with_deploy_code(creation);
        let receipt = chain.send(create).await?;
        figures.insert(format!("deploy {name}, gas"), receipt.gas_used);
    }
    upgrade_gas(&mut figures).await?;
    Ok(figures)
}

async fn upgrade_gas(figures: &mut Figures) -> Result<(), HarnessError> {
    let harness = Harness::on(Chain::embedded()?).await?;
    let definition = harness.define("Counter").await?;
    let first = harness.build_and_deploy("contracts/counter_v1").await?;
    let second = harness.build_and_deploy("contracts/counter_v2").await?;
    let mut insert = |sentence: &str, gas: u64| figures.insert(format!("{sentence}, gas"), gas);
    insert("create counter 1", first.create_gas);
    insert("activate counter 1", first.activate_gas.unwrap_or_default());
    insert("add version 1.0", definition.add_first(&first).await?.gas());
    let counter = definition
        .create_proxy("1.0", &calls::initialize_counter(7))
        .await?;
    insert(
        "create a proxy with its initializer",
        counter.creation().gas(),
    );
    insert(
        "increment through the proxy at 1.0",
        counter.send(&incrementCall {}).await?.gas(),
    );
    let migrate = calls::migrate_counter(5);
    let added = definition
        .add_version("2.0", &second, step::call("1.0", &migrate))
        .await?;
    insert("add version 2.0 with its migration", added.gas());
    insert(
        "upgrade to 2.0 with its migration",
        counter.upgrade("2.0").await?.gas(),
    );
    insert(
        "increment through the proxy at 2.0",
        counter.send(&incrementCall {}).await?.gas(),
    );
    Ok(())
}
