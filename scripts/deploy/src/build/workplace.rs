//! The folder that contracts are built in, with what was built there before.

use super::cache::{self, Cache};
use super::cargo::{Cargo, Compiled};
use super::cargo_home::CargoHome;
use super::code::Artifact;
use super::committed::Committed;
use super::constants::Constants;
use super::copy::{Copy, Recompile};
use super::error::BuildError;
use super::folders::empty;
use super::foreign::{self, Author};
use super::info::{self, BuildInfo};
use super::known_sources;
use super::lock_file::LockFile;
use super::package::Package;
use super::procedure::Procedure;
use super::revision::Checkout;
use super::sandbox;
use super::settled_lock::settle_lock;
use super::source::Source;
use super::toolchain::Toolchain;
use super::tools::Tools;
use super::verification::project_hash_of;
use super::wasm;
use crate::error::Refusal;
use crate::interface::{RustFile, SourceFiles};
use crate::own_file::require_no_link;
use alloy::primitives::{B256, Keccak256, keccak256};
use std::cell::{Cell, OnceCell};
use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;
use stylus_layout::Unlisted;

/// The most places that are named because they may forge the layout: the layout document has no room for more.
const PLACES_MAX: usize = 8;

/// The folder for outputs of builds in which code of anybody runs: it writes where the compiler does, and what is there
/// is compiled into no other contract.
const APART: &str = "apart";

/// A folder of outputs, and who builds there.
pub(super) struct Workplace<'a> {
    tools: &'a Tools,
    /// The folder.
    pub(super) folder: PathBuf,
    cache: Cache,
    /// The author of what is built.
    pub(super) author: Cell<Author>,
    /// The commit whose files were written to be built, if one was.
    pub(super) checkout: OnceCell<Checkout>,
    /// Nobody else writes here meanwhile.
    lock: OnceCell<File>,
}

impl<'a> Workplace<'a> {
    /// The workplace in `folder`, which is made if need be. What was built there is read at once.
    pub(super) fn open(tools: &'a Tools, folder: PathBuf) -> Result<Self, BuildError> {
        Ok(Self {
            lock: OnceCell::new(),
            cache: Cache::open(folder.join("artifacts"))?,
            author: Cell::new(tools.author),
            checkout: OnceCell::new(),
            tools,
            folder,
        })
    }

    /// Waits until nobody else builds in the folder, once. From then on nobody else does, as long as this value lasts.
    pub(super) fn lock(&self) -> Result<&File, BuildError> {
        if let Some(lock) = self.lock.get() {
            return Ok(lock);
        }
        let lock = self.cache.lock(&*self.tools.progress)?;
        Ok(self.lock.get_or_init(|| lock))
    }

    /// Reads the sources of a package. A workspace without a lock file is given one, as cargo does.
    pub(super) fn read(&self, package: &Package) -> Result<Source, BuildError> {
        let path = package.root.join("Cargo.lock");
        require_no_link(&path)?;
        let lock = || self.cache.lock(&*self.tools.progress);
        // Only meanwhile: the framework may be built here before the contract.
        let is_locked = path.is_file() || self.lock.get().is_some();
        let _lock = (!is_locked).then(lock).transpose()?;
        if !path.is_file() {
            settle_lock(&package.folder, None)?;
            let note = format!("there was no lock file: wrote {}", path.display());
            self.tools.progress.note(&note);
        }
        let mut source = Source::read(package)?;
        source.checkout = self.checkout.get().cloned();
        let committed = Committed::of(&source);
        if let Some(committed) = &committed {
            committed.leave_out_others(&mut source);
        }
        if source.procedure != Procedure::Lean {
            let toolchain = self.tools.toolchain(&source.toolchain, &self.folder)?;
            let hash = project_hash_of(&source, &toolchain, committed.as_ref());
            source.procedure = Procedure::CargoStylus(hash);
        }
        Ok(source)
    }

