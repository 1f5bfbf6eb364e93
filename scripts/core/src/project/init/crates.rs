//! The crates that a contract is made of: its own, and those of its workspace that it depends on. What cargo tells
//! of them is believed; nothing is fetched.

use super::{io, refused};
use crate::app_error::Error;
use crate::build::{FRAMEWORK, Package, crates_of};
use cargo_metadata::semver::Version;
use std::path::{Path, PathBuf};

/// The SDK of contracts.
const SDK: &str = "stylus-sdk";
/// The version of it that the framework's crates are built with.
pub(super) const SDK_VERSION: Version = Version::new(0, 10, 10);

/// The crates of the contract in `folder` that depend on the SDK, its own first. One of another workspace does not
/// compile until its author has derived the layout there.
///
/// # Errors
/// The errors of [`crates_of`]; `NotInitialized` for a crate of another SDK.
pub(super) fn of_contract(folder: &Path) -> Result<Vec<Package>, Error> {
    let all = crates_of(folder)?;
    let mut found: Vec<Package> = Vec::new();
    for one in all {
        let is_elsewhere = found.first().is_some_and(|main| main.root != one.root);
        if is_elsewhere || FRAMEWORK.contains(&one.name.as_str()) {
            continue;
        }
        let sdk = one.dependencies().find(|dependency| dependency.name == SDK);
        match sdk.map(|sdk| &sdk.req) {
            Some(req) if req.matches(&SDK_VERSION) => found.push(one),
            Some(req) => {
                let manifest = named(&one, "Cargo.toml");
                return Err(refused(format!(
                    "{manifest} depends on {SDK} {req}: the framework's crates are built with {SDK_VERSION}; change \
                     that first"
                )));
            }
            None if found.is_empty() => {
                return Err(refused(format!("Cargo.toml does not depend on {SDK}")));
            }
            None => {}
        }
    }
    Ok(found)
}

/// The path of a file of a crate, from the workspace's folder.
pub(super) fn named(of: &Package, file: impl AsRef<Path>) -> String {
    let path = of.folder.join(file);
    let path = path.strip_prefix(&of.root).unwrap_or(&path);
    path.display().to_string()
}

/// The source files of a crate, in their order. Programs beside the library are none of the contract's.
pub(super) fn sources(of: &Package) -> Result<Vec<PathBuf>, Error> {
    let source = of.folder.join("src");
    let (mut found, mut folders) = (Vec::new(), vec![source.clone()]);
    while let Some(inside) = folders.pop() {
        let failed = || io("read", &inside);
        for entry in std::fs::read_dir(&inside).map_err(failed())? {
            let path = entry.map_err(failed())?.path();
            let is_program = path == source.join("bin") || path == source.join("main.rs");
            if path.is_dir() && !is_program {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !is_program {
                found.push(path);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_sdk_is_that_of_the_framework() {
        let manifest = include_str!("../../../../../Cargo.toml");
        let line = format!("{SDK} = {{ version = \"={SDK_VERSION}\"");
        assert!(manifest.contains(&line), "{line}");
    }
}
