//! The framework from its sources, bottom-up: each later program has the addresses and code hashes
//! of the earlier ones compiled in.

use super::code::Artifact;
use super::constants::{Constants, set};
use super::error::BuildError;
use super::evm;
use super::framework::{EvmContract, Framework, Part, of_proxies, programs};
use super::package::Workspace;
use super::workplace::Workplace;
use crate::ids::SourceHash;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stylus_upgrades_interface::parts::PARTS;

/// The programs of the proxies in the order of their builds.
const ORDER: [&str; 3] = ["proxy", "upgradeability-storage", "upgradeability-proxy"];
/// The path of one of them in the framework's workspace.
const STORAGE: &str = "proxy/upgradeability_storage/Cargo.toml";

/// Returns true if the folder holds the framework's sources.
pub fn is_framework(home: &Path) -> bool {
    home.join(STORAGE).is_file()
}

/// The folder of the framework's sources, canonical.
///
/// # Errors
/// `Missing` if they are not there.
pub(super) fn folder(home: &Path) -> Result<PathBuf, BuildError> {
    std::fs::canonicalize(home)
        .ok()
        .filter(|home| is_framework(home))
        .ok_or_else(|| {
            BuildError::missing(
                "the sources of the framework",
                format!("the framework's sources are not at {}", home.display()),
                "give the root of a clone of the framework's repository",
            )
        })
}

/// Builds every program of the framework in `workspace`; what is unchanged comes from the cache. Those whose sources
/// hash to what `known` ones were built from are these.
pub(super) fn build(
    workplace: &Workplace<'_>,
    workspace: &Arc<Workspace>,
    known: Option<&Framework>,
) -> Result<Framework, BuildError> {
    let program = |package: &str, constants: &Constants| {
        let mut source = workplace.read(&workspace.member(package)?)?;
        source.add_constants(constants);
        let hash = Some(SourceHash(source.tree.hash()));
        let mut known = known.into_iter().flat_map(Framework::programs);
        let is_it = |one: &&Artifact| one.name == package && one.info.source_hash == hash;
        match known.find(is_it) {
            Some(known) => Ok(known.clone()),
            None => Ok::<_, BuildError>(workplace.build(source, constants)?.0),
        }
    };
    let part = |package: &str, constants: &Constants| {
        let artifact = program(package, constants)?;
        let address = evm::create2_address(&artifact.creation_code());
        Ok::<_, BuildError>(Part { artifact, address })
    };
    let stub = EvmContract::stub(evm::stub_code());
    let mut built = Vec::with_capacity(ORDER.len());
    for package in ORDER {
        let constants = of_proxies(&[&stub], &built.iter().collect::<Vec<_>>());
        built.push(part(package, &constants)?);
    }
    let proxies = <[Part; 3]>::try_from(built).expect("one program per entry of ORDER");
    let [_, storage, _] = &proxies;
    let orders = EvmContract::orders(evm::orders_code(stub.address, storage.address));
    let layouts = EvmContract::layouts(evm::layouts_code());
    let contracts = [stub, orders, layouts];
    let mut constants = of_proxies(&contracts.each_ref(), &proxies.each_ref());
    let parts = PARTS.iter().map(|one| part(one.package, &constants));
    let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
    set(&mut constants, "PARTS", programs(&parts));
    let registry = program("registry", &constants)?;
    Ok(Framework::of(contracts, proxies, parts, registry))
}
