//! The files of a package that are copied, and so are part of the sources.

use super::error::BuildError;
use super::key_files;
use super::package::{Package, canonical};
use super::tree::{Tree, join, normal};
use crate::file_names;
use std::fs::FileType;
use std::path::Path;

/// Names at a package's top that are not copied: what others write there, and what is copied from
/// where cargo and rustup look for it.
const NOT_COPIED: [&str; 12] = [
    "target",
    "node_modules",
    ".git",
    ".cargo",
    "Cargo.lock",
    "rust-toolchain",
    "rust-toolchain.toml",
    file_names::MANIFEST,
    file_names::EXPECTATIONS,
    file_names::JOURNALS,
    file_names::LAYOUTS,
    file_names::VERSIONS,
];

/// The files of a package, and those outside that it declares.
pub(super) fn files(package: &Package) -> Result<Tree, BuildError> {
    let (folder, root) = (&package.folder, &package.root);
    let mut tree = of_package(folder, &package.place)?;
    for named in package.declared("sources") {
        let path = normal(&folder.join(&named));
        let Ok(inside) = path.strip_prefix(root) else {
            let reason = format!(
                "sources names {named}, which lies outside {}",
                root.display()
            );
            return Err(BuildError::in_file(folder.join("Cargo.toml"), reason));
        };
        // By way of a folder that is a link it might lie elsewhere.
        let parent = path.parent().unwrap_or(root);
        if !canonical(parent)?.starts_with(root) {
            let reason = format!("below a link that leads out of {}", root.display());
            return Err(BuildError::in_file(path, reason));
        }
        let place = join(&package.root_place, inside);
        tree.add(&path, &place, &|_, _| false)?;
    }
    key_files::require_none(package, &tree)?;
    Ok(tree)
}

/// The files of the package in `folder`, at `place`.
pub(super) fn of_package(folder: &Path, place: &Path) -> Result<Tree, BuildError> {
    let skip = |inside: &Path, kind: &FileType| {
        let is_package = |folder: &Path| folder.join("Cargo.toml").is_file();
        is_left_out(folder, inside, &|inner| kind.is_dir() && is_package(inner))
    };
    let mut tree = Tree::default();
    tree.add(folder, place, &skip)?;
    Ok(tree)
}

/// Returns true if a file or folder of the package in `folder` is not copied; `is_package` says of a folder whether it
/// has a manifest of its own.
fn is_left_out(folder: &Path, inside: &Path, is_package: &dyn Fn(&Path) -> bool) -> bool {
    let mut names = inside.components();
    let Some(first) = names.next() else {
        return false;
    };
    let first = first.as_os_str();
    let is_at_top = names.next().is_none();
    let is_other_package = first != "src" && is_package(&folder.join(inside));
    is_other_package || (is_at_top && NOT_COPIED.iter().any(|name| first == *name))
}

/// Returns true if `path` lies in the folder of a package, and is copied from there.
pub(super) fn is_copied(path: &Path, folder: &Path, is_package: &dyn Fn(&Path) -> bool) -> bool {
    let Ok(inside) = path.strip_prefix(folder) else {
        return false;
    };
    let mut all = inside
        .ancestors()
        .filter(|part| !part.as_os_str().is_empty());
    !all.any(|part| is_left_out(folder, part, is_package))
}
