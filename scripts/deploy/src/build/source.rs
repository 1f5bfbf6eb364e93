//! The sources that a contract is built from: the packages it needs, the lock file, the compiler's version and
//! the settings, as one tree of files. The build happens in a copy of this tree; the source hash is
//! the tree's.

use super::config;
use super::constants::{Constants, PREFIX};
use super::copied::files;
use super::error::BuildError;
use super::known_sources::{Candidate, is_rust};
use super::lock_file::LockFile;
use super::manifests;
use super::optimization::Optimization;
use super::package::{Package, STACK_SIZE, closure, is_library};
use super::procedure::{Procedure, STYLUS};
use super::revision::Checkout;
use super::toolchain::ToolchainFile;
use super::tree::{Entry, Tree, join};
use crate::interface::{RustFile, is_named_by_macros};
use crate::own_file::require_no_link;
use alloy::primitives::B256;
use cargo_metadata::{Target, TargetKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folder of the copy for the framework's build constants, a file each.
pub(super) const CONSTANTS: &str = "build-constants";
/// The flags for the compiler in the copy.
const CONFIG: &str = ".cargo/config.toml";
/// The optimization that the contract declares, in the copy.
const OPTIMIZATION: &str = ".cargo/wasm-opt.json";
/// The framework's package that reads and writes any slot.
const HOST: &str = "stylus-upgrades-host";

/// A contract's sources, read and ready to be copied.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The contract.
    pub(super) package: Package,
    /// Its Rust files and those of what it depends on by path, the framework's left out.
    pub(super) rust: Vec<RustFile>,
    /// Places in the copy of the files that are searched, and of those that are known: the framework's.
    searched: BTreeSet<PathBuf>,
    /// Other compiled code whose sources are not searched, or not as those of a contract.
    pub(super) unsearched: BTreeSet<String>,
    /// Code that runs when it is built, in words: build scripts, and packages with macros.
    pub(super) runs: BTreeSet<String>,
    /// The compiler.
    pub(super) toolchain: ToolchainFile,
    /// The files of the copy.
    pub(super) tree: Tree,
    /// Files beside it that the copy does not have, because git does not have them either.
    pub(super) left_out: Vec<PathBuf>,
    /// The packages in the copy.
    pub(super) parts: Vec<Part>,
    /// The flags for the compiler.
    pub(super) rustflags: Vec<String>,
    /// Bytes of the shadow stack; `None` if the flags say.
    pub(super) stack_size: Option<u32>,
    /// The framework's build constants that the sources name.
    pub(super) constants: BTreeSet<String>,
    /// The settings of the profile that it is compiled in, one by one.
    pub(super) profile: Vec<String>,
    /// The lock file as it lies on the disk.
    pub(super) lock: LockFile,
    /// The commit that it was written from, and where; `None` where it lies in the folder of its author.
    pub(super) checkout: Option<Checkout>,
    /// The way in which code is made of it.
    pub(super) procedure: Procedure,
    /// The optimization that runs on the module that the compiler writes.
    pub(super) optimization: Option<Optimization>,
}

/// A package in the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The package's name.
    pub(super) name: String,
    /// Its folder on the disk.
    pub(super) folder: PathBuf,
    /// Files and folders outside it that it declares.
    pub(super) declared: Vec<PathBuf>,
    /// Its folder in the copy.
    pub(super) place: PathBuf,
    /// The files that are read when it is compiled.
    pub(super) reads: Reads,
}

/// The files of the copy that are read when a package is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Its own, with this hash over them: a package of the framework.
    Own(B256),
    /// No code ([`is_code`]) but its own, unless the compiler names other files afterwards: a library without code that
    /// runs when it is built.
    OwnCode,
    /// Any.
    Any,
}

/// Returns true if a file is Rust, or one that cargo reads itself and whose effect on a package cargo notices.
pub(super) fn is_code(path: &Path) -> bool {
    is_rust(path)
        || ["Cargo.toml", "Cargo.lock"]
            .iter()
            .any(|name| path.ends_with(name))
}

impl Part {
    fn of((at, read): (usize, &Read)) -> Self {
        let runs = [TargetKind::CustomBuild, TargetKind::ProcMacro];
        let mut targets = read.package.told.targets.iter();
        let is_run = targets.any(|target| runs.iter().any(|kind| target.is_kind(kind.clone())));
        Self {
            name: read.package.name.clone(),
            folder: read.package.folder.clone(),
            declared: read.package.declared_sources().collect(),
            place: read.package.place.clone(),
            reads: match at == 0 || is_run {
                _ if read.is_framework => Reads::Own(read.files.hash()),
                true => Reads::Any,
                false => Reads::OwnCode,
            },
        }
    }
}

/// A package with its files.
struct Read {
    package: Package,
    files: Tree,
    /// True if it is one of the framework's.
    is_framework: bool,
}

