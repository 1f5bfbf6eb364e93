//! A package: its Cargo.toml, the workspace that it belongs to, and what it names by path.

use super::error::BuildError;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use toml_edit::{DocumentMut, Item, TableLike};

/// Bytes of the shadow stack unless the crate says otherwise: one page of memory holds it.
pub(super) const STACK_SIZE: u32 = 16_384;
/// Tables of dependencies that a build of the library reads.
const TABLES: [&str; 2] = ["dependencies", "build-dependencies"];

/// A package as it lies on the disk.
#[derive(Debug, Clone)]
pub(super) struct Package {
    /// The package's name.
    pub(super) name: String,
    /// The folder of its Cargo.toml, canonical.
    pub(super) folder: PathBuf,
    /// The folder of the workspace's Cargo.toml, canonical; `folder` where there is none.
    pub(super) root: PathBuf,
    /// Its Cargo.toml.
    pub(super) manifest: Arc<DocumentMut>,
    /// The Cargo.toml in `root`.
    pub(super) root_manifest: Arc<DocumentMut>,
}

impl Package {
    /// Reads the manifest in `folder` and finds its workspace.
    pub(super) fn open(folder: &Path) -> Result<Self, BuildError> {
        let folder = canonical(folder)?;
        let path = folder.join("Cargo.toml");
        if !path.is_file() {
            return Err(BuildError::NotAContract { path: folder });
        }
        let manifest = read(&path)?;
        let Some(name) = text(manifest.as_item(), &["package", "name"]) else {
            return Err(BuildError::Manifest {
                path,
                reason: "it has no [package] name".into(),
            });
        };
        let name = name.to_owned();
        let root = workspace_root(&folder, &manifest)?;
        let root_manifest = read(&root.join("Cargo.toml"))?;
        Ok(Self {
            name,
            folder,
            root,
            manifest,
            root_manifest,
        })
    }

    /// A value of `[package.metadata.stylus-upgrades]`.
    fn metadata(&self, key: &str) -> Option<&Item> {
        let path = ["package", "metadata", "stylus-upgrades", key];
        lookup(self.manifest.as_item(), &path)
    }

    fn metadata_list(&self, key: &str) -> Vec<String> {
        let list = self.metadata(key).and_then(Item::as_array);
        let texts = list.into_iter().flatten().filter_map(|item| item.as_str());
        texts.map(str::to_owned).collect()
    }

    /// `stack-size`: bytes of the shadow stack.
    pub(super) fn stack_size(&self) -> Option<u32> {
        let bytes = self.metadata("stack-size").and_then(Item::as_integer);
        bytes.and_then(|bytes| u32::try_from(bytes).ok())
    }

    /// `migrates`: what its migration sees to in the storage.
    pub(super) fn migrates(&self) -> Vec<String> {
        self.metadata_list("migrates")
    }

    /// `sources`: files and folders of the same workspace, outside the package, that it compiles
    /// by `#[path]` or includes.
    pub(super) fn further_sources(&self) -> Vec<String> {
        self.metadata_list("sources")
    }

    /// Files that look like keys and are none.
    pub(super) fn public_files(&self) -> Vec<String> {
        self.metadata_list("public-files")
    }

    /// Folders of what it depends on by path, its own words or its workspace's.
    pub(super) fn path_dependencies(&self) -> Result<Vec<PathBuf>, BuildError> {
        let mut named = Vec::new();
        for (name, item) in dependencies(self.manifest.as_item()) {
            let inherited = inherits(item)
                .then(|| workspace_dependency(&self.root_manifest, name))
                .flatten();
            let (base, item) = match inherited {
                Some(item) => (&self.root, item),
                None => (&self.folder, item),
            };
            named.extend(path_of(item).map(|path| base.join(path)));
        }
        let mut folders = Vec::new();
        for path in named {
            let folder = canonical(&path)?;
            if folder != self.folder {
                folders.push(folder);
            }
        }
        Ok(folders)
    }

    /// Folders that its workspace puts in the place of other packages: `[patch]` and `[replace]`.
    pub(super) fn patches(&self) -> Result<Vec<PathBuf>, BuildError> {
        let paths = patches(self.root_manifest.as_item()).filter_map(|(_, item)| path_of(item));
        paths.map(|path| canonical(&self.root.join(path))).collect()
    }

