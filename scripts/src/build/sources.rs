//! The framework from its sources, bottom-up: each later program has the addresses and code hashes
//! of the earlier ones compiled in.

use super::code::Artifact;
use super::constants::{Constant, Constants, account, set};
use super::error::BuildError;
use super::evm;
use super::framework::{Framework, Part, programs};
use super::package::Workspace;
use super::workplace::Workplace;
use crate::ids::{CodeHash, SourceHash};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stylus_upgrades_interface::parts::PARTS;

/// Packages in the order of their builds, with the beginning of the constants derived from each.
const ORDER: [(&str, &str); 3] = [
    ("proxy", "BARE"),
    ("upgradeability-storage", "STORAGE"),
    ("upgradeability-proxy", "PROXY"),
];
/// Where one of them lies in the framework's workspace.
const STORAGE: &str = "proxy/upgradeability_storage/Cargo.toml";

/// Whether the folder holds the framework's sources.
pub fn is_framework(home: &Path) -> bool {
    home.join(STORAGE).is_file()
}

/// The folder of the framework's sources, canonical.
///
/// # Errors
/// [`BuildError::SourcesMissing`] if they are not there.
pub(super) fn folder(home: &Path) -> Result<PathBuf, BuildError> {
    std::fs::canonicalize(home)
        .ok()
        .filter(|home| is_framework(home))
        .ok_or_else(|| BuildError::SourcesMissing {
            path: home.to_owned(),
        })
}

/// A build of the framework.
pub(super) struct Sources<'a> {
    /// Where it is built.
    pub(super) workplace: &'a Workplace<'a>,
    /// The workspace of the sources.
    pub(super) workspace: &'a Arc<Workspace>,
    /// Programs that are not built if their sources hash to what they were built from.
    pub(super) known: Option<&'a Framework>,
}

impl Sources<'_> {
    /// Builds every program; what is unchanged comes from the cache.
    pub(super) fn build(&self) -> Result<Framework, BuildError> {
        let stub = evm::stub_code();
        let stub_address = evm::create2_address(&evm::creation_code(&stub));
        let mut constants = Constants::new();
        account(&mut constants, "STUB", stub_address, CodeHash::of(&stub));
        let mut built = Vec::with_capacity(ORDER.len());
        for (package, name) in ORDER {
            let part = self.part(package, &constants)?;
            let codehash = part.artifact.codehash();
            account(&mut constants, name, part.address, codehash);
            built.push(part);
        }
        let [bare, storage, proxy] =
            <[Part; 3]>::try_from(built).expect("one program per entry of ORDER");
        let proxy_creation_code = evm::proxy_creation_code(stub_address, &proxy.artifact.code);
        let creation_code = Constant::File(proxy_creation_code.clone());
        set(&mut constants, "PROXY_INITCODE", creation_code);
        for (name, creation_code) in evm::creation_codes(stub_address, storage.address) {
            set(&mut constants, name, Constant::File(creation_code));
        }
        let parts = PARTS.iter();
        let parts = parts.map(|part| self.part(part.package, &constants));
        let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
        set(&mut constants, "PARTS", programs(&parts));
        Ok(Framework {
            stub,
            stub_address,
            bare,
            storage,
            proxy,
            proxy_creation_code,
            registry: self.program("registry", &constants)?,
            parts,
        })
    }

    fn part(&self, package: &str, constants: &Constants) -> Result<Part, BuildError> {
        let artifact = self.program(package, constants)?;
        let address = evm::create2_address(&artifact.creation_code());
        Ok(Part { artifact, address })
    }

    fn program(&self, package: &str, constants: &Constants) -> Result<Artifact, BuildError> {
        let mut source = self.workplace.read(&self.workspace.member(package)?)?;
        source.add_constants(constants);
        let known = self.known.and_then(|known| {
            let mut programs = known.programs();
            programs.find(|program| program.name == package)
        });
        let hash = Some(SourceHash(source.tree.hash()));
        match known {
            Some(known) if known.info.source_hash == hash => Ok(known.clone()),
            _ => Ok(self.workplace.build(source, constants)?.0),
        }
    }
}
