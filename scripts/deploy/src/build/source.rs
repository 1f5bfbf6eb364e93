//! What a contract is built from: the packages it needs, the lock file, the compiler's version and
//! the settings, as one tree of files. The build happens in a copy of this tree; the source hash is
//! the tree's.

use super::config::{self, Config};
use super::constants::{Constants, PREFIX};
use super::copied::files;
use super::error::BuildError;
use super::known_sources::{self, Candidate, is_rust};
use super::lock_file::{LockFile, SDK};
use super::manifests::{self, is_library};
use super::package::{FRAMEWORK, Package, STACK_SIZE, closure};
use super::places::{CopyPaths, ELSEWHERE};
use super::toolchain::ToolchainFile;
use super::tree::{Entry, Tree, join};
use crate::interface::{RustFile, is_data};
use alloy::primitives::{B256, Keccak256};
use cargo_metadata::{Target, TargetKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the copy holds the framework's build constants, a file each.
pub(super) const CONSTANTS: &str = "build-constants";
/// The settings in the copy.
pub(super) const CONFIG: &str = ".cargo/config.toml";
/// The framework's package that reads and writes any slot.
const HOST: &str = "stylus-upgrades-host";

/// The compiler's own crates, which macros name.
const OF_COMPILER: [&str; 3] = ["alloc", "core", "std"];
/// By what a manifest turns on settings that are not searched: flags of a profile, say.
const UNSTABLE: &str = "cargo-features";

/// A contract's sources, read and ready to be copied.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The contract.
    pub(super) package: Package,
    /// Its Rust files and those of what it depends on by path, the framework's left out.
    pub(super) rust: Vec<RustFile>,
    /// The framework's Rust files, by their places in the copy: known, and not searched.
    known: BTreeSet<PathBuf>,
    /// Packages in the place of those whose macros write the functions: they can write anything.
    pub(super) replaced: BTreeSet<String>,
    /// What else is compiled whose sources are not searched, or not as those of a contract.
    pub(super) unsearched: BTreeSet<String>,
    /// Packages that are called like the framework's and that cargo fetches.
    pub(super) fetched: BTreeSet<String>,
    /// The compiler.
    pub(super) toolchain: ToolchainFile,
    /// The files of the copy.
    pub(super) tree: Tree,
    /// The packages in the copy.
    pub(super) parts: Vec<Part>,
    /// The contract's folder in the copy.
    pub(super) place: PathBuf,
    /// What cargo is reported beside the files.
    pub(super) config: Config,
    /// Bytes of the shadow stack; `None` if the flags say.
    pub(super) stack_size: Option<u32>,
    /// Which of the framework's build constants the sources name.
    pub(super) constants: BTreeSet<String>,
    /// The settings of the profile that it is compiled in, one by one.
    pub(super) profile: Vec<String>,
    /// The lock file as it lies on the disk.
    pub(super) lock: Option<LockFile>,
    /// Every file or folder on the disk that something was copied from.
    pub(super) origins: Vec<PathBuf>,
}

/// A package in the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The package's name.
    pub(super) name: String,
    /// Its folder in the copy.
    pub(super) place: PathBuf,
    /// Over its files and the settings.
    pub(super) hash: B256,
}

