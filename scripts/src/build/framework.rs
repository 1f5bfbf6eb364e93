//! The framework's own contracts, built bottom-up: each later one has the addresses and code
//! hashes of the earlier ones compiled in, so no slot holds them and no migration can change them.

use super::code::Artifact;
use super::error::BuildError;
use super::{Builder, evm};
use alloy::primitives::{Address, B256, Bytes, keccak256};
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::parts::PARTS;

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
    /// The registry's parts, in the order of [`PARTS`].
    pub parts: Vec<Part>,
    /// The registry itself, created through the Stylus deployer.
    pub registry: Artifact,
}

impl Framework {
    /// Every program that the CREATE2 deployer puts on a chain, in the order of deployment.
    pub fn shared(&self) -> impl Iterator<Item = &Part> {
        [&self.storage, &self.proxy].into_iter().chain(&self.parts)
    }

    /// The part of the registry that is built from `package`, one of [`PARTS`].
    pub fn part(&self, package: &str) -> Option<&Part> {
        let mut parts = self.parts.iter();
        parts.find(|part| part.artifact.name == package)
    }
}

/// A value of the framework for the crates that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant {
    /// The environment variable holds it.
    Text(String),
    /// The environment variable holds the path of a file with it.
    File(Bytes),
}

/// Values by the names of the environment variables.
pub(super) type Constants = BTreeMap<String, Constant>;

impl Constant {
    /// The value.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::File(bytes) => bytes,
        }
    }
}

/// What the names of the framework's build constants begin with.
pub(super) const PREFIX: &str = "STYLUS_UPGRADES_";
/// Packages in the order of their builds, with the beginning of the constants derived from each.
const ORDER: [(&str, &str); 3] = [
    ("proxy", "BARE"),
    ("upgradeability-storage", "STORAGE"),
    ("upgradeability-proxy", "PROXY"),
];
/// The constant that holds address and code hash of each of the registry's [`PARTS`]; they are
/// built after everything in [`ORDER`].
const REGISTRY_PARTS: &str = "PARTS";

/// Builds every program of the framework; what is unchanged comes from the cache.
pub(super) fn build(builder: &Builder) -> Result<Framework, BuildError> {
    let mut constants = stub_constants();
    let mut programs = Vec::with_capacity(ORDER.len());
    for (package, name) in ORDER {
        programs.push(program(builder, package, name, &mut constants)?);
    }
    let [_, storage, proxy] =
        <[Part; 3]>::try_from(programs).expect("one program per entry of ORDER");
    let parts = registry_parts(builder, &mut constants)?;
    let registry = builder.package("registry", &constants)?;
    Ok(Framework {
        stub: evm::stub_code(),
        stub_address: stub_address(),
        proxy_creation_code: evm::proxy_creation_code(stub_address(), &proxy.artifact.code),
        storage,
        proxy,
        parts,
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
    let is_named = |name: &str| {
        let beginning = format!("{PREFIX}{name}");
        named.iter().any(|name| name.starts_with(&beginning))
    };
    let with_parts = is_named(REGISTRY_PARTS);
    let last = ORDER.iter().rposition(|(_, name)| is_named(name));
    let needed = match last {
        _ if with_parts => ORDER.len(),
        Some(last) => last + 1,
        None => 0,
    };
    let before = ORDER.iter().take(needed);
    for (earlier, name) in before.take_while(|(earlier, _)| *earlier != package) {
        program(builder, earlier, name, &mut constants)?;
    }
    if with_parts {
        registry_parts(builder, &mut constants)?;
    }
    Ok(constants)
}

/// Builds the registry's parts and derives the constant that the registry holds them by.
fn registry_parts(builder: &Builder, constants: &mut Constants) -> Result<Vec<Part>, BuildError> {
    let mut parts = Vec::with_capacity(PARTS.len());
    let mut programs = String::new();
    for part in PARTS {
        let artifact = builder.package(part.package, constants)?;
        let address = evm::create2_address(&artifact.creation_code());
        programs += &hex::encode(address);
        programs += &hex::encode(artifact.codehash());
        parts.push(Part { artifact, address });
    }
    set(constants, REGISTRY_PARTS, Constant::Text(programs));
    Ok(parts)
}

/// Builds a program and derives its constants for those that come later.
fn program(
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
        set(constants, "PROXY_INITCODE", Constant::File(creation_code));
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
    let codehash = Constant::Text(hex::encode(codehash));
    set(constants, name, Constant::Text(hex::encode(address)));
    set(constants, &format!("{name}_CODEHASH"), codehash);
}

fn set(constants: &mut Constants, name: &str, value: Constant) {
    constants.insert(format!("{PREFIX}{name}"), value);
}
