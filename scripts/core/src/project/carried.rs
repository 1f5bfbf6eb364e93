//! The framework's crates that contracts compile, as files of a project: this program carries them, so that whoever
//! installed it needs no clone.
//!
//! The files are those of a clone, byte for byte and in its folders: they hash to what this program knows as the
//! framework. The manifest of their workspace has what they inherit from it.

use super::error::unreadable;
use crate::app_error::Error;
use crate::own_file::io;
use std::io::ErrorKind;
use std::path::Path;
use stylus_upgrades_framework::{FOLDERS, LICENSES, SOURCES, WORKSPACE_LOCK, WORKSPACE_MANIFEST};
use toml_edit::{Array, DocumentMut, Item, Table};

/// Their folder in a project.
pub(super) const FOLDER: &str = "vendor/stylus-upgrades";

/// The first lines of each workspace manifest.
const HEAD: &str = "# The crates of stylus-upgrades that a contract compiles, as the program carries them: `new` and\n\
                    # `init` wrote this folder. Commit it. A contract with other files is compiled, too, but its layouts\n\
                    # count as partly checked.\n\n";

/// A file: its path in the project, and its bytes.
pub(super) type File = (String, Vec<u8>);

/// Returns true if this program carries them. One that cargo installed from packages does not: its crates are
/// published.
pub(super) fn is_carried() -> bool {
    !SOURCES.is_empty()
}

/// The lock file of the framework.
pub(super) fn lock() -> &'static str {
    WORKSPACE_LOCK
}

/// All files, by their paths in the project.
///
/// # Errors
/// If the program was built from a workspace manifest that lacks what the crates inherit.
pub(super) fn files() -> Result<Vec<File>, Error> {
    let in_folder = |inside: &str| format!("{FOLDER}/{inside}");
    let mut files = vec![(in_folder("Cargo.toml"), workspace()?.into_bytes())];
    for (name, text) in LICENSES {
        files.push((in_folder(name), text.as_bytes().to_vec()));
    }
    for (package, inside, bytes) in SOURCES {
        let folder = FOLDERS.iter().find(|(name, _)| name == package);
        let folder = folder.map_or(*package, |(_, folder)| folder);
        files.push((in_folder(&format!("{folder}/{inside}")), bytes.to_vec()));
    }
    Ok(files)
}

/// Writes files into a project.
///
/// # Errors
/// `Io`.
pub(super) fn write(project: &Path, files: &[File]) -> Result<(), Error> {
    for (name, bytes) in files {
        let path = project.join(name);
        let parent = path.parent().unwrap_or(project);
        std::fs::create_dir_all(parent).map_err(io("made", parent))?;
        std::fs::write(&path, bytes).map_err(io("written", &path))?;
    }
    Ok(())
}

/// Removes their folder.
///
/// # Errors
/// `Io`.
pub(super) fn remove(project: &Path) -> Result<(), Error> {
    let folder = project.join(FOLDER);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(io("removed", &folder)(error).into())
        }
        _ => Ok(()),
    }
}

/// The manifest of the workspace, reduced to these crates.
fn workspace() -> Result<String, Error> {
    let parse = |text: &str| text.parse::<DocumentMut>().map_err(unreadable);
    let whole = parse(WORKSPACE_MANIFEST)?;
    let inherited = |key: &str| {
        let found = whole.get("workspace").and_then(|one| one.get(key));
        found
            .cloned()
            .ok_or_else(|| unreadable(format!("no [workspace.{key}]")))
    };
    let mut used = Vec::new();
    for (_, _, bytes) in SOURCES
        .iter()
        .filter(|(_, inside, _)| *inside == "Cargo.toml")
    {
        let manifest = parse(&String::from_utf8_lossy(bytes))?;
        used.extend(inherited_by(manifest.as_table()));
    }
    let mut dependencies = inherited("dependencies")?;
    if let Some(table) = dependencies.as_table_mut() {
        table.retain(|name, _| used.iter().any(|one| one == name));
        for (mut key, _) in table.iter_mut() {
            key.leaf_decor_mut().clear();
        }
    }
    let mut workspace = Table::new();
    workspace["resolver"] = toml_edit::value("3");
    let members: Array = FOLDERS.iter().map(|(_, folder)| *folder).collect();
    workspace["members"] = toml_edit::value(members);
    workspace["package"] = inherited("package")?;
    workspace["lints"] = inherited("lints")?;
    workspace["dependencies"] = dependencies;
    let mut reduced = DocumentMut::new();
    reduced["workspace"] = Item::Table(workspace);
    Ok(format!("{HEAD}{reduced}"))
}

/// The dependencies in a manifest, at any depth, that a workspace describes.
fn inherited_by(table: &Table) -> Vec<String> {
    let mut found = Vec::new();
    for (key, item) in table {
        let Some(inner) = item.as_table() else {
            continue;
        };
        if key.ends_with("dependencies") {
            found.extend(inner.iter().map(|(name, _)| name.to_owned()));
        } else {
            found.extend(inherited_by(inner));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_has_what_the_crates_inherit_and_nothing_else() {
        let text = workspace().expect("a manifest");
        let read: DocumentMut = text.parse().expect("TOML");
        let workspace = &read["workspace"];
        let named = |key: &str| {
            let table = workspace[key].as_table().expect("a table");
            table
                .iter()
                .map(|(name, _)| name.to_owned())
                .collect::<Vec<_>>()
        };
        let dependencies = named("dependencies");
        for name in [
            "stylus-sdk",
            "stylus-upgrades-macros",
            "syn",
            "alloy-primitives",
        ] {
            assert!(
                dependencies.iter().any(|dependency| dependency == name),
                "{name}: {text}"
            );
        }
        for name in ["revm", "alloy", "tokio", "stylus-devnode"] {
            assert!(
                !dependencies.iter().any(|dependency| dependency == name),
                "{name}: {text}"
            );
        }
        assert_eq!(named("package")[0], "version");
        assert!(read.get("profile").is_none(), "{text}");
    }

    #[test]
    fn every_file_lies_in_its_folder_of_a_clone() {
        let files = files().expect("files");
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        for path in [
            "Cargo.toml",
            "LICENSE-MIT",
            "migratable/upgradeable/src/lib.rs",
            "migratable/macros/Cargo.toml",
            "proxy/host/src/lib.rs",
            "interface/src/lib.rs",
        ] {
            let path = format!("{FOLDER}/{path}");
            assert!(paths.contains(&path.as_str()), "{path}");
        }
    }
}