impl Source {
    /// Reads a contract and all that it needs. `cargo_home` is where cargo finds what the user told it.
    pub(super) fn read(package: &Package, cargo_home: &Path) -> Result<Self, BuildError> {
        let packages = closure(package.clone())?;
        let places = CopyPaths::of(&packages);
        let config = config::read(&package.folder, &package.root, cargo_home)?;
        let toolchain = ToolchainFile::of(&package.folder)?;
        let mut own = Vec::new();
        let mut origins = Vec::new();
        for package in &packages {
            own.push(files(package, &places, &mut origins)?);
        }
        let mut tree = Tree::default();
        for (one, files) in packages.iter().zip(&own) {
            if one.root == package.root && one.folder.starts_with(&one.root) {
                require_free(one, files)?;
            }
            tree.merge(files);
        }
        for package in &packages {
            let manifest = manifests::of_package(package, &places)?;
            let path = join(&places.package(&package.folder), Path::new("Cargo.toml"));
            tree.insert(path, Entry::text(manifest.to_string()));
        }
        let root = manifests::of_root(&packages, &places)?;
        tree.insert("Cargo.toml", Entry::text(root.to_string()));
        tree.insert(toolchain.name, Entry::text(toolchain.text.as_str()));
        origins.extend(toolchain.path.clone());
        let lock_path = package.root.join("Cargo.lock");
        let lock = LockFile::read(&lock_path)?;
        let reduced = lock.as_ref().map(|lock| lock.reduced(&packages));
        if let Some(reduced) = &reduced {
            tree.insert("Cargo.lock", Entry::text(reduced.to_text()));
            origins.push(lock_path);
        }
        if let Some(code) = &config.code {
            tree.insert(CONFIG, Entry::text(code.as_str()));
        }
        let are_ours: Vec<bool> = packages
            .iter()
            .zip(&own)
            .map(|(package, files)| {
                let candidate = Candidate {
                    name: &package.name,
                    folder: &package.folder,
                    files,
                    place: &places.package(&package.folder),
                };
                candidate.is_framework(package.told.targets.iter(), reduced.as_ref())
            })
            .collect();
        let ours = own.iter().zip(&are_ours).filter(|(_, is_ours)| **is_ours);
        let known = ours.flat_map(|(files, _)| files.entries().map(|(path, _)| path));
        let all = || packages.iter().zip(&are_ours);
        let others = || all().filter_map(|(one, is_ours)| (!is_ours).then_some(one));
        let locked_by_name = reduced.iter().flat_map(LockFile::unsearched);
        let by_path = others()
            .skip_while(|one| one.folder == package.folder)
            .filter(|one| one.told.targets.iter().any(is_meant))
            .map(|one| one.name.clone());
        let misnamed: Vec<String> = others().flat_map(renamed).chain(by_path).collect();
        let settings = package.root_manifest()?;
        let unstable = settings.contains_key(UNSTABLE);
        let unsearched = others()
            .filter_map(unsearched)
            .chain(misnamed.iter().cloned())
            .chain(locked_by_name)
            .chain(config.supplied.iter().cloned())
            .chain(unstable.then(|| format!("Cargo.toml: {UNSTABLE}")))
            .collect();
        let locked = lock.iter().flat_map(|lock| lock.not_of_registry(&SDK));
        Ok(Self {
            replaced: misnamed
                .into_iter()
                .chain(locked.map(str::to_owned))
                .collect(),
            rust: rust(&packages, &are_ours, &own, &places),
            known: known
                .filter(|path| is_rust(path))
                .map(Path::to_owned)
                .collect(),
            unsearched,
            fetched: reduced
                .as_ref()
                .map(known_sources::fetched)
                .unwrap_or_default(),
            place: places.package(&package.folder),
            stack_size: stack_size(package, &config),
            profile: manifests::profile(&settings),
            constants: constants(&packages, &own),
            parts: parts(&packages, &own, &places, &tree),
            package: package.clone(),
            toolchain,
            tree,
            config,
            lock,
            origins,
        })
    }

    /// Which of the files that the compiler read nobody searched, by their places in the copy: whatever their names
    /// are, they may be sources, unless they hold nothing that can be code.
    pub(super) fn not_searched<'a>(
        &'a self,
        read: &'a [PathBuf],
    ) -> impl Iterator<Item = &'a PathBuf> {
        let searched = self.rust.iter().filter(|file| file.is_of_library());
        let searched: BTreeSet<&PathBuf> = searched.map(|file| &file.place).collect();
        read.iter().filter(move |path| {
            let is_told = path.starts_with(CONSTANTS);
            let is_data =
                matches!(self.tree.get(path), Some(Entry::File { bytes, .. }) if is_data(bytes));
            !is_told && !is_data && !searched.contains(path) && !self.known.contains(*path)
        })
    }

    /// Adds those of the framework's constants that the sources name: a build reads them, so they
    /// are part of what it is made from.
    pub(super) fn add_constants(&mut self, known: &Constants) {
        let named = known
            .iter()
            .filter(|(name, _)| self.constants.contains(*name));
        for (name, constant) in named {
            let path = Path::new(CONSTANTS).join(name);
            self.tree.insert(path, Entry::text(constant.bytes()));
        }
    }
}

/// The Rust files of the contract and of all others that are not the framework's.
fn rust(
    packages: &[Package],
    are_ours: &[bool],
    own: &[Tree],
    places: &CopyPaths,
) -> Vec<RustFile> {
    let mut found = Vec::new();
    let all = packages.iter().zip(are_ours).zip(own);
    for (number, ((package, is_ours), files)) in all.enumerate() {
        let is_own = number == 0;
        let (place, root) = (
            places.package(&package.folder),
            places.workspace(&package.root),
        );
        for (path, entry) in files.entries().filter(|(path, _)| is_rust(path)) {
            let (folder, inside) = match path.strip_prefix(&place) {
                Ok(inside) => (&package.folder, inside),
                Err(_) => (&package.root, path.strip_prefix(&root).unwrap_or(path)),
            };
            match entry {
                Entry::File { bytes, .. } if is_own || !is_ours => {
                    found.push(RustFile {
                        path: folder.join(inside),
                        inside: inside.to_owned(),
                        is_own,
                        place: path.to_owned(),
                        bytes: bytes.clone(),
                    });
                }
                _ => {}
            }
        }
    }
    found
}

