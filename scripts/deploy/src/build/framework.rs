//! The framework's own programs: those that are pinned as bytes, or those of a folder of sources.

use super::code::Artifact;
use super::constants::{Constant, Constants, account, set};
use super::error::BuildError;
use super::evm;
use crate::ids::CodeHash;
use crate::model::ProxyKind;
use alloy::primitives::{Address, Bytes};
use std::sync::LazyLock;
use stylus_upgrades_framework as pinned;
use stylus_upgrades_interface::parts::PARTS;

/// A program that the CREATE2 deployer puts at an address derived from its bytes, with salt 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The program.
    pub artifact: Artifact,
    /// Its address on every chain.
    pub address: Address,
}

/// A contract in EVM code, which the CREATE2 deployer puts at an address derived from its bytes, with salt 0. It is
/// never activated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvmContract {
    /// The name that readers know it by.
    pub name: &'static str,
    /// Its code.
    pub code: Bytes,
    /// Its address on every chain.
    pub address: Address,
}

/// Every program of the framework, with the addresses that follow from their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framework {
    /// The pause stub.
    pub stub: EvmContract,
    /// Proxy, without any selector of its own: nobody deploys it on its own.
    pub bare: Part,
    /// UpgradeabilityStorage.
    pub storage: Part,
    /// UpgradeabilityProxy; at this address lies a copy that is only there to be activated.
    pub proxy: Part,
    /// Creation code of every WASM proxy.
    pub proxy_creation_code: Bytes,
    /// The orders contract, which creates every EVM proxy.
    pub orders: EvmContract,
    /// The layouts contract.
    pub layouts: EvmContract,
    /// The registry's parts, in the order of [`PARTS`].
    pub parts: Vec<Part>,
    /// The registry itself, created through the Stylus deployer.
    pub registry: Artifact,
}

impl EvmContract {
    fn of(name: &'static str, code: Bytes) -> Self {
        let address = evm::create2_address(&evm::creation_code(&code));
        Self {
            name,
            code,
            address,
        }
    }

    /// The pause stub of that code.
    pub(super) fn stub(code: Bytes) -> Self {
        Self::of("pause stub", code)
    }

    /// The orders contract of that code.
    pub(super) fn orders(code: Bytes) -> Self {
        Self::of("orders contract", code)
    }

    /// The layouts contract of that code.
    pub(super) fn layouts(code: Bytes) -> Self {
        Self::of("layouts contract", code)
    }

    /// keccak256 of its code.
    pub fn codehash(&self) -> CodeHash {
        CodeHash::of(&self.code)
    }
}

static PINNED: LazyLock<Result<Framework, BuildError>> = LazyLock::new(read);

impl Framework {
    /// The programs that are pinned: the same for everybody, and nothing is compiled.
    ///
    /// # Errors
    /// `Pinned` if this program was put together from files of several versions.
    pub fn pinned() -> Result<&'static Self, BuildError> {
        PINNED.as_ref().map_err(Clone::clone)
    }

    /// Of its programs, with what follows from their bytes.
    pub(super) fn of(
        [stub, orders, layouts]: [EvmContract; 3],
        [bare, storage, proxy]: [Part; 3],
        parts: Vec<Part>,
        registry: Artifact,
    ) -> Self {
        Self {
            proxy_creation_code: evm::proxy_creation_code(stub.address, &proxy.artifact.code),
            stub,
            bare,
            storage,
            proxy,
            orders,
            layouts,
            parts,
            registry,
        }
    }

    /// Returns true if these are the pinned programs. The registry holds the code hashes of all others.
    pub fn is_pinned(&self) -> bool {
        Self::pinned().is_ok_and(|pinned| pinned.registry.code == self.registry.code)
    }

    /// Returns the name of the part of the framework that lies at an account.
    pub fn name_of(&self, account: Address) -> Option<&'static str> {
        let mut evm = [&self.stub, &self.orders, &self.layouts].into_iter();
        let evm = evm.find(|one| one.address == account);
        let parts = self.parts.iter().map(|one| (one, "part of the registry"));
        let mut programs = parts.chain([
            (&self.storage, "UpgradeabilityStorage"),
            (&self.proxy, "program of every WASM proxy"),
        ]);
        let program = programs.find(|(one, _)| one.address == account);
        evm.map(|one| one.name).or(program.map(|(_, name)| name))
    }

    /// Every compiled program that the CREATE2 deployer puts on a chain, in the order of the builds.
    pub fn shared(&self) -> impl Iterator<Item = &Part> {
        [&self.storage, &self.proxy].into_iter().chain(&self.parts)
    }

    /// Every contract in EVM code that the CREATE2 deployer puts on a chain, in the order of the builds.
    pub fn contracts(&self) -> [&EvmContract; 3] {
        [&self.stub, &self.orders, &self.layouts]
    }

    /// The part of the registry that is built from `package`, one of [`PARTS`].
    pub fn part(&self, package: &str) -> Option<&Part> {
        let mut parts = self.parts.iter();
        parts.find(|part| part.artifact.name == package)
    }

    /// The init codes of what is created in EVM code for a registry, by the names of their constants.
    pub fn evm_creation_codes(&self) -> [(&'static str, Bytes); 3] {
        evm::creation_codes(self.stub.address, self.storage.address)
    }

    /// keccak256 of the code of the framework's proxies of that kind; `None` for proxies of others.
    pub fn proxy_codehash(&self, kind: ProxyKind) -> Option<CodeHash> {
        match kind {
            ProxyKind::Wasm => Some(self.proxy.artifact.codehash()),
            ProxyKind::Evm => Some(evm_proxy_codehash(&self.orders, &self.storage)),
            _ => None,
        }
    }

    /// Every program that is compiled, in the order of the builds.
    pub fn programs(&self) -> impl Iterator<Item = &Artifact> {
        let parts = [&self.bare, &self.storage, &self.proxy].into_iter();
        let parts = parts.chain(&self.parts).map(|part| &part.artifact);
        parts.chain([&self.registry])
    }

    /// Returns the constants that crates may have compiled in, by the names of the variables.
    pub fn constants(&self) -> Constants {
        let proxies = [&self.bare, &self.storage, &self.proxy];
        let mut constants = of_proxies(&self.contracts(), &proxies);
        set(&mut constants, "PARTS", programs(&self.parts));
        constants
    }
}

