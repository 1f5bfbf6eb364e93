//! The folder that contracts are built in, with what was built there before.

use super::builder::Builder;
use super::cache::{self, Cache};
use super::cargo::Cargo;
use super::cargo_home::CargoHome;
use super::code::Artifact;
use super::config;
use super::constants::Constants;
use super::copy::Copy;
use super::error::BuildError;
use super::info::{self, BuildInfo};
use super::lock_file;
use super::package::{self, Package};
use super::source::Source;
use super::toolchain::Toolchain;
use super::vendored;
use super::wasm;
use crate::interface::SourceFiles;
use alloy::primitives::{B256, Keccak256};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A folder of outputs, and who builds there.
pub(super) struct Workplace<'a> {
    builder: &'a Builder,
    folder: PathBuf,
    cache: Cache,
    /// Nobody else builds here meanwhile.
    _lock: File,
}

impl<'a> Workplace<'a> {
    /// Waits until nobody else builds in `folder`, which is made if need be.
    pub(super) fn open(builder: &'a Builder, folder: PathBuf) -> Result<Self, BuildError> {
        let cache = Cache::open(folder.join("artifacts"))?;
        Ok(Self {
            _lock: cache.lock(&*builder.progress)?,
            builder,
            folder,
            cache,
        })
    }

    /// Whether that is the folder.
    pub(super) fn is_in(&self, folder: &Path) -> bool {
        self.folder == folder
    }

    /// Reads the sources in a folder. A workspace without a lock file is given one, as cargo does.
    pub(super) fn read(&self, folder: &Path) -> Result<Source, BuildError> {
        let cargo_home = &self.builder.cargo_home;
        let source = Source::read(folder, cargo_home)?;
        if source.lock.is_some() {
            return Ok(source);
        }
        let toolchain = self.toolchain(&source)?;
        let copy = self.fill(&source)?;
        let home = self.cargo_home(&source)?;
        let target = vendored::folder(&self.folder, &source);
        self.cargo(&toolchain, &home, &copy, &target)
            .fetch(&source)?;
        let path = source.package.root.join("Cargo.lock");
        std::fs::copy(copy.folder().join("Cargo.lock"), &path)
            .map_err(BuildError::file("write", &path))?;
        let note = format!("there was no lock file: wrote {}", path.display());
        self.builder.progress.note(&note);
        Source::read(folder, cargo_home)
    }

    /// The code of `source`, from the cache if it was built before.
    pub(super) fn build(
        &self,
        mut source: Source,
        known: &Constants,
    ) -> Result<Artifact, BuildError> {
        source.add_constants(known);
        let package = source.package.name.clone();
        let toolchain = self.toolchain(&source)?;
        let key = key(&source, &toolchain);
        if !self.builder.is_anew
            && let Some(mut artifact) = self.cache.load(&package, key)
        {
            artifact.info.look_again(&source);
            return Ok(artifact);
        }
        let begun = Instant::now();
        let progress = &self.builder.progress;
        progress.begin(&format!("building {package}"));
        let raw = self.compile(&source, &toolchain, known)?;
        let mut artifact = Artifact::from_wasm(&package, &raw)?;
        require_own_layout(&source.package, &raw)?;
        self.require_no_path(&artifact, &toolchain)?;
        artifact.info = BuildInfo::of(&source, &toolchain);
        self.cache.store(&artifact, key)?;
        progress.end(&format!(
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
        let copy = self.fill(source)?;
        let home = self.cargo_home(source)?;
        config::require_harmless_root(&self.builder.cargo_home)?;
        toolchain.require_target(copy.folder(), &*self.builder.progress)?;
        let target = vendored::folder(&self.folder, source);
        vendored::remove_others(&target)?;
        let cargo = self.cargo(toolchain, &home, &copy, &target);
        cargo.fetch(source)?;
        require_lock(source, copy.folder())?;
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

    /// The copy, holding the files of `source`.
    fn fill(&self, source: &Source) -> Result<Copy, BuildError> {
        let copy = Copy::in_folder(&vendored::folder(&self.folder, source));
        copy.fill(&source.tree, &source.parts, self.builder.is_anew)?;
        Ok(copy)
    }

    fn cargo_home(&self, source: &Source) -> Result<CargoHome, BuildError> {
        let folder = self.folder.join("cargo-home");
        CargoHome::prepare(folder, &self.builder.cargo_home, &source.config.supply)
    }

    fn cargo<'c>(
        &'c self,
        toolchain: &'c Toolchain,
        home: &'c CargoHome,
        copy: &'c Copy,
        target: &'c Path,
    ) -> Cargo<'c> {
        Cargo {
            toolchain,
            home,
            copy: copy.folder(),
            target,
            progress: &*self.builder.progress,
        }
    }

    /// The code must not depend on where this machine keeps what.
    fn require_no_path(
        &self,
        artifact: &Artifact,
        toolchain: &Toolchain,
    ) -> Result<(), BuildError> {
        for path in [&self.folder, &self.builder.cargo_home, &toolchain.sysroot] {
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

    fn toolchain(&self, source: &Source) -> Result<Toolchain, BuildError> {
        self.builder
            .toolchain(source, &self.folder.join("toolchains"))
    }
}

/// What the module says of its storage is about the struct that the sources call the entrypoint.
fn require_own_layout(package: &Package, raw: &[u8]) -> Result<(), BuildError> {
    let sources = SourceFiles::read(&package::canonical(&package.folder)?, &[]);
    wasm::require_layout_of(&package.name, raw, &sources.entrypoints())
}

/// Cargo strikes out of the lock file what the contract does not need, and adds nothing.
fn require_lock(source: &Source, copy: &Path) -> Result<(), BuildError> {
    let path = copy.join("Cargo.lock");
    let after = std::fs::read_to_string(&path).map_err(BuildError::file("read", &path))?;
    let before = source.lock.as_deref().unwrap_or_default();
    lock_file::require_covered(&source.package.root.join("Cargo.lock"), before, &after)
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
