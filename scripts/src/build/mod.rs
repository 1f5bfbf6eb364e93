//! From the source of a contract to the bytes that go on chain.
//!
//! ```text
//! sources → copy → cargo rustc (profile contract, wasm32) → encode again → check → brotli 11 → EF F0 00 00 ++ stream
//! ```
//!
//! Contracts are built in a copy of their sources, which holds what the source hash is taken over
//! and nothing else (`source`, `copy`). What is not hashed is not there to be read.
//!
//! A contract that derives `StorageLayout` says where its storage keeps what in a custom section of
//! the module that cargo writes: the layout goes into the [`Artifact`], and the section no further.
//!
//! The same sources give the same bytes in any folder; what was built before is taken from a
//! cache, unless [`Builder::anew`] is asked for. Only the wasm32 target is ever added to the machine.

mod cache;
mod cargo;
mod cargo_home;
mod children;
mod code;
mod config;
mod copied;
mod copy;
mod error;
pub mod evm;
mod framework;
mod info;
mod lock_file;
mod manifests;
mod package;
mod places;
mod source;
#[cfg(test)]
mod tests;
mod toolchain;
mod tree;
mod vendored;
pub mod wasm;

pub use children::end_compilers;
pub use code::Artifact;
pub use error::BuildError;
pub use framework::{Framework, Part};
pub use info::{BuildInfo, Commit};

use crate::progress::Progress;
use alloy::primitives::{B256, Keccak256, keccak256};
use cache::Cache;
use cargo::Cargo;
use cargo_home::CargoHome;
use copy::Copy;
use framework::Constants;
use source::Source;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use toolchain::Toolchain;

