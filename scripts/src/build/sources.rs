//! What a contract is made of: its own files, those of the crates it names by path, the lock
//! file, the workspace's settings. Their hash tells whether it must be built again.

use super::error::BuildError;
use super::framework::PREFIX;
use alloy::primitives::{B256, Keccak256, keccak256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A contract crate and the workspace that it is built in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crate {
    /// The package's name.
    pub(super) package: String,
    /// The folder of its Cargo.toml.
    pub(super) folder: PathBuf,
    /// The folder of the workspace's Cargo.toml; `folder` where there is none.
    pub(super) root: PathBuf,
    /// Bytes of the shadow stack, from `package.metadata.stylus-upgrades.stack-size`.
    pub(super) stack_size: u32,
    /// `package.metadata.stylus-upgrades.migrates`: what its migration sees to in the storage.
    pub(super) migrates: Vec<String>,
    /// Whether the workspace has a profile named `contract`.
    pub(super) has_profile: bool,
}

/// What a build depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sources {
    /// Over every file but the lock file, path (relative) and content.
    pub(super) hash: B256,
    /// Over the lock file, which cargo itself may bring up to date.
    pub(super) lock: B256,
    /// The folders that `hash` covers.
    pub(super) folders: Vec<PathBuf>,
    /// Which of the framework's build constants the sources name.
    pub(super) constants: BTreeSet<String>,
}

/// Bytes of the shadow stack unless the crate says otherwise: one page of memory holds it.
const STACK_SIZE: u32 = 16_384;
/// What most contracts are written with.
const SDK: &str = "stylus-sdk";

impl Crate {
    /// Reads the manifest in `folder` and finds its workspace.
    pub(super) fn open(folder: &Path) -> Result<Self, BuildError> {
        let folder = std::fs::canonicalize(folder).map_err(BuildError::file("find", folder))?;
        let path = folder.join("Cargo.toml");
        if !path.is_file() {
            return Err(BuildError::NotAContract { path: folder });
        }
        let manifest = read(&path)?;
        let Some(package) = text(&manifest, &["package", "name"]) else {
            return Err(BuildError::Manifest {
                path,
                reason: "it has no [package] name".into(),
            });
        };
        let root = workspace_root(&folder, &manifest)?;
        let stack_size = lookup(
            &manifest,
            &["package", "metadata", "stylus-upgrades", "stack-size"],
        )
        .and_then(Value::as_integer)
        .and_then(|bytes| u32::try_from(bytes).ok())
        .unwrap_or(STACK_SIZE);
        let migrates = lookup(
            &manifest,
            &["package", "metadata", "stylus-upgrades", "migrates"],
        )
        .and_then(Value::as_array);
        let migrates = migrates.into_iter().flatten().filter_map(Value::as_str);
        let migrates = migrates.map(str::to_owned).collect();
        let has_profile =
            lookup(&read(&root.join("Cargo.toml"))?, &["profile", "contract"]).is_some();
        Ok(Self {
            package: package.to_owned(),
            folder,
            root,
            stack_size,
            migrates,
            has_profile,
        })
    }

    /// Hashes everything that its build depends on, but compiler and constants.
    pub(super) fn sources(&self) -> Result<Sources, BuildError> {
        let mut files = BTreeMap::new();
        let folders = self.closure()?;
        for (place, folder) in folders.iter().enumerate() {
            collect(
                folder,
                folder,
                &PathBuf::from(place.to_string()),
                &mut files,
            )?;
        }
        let lock = std::fs::read(self.root.join("Cargo.lock")).unwrap_or_default();
        let (files, constants) = digest(&files)?;
        Ok(Sources {
            hash: keccak256([files, self.settings()?].concat()),
            lock: keccak256(lock),
            folders,
            constants,
        })
    }

    /// The hash of what the workspace prescribes for contracts: not of what it prescribes for
    /// programs of this machine, which changes more often.
    fn settings(&self) -> Result<B256, BuildError> {
        let manifest = read(&self.root.join("Cargo.toml"))?;
        let mut settings = Table::new();
        for path in [
            &["workspace", "dependencies"][..],
            &["workspace", "package"],
            &["profile", "contract"],
            &["profile", "release"],
            &["patch"],
        ] {
            if let Some(value) = lookup(&manifest, path) {
                settings.insert(path.join("."), value.clone());
            }
        }
        let toolchain = std::fs::read(self.root.join("rust-toolchain.toml")).unwrap_or_default();
        Ok(keccak256(
            [settings.to_string().into_bytes(), toolchain].concat(),
        ))
    }

