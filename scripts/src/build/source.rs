//! What a contract is built from: the packages it needs, the lock file, the compiler's version and
//! the settings, as one tree of files. The build happens in a copy of this tree; the source hash is
//! the tree's.

use super::config::{self, Config};
use super::constants::{Constants, PREFIX};
use super::copied::files;
use super::error::BuildError;
use super::lock_file;
use super::manifests::{self, Workspace};
use super::package::{Package, STACK_SIZE, lookup};
use super::places::{CopyPaths, ELSEWHERE};
use super::tree::{Entry, Tree};
use super::vendored;
use alloy::primitives::{B256, Keccak256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
// The compiler of the framework, for sources that name none.
use stylus_upgrades_framework::{TOOLCHAIN, TOOLCHAIN_FILE};
use toml_edit::DocumentMut;

/// Where the copy holds the framework's build constants, a file each.
pub(super) const CONSTANTS: &str = "build-constants";
/// The settings in the copy.
pub(super) const CONFIG: &str = ".cargo/config.toml";
/// What rustup chooses the compiler by.
const TOOLCHAIN_FILES: [&str; 2] = ["rust-toolchain", "rust-toolchain.toml"];

/// A contract's sources, read and ready to be copied.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The contract.
    pub(super) package: Package,
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
    /// The lock file as it lies on the disk.
    pub(super) lock: Option<String>,
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
    /// Over its files, those of all that it depends on by path, and the settings.
    pub(super) hash: B256,
}