    /// The code of `source`, from the cache if it was built before, and its Rust files.
    pub(super) fn build(
        &self,
        mut source: Source,
        known: &Constants,
    ) -> Result<(Artifact, Vec<RustFile>), BuildError> {
        let constants = source.add_constants(known);
        Ok((self.built(&source, &constants)?, source.rust))
    }

    fn built(&self, source: &Source, known: &Constants) -> Result<Artifact, BuildError> {
        let package = source.package.name.clone();
        let toolchain = self.tools.toolchain(&source.toolchain, &self.folder)?;
        let key = key(source, &toolchain);
        let kept = || {
            let known = (!self.tools.is_from_scratch).then(|| self.cache.load(&package, key));
            let mut artifact = known.flatten()?;
            artifact.info.look_again(source);
            Some(artifact)
        };
        if let Some(artifact) = kept() {
            return Ok(artifact);
        }
        self.lock()?;
        // Somebody else may have built it while this waited.
        if let Some(artifact) = kept() {
            return Ok(artifact);
        }
        let begun = Instant::now();
        let progress = &self.tools.progress;
        progress.begin(&format!("building {package}"));
        let compiled = self.compile(source, known).inspect_err(|_| {
            if let [first, ..] = source.left_out.as_slice() {
                let (first, count) = (first.display(), source.left_out.len());
                progress.note(&format!(
                    "the build was without {count} files that git does not have, such as {first}: git add what it needs"
                ));
            }
        })?;
        let raw = &compiled.raw;
        let optimized = match &source.optimization {
            Some(one) => Some(one.apply(raw, &source.profile, &self.folder, &**progress)?),
            None => None,
        };
        let project_hash = source.procedure.project_hash();
        let module = optimized.as_ref().unwrap_or(raw);
        let mut artifact = Artifact::made_of(&package, raw, module, project_hash)?;
        let sources = SourceFiles::read(&source.rust);
        wasm::require_layout_of(&package, raw, &sources.entrypoints())?;
        self.require_no_path(&artifact, &toolchain)?;
        artifact.info = BuildInfo::of(source, &toolchain);
        let unsearched: Vec<_> = source
            .unsearched
            .difference(&compiled.of_framework)
            .collect();
        let not_searched = source.not_searched(&compiled.read);
        let by_hand = not_searched.map(|path| path.display().to_string());
        let by_hand = by_hand.chain(unsearched.iter().map(|name| (*name).clone()));
        let unproven = &compiled.unproven;
        let unproven = unproven.folders.iter().chain(&unproven.others).cloned();
        let by_hand = by_hand.chain(unproven).chain(sources.layout_forgeries());
        let by_hand: Vec<String> = by_hand.take(PLACES_MAX).collect();
        artifact.reads_gas = !by_hand.is_empty() || sources.read_gas();
        if let Some(layout) = artifact.layout.as_mut().filter(|_| !by_hand.is_empty()) {
            layout.unlisted = Some(vec![Unlisted::SlotsByHand(by_hand)]);
        }
        if let Some(interface) = artifact.interface.take() {
            let mut found = interface.with_sources(&sources, module);
            let brings = unsearched.iter().map(|name| format!("what {name} brings"));
            found.unseen.extend(brings);
            artifact.interface = Some(found);
        }
        self.cache.store(&artifact, key)?;
        progress.end(&format!(
            "{}: {} bytes of WASM, {} on chain ({:.1} s)",
            artifact.name,
            artifact.wasm.len(),
            artifact.size(),
            begun.elapsed().as_secs_f64()
        ));
        Ok(artifact)
    }

    /// Copies the sources and compiles them there, where nobody else builds.
    pub(super) fn compile(
        &self,
        source: &Source,
        known: &Constants,
    ) -> Result<Compiled, BuildError> {
        self.compile_parts(source, known, true)
    }