    /// Sources that rustc names in the dependency file beside `wasm` and that lie outside
    /// `folders`: modules and includes by path, files whose paths come by environment.
    pub(super) fn further(&self, wasm: &Path, folders: &[PathBuf]) -> Vec<PathBuf> {
        let listed = std::fs::read_to_string(wasm.with_extension("d")).unwrap_or_default();
        let paths = listed
            .split_once(": ")
            .map_or("", |(_, paths)| paths)
            .replace("\\ ", "\0");
        paths
            .split_whitespace()
            .map(|path| self.root.join(path.replace('\0', " ")))
            .map(|path| std::fs::canonicalize(&path).unwrap_or(path))
            .filter(|path| !folders.iter().any(|folder| path.starts_with(folder)))
            .collect()
    }

    /// The hash of everything that the contract is made of, as the registry records it:
    /// keccak256(files ++ lock file ++ further files), each a keccak256. It is the same wherever
    /// the repository lies.
    pub(super) fn source_hash(
        &self,
        sources: &Sources,
        further: &[PathBuf],
    ) -> Result<B256, BuildError> {
        let mut files = BTreeMap::new();
        for path in further {
            let name = path.file_name().map(PathBuf::from).unwrap_or_default();
            let label = path.strip_prefix(&self.root).map_or(name, Path::to_owned);
            files.insert(label, path.clone());
        }
        let (further, _) = digest(&files)?;
        Ok(keccak256([sources.hash, sources.lock, further].concat()))
    }

    /// The settings of the profile that it is compiled in, one by one.
    pub(super) fn profile(&self) -> Result<Vec<String>, BuildError> {
        let manifest = read(&self.root.join("Cargo.toml"))?;
        let Some(profile) = lookup(&manifest, &["profile", "contract"]).and_then(Value::as_table)
        else {
            let settings = super::cargo::PROFILE.iter();
            let short = settings.map(|setting| setting.trim_start_matches("profile.contract."));
            return Ok(short.map(str::to_owned).collect());
        };
        let settings = profile.iter();
        Ok(settings
            .map(|(name, value)| format!("{name}={value}"))
            .collect())
    }

    /// The version of stylus-sdk in the lock file, if one of `folders` uses it.
    pub(super) fn sdk_version(&self, folders: &[PathBuf]) -> Result<Option<String>, BuildError> {
        let mut is_used = false;
        for folder in folders {
            let manifest = read(&folder.join("Cargo.toml"))?;
            is_used |= lookup(&manifest, &["dependencies", SDK]).is_some();
        }
        let lock = self.root.join("Cargo.lock");
        if !is_used || !lock.is_file() {
            return Ok(None);
        }
        let lock = read(&lock)?;
        let packages = lookup(&lock, &["package"]).and_then(Value::as_array);
        let mut found = packages.into_iter().flatten().filter_map(|package| {
            let is_it = package.get("name")?.as_str()? == SDK;
            is_it.then(|| package.get("version")?.as_str()).flatten()
        });
        Ok(found.next().map(str::to_owned))
    }

    /// The crate and all that it depends on by path, each once, in a fixed order.
    fn closure(&self) -> Result<Vec<PathBuf>, BuildError> {
        let mut found = vec![self.folder.clone()];
        let mut next = 0;
        while let Some(folder) = found.get(next).cloned() {
            for dependency in path_dependencies(&folder)? {
                if !found.contains(&dependency) {
                    found.push(dependency);
                }
            }
            next += 1;
        }
        Ok(found)
    }
}

/// Folders that the crate in `folder` names by path, its own or its workspace's.
fn path_dependencies(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let manifest = read(&folder.join("Cargo.toml"))?;
    let root = workspace_root(folder, &manifest)?;
    let workspace = if root == folder {
        manifest.clone()
    } else {
        read(&root.join("Cargo.toml"))?
    };
    let mut tables: Vec<&Table> = ["dependencies", "build-dependencies"]
        .iter()
        .filter_map(|name| manifest.get(*name)?.as_table())
        .collect();
    if let Some(targets) = manifest.get("target").and_then(Value::as_table) {
        tables.extend(
            targets
                .values()
                .filter_map(|target| target.get("dependencies")?.as_table()),
        );
    }
    let mut folders = Vec::new();
    for (name, value) in tables.into_iter().flatten() {
        let inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
        let (base, source) = if inherited {
            (
                root.as_path(),
                lookup(&workspace, &["workspace", "dependencies", name]),
            )
        } else {
            (folder, Some(value))
        };
        if let Some(path) = source.and_then(|value| value.get("path")?.as_str()) {
            let path = base.join(path);
            folders.push(std::fs::canonicalize(&path).map_err(BuildError::file("find", path))?);
        }
    }
    Ok(folders)
}