impl Source {
    /// Reads a contract and all that it needs.
    ///
    /// # Errors
    /// `SourceFile` for what cannot be part of the sources, or has no effect in such a build.
    pub(super) fn read(contract: &Package) -> Result<Self, BuildError> {
        let packages = closure(contract.clone())?;
        let package = packages.first().unwrap_or(contract);
        for folder in [&package.root, &package.folder] {
            require_no_link(&folder.join(STYLUS))?;
        }
        let procedure = Procedure::of(&contract.root);
        let stack_size = match procedure {
            Procedure::Lean => Some(STACK_SIZE),
            Procedure::CargoStylus(_) => None,
        };
        let rustflags = config::rustflags(procedure.settings_from(package), &package.root)?;
        let stack_size = stack_size_of(package, &rustflags, stack_size)?;
        let toolchain = ToolchainFile::of(&package.folder)?;
        let lock_path = package.root.join("Cargo.lock");
        let lock = LockFile::read(&lock_path)?;
        let reduced = lock.reduced(&packages);
        let mut tree = Tree::default();
        let mut all = Vec::new();
        for package in &packages {
            let files = files(package)?;
            let candidate = Candidate {
                name: &package.name,
                folder: &package.folder,
                files: &files,
                place: &package.place,
            };
            let is_framework = candidate.is_framework(package.told.targets.iter(), &reduced);
            tree.merge(&files);
            all.push(Read {
                package: package.clone(),
                files,
                is_framework,
            });
        }
        let manifest_of = |folder: &Path| Some(folder.join("Cargo.toml"));
        for package in &packages {
            let manifest = manifests::of_package(package, &packages)?.to_string();
            let entry = Entry::text(manifest, manifest_of(&package.folder));
            tree.insert(join(&package.place, Path::new("Cargo.toml")), entry);
        }
        let root = manifests::of_root(&packages, procedure.profile())?.to_string();
        let root = Entry::text(root, manifest_of(&package.root));
        tree.insert("Cargo.toml", root);
        let compiler = Entry::text(toolchain.text.as_str(), toolchain.path.clone());
        tree.insert(toolchain.name, compiler);
        tree.insert(
            "Cargo.lock",
            Entry::text(reduced.to_text(), Some(lock_path)),
        );
        if let Some(text) = config::file_of(&rustflags) {
            tree.insert(CONFIG, Entry::text(text, None));
        }
        let optimization = Optimization::of(package)?;
        if let Some(declared) = &optimization {
            tree.insert(OPTIMIZATION, Entry::text(declared.to_json(), None));
        }
        for package in &packages {
            manifests::require_targets(package, &tree)?;
        }
        let unsearched = all.iter().enumerate().filter(|(_, one)| !one.is_framework);
        let unsearched = unsearched.flat_map(|(at, one)| unsearched_of(&one.package, at == 0));
        let rust = rust(&all);
        let library = rust.iter().filter(|file| file.is_of_library());
        let framework = || all.iter().filter(|one| one.is_framework);
        let known =
            framework().flat_map(|one| one.files.entries().map(|(path, _)| path.to_owned()));
        let names = framework().map(|one| one.package.name.as_str()).collect();
        let others = all.iter().filter(|one| !one.is_framework);
        Ok(Self {
            runs: others.flat_map(|other| runs_of(&other.package)).collect(),
            unsearched: unsearched
                .chain(reduced.unsearched())
                .chain(reduced.below_known(&names))
                .collect(),
            searched: library
                .map(|file| file.place.clone())
                .chain(known.filter(|path| is_rust(path)))
                .collect(),
            rust,
            stack_size,
            profile: manifests::profile(&package.root_manifest()?, procedure.profile()),
            constants: constants(&all),
            parts: all.iter().enumerate().map(Part::of).collect(),
            package: package.clone(),
            toolchain,
            tree,
            left_out: Vec::new(),
            rustflags,
            lock,
            checkout: None,
            procedure,
            optimization,
        })
    }

    /// The files that the compiler read and that were not searched, by their places in the copy: whatever their names
    /// are, they may be sources.
    pub(super) fn not_searched<'a>(
        &'a self,
        read: &'a [PathBuf],
    ) -> impl Iterator<Item = &'a PathBuf> {
        read.iter().filter(|path| !self.searched.contains(*path))
    }

    /// The places of the files that the copy has in another form than they were written.
    pub(super) fn rewritten(&self) -> impl Iterator<Item = PathBuf> {
        let parts = self
            .parts
            .iter()
            .map(|part| join(&part.place, Path::new("Cargo.toml")));
        parts.chain(["Cargo.toml", "Cargo.lock", CONFIG, OPTIMIZATION].map(PathBuf::from))
    }

    /// Adds those of the framework's constants that the sources name: a build reads them, so they
    /// are part of what it is made from. Those it is.
    pub(super) fn add_constants(&mut self, known: &Constants) -> Constants {
        let mut named = known.clone();
        named.retain(|name, _| self.constants.contains(name));
        for (name, constant) in &named {
            let path = Path::new(CONSTANTS).join(name);
            self.searched.insert(path.clone());
            self.tree.insert(path, Entry::text(constant.bytes(), None));
        }
        named
    }
}