    fn compile_parts(
        &self,
        source: &Source,
        known: &Constants,
        by_reads: bool,
    ) -> Result<Compiled, BuildError> {
        let toolchain = self.tools.toolchain(&source.toolchain, &self.folder)?;
        let lock = self.lock()?;
        let copy = Copy::in_folder(&self.folder);
        let recompile = match (toolchain.checks_features, self.tools.is_from_scratch) {
            (false, _) => Recompile::Everything,
            (true, true) => Recompile::Sources,
            (true, false) => Recompile::Nothing,
        };
        copy.fill(&source.tree, &source.parts, recompile, by_reads)?;
        let home = self.folder.join("cargo-home");
        // In a sandbox no build has written there.
        let unpacks_anew = self.tools.is_from_scratch || !sandbox::kept().files;
        let home = CargoHome::prepare(home, &self.tools.cargo_home, unpacks_anew)?;
        toolchain.require_target(&*self.tools.progress)?;
        let cargo = Cargo {
            toolchain: &toolchain,
            home: &home,
            copy: copy.folder(),
            target: &self.folder,
            by_reads,
            lock,
            author: self.author.get(),
            progress: &*self.tools.progress,
        };
        cargo.fetch(source)?;
        // Cargo strikes out of the lock file what the contract does not need, and adds nothing.
        let after = LockFile::read(&copy.folder().join("Cargo.lock"))?;
        if self.author.get() == Author::Other {
            foreign::require_hidden_key()?;
            let line = foreign::line(source, &home, &after);
            self.tools.progress.note(&line);
        }
        let path = source.package.root.join("Cargo.lock");
        source.lock.require_covers(&path, &after)?;
        let runs_unknown = foreign::runs_unknown(source, &home, &after);
        let apart = runs_unknown.then(|| self.apart(source)).transpose()?;
        let cargo = Cargo {
            target: apart.as_ref().unwrap_or(&self.folder),
            ..cargo
        };
        match cargo.compile(source, known)? {
            Some(compiled) => Ok(compiled),
            None => self.compile_parts(source, known, false),
        }
    }

    /// Returns where code of anybody may write: a folder of each workspace's own, and one that is emptied before each
    /// build for what others propose.
    fn apart(&self, source: &Source) -> Result<PathBuf, BuildError> {
        let all = self.folder.join(APART);
        if self.author.get() == Author::Other || self.tools.is_from_scratch {
            let folder = all.join("once");
            empty(&folder)?;
            return Ok(folder);
        }
        let root = keccak256(source.package.root.as_os_str().as_encoded_bytes());
        Ok(all.join(alloy::hex::encode(&root[..8])))
    }

    /// The code must not depend on where this machine keeps what.
    fn require_no_path(
        &self,
        artifact: &Artifact,
        toolchain: &Toolchain,
    ) -> Result<(), BuildError> {
        for path in [&self.folder, &self.tools.cargo_home, &toolchain.sysroot] {
            let bytes = path.as_os_str().as_encoded_bytes();
            if artifact
                .wasm
                .windows(bytes.len())
                .any(|window| window == bytes)
            {
                let (package, path) = (&artifact.name, path.display());
                let message = format!("the code of {package} holds the path {path}");
                let refusal = Refusal::new("PathInCode", message.clone()).with(
                    "the same code wherever the sources lie",
                    message,
                    "leave out env!(\"CARGO_MANIFEST_DIR\") and what else names a folder of the machine",
                );
                return Err(refusal.into());
            }
        }
        Ok(())
    }
}

/// Everything that the bytes of an artifact depend on, in one hash: the sources, and the versions
/// of what makes code of them.
fn key(source: &Source, toolchain: &Toolchain) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(cache::BUILDER.to_be_bytes());
    hasher.update(source.tree.hash());
    hasher.update(source.procedure.profile());
    hasher.update(source.procedure.project_hash().unwrap_or_default());
    hasher.update(toolchain.version.as_bytes());
    hasher.update(info::ENCODER.as_bytes());
    hasher.update(*known_sources::HASH);
    hasher.finalize()
}
