//! From the source of a contract to the bytes that go on chain.
//!
//! ```text
//! cargo rustc (profile contract, wasm32) → encode again → check → brotli 11 → EF F0 00 00 ++ stream
//! ```
//!
//! A contract that derives `StorageLayout` says where its storage keeps what in a custom section of
//! the module that cargo writes: the layout goes into the [`Artifact`], and the section no further.
//!
//! The same sources give the same bytes in any folder; what was built before is taken from a
//! cache, so a second run takes no time. Only the wasm32 target is ever added to the machine.

mod cache;
mod cargo;
mod children;
mod code;
mod error;
pub mod evm;
mod framework;
mod info;
mod sources;
#[cfg(test)]
mod tests;
mod toolchain;
pub mod wasm;

pub use children::end_compilers;
pub use code::Artifact;
pub use error::BuildError;
pub use framework::{Framework, Part};
pub use info::{BuildInfo, Commit};

use crate::progress::Progress;
use alloy::primitives::{B256, Keccak256};
use cache::Cache;
use framework::Constants;
use sources::{Crate, Sources};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use toolchain::Toolchain;

/// Builds contracts. Cheap to make; several may work at once, in one process or many.
pub struct Builder {
    home: PathBuf,
    target: PathBuf,
    cache: Cache,
    toolchain: OnceLock<Toolchain>,
    progress: Arc<dyn Progress>,
}

impl Builder {
    /// A builder over the framework's sources: those that this program was built from, or those
    /// in `STYLUS_UPGRADES_HOME`. Errors if they are gone.
    pub fn new(progress: Arc<dyn Progress>) -> Result<Self, BuildError> {
        let home = std::env::var_os("STYLUS_UPGRADES_HOME").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
            PathBuf::from,
        );
        Self::at(&home, progress)
    }

    /// A builder over the framework's sources in `home`.
    pub fn at(home: &Path, progress: Arc<dyn Progress>) -> Result<Self, BuildError> {
        let home = std::fs::canonicalize(home)
            .ok()
            .filter(|home| {
                home.join("proxy/upgradeability_storage/Cargo.toml")
                    .is_file()
            })
            .ok_or_else(|| BuildError::SourcesMissing {
                path: home.to_owned(),
            })?;
        let target = home.join("target").join("contracts");
        let cache = Cache::open(target.join("artifacts"))?;
        Ok(Self {
            home,
            target,
            cache,
            toolchain: OnceLock::new(),
            progress,
        })
    }

    /// Builds a contract of this workspace by its package's name.
    pub fn contract(&self, package: &str) -> Result<Artifact, BuildError> {
        let _lock = self.cache.lock(&*self.progress)?;
        self.any(&self.member(package)?)
    }

    /// Builds the crate in a folder, in whatever workspace, or takes a `.wasm` file as it is.
    pub fn path(&self, path: &Path) -> Result<Artifact, BuildError> {
        if path.is_file() && path.extension().is_some_and(|ending| ending == "wasm") {
            let raw = std::fs::read(path).map_err(BuildError::file("read", path))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            return Artifact::from_wasm(&name, &raw);
        }
        if !path.join("Cargo.toml").is_file() {
            return Err(BuildError::NotAContract {
                path: path.to_owned(),
            });
        }
        let _lock = self.cache.lock(&*self.progress)?;
        self.any(&Crate::open(path)?)
    }

    /// Builds every contract of the framework, with the addresses that follow from their bytes.
    pub fn framework(&self) -> Result<Framework, BuildError> {
        let _lock = self.cache.lock(&*self.progress)?;
        framework::build(self)
    }

    /// Builds a crate, and before it what the constants that it names are derived from.
    fn any(&self, contract: &Crate) -> Result<Artifact, BuildError> {
        let named = contract.sources()?.constants;
        let constants = framework::constants(self, &contract.package, &named)?;
        self.build(contract, &constants)
    }

    /// Builds a crate of this workspace with the constants known so far.
    fn package(&self, package: &str, constants: &Constants) -> Result<Artifact, BuildError> {
        self.build(&self.member(package)?, constants)
    }

    fn build(&self, contract: &Crate, known: &Constants) -> Result<Artifact, BuildError> {
        let sources = contract.sources()?;
        let constants: Constants = known
            .iter()
            .filter(|(name, _)| sources.constants.contains(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let toolchain = self.toolchain()?;
        let made_from = stamp(&sources, contract, toolchain, &constants);
        let key = self.key(contract);
        if let Some(mut artifact) = self.cache.load(&key, &contract.package, made_from) {
            artifact.info.look_again(contract, &sources.folders);
            return Ok(artifact);
        }
        let begun = Instant::now();
        self.progress
            .begin(&format!("building {}", contract.package));
        toolchain.require_target(&self.home, &*self.progress)?;
        let (home, target) = (&self.home, &self.target);
        let file = cargo::compile(
            contract,
            toolchain,
            home,
            target,
            &constants,
            &*self.progress,
        )?;
        let raw = std::fs::read(&file).map_err(BuildError::file("read", &file))?;
        let mut artifact = Artifact::from_wasm(&contract.package, &raw)?;
        let after = contract.sources()?;
        let made_from = if after.hash == sources.hash {
            stamp(&after, contract, toolchain, &constants)
        } else {
            made_from
        };
        let further = contract.further(&file, &after.folders);
        artifact.info = BuildInfo::of(contract, &after, &further, toolchain)?;
        self.cache.store(&key, &artifact, made_from, further)?;
        self.progress.end(&format!(
            "{}: {} bytes of WASM, {} on chain ({:.1} s)",
            artifact.name,
            artifact.wasm.len(),
            artifact.code.len(),
            begun.elapsed().as_secs_f64()
        ));
        Ok(artifact)
    }

    /// The member of this workspace with that name.
    fn member(&self, package: &str) -> Result<Crate, BuildError> {
        let missing = || BuildError::NotAContract {
            path: PathBuf::from(package),
        };
        for folder in sources::members(&self.home)? {
            if sources::package_name(&folder)?.as_deref() == Some(package) {
                return Crate::open(&folder);
            }
        }
        Err(missing())
    }

    fn toolchain(&self) -> Result<&Toolchain, BuildError> {
        if let Some(toolchain) = self.toolchain.get() {
            return Ok(toolchain);
        }
        let found = Toolchain::find(&self.home)?;
        Ok(self.toolchain.get_or_init(|| found))
    }

    /// The artifact's name in the cache: crates of other workspaces carry a mark of their folder.
    fn key(&self, contract: &Crate) -> String {
        if contract.root == self.home {
            return contract.package.clone();
        }
        let mut hasher = Keccak256::new();
        hasher.update(contract.folder.to_string_lossy().as_bytes());
        let mark = hasher.finalize();
        format!("{}-{}", contract.package, hex::encode(&mark[..4]))
    }
}

/// Everything that the bytes of an artifact depend on, in one hash.
fn stamp(
    sources: &Sources,
    contract: &Crate,
    toolchain: &Toolchain,
    constants: &Constants,
) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(cache::BUILDER.to_be_bytes());
    hasher.update(sources.hash);
    hasher.update(sources.lock);
    hasher.update(contract.stack_size.to_be_bytes());
    hasher.update(toolchain.version.as_bytes());
    for (name, value) in constants {
        hasher.update(format!("{name}={value}\n").as_bytes());
    }
    hasher.finalize()
}
