//! The framework from its sources, bottom-up: each later program has the addresses and code hashes
//! of the earlier ones compiled in.

use super::code::Artifact;
use super::constants::{Constants, set};
use super::error::BuildError;
use super::evm;
use super::framework::{Framework, Part, of_proxies, programs};
use super::package::Workspace;
use super::workplace::Workplace;
use crate::ids::SourceHash;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stylus_upgrades_interface::parts::PARTS;

/// The programs of the proxies in the order of their builds.
const ORDER: [&str; 3] = ["proxy", "upgradeability-storage", "upgradeability-proxy"];
/// Where one of them lies in the framework's workspace.
const STORAGE: &str = "proxy/upgradeability_storage/Cargo.toml";

/// Whether the folder holds the framework's sources.
pub fn is_framework(home: &Path) -> bool {
    home.join(STORAGE).is_file()
}

/// The folder of the framework's sources, canonical.
///
/// # Errors
/// [`BuildError::Missing`] if they are not there.
pub(super) fn folder(home: &Path) -> Result<PathBuf, BuildError> {
    std::fs::canonicalize(home)
        .ok()
        .filter(|home| is_framework(home))
        .ok_or_else(|| BuildError::Missing {
            expected: "the sources of the framework".into(),
            found: format!("the framework's sources are not at {}", home.display()),
            next: "give the root of a clone of the framework's repository",
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
        let known = |built: &[Part]| of_proxies(&stub, &built.iter().collect::<Vec<_>>());
        let mut built = Vec::with_capacity(ORDER.len());
        for package in ORDER {
            built.push(self.part(package, &known(&built))?);
        }
        let mut constants = known(&built);
        let parts = PARTS.iter();
        let parts = parts.map(|part| self.part(part.package, &constants));
        let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
        set(&mut constants, "PARTS", programs(&parts));
        let registry = self.program("registry", &constants)?;
        let proxies = <[Part; 3]>::try_from(built).expect("one program per entry of ORDER");
        Ok(Framework::of(stub, proxies, parts, registry))
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