    /// Names of the dependencies that it takes over from its workspace.
    pub(super) fn inherited(&self) -> BTreeSet<String> {
        let all = dependencies(self.manifest.as_item());
        let inherited = all.filter(|(_, item)| inherits(item));
        inherited.map(|(name, _)| name.to_owned()).collect()
    }

    /// Whether it turns a feature of the package `name` on, by its own words or its workspace's.
    pub(super) fn enables(&self, name: &str, feature: &str) -> bool {
        dependencies(self.manifest.as_item()).any(|(key, item)| {
            let inherited = inherits(item)
                .then(|| workspace_dependency(&self.root_manifest, key))
                .flatten();
            let renamed = inherited.unwrap_or(item).get("package");
            renamed.and_then(Item::as_str).unwrap_or(key) == name
                && (has_feature(item, feature)
                    || inherited.is_some_and(|item| has_feature(item, feature)))
        })
    }

    /// Names of the packages that it depends on, as the lock file knows them.
    pub(super) fn dependency_names(&self) -> BTreeSet<String> {
        dependencies(self.manifest.as_item())
            .map(|(name, item)| {
                let item = match inherits(item) {
                    true => workspace_dependency(&self.root_manifest, name).unwrap_or(item),
                    false => item,
                };
                let renamed = item.as_table_like().and_then(|table| table.get("package"));
                renamed.and_then(Item::as_str).unwrap_or(name).to_owned()
            })
            .collect()
    }
}

/// Whether a dependency's table names a feature.
fn has_feature(dependency: &Item, feature: &str) -> bool {
    let features = dependency.get("features").and_then(Item::as_array);
    features.is_some_and(|list| list.iter().any(|one| one.as_str() == Some(feature)))
}

/// Every dependency of a package's manifest but those of its tests, with its name.
fn dependencies(manifest: &Item) -> impl Iterator<Item = (&str, &Item)> {
    let own = TABLES.iter().filter_map(|name| manifest.get(name));
    let targets = manifest.get("target").and_then(Item::as_table_like);
    let targets = targets.into_iter().flat_map(TableLike::iter);
    let targets = targets.flat_map(|(_, target)| TABLES.iter().filter_map(|name| target.get(name)));
    let tables = own.chain(targets).filter_map(Item::as_table_like);
    tables.flat_map(TableLike::iter)
}

/// Every package that the manifest of a workspace puts in the place of another one.
fn patches(manifest: &Item) -> impl Iterator<Item = (&str, &Item)> {
    let patch = manifest.get("patch").and_then(Item::as_table_like);
    let patch = patch.into_iter().flat_map(TableLike::iter);
    let replace = manifest.get("replace").into_iter();
    let tables = patch.map(|(_, table)| table).chain(replace);
    let tables = tables.filter_map(Item::as_table_like);
    tables.flat_map(TableLike::iter)
}

fn inherits(dependency: &Item) -> bool {
    dependency.get("workspace").and_then(Item::as_bool) == Some(true)
}

fn workspace_dependency<'a>(root: &'a DocumentMut, name: &str) -> Option<&'a Item> {
    lookup(root.as_item(), &["workspace", "dependencies", name])
}

fn path_of(dependency: &Item) -> Option<&str> {
    dependency.get("path")?.as_str()
}

/// The folder of the workspace that the package in `folder` belongs to.
fn workspace_root(folder: &Path, manifest: &DocumentMut) -> Result<PathBuf, BuildError> {
    if manifest.contains_key("workspace") {
        return Ok(folder.to_owned());
    }
    if let Some(named) = text(manifest.as_item(), &["package", "workspace"]) {
        return canonical(&folder.join(named));
    }
    for parent in folder.ancestors().skip(1) {
        let path = parent.join("Cargo.toml");
        if !path.is_file() {
            continue;
        }
        let manifest = read(&path)?;
        if let Some(workspace) = manifest.get("workspace") {
            let excluded = workspace.get("exclude").and_then(Item::as_array);
            let mut excluded = excluded
                .into_iter()
                .flatten()
                .filter_map(|item| item.as_str());
            let is_excluded = excluded.any(|place| folder.starts_with(parent.join(place)));
            return Ok(if is_excluded { folder } else { parent }.to_owned());
        }
    }
    Ok(folder.to_owned())
}

