//! Packages, as `cargo metadata` tells of them: names, folders, targets, features, and what they depend
//! on by path. What it does not tell of a workspace (profiles, patches) its manifest says.

use super::config;
use super::error::BuildError;
use super::manifest_links;
use super::nearest::nearest_crate;
use super::toolchain::{CHOSEN, ToolchainFile, ask};
use super::tree::{join, normal};
use crate::project_file::without_quotes;
use cargo_metadata::{Dependency, DependencyKind, Edition, Error, MetadataCommand, TargetKind};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Table;

/// Bytes of the shadow stack unless the crate says otherwise: one page of memory holds it.
pub(super) const STACK_SIZE: u32 = 16_384;

/// The folder of the copy for packages of other workspaces than the contract's.
pub(super) const ELSEWHERE: &str = "path-dependencies";

/// Every package of the framework that is compiled for an author's contract.
pub const FRAMEWORK: [&str; 4] = [
    "stylus-upgradeable",
    "stylus-upgrades-host",
    "stylus-upgrades-interface",
    "stylus-upgrades-macros",
];

/// A package as it lies on the disk.
#[derive(Debug, Clone)]
pub struct Package {
    /// The package's name.
    pub name: String,
    /// The folder of its Cargo.toml, canonical.
    pub folder: PathBuf,
    /// The folder of the workspace's Cargo.toml, canonical; `folder` where there is none.
    pub root: PathBuf,
    /// Its folder in the copy.
    pub(super) place: PathBuf,
    /// The place of its workspace.
    pub(super) root_place: PathBuf,
    /// True if its workspace puts it in the place of another package (`[patch]`, `[replace]`).
    pub(super) is_substitute: bool,
    /// The package as cargo tells of it.
    pub(super) told: Arc<cargo_metadata::Package>,
    /// The workspace.
    workspace: Arc<Workspace>,
}

/// A workspace: that of a package without one is the package.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The folder of its Cargo.toml, canonical.
    pub(super) root: PathBuf,
    members: Vec<Member>,
    /// The packages that cargo builds unless it is told which.
    default_members: Vec<String>,
}

/// A member's folder, canonical, and what cargo tells of it.
type Member = (PathBuf, Arc<cargo_metadata::Package>);

impl Workspace {
    /// The workspace that the package in `folder` belongs to. Nothing is fetched.
    ///
    /// # Errors
    /// `Toolchain` if the sources name one that is not there; `SourceFile` with cargo's words; `Kind` for a link in the
    /// place of a file that is read.
    pub(super) fn of(folder: &Path) -> Result<Arc<Self>, BuildError> {
        if !folder.join("Cargo.toml").is_file() {
            return Err(BuildError::not_a_contract(folder));
        }
        let folder = canonical(folder)?;
        manifest_links::require_no_link(&folder)?;
        let path = folder.join("Cargo.toml");
        let toolchain = ToolchainFile::of(&folder)?;
        let told = MetadataCommand::new()
            .cargo_path("cargo")
            .env(CHOSEN, &toolchain.channel)
            .current_dir("/")
            .manifest_path(&path)
            .no_deps()
            .other_options(["--offline".to_owned()])
            .exec();
        let told = match told {
            Ok(told) => told,
            Err(Error::Io(error)) => return Err(BuildError::not_started("cargo".as_ref())(error)),
            Err(Error::CargoMetadata { stderr }) => {
                // Rustup answers in cargo's place where the toolchain is missing, whatever is asked.
                ask(toolchain.command("cargo").arg("--version"))?;
                return Err(BuildError::in_file(&path, without_quotes(stderr.trim())));
            }
            Err(other) => return Err(BuildError::in_file(&path, other)),
        };
        let root = canonical(told.workspace_root.as_std_path())?;
        let default = if told.workspace_default_members.is_available() {
            told.workspace_default_packages()
        } else {
            told.workspace_packages()
        };
        let default_members = default.iter().map(|one| one.name.to_string()).collect();
        let member = |told: cargo_metadata::Package| {
            let manifest = told.manifest_path.as_std_path();
            let folder = canonical(manifest.parent().unwrap_or(manifest))?;
            Ok((folder, Arc::new(told)))
        };
        let members = told.packages.into_iter().map(member);
        let members = members.collect::<Result<_, BuildError>>()?;
        Ok(Arc::new(Self {
            root,
            members,
            default_members,
        }))
    }

    /// The workspace of the nearest package at or above `folder`; `None` outside of any.
    pub(super) fn around(folder: &Path) -> Result<Option<Arc<Self>>, BuildError> {
        let nearest = nearest_crate(folder).map_err(BuildError::file("find", folder))?;
        nearest.map(|folder| Self::of(&folder)).transpose()
    }