impl Source {
    /// Reads the contract in `folder` and all that it needs. `cargo_home` is where cargo finds what
    /// the user told it.
    pub(super) fn read(folder: &Path, cargo_home: &Path) -> Result<Self, BuildError> {
        let package = Package::open(folder)?;
        let (packages, needs) = closure(package.clone())?;
        let places = CopyPaths::of(&packages);
        let config = config::read(&package.folder, &package.root, cargo_home)?;
        let mut own = Vec::new();
        let mut origins = Vec::new();
        for package in &packages {
            own.push(files(package, &places, &mut origins)?);
        }
        let mut tree = Tree::default();
        for (package, files) in packages.iter().zip(&own) {
            require_free(package, files, &places)?;
            tree.merge(files);
        }
        add_manifests(&mut tree, &packages, &places)?;
        add_toolchain(&mut tree, &package.folder, &mut origins)?;
        let lock_path = package.root.join("Cargo.lock");
        let lock = match lock_path.is_file() {
            true => Some(
                std::fs::read_to_string(&lock_path)
                    .map_err(BuildError::file("read", &lock_path))?,
            ),
            false => None,
        };
        if let Some(lock) = &lock {
            let reduced = lock_file::reduce(lock, &packages);
            if let Some(replaced) = &config.replaced {
                let list = vendored::list(replaced, &reduced)?;
                if !list.is_empty() {
                    tree.insert(vendored::LIST, Entry::text(list));
                }
            }
            tree.insert("Cargo.lock", Entry::text(reduced));
            origins.push(lock_path);
        }
        if let Some(code) = &config.code {
            tree.insert(CONFIG, Entry::text(code.as_str()));
        }
        let parts = parts(&packages, &needs, &own, &places, &tree);
        Ok(Self {
            place: places.package(&package.folder),
            stack_size: stack_size(&package, &config),
            constants: constants(&packages, &own),
            package,
            tree,
            parts,
            config,
            lock,
            origins,
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

impl Source {
    /// The file of the copy that names the toolchain.
    pub(super) fn toolchain(&self) -> (&'static str, &[u8]) {
        let named =
            TOOLCHAIN_FILES
                .into_iter()
                .find_map(|name| match self.tree.get(Path::new(name)) {
                    Some(Entry::File { bytes, .. }) => Some((name, bytes.as_slice())),
                    _ => None,
                });
        named.unwrap_or((TOOLCHAIN_FILE, TOOLCHAIN.as_bytes()))
    }
}

/// The contract and all that it depends on by path, each once, the contract first; and for each
/// which of them it depends on directly.
fn closure(contract: Package) -> Result<(Vec<Package>, Vec<Vec<usize>>), BuildError> {
    let mut packages = vec![contract];
    let mut needs: Vec<Vec<usize>> = Vec::new();
    let mut next = 0;
    while let Some(package) = packages.get(next).cloned() {
        let mut folders = package.path_dependencies()?;
        if next == 0 {
            folders.extend(package.patches()?);
        }
        let mut direct = Vec::new();
        for folder in folders {
            let known = packages.iter().position(|package| package.folder == folder);
            direct.push(match known {
                Some(at) => at,
                None => {
                    packages.push(Package::open(&folder)?);
                    packages.len() - 1
                }
            });
        }
        needs.push(direct);
        next += 1;
    }
    Ok((packages, needs))
}

/// The folders of the packages that the one in `folder` depends on by path, the framework's left out.
pub(super) fn path_dependencies(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let (packages, _) = closure(Package::open(folder)?)?;
    let is_ours = |name: &str| name.starts_with("stylus-upgrades") || name == "stylus-upgradeable";
    let others = packages
        .into_iter()
        .skip(1)
        .filter(|one| !is_ours(&one.name));
    Ok(others.map(|one| one.folder).collect())
}

/// The copy needs some names for itself.
fn require_free(package: &Package, files: &Tree, places: &CopyPaths) -> Result<(), BuildError> {
    let root = places.root_of(package);
    let is_main = places.workspace(root).as_os_str().is_empty();
    let is_inside = package.folder.starts_with(root);
    let own = [ELSEWHERE, CONSTANTS, vendored::LIST];
    let taken = |path: &Path| own.iter().any(|name| path.starts_with(name));
    match files.entries().find(|(path, _)| taken(path)) {
        Some((path, _)) if is_main && is_inside => Err(BuildError::Manifest {
            path: root.join(path),
            reason: format!("the names {} are the builder's own", own.join(", ")),
        }),
        _ => Ok(()),
    }
}

/// Puts the manifests of the copy in the place of those on the disk.
fn add_manifests(
    tree: &mut Tree,
    packages: &[Package],
    places: &CopyPaths,
) -> Result<(), BuildError> {
    for package in packages
        .iter()
        .filter(|package| package.folder != places.root_of(package))
    {
        let place = places.package(&package.folder).join("Cargo.toml");
        let manifest = manifests::of_package(package, places)?;
        tree.insert(place, Entry::text(manifest.to_string()));
    }
    for (number, root) in places.workspaces().enumerate() {
        let members: Vec<&Package> = packages
            .iter()
            .filter(|package| places.root_of(package) == root)
            .collect();
        let others = places.workspaces().skip(1).filter(|_| number == 0);
        let place = places.workspace(root);
        let workspace = Workspace {
            root,
            place: &place,
            members,
            is_main: number == 0,
            exclude: others.map(|other| places.workspace(other)).collect(),
        };
        let manifest = manifests::of_workspace(&workspace, places)?;
        tree.insert(place.join("Cargo.toml"), Entry::text(manifest.to_string()));
    }
    Ok(())
}

/// The file that rustup would choose the compiler by; the framework's where there is none.
fn add_toolchain(
    tree: &mut Tree,
    folder: &Path,
    origins: &mut Vec<PathBuf>,
) -> Result<(), BuildError> {
    for folder in folder.ancestors() {
        for name in TOOLCHAIN_FILES {
            let path = folder.join(name);
            if path.is_file() {
                let text = std::fs::read(&path).map_err(BuildError::file("read", &path))?;
                require_channel(&path, &text)?;
                tree.insert(name, Entry::text(text));
                origins.push(path);
                return Ok(());
            }
        }
    }
    tree.insert(TOOLCHAIN_FILE, Entry::text(TOOLCHAIN));
    Ok(())
}

/// A folder with a compiler is named by the file and is no part of the sources.
fn require_channel(path: &Path, text: &[u8]) -> Result<(), BuildError> {
    let text = String::from_utf8_lossy(text);
    let names = text.parse::<DocumentMut>().ok();
    match names.is_some_and(|names| lookup(names.as_item(), &["toolchain", "path"]).is_some()) {
        true => Err(BuildError::Config {
            path: path.to_owned(),
            key: "toolchain.path".into(),
            reason: "the compiler in that folder is not part of the sources; name a channel".into(),
        }),
        false => Ok(()),
    }
}

/// The packages with the hashes by which a change of them is noticed.
fn parts(
    packages: &[Package],
    needs: &[Vec<usize>],
    own: &[Tree],
    places: &CopyPaths,
    tree: &Tree,
) -> Vec<Part> {
    let own: Vec<B256> = own.iter().map(Tree::hash).collect();
    let settings = tree
        .get(Path::new(CONFIG))
        .map(Entry::hash)
        .unwrap_or_default();
    let part = |(number, package): (usize, &Package)| {
        let mut reached = BTreeSet::from([number]);
        let mut left = vec![number];
        while let Some(next) = left.pop() {
            let needed = needs.get(next).into_iter().flatten().copied();
            left.extend(needed.filter(|number| reached.insert(*number)));
        }
        let mut hashes: Vec<B256> = reached
            .iter()
            .filter_map(|number| own.get(*number).copied())
            .collect();
        hashes.sort_unstable();
        let mut hasher = Keccak256::new();
        hasher.update(settings);
        hashes.iter().for_each(|hash| hasher.update(hash));
        Part {
            name: package.name.clone(),
            place: places.package(&package.folder),
            hash: hasher.finalize(),
        }
    };
    packages.iter().enumerate().map(part).collect()
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

/// The crate whose macro names a constant in the contracts that turn its feature on.
const COMPLEX: &str = "stylus-upgrades-complex";
/// The crate and the feature by which contracts come to it, from wherever cargo takes them.
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
    let trees = trees.filter(|(package, _)| package.name != COMPLEX);
    for (path, entry) in trees.flat_map(|(_, tree)| tree.entries()) {
        let Entry::File { bytes, .. } = entry else {
            continue;
        };
        if path.extension().is_some_and(|ending| ending == "rs") {
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
