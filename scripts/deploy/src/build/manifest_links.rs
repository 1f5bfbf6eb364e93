//! The manifests that cargo reads before it answers anything about a package. Cargo follows links, and quotes what it
//! cannot read: a link in the place of one of them is refused before cargo starts.

use super::error::BuildError;
use super::tree::normal;
use crate::project_file;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The name of a manifest.
const MANIFEST: &str = "Cargo.toml";
/// Characters of a pattern that stands for several folders.
const WILDCARDS: [char; 3] = ['*', '?', '['];
/// A pattern for a folder and all below it.
const ANY_DEPTH: &str = "**";

/// Refuses a link in the place of a manifest that cargo reads for the package in `folder`, which is canonical: its own,
/// those of the folders above, and those that one of them names. A pattern counts for every folder in its place.
///
/// # Errors
/// `Kind` with the manifest's path.
pub(super) fn require_no_link(folder: &Path) -> Result<(), BuildError> {
    let mut looked_at = BTreeSet::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for above in folder.ancestors() {
            if !looked_at.insert(above.to_owned()) {
                break;
            }
            let text = project_file::read(&above.join(MANIFEST))?;
            // Cargo says what is wrong with it.
            if let Some(Ok(manifest)) = text.map(|text| text.parse::<Table>()) {
                left.extend(named_folders(above, &manifest));
            }
        }
    }
    Ok(())
}

/// The folders of the packages and the workspace that a manifest in `folder` names.
fn named_folders(folder: &Path, manifest: &Table) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    collect_paths(manifest, &mut paths);
    let package = manifest.get("package").or_else(|| manifest.get("project"));
    let workspace = package.and_then(|package| package.get("workspace")?.as_str());
    let paths = paths.into_iter().chain(workspace);
    let mut folders: Vec<PathBuf> = paths.map(|path| normal(&folder.join(path))).collect();
    let workspace = manifest.get("workspace");
    for list in ["members", "default-members"] {
        let patterns = workspace.and_then(|workspace| workspace.get(list)?.as_array());
        let patterns = patterns.into_iter().flatten().filter_map(Value::as_str);
        for pattern in patterns {
            folders.extend(matching_folders(&normal(&folder.join(pattern))));
        }
    }
    folders
}

/// Each value called `path`, however deep: of dependencies of every kind, patches and replacements.
fn collect_paths<'m>(table: &'m Table, paths: &mut Vec<&'m str>) {
    for (name, value) in table {
        match value {
            Value::String(path) if name == "path" => paths.push(path),
            Value::Table(inner) => collect_paths(inner, paths),
            _ => {}
        }
    }
}

/// The folders that a pattern of members can stand for, and others beside them.
fn matching_folders(pattern: &Path) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str().to_string_lossy();
        folders = match &*name {
            ANY_DEPTH => folders
                .iter()
                .flat_map(|folder| all_below(folder))
                .collect(),
            name if name.contains(WILDCARDS) => {
                folders.iter().flat_map(|folder| inside(folder)).collect()
            }
            _ => folders
                .iter()
                .map(|folder| folder.join(component))
                .collect(),
        };
    }
    folders
}

/// A folder and all below it, through no link.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(folder) = found.get(next) {
        let below = inside(folder).into_iter().filter(|path| !path.is_symlink());
        found.extend(below.collect::<Vec<_>>());
        next += 1;
    }
    found
}

/// The folders in a folder.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.is_dir()).collect()
}

#[cfg(test)]
mod tests;