/// Builds contracts. Cheap to make; several may work at once, in one process or many.
pub struct Builder {
    home: PathBuf,
    target: PathBuf,
    cache: Cache,
    cargo_home: PathBuf,
    toolchains: Mutex<BTreeMap<B256, Toolchain>>,
    is_anew: bool,
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
            cargo_home: toolchain::cargo_home(),
            toolchains: Mutex::default(),
            is_anew: false,
            progress,
        })
    }

    /// Builds everything anew: no artifact of an earlier build is taken, and whatever comes from
    /// the sources is compiled from them. Packages of registries, which the lock file names by their
    /// checksums, stay compiled.
    #[must_use]
    pub fn anew(mut self) -> Self {
        self.is_anew = true;
        self
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
        self.any(path)
    }

    /// Builds every contract of the framework, with the addresses that follow from their bytes.
    pub fn framework(&self) -> Result<Framework, BuildError> {
        let _lock = self.cache.lock(&*self.progress)?;
        framework::build(self)
    }

    /// Builds a crate, and before it what the constants that it names are derived from.
    fn any(&self, folder: &Path) -> Result<Artifact, BuildError> {
        let source = self.read(folder)?;
        let constants = framework::constants(self, &source.package.name, &source.constants)?;
        self.build(source, &constants)
    }

    /// Builds a crate of this workspace with the constants known so far.
    fn package(&self, package: &str, constants: &Constants) -> Result<Artifact, BuildError> {
        self.build(self.read(&self.member(package)?)?, constants)
    }

    fn build(&self, mut source: Source, known: &Constants) -> Result<Artifact, BuildError> {
        source.add_constants(known);
        let package = source.package.name.clone();
        let toolchain = self.toolchain(&source)?;
        let key = key(&source, &toolchain);
        if !self.is_anew
            && let Some(mut artifact) = self.cache.load(&package, key)
        {
            artifact.info.look_again(&source);
            return Ok(artifact);
        }
        let begun = Instant::now();
        self.progress.begin(&format!("building {package}"));
        let raw = self.compile(&source, &toolchain, known)?;
        let mut artifact = Artifact::from_wasm(&package, &raw)?;
        self.require_no_path(&artifact, &toolchain)?;
        artifact.info = BuildInfo::of(&source, &toolchain);
        self.cache.store(&artifact, key)?;
        self.progress.end(&format!(
            "{}: {} bytes of WASM, {} on chain ({:.1} s)",
            artifact.name,
            artifact.wasm.len(),
            artifact.code.len(),
            begun.elapsed().as_secs_f64()
        ));
        Ok(artifact)
    }

    /// Copies the sources and compiles them there.
    fn compile(
        &self,
        source: &Source,
        toolchain: &Toolchain,
        known: &Constants,
    ) -> Result<Vec<u8>, BuildError> {
        let target = vendored::folder(&self.target, source);
        let copy = Copy::in_folder(&target);
        copy.fill(&source.tree, &source.parts, self.is_anew)?;
        let home = self.target.join("cargo-home");
        let home = CargoHome::prepare(home, &self.cargo_home, &source.config.supply)?;
        config::require_harmless_root(&self.cargo_home)?;
        toolchain.require_target(copy.folder(), &*self.progress)?;
        let cargo = Cargo {
            toolchain,
            home: &home,
            copy: copy.folder(),
            target: &target,
            progress: &*self.progress,
        };
        cargo.fetch(source)?;
        self.require_lock(source, copy.folder())?;
        let named = known
            .iter()
            .filter(|(name, _)| source.constants.contains(*name));
        let named = named
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let file = cargo.compile(source, &named)?;
        cargo.require_inside(source, &file)?;
        copy.built(&source.parts)?;
        std::fs::read(&file).map_err(BuildError::file("read", &file))
    }

    /// Reads the sources in a folder. A workspace without a lock file is given one, as cargo does.
    fn read(&self, folder: &Path) -> Result<Source, BuildError> {
        let source = Source::read(folder, &self.cargo_home)?;
        if source.lock.is_some() {
            return Ok(source);
        }
        let toolchain = self.toolchain(&source)?;
        let target = vendored::folder(&self.target, &source);
        let copy = Copy::in_folder(&target);
        copy.fill(&source.tree, &source.parts, self.is_anew)?;
        let home = self.target.join("cargo-home");
        let home = CargoHome::prepare(home, &self.cargo_home, &source.config.supply)?;
        let cargo = Cargo {
            toolchain: &toolchain,
            home: &home,
            copy: copy.folder(),
            target: &target,
            progress: &*self.progress,
        };
        cargo.fetch(&source)?;
        let path = source.package.root.join("Cargo.lock");
        std::fs::copy(copy.folder().join("Cargo.lock"), &path)
            .map_err(BuildError::file("write", &path))?;
        self.progress
            .note(&format!("there was no lock file: wrote {}", path.display()));
        Source::read(folder, &self.cargo_home)
    }

    /// Cargo strikes out of the lock file what the contract does not need, and adds nothing.
    fn require_lock(&self, source: &Source, copy: &Path) -> Result<(), BuildError> {
        let path = copy.join("Cargo.lock");
        let after = std::fs::read_to_string(&path).map_err(BuildError::file("read", &path))?;
        let before = source.lock.as_deref().unwrap_or_default();
        lock_file::require_covered(&source.package.root.join("Cargo.lock"), before, &after)
    }

    /// The code must not depend on where this machine keeps what.
    fn require_no_path(
        &self,
        artifact: &Artifact,
        toolchain: &Toolchain,
    ) -> Result<(), BuildError> {
        for path in [&self.target, &self.cargo_home, &toolchain.sysroot] {
            let bytes = path.as_os_str().as_encoded_bytes();
            if artifact
                .wasm
                .windows(bytes.len())
                .any(|window| window == bytes)
            {
                return Err(BuildError::PathInCode {
                    package: artifact.name.clone(),
                    path: path.clone(),
                });
            }
        }
        Ok(())
    }

    /// The folder of the member of this workspace with that name.
    fn member(&self, name: &str) -> Result<PathBuf, BuildError> {
        for folder in package::members(&self.home)? {
            if package::package_name(&folder)?.as_deref() == Some(name) {
                return Ok(folder);
            }
        }
        Err(BuildError::NotAContract {
            path: PathBuf::from(name),
        })
    }

    /// The toolchain that the sources name, asked once for each file that names one.
    fn toolchain(&self, source: &Source) -> Result<Toolchain, BuildError> {
        let Some((name, content)) = source.toolchain() else {
            return Err(BuildError::SourcesMissing {
                path: source.package.folder.clone(),
            });
        };
        let hash = keccak256([name.as_bytes(), content].concat());
        let mut known = self
            .toolchains
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(toolchain) = known.get(&hash) {
            return Ok(toolchain.clone());
        }
        let folder = self.target.join("toolchains").join(hex::encode(hash));
        std::fs::create_dir_all(&folder).map_err(BuildError::file("create", &folder))?;
        let file = folder.join(name);
        std::fs::write(&file, content).map_err(BuildError::file("write", &file))?;
        let found = Toolchain::find(&folder)?;
        known.insert(hash, found.clone());
        Ok(found)
    }
}

/// Everything that the bytes of an artifact depend on, in one hash: the sources, and the versions
/// of what makes code of them.
fn key(source: &Source, toolchain: &Toolchain) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(cache::BUILDER.to_be_bytes());
    hasher.update(source.tree.hash());
    hasher.update(toolchain.version.as_bytes());
    hasher.update(info::ENCODER.as_bytes());
    hasher.finalize()
}