/// The Rust files of the contract and of all others that are not the framework's.
fn rust(all: &[Read]) -> Vec<RustFile> {
    let mut found = Vec::new();
    for (number, one) in all.iter().enumerate() {
        let is_own = number == 0;
        if one.is_framework && !is_own {
            continue;
        }
        for (place, entry) in one.files.entries().filter(|(path, _)| is_rust(path)) {
            let path = entry.from.clone().unwrap_or_default();
            let inside = path.strip_prefix(&one.package.folder);
            let inside = inside.or_else(|_| path.strip_prefix(&one.package.root));
            found.push(RustFile {
                inside: inside.unwrap_or(&path).to_owned(),
                path,
                is_own,
                place: place.to_owned(),
                bytes: entry.bytes.clone(),
            });
        }
    }
    found
}

/// Returns what of a package runs when it is built.
fn runs_of(package: &Package) -> impl Iterator<Item = String> {
    let kinds = [
        (TargetKind::CustomBuild, "the build script"),
        (TargetKind::ProcMacro, "macros"),
    ];
    kinds.into_iter().filter_map(move |(kind, what)| {
        let mut targets = package.told.targets.iter();
        let runs = targets.any(|target| target.is_kind(kind.clone()));
        runs.then(|| format!("{what} of {}", package.name))
    })
}

/// The parts of a package that no search of its Rust files shows: another crate under a name that macros use, build
/// scripts and macros, and the package itself if known packages use it in another's place.
fn unsearched_of(package: &Package, is_contract: bool) -> Vec<String> {
    let renamed = package.dependencies().filter_map(|dependency| {
        let name = dependency.rename.as_ref()?;
        let is_another = is_named_by_macros(name) && name.replace('_', "-") != dependency.name;
        is_another.then(|| format!("{name} = {}", dependency.name))
    });
    let sources = package.told.manifest_path.with_file_name("src");
    let is_hidden = |target: &Target| {
        let makes_code = [TargetKind::CustomBuild, TargetKind::ProcMacro];
        let is_library = target.kind.iter().any(is_library);
        makes_code.iter().any(|kind| target.is_kind(kind.clone()))
            || (is_library && !target.src_path.starts_with(&sources))
            || (is_library && !is_contract && is_named_by_macros(&target.name))
    };
    let reaches_all = package.dependency_names().contains(HOST);
    let is_hidden =
        reaches_all || package.is_substitute || package.told.targets.iter().any(is_hidden);
    renamed
        .chain(is_hidden.then(|| package.name.clone()))
        .collect()
}

/// Returns the size that the crate says; else what the flags say; else `default`. Without a default nothing but flags
/// says it.
fn stack_size_of(
    package: &Package,
    rustflags: &[String],
    default: Option<u32>,
) -> Result<Option<u32>, BuildError> {
    let by_flags = rustflags.iter().any(|flag| flag.contains("stack-size"));
    let by_default = default.filter(|_| !by_flags);
    match package.stack_size() {
        Some(_) if default.is_none() => Err(BuildError::in_file(
            package.folder.join("Cargo.toml"),
            "stack-size has no effect where cargo-stylus builds: write rustflags = [\"-Clink-arg=-zstack-size=BYTES\"] \
             below [target.wasm32-unknown-unknown] into .cargo/config.toml of the workspace",
        )),
        said => Ok(said.or(by_default)),
    }
}

/// The crate whose macro names a constant in the contracts that turn its feature on, and that feature.
const BY_FEATURE: (&str, &str) = ("stylus-upgradeable", "complex");

/// Names in the sources that begin as the framework's build constants do, and the one that a complex
/// migration names by its macro.
fn constants(all: &[Read]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (name, feature) = BY_FEATURE;
    if all.iter().any(|one| one.package.enables(name, feature)) {
        found.insert(format!("{PREFIX}STORAGE"));
    }
    let others = all.iter().filter(|one| one.package.name != name);
    for (path, entry) in others.flat_map(|other| other.files.entries()) {
        if is_rust(path) {
            let text = String::from_utf8_lossy(&entry.bytes);
            found.extend(text.match_indices(PREFIX).map(|(at, _)| {
                let rest = text.get(at..).unwrap_or_default().chars();
                rest.take_while(|c| c.is_ascii_uppercase() || *c == '_')
                    .collect::<String>()
            }));
        }
    }
    found
}

#[cfg(test)]
mod manifest_tests;
#[cfg(test)]
mod outside_tests;
#[cfg(test)]
pub(super) mod tests;