/// Whether what macros write leads to a crate of that name.
fn leads_to(name: &str) -> bool {
    let name = name.replace('_', "-");
    let mut all = SDK.iter().chain(&FRAMEWORK).chain(&OF_COMPILER);
    all.any(|one| *one == name)
}

/// Whether it is a library that what macros write leads to.
fn is_meant(target: &Target) -> bool {
    target.kind.iter().any(is_library) && leads_to(&target.name)
}

/// What a package calls by the name of a crate that macros mean, and is another.
fn renamed(package: &Package) -> impl Iterator<Item = String> {
    package.dependencies().filter_map(|one| {
        let name = one.rename.as_ref()?;
        let is_another = leads_to(name) && name.replace('_', "-") != one.name;
        is_another.then(|| format!("{name} = {}", one.name))
    })
}

/// Packages that may compute slots of storage where no search of their Rust files shows it.
fn unsearched(package: &Package) -> Option<String> {
    let sources = package.told.manifest_path.with_file_name("src");
    let is_hidden = |target: &Target| {
        let makes_code = [TargetKind::CustomBuild, TargetKind::ProcMacro];
        let is_elsewhere = !target.src_path.starts_with(&sources);
        makes_code.iter().any(|kind| target.is_kind(kind.clone()))
            || (is_elsewhere && target.kind.iter().any(is_library))
    };
    let reaches_all = package.dependency_names().contains(HOST);
    let is_hidden = reaches_all || package.told.targets.iter().any(is_hidden);
    is_hidden.then(|| package.name.clone())
}

/// The copy needs some names for itself.
fn require_free(package: &Package, files: &Tree) -> Result<(), BuildError> {
    let own = [ELSEWHERE, CONSTANTS];
    let taken = |path: &Path| own.iter().any(|name| path.starts_with(name));
    match files.entries().find(|(path, _)| taken(path)) {
        Some((path, _)) => Err(BuildError::Manifest {
            path: package.root.join(path),
            reason: format!("the names {} are the builder's own", own.join(", ")),
        }),
        None => Ok(()),
    }
}

/// The packages with the hashes by which a change of them is noticed. Cargo itself compiles again what
/// depends on one that was.
fn parts(packages: &[Package], own: &[Tree], places: &CopyPaths, tree: &Tree) -> Vec<Part> {
    let settings = tree.get(Path::new(CONFIG)).map(Entry::hash);
    let part = |(package, files): (&Package, &Tree)| {
        let mut hasher = Keccak256::new();
        hasher.update(settings.unwrap_or_default());
        hasher.update(files.hash());
        Part {
            name: package.name.clone(),
            place: places.package(&package.folder),
            hash: hasher.finalize(),
        }
    };
    packages.iter().zip(own).map(part).collect()
}

/// What the crate says; else what the flags say; else one page less what the data needs.
fn stack_size(package: &Package, config: &Config) -> Option<u32> {
    let by_flags = config
        .rustflags
        .iter()
        .any(|flag| flag.contains("stack-size"));
    let default = (!by_flags).then_some(STACK_SIZE);
    package.stack_size().or(default)
}

/// The crate whose macro names a constant in the contracts that turn its feature on, and that feature.
const BY_FEATURE: (&str, &str) = ("stylus-upgradeable", "complex");

/// Names in the sources that begin as the framework's build constants do, and the one that a complex
/// migration names by its macro.
fn constants(packages: &[Package], own: &[Tree]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (name, feature) = BY_FEATURE;
    if packages
        .iter()
        .any(|package| package.enables(name, feature))
    {
        found.insert(format!("{PREFIX}STORAGE"));
    }
    let trees = packages.iter().zip(own);
    let trees = trees.filter(|(package, _)| package.name != name);
    for (path, entry) in trees.flat_map(|(_, tree)| tree.entries()) {
        let Entry::File { bytes, .. } = entry else {
            continue;
        };
        if is_rust(path) {
            let text = String::from_utf8_lossy(bytes);
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
mod tests;