/// The folder of the workspace that the crate in `folder` belongs to.
fn workspace_root(folder: &Path, manifest: &Table) -> Result<PathBuf, BuildError> {
    if manifest.contains_key("workspace") {
        return Ok(folder.to_owned());
    }
    if let Some(named) = text(manifest, &["package", "workspace"]) {
        let path = folder.join(named);
        return std::fs::canonicalize(&path).map_err(BuildError::file("find", path));
    }
    for parent in folder.ancestors().skip(1) {
        let path = parent.join("Cargo.toml");
        if path.is_file() && read(&path)?.contains_key("workspace") {
            return Ok(parent.to_owned());
        }
    }
    Ok(folder.to_owned())
}

/// Lists the files below `folder`: no hidden ones, no build output, no other packages.
fn collect(
    package: &Path,
    folder: &Path,
    prefix: &Path,
    files: &mut BTreeMap<PathBuf, PathBuf>,
) -> Result<(), BuildError> {
    for entry in std::fs::read_dir(folder).map_err(BuildError::file("list", folder))? {
        let path = entry.map_err(BuildError::file("list", folder))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') || matches!(name.as_str(), "target" | "node_modules" | "tests") {
            continue;
        }
        if path.is_dir() {
            if !path.join("Cargo.toml").is_file() {
                collect(package, &path, prefix, files)?;
            }
        } else if let Ok(relative) = path.strip_prefix(package) {
            files.insert(prefix.join(relative), path);
        }
    }
    Ok(())
}

/// One hash over all files, and the build constants that they name.
fn digest(files: &BTreeMap<PathBuf, PathBuf>) -> Result<(B256, BTreeSet<String>), BuildError> {
    let mut hasher = Keccak256::new();
    let mut constants = BTreeSet::new();
    for (label, path) in files {
        let bytes = std::fs::read(path).map_err(BuildError::file("read", path))?;
        let label = label.to_string_lossy();
        hasher.update((label.len() as u64).to_be_bytes());
        hasher.update(label.as_bytes());
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(&bytes);
        if path.extension().is_some_and(|ending| ending == "rs") {
            constants.extend(constants_in(&String::from_utf8_lossy(&bytes)));
        }
    }
    Ok((hasher.finalize(), constants))
}

/// Names in `source` that begin as the framework's build constants do.
fn constants_in(source: &str) -> impl Iterator<Item = String> + '_ {
    source.match_indices(PREFIX).map(|(at, _)| {
        let rest = source.get(at..).unwrap_or_default();
        rest.chars()
            .take_while(|c| c.is_ascii_uppercase() || *c == '_')
            .collect()
    })
}

fn read(path: &Path) -> Result<Table, BuildError> {
    let source = std::fs::read_to_string(path).map_err(BuildError::file("read", path))?;
    source
        .parse::<Table>()
        .map_err(|error| BuildError::Manifest {
            path: path.to_owned(),
            reason: error.to_string(),
        })
}

fn lookup<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter()
        .try_fold(table.get(*first)?, |value, key| value.get(*key))
}

fn text<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a str> {
    lookup(table, keys)?.as_str()
}

/// Folders of the members of the workspace in `root`, which lists them one by one.
pub(super) fn members(root: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let manifest = read(&root.join("Cargo.toml"))?;
    let members = lookup(&manifest, &["workspace", "members"]).and_then(Value::as_array);
    Ok(members
        .into_iter()
        .flatten()
        .filter_map(|member| Some(root.join(member.as_str()?)))
        .collect())
}

/// The name of the package in `folder`.
pub(super) fn package_name(folder: &Path) -> Result<Option<String>, BuildError> {
    let manifest = read(&folder.join("Cargo.toml"))?;
    Ok(text(&manifest, &["package", "name"]).map(str::to_owned))
}

#[cfg(test)]
mod tests;
