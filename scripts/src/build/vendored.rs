//! Packages in a folder that a configuration puts in the place of a registry, as `cargo vendor` writes
//! them. Cargo believes such a folder: the checksum in the lock file is compared with one that lies
//! beside the package and that whoever writes the folder can write too. So these packages are part of
//! the sources, by a list of their hashes.

use super::config;
use super::error::BuildError;
use super::package::{canonical, read, text};
use super::tree::Tree;
use super::{lock_file, source::Source};
use alloy::primitives::Keccak256;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml::Table;

/// The list in the copy.
pub(super) const LIST: &str = "vendored-packages";
/// Where sources that replace registries are compiled, each kind apart.
const APART: &str = "replaced";
/// Digits of a hash in the name of a folder.
const DIGITS: usize = 16;

/// Name, version and hash of every package in the folders of `replaced` that the lock file names, a
/// line each.
///
/// # Errors
/// As [`Tree::add`]; a manifest that cannot be read.
pub(super) fn list(replaced: &Table, lock: &str) -> Result<String, BuildError> {
    let named = lock_file::remote(lock);
    let mut lines = BTreeSet::new();
    for folder in config::vendored(replaced) {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries.map_err(BuildError::file("list", &folder))?,
        };
        for entry in entries {
            let package = entry.map_err(BuildError::file("list", &folder))?.path();
            if !package.join("Cargo.toml").is_file() {
                continue;
            }
            let manifest = read(&package.join("Cargo.toml"))?;
            let field = |name| text(manifest.as_item(), &["package", name]).map(str::to_owned);
            let Some(id) = field("name").zip(field("version")) else {
                continue;
            };
            if named.contains(&id) {
                let package = canonical(&package)?;
                let mut tree = Tree::default();
                tree.add(&package, Path::new(""), &package, &|_, _| false)?;
                lines.insert(format!("{} {} {}\n", id.0, id.1, tree.hash()));
            }
        }
    }
    Ok(lines.into_iter().collect())
}

/// The folder below `target` in which `source` is copied and compiled. Cargo knows a compiled package
/// by its name, version and registry. So what comes of replaced registries is kept apart, or other
/// builds would take it for the registry's packages.
pub(super) fn folder(target: &Path, source: &Source) -> PathBuf {
    let Some(replaced) = &source.config.replaced else {
        return target.to_owned();
    };
    let mut hasher = Keccak256::new();
    hasher.update(replaced.to_string());
    if let Some(list) = source.tree.get(Path::new(LIST)) {
        hasher.update(list.hash());
    }
    let digits = hex::encode(hasher.finalize());
    target
        .join(APART)
        .join(digits.get(..DIGITS).unwrap_or_default())
}

/// Removes what was compiled of sources that replaced a registry otherwise than those that are compiled
/// in `current` now: a folder of packages that was changed has another place, and nothing reads the old
/// one again. Nothing happens where `current` is no such folder.
///
/// # Errors
/// [`BuildError::File`].
pub(super) fn remove_others(current: &Path) -> Result<(), BuildError> {
    let Some(apart) = current.parent().filter(|parent| parent.ends_with(APART)) else {
        return Ok(());
    };
    let entries = match std::fs::read_dir(apart) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(BuildError::file("list", apart))?,
    };
    for entry in entries {
        let entry = entry.map_err(BuildError::file("list", apart))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(BuildError::file("read", &path))?;
        if kind.is_dir() && path != current {
            std::fs::remove_dir_all(&path).map_err(BuildError::file("remove", &path))?;
        }
    }
    Ok(())
}
