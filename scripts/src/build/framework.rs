//! The framework's own contracts, built bottom-up: each later one has the addresses and code
//! hashes of the earlier ones compiled in, so no slot holds them and no migration can change them.

use super::code::Artifact;
use super::error::BuildError;
use super::{Builder, evm};
use alloy::primitives::{Address, B256, Bytes, keccak256};
use std::collections::{BTreeMap, BTreeSet};

/// A program that the CREATE2 deployer puts at an address derived from its bytes, with salt 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The program.
    pub artifact: Artifact,
    /// Where it lies on every chain.
    pub address: Address,
}

/// Every program of the framework, with the addresses that follow from their bytes.
#[derive(Debug, Clone)]
pub struct Framework {
    /// Code of the pause stub (EVM).
    pub stub: Bytes,
    /// Address of the pause stub.
    pub stub_address: Address,
    /// UpgradeabilityStorage.
    pub storage: Part,
    /// UpgradeabilityProxy; at this address lies a copy that is only there to be activated.
    pub proxy: Part,
    /// Creation code of every WASM proxy.
    pub proxy_creation_code: Bytes,
    /// The registry's governance.
    pub governance: Part,
    /// The registry's factory.
    pub factory: Part,
    /// The registry itself, born through the Stylus deployer.
    pub registry: Artifact,
}

/// Values of the framework for the crates that name them, as environment variables.
pub(super) type Constants = BTreeMap<String, String>;

/// What the names of the framework's build constants begin with.
pub(super) const PREFIX: &str = "STYLUS_UPGRADES_";
/// Packages in the order of their builds, with the beginning of the constants derived from each.
const ORDER: [(&str, &str); 5] = [
    ("proxy", "BARE"),
    ("upgradeability-storage", "STORAGE"),
    ("upgradeability-proxy", "PROXY"),
    ("registry-governance", "GOVERNANCE"),
    ("registry-factory", "FACTORY"),
];

/// Builds every program of the framework; what is unchanged comes from the cache.
pub(super) fn build(builder: &Builder) -> Result<Framework, BuildError> {
    let mut constants = stub_constants();
    let mut parts = Vec::with_capacity(ORDER.len());
    for (package, name) in ORDER {
        parts.push(part(builder, package, name, &mut constants)?);
    }
    let registry = builder.package("registry", &constants)?;
    let [_, storage, proxy, governance, factory] =
        <[Part; 5]>::try_from(parts).expect("one part per entry of ORDER");
    Ok(Framework {
        stub: evm::stub_code(),
        stub_address: stub_address(),
        proxy_creation_code: evm::proxy_creation_code(stub_address(), &proxy.artifact.code),
        storage,
        proxy,
        governance,
        factory,
        registry,
    })
}

/// The constants that `package` names, building what they are derived from.
pub(super) fn constants(
    builder: &Builder,
    package: &str,
    named: &BTreeSet<String>,
) -> Result<Constants, BuildError> {
    let mut constants = stub_constants();
    let needed = ORDER.iter().rposition(|(_, name)| {
        named
            .iter()
            .any(|constant| constant.starts_with(&format!("{PREFIX}{name}")))
    });
    let before = ORDER.iter().take(needed.map_or(0, |last| last + 1));
    for (earlier, name) in before.take_while(|(earlier, _)| *earlier != package) {
        part(builder, earlier, name, &mut constants)?;
    }
    Ok(constants)
}

/// Builds a part and derives its constants for those that come later.
fn part(
    builder: &Builder,
    package: &str,
    name: &str,
    constants: &mut Constants,
) -> Result<Part, BuildError> {
    let artifact = builder.package(package, constants)?;
    let address = evm::create2_address(&artifact.creation_code());
    account(constants, name, address, artifact.codehash());
    if name == "PROXY" {
        let creation_code = evm::proxy_creation_code(stub_address(), &artifact.code);
        let file = builder.cache.file("proxy.initcode", &creation_code)?;
        set(constants, "PROXY_INITCODE", file.display().to_string());
    }
    Ok(Part { artifact, address })
}

fn stub_address() -> Address {
    evm::create2_address(&evm::creation_code(&evm::stub_code()))
}

fn stub_constants() -> Constants {
    let mut constants = Constants::new();
    account(
        &mut constants,
        "STUB",
        stub_address(),
        keccak256(evm::stub_code()),
    );
    constants
}

fn account(constants: &mut Constants, name: &str, address: Address, codehash: B256) {
    set(constants, name, hex::encode(address));
    set(
        constants,
        &format!("{name}_CODEHASH"),
        hex::encode(codehash),
    );
}

fn set(constants: &mut Constants, name: &str, value: String) {
    constants.insert(format!("{PREFIX}{name}"), value);
}
