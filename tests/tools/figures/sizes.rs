//! Bytes of code.

use alloy::primitives::Address;
use stylus_upgrades::build::Artifact;
use stylus_upgrades_harness::{Chain, HarnessError, builder};

use crate::proxies::{Maker, Proxy};
use crate::snapshot::Figures;

/// Every program of the framework and every example, raw and on chain; the peers' proxies.
///
/// # Errors
/// If a contract does not build.
pub async fn sizes() -> Result<Figures, HarnessError> {
    let builder = builder()?;
    let framework = builder.framework()?;
    let mut figures = Figures::new();
    let parts = framework.shared().map(|part| &part.artifact);
    for artifact in parts.chain([&framework.registry]) {
        insert(&mut figures, artifact);
    }
    for package in [
        "proxy",
        "migratable",
        "counter-v1",
        "counter-v2",
        "erc20-v1",
        "erc20-v2",
        "counter-back",
    ] {
        insert(&mut figures, &builder.contract(package)?);
    }
    for contract in framework.contracts() {
        let name = format!("{}, bytes on chain", contract.name);
        figures.insert(name, contract.code.len() as u64);
    }
    figures.insert(
        "init code of a WASM proxy, bytes".into(),
        framework.proxy_creation_code.len() as u64,
    );
    for (name, code) in framework.evm_creation_codes() {
        figures.insert(format!("{name}, bytes"), code.len() as u64);
    }

    let chain = Chain::embedded()?;
    let maker = Maker::new(&chain)?;
    let implementation = chain
        .create(maker.solidity().contract("Probe")?.creation.clone())
        .await?;
    for (proxy, name) in [
        (Proxy::Evm, "EVM proxy"),
        (Proxy::OpenZeppelin, "OpenZeppelin ERC1967Proxy"),
        (Proxy::Solady, "Solady ERC-1967"),
    ] {
        let address: Address = maker.make(proxy, implementation).await?;
        figures.insert(
            format!("{name}, bytes on chain"),
            chain.code(address).await?.len() as u64,
        );
    }
    Ok(figures)
}

fn insert(figures: &mut Figures, artifact: &Artifact) {
    figures.insert(
        format!("{}, bytes of WASM", artifact.name),
        artifact.wasm.len() as u64,
    );
    figures.insert(
        format!("{}, bytes on chain", artifact.name),
        artifact.code.len() as u64,
    );
}