    /// The member with that name.
    pub(super) fn member(self: &Arc<Self>, name: &str) -> Result<Package, BuildError> {
        let found = self.find(|(_, told)| told.name == name);
        found.ok_or_else(|| BuildError::not_a_contract(name.as_ref()))
    }

    fn find(self: &Arc<Self>, is_it: impl FnMut(&&Member) -> bool) -> Option<Package> {
        let (folder, told) = self.members.iter().find(is_it)?;
        Some(Package {
            name: told.name.to_string(),
            folder: folder.clone(),
            root: self.root.clone(),
            place: PathBuf::new(),
            root_place: PathBuf::new(),
            is_substitute: false,
            told: told.clone(),
            workspace: self.clone(),
        })
    }
}

impl Package {
    /// The package in `folder`.
    pub(super) fn open(folder: &Path) -> Result<Self, BuildError> {
        let workspace = Workspace::of(folder)?;
        let folder = canonical(folder)?;
        let found = workspace.find(|(one, _)| *one == folder);
        found.ok_or_else(|| BuildError::not_a_contract(&folder))
    }

    /// A value of `[package.metadata.stylus-upgrades]`.
    fn metadata(&self, key: &str) -> &Value {
        &self.told.metadata["stylus-upgrades"][key]
    }

    /// A list in it. `migrates`: what its migration handles in the storage. `sources`: files and folders of the same
    /// workspace, outside the package, that it compiles by `#[path]` or includes. `public-files`: what looks like a key
    /// and is none.
    pub(super) fn declared(&self, key: &str) -> Vec<String> {
        let list = self.metadata(key).as_array().into_iter().flatten();
        let texts = list.filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// Returns the files and folders that it declares as `sources`.
    pub(super) fn declared_sources(&self) -> impl Iterator<Item = PathBuf> {
        let named = self.declared("sources").into_iter();
        named.map(|named| normal(&self.folder.join(named)))
    }

    /// `stack-size`: bytes of the shadow stack.
    pub(super) fn stack_size(&self) -> Option<u32> {
        let bytes = self.metadata("stack-size").as_u64();
        bytes.and_then(|bytes| u32::try_from(bytes).ok())
    }

    /// Returns the dependencies of a build of the library: all but the dependencies of its tests.
    pub fn dependencies(&self) -> impl Iterator<Item = &Dependency> {
        let all = self.told.dependencies.iter();
        all.filter(|one| one.kind != DependencyKind::Development)
    }

    /// Returns true if it turns a feature of the package `name` on.
    pub(super) fn enables(&self, name: &str, feature: &str) -> bool {
        self.dependencies().any(|dependency| {
            dependency.name == name && dependency.features.iter().any(|on| on == feature)
        })
    }

    /// Names of the packages that it depends on, as the lock file knows them.
    pub(super) fn dependency_names(&self) -> BTreeSet<&str> {
        self.dependencies()
            .map(|dependency| dependency.name.as_str())
            .collect()
    }

    /// Returns the packages that turn features on where cargo compiles it in the root of its workspace, and is not told
    /// which: the others there that depend on something, with a library or without. By the first resolver what tests
    /// depend on counts too, its own among them. `None` where cargo does not compile it there.
    pub(super) fn compiled_with(&self) -> Result<Option<Vec<&str>>, BuildError> {
        let counts_tests = self.is_of_first_resolver()?;
        let members = &self.workspace.default_members;
        let joins = |name: &&str| {
            let all = self.workspace.members.iter();
            let mut named = all.filter(|(_, told)| told.name.as_str() == *name);
            named.any(|(_, told)| {
                told.dependencies
                    .iter()
                    .any(|dependency| match dependency.kind {
                        DependencyKind::Development => counts_tests,
                        _ => **name != self.name,
                    })
            })
        };
        let found = members.iter().map(String::as_str).filter(joins).collect();
        Ok(members.contains(&self.name).then_some(found))
    }

    /// Returns true if its workspace has the resolver that joins the features of tests with those of the library.
    fn is_of_first_resolver(&self) -> Result<bool, BuildError> {
        let manifest = self.root_manifest()?;
        let named = |table: &str| manifest.get(table)?.get("resolver")?.as_str();
        let mut members = self.workspace.members.iter();
        let root = members.find(|(folder, _)| *folder == self.root);
        Ok(match named("workspace").or_else(|| named("package")) {
            Some(resolver) => resolver == "1",
            None => root.is_none_or(|(_, told)| told.edition < Edition::E2021),
        })
    }

    /// The members of its workspace.
    pub(super) fn members(&self) -> impl Iterator<Item = &cargo_metadata::Package> {
        self.workspace.members.iter().map(|(_, told)| &**told)
    }

    /// Returns true if cargo calls its module as cargo-stylus does: by the target of kind `lib`, else by the package.
    pub(super) fn has_findable_library(&self) -> bool {
        let targets = self.told.targets.iter();
        let mut libraries = targets.filter(|target| target.kind.iter().any(is_library));
        libraries.any(|library| library.is_kind(TargetKind::Lib) || library.name == self.name)
    }

    /// The Cargo.toml of its workspace.
    pub(super) fn root_manifest(&self) -> Result<Table, BuildError> {
        config::parse(&self.root.join("Cargo.toml"))
    }
}

/// Returns true if cargo makes a library of such a target.
pub(super) fn is_library(kind: &TargetKind) -> bool {
    use TargetKind::{CDyLib, DyLib, Lib, ProcMacro, RLib, StaticLib};
    matches!(kind, CDyLib | DyLib | Lib | ProcMacro | RLib | StaticLib)
}

/// The crate in `folder` and all that it depends on by path, the crate first.
///
/// # Errors
/// `NotAContract` for another folder; `Toolchain` if it names one that is not there; `SourceFile` with cargo's words.
pub fn crates_of(folder: &Path) -> Result<Vec<Package>, BuildError> {
    closure(Package::open(folder)?)
}

/// The contract and all that it depends on by path or that its workspace puts in the place of other packages
/// (`[patch]`, `[replace]`), each once, the contract first.
pub(super) fn closure(contract: Package) -> Result<Vec<Package>, BuildError> {
    let settings = contract.root_manifest()?;
    let mut packages = vec![contract];
    let mut next = 0;
    while let Some(package) = packages.get(next) {
        let paths = package
            .dependencies()
            .filter_map(|dependency| dependency.path.as_ref());
        let used = paths.map(|path| (PathBuf::from(path), false));
        let mut paths: Vec<(PathBuf, bool)> = used.collect();
        if next == 0 {
            let patched = patches(&settings).into_iter();
            paths.extend(patched.map(|path| (package.root.join(path), true)));
        }
        for (path, is_substitute) in paths {
            let folder = canonical(&path)?;
            let mut known = packages.iter_mut();
            if let Some(known) = known.find(|package| package.folder == folder) {
                known.is_substitute |= is_substitute;
                continue;
            }
            // Cargo is asked once of each workspace.
            let told = |one: &Package| one.workspace.find(|(one, _)| *one == folder);
            let told = packages.iter().find_map(told);
            let found = told.map_or_else(|| Package::open(&folder), Ok)?;
            packages.push(Package {
                is_substitute,
                ..found
            });
        }
        next += 1;
    }
    place(&mut packages);
    Ok(packages)
}

/// Gives the packages their folders in the copy. Those below the contract's workspace keep their relative paths; each
/// other workspace is a folder with a number. So the copy holds no name of a folder outside the workspaces, and no
/// absolute path.
fn place(packages: &mut [Package]) {
    let mut roots: Vec<PathBuf> = Vec::new();
    for package in packages {
        if !roots.contains(&package.root) {
            roots.push(package.root.clone());
        }
        let number = roots.iter().position(|root| *root == package.root);
        let inside = roots.first().map(|first| package.root.strip_prefix(first));
        package.root_place = match (inside, number) {
            (Some(Ok(inside)), _) => inside.to_owned(),
            (_, number) => {
                let number = number.unwrap_or_default().saturating_sub(1);
                Path::new(ELSEWHERE).join(number.to_string())
            }
        };
        let inside = match package.folder.strip_prefix(&package.root) {
            Ok(inside) => inside.to_owned(),
            Err(_) => Path::new(ELSEWHERE).join(format!("member-{}", package.name)),
        };
        package.place = join(&package.root_place, &inside);
    }
}

/// The paths that the manifest of a workspace puts in the place of other packages.
fn patches(manifest: &Table) -> Vec<&str> {
    let table = |name: &str| manifest.get(name).and_then(toml::Value::as_table);
    let patched = table("patch").into_iter().flat_map(Table::values);
    let patched = patched.filter_map(toml::Value::as_table);
    let entries = patched.chain(table("replace")).flat_map(Table::values);
    entries
        .filter_map(|entry| entry.get("path")?.as_str())
        .collect()
}

pub(super) fn canonical(path: &Path) -> Result<PathBuf, BuildError> {
    std::fs::canonicalize(path).map_err(BuildError::file("find", path))
}

/// The root of the workspace that the package in `folder`, or in the nearest folder above, belongs
/// to; `None` outside of any, or if its manifests cannot be read.
pub fn workspace_of(folder: &Path) -> Option<PathBuf> {
    let workspace = Workspace::around(folder).ok()??;
    Some(workspace.root.clone())
}