/// Manifests that were parsed, by their text: one build asks for the same ones dozens of times.
static PARSED: LazyLock<Mutex<HashMap<String, Arc<DocumentMut>>>> = LazyLock::new(Mutex::default);
/// How many are kept.
const PARSED_MAX: usize = 256;

/// Reads a file of TOML.
pub(super) fn read(path: &Path) -> Result<Arc<DocumentMut>, BuildError> {
    let source = std::fs::read_to_string(path).map_err(BuildError::file("read", path))?;
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(manifest) = parsed.get(&source) {
        return Ok(manifest.clone());
    }
    let manifest = source
        .parse::<DocumentMut>()
        .map_err(|error| BuildError::Manifest {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
    let manifest = Arc::new(manifest);
    if parsed.len() >= PARSED_MAX {
        parsed.clear();
    }
    parsed.insert(source, manifest.clone());
    Ok(manifest)
}

/// The item at `keys`, one table deeper with each.
pub(super) fn lookup<'a>(item: &'a Item, keys: &[&str]) -> Option<&'a Item> {
    keys.iter().try_fold(item, |item, key| item.get(key))
}

/// The text at `keys`.
pub(super) fn text<'a>(item: &'a Item, keys: &[&str]) -> Option<&'a str> {
    lookup(item, keys)?.as_str()
}

pub(super) fn canonical(path: &Path) -> Result<PathBuf, BuildError> {
    std::fs::canonicalize(path).map_err(BuildError::file("find", path))
}

/// The root of the workspace that the package in `folder` belongs to.
pub(super) fn root_of(folder: &Path) -> Result<PathBuf, BuildError> {
    let folder = canonical(folder)?;
    let manifest = read(&folder.join("Cargo.toml"))?;
    workspace_root(&folder, &manifest)
}

/// The root of the workspace that the package in `folder`, or in the nearest folder above, belongs
/// to; `None` outside of any, or if its manifests cannot be read.
pub fn workspace_of(folder: &Path) -> Option<PathBuf> {
    let mut above = folder.ancestors();
    let nearest = above.find(|folder| folder.join("Cargo.toml").is_file())?;
    root_of(nearest).ok()
}

/// The root of the workspace that the current folder belongs to; `None` outside of any.
pub(super) fn enclosing() -> Result<Option<PathBuf>, BuildError> {
    let here = std::env::current_dir().map_err(BuildError::file("find", "."))?;
    let mut above = here.ancestors();
    let nearest = above.find(|folder| folder.join("Cargo.toml").is_file());
    nearest.map(root_of).transpose()
}

/// The folder of the member with that name of the workspace in `root`.
pub(super) fn member(root: &Path, name: &str) -> Result<PathBuf, BuildError> {
    for folder in members(root)? {
        if package_name(&folder)?.as_deref() == Some(name) {
            return Ok(folder);
        }
    }
    Err(BuildError::NotAContract {
        path: PathBuf::from(name),
    })
}

/// The root of a workspace and the folders of its members, which are listed one by one or by
/// patterns.
fn members(root: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let path = root.join("Cargo.toml");
    let manifest = read(&path)?;
    let listed = lookup(manifest.as_item(), &["workspace", "members"]).and_then(Item::as_array);
    let listed = listed.into_iter().flatten();
    let mut members = vec![root.to_owned()];
    for member in listed.filter_map(|item| item.as_str()) {
        if !member.contains(['*', '?', '[']) {
            members.push(root.join(member));
            continue;
        }
        let pattern = format!(
            "{}/{member}",
            glob::Pattern::escape(&root.to_string_lossy())
        );
        let found = glob::glob(&pattern).map_err(|error| BuildError::Manifest {
            path: path.clone(),
            reason: format!("the pattern {member} of a member: {error}"),
        })?;
        let found = found.filter_map(Result::ok);
        members.extend(found.filter(|folder| folder.join("Cargo.toml").is_file()));
    }
    Ok(members)
}

/// The name of the package in `folder`.
fn package_name(folder: &Path) -> Result<Option<String>, BuildError> {
    let manifest = read(&folder.join("Cargo.toml"))?;
    Ok(text(manifest.as_item(), &["package", "name"]).map(str::to_owned))
}