fn evm_proxy_codehash(orders: &EvmContract, storage: &Part) -> CodeHash {
    CodeHash::of(evm::evm_proxy_code(orders.address, storage.address))
}

/// The constants that follow from the pause stub, then the orders contract and the layouts contract, and from what is
/// built of Proxy, UpgradeabilityStorage and UpgradeabilityProxy. Each has the earlier ones compiled in.
pub(super) fn of_proxies(contracts: &[&EvmContract], built: &[&Part]) -> Constants {
    let mut constants = Constants::new();
    for (name, one) in ["STUB", "ORDERS", "LAYOUTS"].into_iter().zip(contracts) {
        account(&mut constants, name, one.address, one.codehash());
    }
    for (name, part) in ["BARE", "STORAGE", "PROXY"].into_iter().zip(built) {
        account(&mut constants, name, part.address, part.artifact.codehash());
    }
    if let ([stub, orders, _], [_, storage, proxy]) = (contracts, built) {
        let codehash = hex::encode(evm_proxy_codehash(orders, storage));
        set(
            &mut constants,
            "EVM_PROXY_CODEHASH",
            Constant::Text(codehash),
        );
        let wasm = evm::proxy_creation_code(stub.address, &proxy.artifact.code);
        let evm = evm::creation_codes(stub.address, storage.address);
        for (name, creation_code) in [("PROXY_INITCODE", wasm)].into_iter().chain(evm) {
            set(&mut constants, name, Constant::File(creation_code));
        }
    }
    constants
}

/// Address and code hash of each part: the constant that the registry holds them by.
pub(super) fn programs(parts: &[Part]) -> Constant {
    let account = |part: &Part| hex::encode(part.address) + &hex::encode(part.artifact.codehash());
    Constant::Text(parts.iter().map(account).collect())
}

/// The pinned programs.
fn read() -> Result<Framework, BuildError> {
    let artifact = |name| Artifact::from_pinned(program(name)?);
    let part = |name| {
        let artifact = artifact(name)?;
        let address = program(name)?.address;
        let address =
            address.ok_or_else(|| BuildError::pinned(format!("{name} has no address")))?;
        Ok::<_, BuildError>(Part { artifact, address })
    };
    let proxies = [
        part(pinned::PROXY)?,
        part(pinned::UPGRADEABILITY_STORAGE)?,
        part(pinned::UPGRADEABILITY_PROXY)?,
    ];
    let code = |name| program(name).map(|program| Bytes::from_static(program.code));
    let contracts = [
        EvmContract::stub(code(pinned::PAUSE_STUB)?),
        EvmContract::orders(code(pinned::ORDERS)?),
        EvmContract::layouts(code(pinned::LAYOUTS)?),
    ];
    let parts = PARTS.iter().map(|one| part(one.package));
    Ok(Framework::of(
        contracts,
        proxies,
        parts.collect::<Result<_, _>>()?,
        artifact(pinned::REGISTRY)?,
    ))
}

fn program(name: &'static str) -> Result<&'static pinned::Program, BuildError> {
    pinned::program(name).map_err(BuildError::pinned)
}
