//! What a Cargo.toml says of a library's modules and of the crates that it can name.

use super::supply::{self, Locks};
use crate::interface::condition::{TOOLS, TRUSTED};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, TableLike};

/// The feature of stylus-sdk under which `#[public]` makes a client and no contract.
const CLIENT: &str = "contract-client-gen";

/// A crate's Cargo.toml, and that of its workspace.
pub(super) struct Manifest {
    folder: PathBuf,
    own: DocumentMut,
    /// The workspace's folder and Cargo.toml.
    workspace: Option<(PathBuf, DocumentMut)>,
    /// Whether it could be read. A folder without one has a library with the usual path.
    is_read: bool,
}

impl Manifest {
    pub(super) fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("Cargo.toml"));
        let own = text
            .as_deref()
            .ok()
            .map_or_else(|| Some(DocumentMut::new()), |text| text.parse().ok());
        let named = own
            .as_ref()
            .and_then(|own| own.get("package")?.get("workspace")?.as_str());
        let named = named.map(|path| folder.join(path));
        let above = named.iter().map(PathBuf::as_path).chain(folder.ancestors());
        let above = above.into_iter().find_map(|above| {
            let text = std::fs::read_to_string(above.join("Cargo.toml")).ok()?;
            let parsed: DocumentMut = text.parse().ok()?;
            let is_workspace = parsed.contains_key("workspace");
            is_workspace.then(|| (above.to_owned(), parsed))
        });
        Self {
            folder: folder.to_owned(),
            is_read: own.is_some(),
            own: own.unwrap_or_default(),
            workspace: above,
        }
    }

    /// The file of the library.
    pub(super) fn root(&self) -> PathBuf {
        let named = self.text("lib", "path");
        self.folder.join(named.unwrap_or("src/lib.rs"))
    }

    /// Whether it is a crate of the framework, by its name.
    pub(super) fn is_framework(&self) -> bool {
        let name = self.text("package", "name").unwrap_or_default();
        name == "stylus-upgradeable" || name.starts_with("stylus-upgrades-")
    }

    /// Why nothing of its sources is certain.
    pub(super) fn why_unknown(&self) -> Option<String> {
        let why = "which a Cargo.toml that cannot be read decides";
        (!self.is_read).then(|| why.to_owned())
    }

    /// Why its sources do not make the functions that they show: by a feature, `#[public]` makes others,
    /// and by another package, other macros have the names of the usual ones.
    pub(super) fn is_other(&self, locks: &mut Locks) -> Option<String> {
        let features = self.own.get("features").and_then(Item::as_table_like);
        let mut features = features.into_iter().flat_map(TableLike::iter);
        let enables = features.any(|(name, list)| {
            let mut list = list.as_array().into_iter().flatten();
            name != CLIENT && list.any(|one| one.as_str() == Some(CLIENT))
        });
        if enables {
            return Some(format!("its feature {CLIENT} is turned on by another one"));
        }
        let all = self.dependencies();
        let renamed = all.iter().find(|(name, _, item)| {
            let named = item.get("package").and_then(Item::as_str);
            let is_trusted = TRUSTED.contains(&name.replace('-', "_").as_str());
            is_trusted && named.is_some_and(|named| named != *name)
        });
        if let Some((name, ..)) = renamed {
            return Some(format!(
                "its dependency {name} is a package of another name"
            ));
        }
        if let Some((name, ..)) = all.iter().find(|(name, ..)| TOOLS.contains(name)) {
            return Some(format!("its dependency {name} has the name of a tool"));
        }
        let elsewhere = |(key, _, item): &(&str, &Path, &Item)| supply::of_dependency(key, item);
        let workspace = self
            .workspace
            .iter()
            .map(|(folder, it)| (folder.as_path(), it));
        let roots: Vec<_> = std::iter::once((self.folder.as_path(), &self.own))
            .chain(workspace)
            .collect();
        let mut all = all.iter();
        all.find_map(elsewhere)
            .or_else(|| supply::of_folders(&roots, locks))
    }

    /// The crates that it can name, of those in `all`, by their numbers.
    pub(super) fn externs(&self, all: &[Self]) -> BTreeMap<String, usize> {
        let mut externs = BTreeMap::new();
        for (key, base, item) in self.dependencies() {
            let path = item.get("path").and_then(Item::as_str);
            let path = path.and_then(|path| std::fs::canonicalize(base.join(path)).ok());
            let is_it = |one: &Self| std::fs::canonicalize(&one.folder).ok() == path;
            let number = path.as_ref().and_then(|_| all.iter().position(is_it));
            let is_renamed = item.get("package").is_some();
            let name = match number {
                Some(number) if !is_renamed => all[number].name().unwrap_or(key).to_owned(),
                _ => key.to_owned(),
            };
            // A name that leads to two crates leads to none that is certain.
            let name = name.replace('-', "_");
            let before = externs.insert(name.clone(), number);
            if before.is_some_and(|before| before != number) {
                externs.insert(name, None);
            }
        }
        let certain = externs.into_iter();
        certain
            .filter_map(|(name, number)| Some((name, number?)))
            .collect()
    }

    /// The library's name as others write it.
    fn name(&self) -> Option<&str> {
        let named = self.text("lib", "name");
        named.or_else(|| self.text("package", "name"))
    }

    fn text(&self, table: &str, key: &str) -> Option<&str> {
        self.own.get(table)?.get(key)?.as_str()
    }

    /// Dependencies by their names, each with the folder that its path begins in.
    fn dependencies(&self) -> Vec<(&str, &Path, &Item)> {
        let targets = self.own.get("target").and_then(Item::as_table_like);
        let targets = targets.into_iter().flat_map(TableLike::iter);
        let targets = targets.filter_map(|(_, target)| target.get("dependencies"));
        let tables = self.own.get("dependencies").into_iter().chain(targets);
        let own = tables
            .filter_map(Item::as_table_like)
            .flat_map(TableLike::iter);
        let shared = |key: &str| {
            let (folder, workspace) = self.workspace.as_ref()?;
            let shared = workspace.get("workspace")?.get("dependencies")?.get(key)?;
            Some((folder.as_path(), shared))
        };
        let all = own.map(|(key, item)| {
            let inherits = item.get("workspace").and_then(Item::as_bool) == Some(true);
            let inherited = inherits.then(|| shared(key)).flatten();
            let (base, item) = inherited.unwrap_or((&self.folder, item));
            (key, base, item)
        });
        all.collect()
    }
}
