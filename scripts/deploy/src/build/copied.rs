//! Which files of a package are copied, and so are part of the sources.

use super::error::BuildError;
use super::key_files;
use super::package::{Package, canonical};
use super::places::CopyPaths;
use super::tree::{Tree, join, normal};
use crate::file_names;
use std::fs::FileType;
use std::path::{Path, PathBuf};

/// What lies at a package's top and is not copied: what others write there, and what is copied from
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
pub(super) fn files(
    package: &Package,
    places: &CopyPaths,
    origins: &mut Vec<PathBuf>,
) -> Result<Tree, BuildError> {
    let folder = &package.folder;
    let place = places.package(folder);
    let mut tree = of_package(folder, &place)?;
    origins.push(folder.clone());
    let root = &package.root;
    for named in package.further_sources() {
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
            let reason = format!("behind a link, which leaves {}", root.display());
            return Err(BuildError::in_file(path, reason));
        }
        let place = join(&places.workspace(root), inside);
        tree.add(&path, &place, &|_, _| false)?;
        origins.push(path);
    }
    key_files::require_none(package, &tree, places)?;
    Ok(tree)
}

/// The files of the package in `folder`, at `place`.
pub(super) fn of_package(folder: &Path, place: &Path) -> Result<Tree, BuildError> {
    let skip = |inside: &Path, kind: &FileType| is_left_out(folder, inside, kind.is_dir());
    let mut tree = Tree::default();
    tree.add(folder, place, &skip)?;
    Ok(tree)
}

/// Whether a file or folder of the package in `folder` is not copied.
fn is_left_out(folder: &Path, inside: &Path, is_folder: bool) -> bool {
    let mut names = inside.components();
    let Some(first) = names.next() else {
        return false;
    };
    let first = first.as_os_str();
    let is_at_top = names.next().is_none();
    let is_other_package =
        is_folder && first != "src" && folder.join(inside).join("Cargo.toml").is_file();
    is_other_package || (is_at_top && NOT_COPIED.iter().any(|name| first == *name))
}

/// Whether `path` lies in `origin`, one of the [`origins`](super::source::Source::origins), and was copied from there.
pub(super) fn is_copied(path: &Path, origin: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(origin) else {
        return false;
    };
    let mut all = inside
        .ancestors()
        .filter(|part| !part.as_os_str().is_empty());
    !all.any(|part| is_left_out(origin, part, origin.join(part).is_dir()))
}

/// The folder of the package whose sources a new file at `path` would be part of.
pub fn sources_with(path: &Path) -> Option<PathBuf> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let path = parent.canonicalize().ok()?.join(path.file_name()?);
    let mut above = path.ancestors().skip(1);
    let folder = above.find(|folder| folder.join("Cargo.toml").is_file())?;
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let is_package = manifest
        .parse::<toml::Table>()
        .ok()?
        .contains_key("package");
    (is_package && is_copied(&path, folder)).then(|| folder.to_owned())
}

#[test]
fn a_file_is_known_to_be_part_of_the_sources_before_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().canonicalize().expect("a folder");
    assert_eq!(sources_with(&folder.join("r.md")), None);
    let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    std::fs::create_dir_all(folder.join("docs")).expect("made");
    std::fs::create_dir_all(folder.join("target")).expect("made");
    for (file, is_hashed) in [("r.md", true), ("docs/r.md", true), ("target/r.md", false)] {
        let found = sources_with(&folder.join(file));
        assert_eq!(found, is_hashed.then(|| folder.clone()), "{file}");
    }
}
