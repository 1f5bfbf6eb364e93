//! The crates that a contract is made of: its own, and those of its workspace that it depends on. What cargo tells
//! of them is believed; nothing is fetched.

use super::{file, refused};
use crate::app_error::Error;
use crate::build::FRAMEWORK;
use cargo_metadata::semver::Version;
use cargo_metadata::{Dependency, DependencyKind, MetadataCommand, Package};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The SDK of contracts.
const SDK: &str = "stylus-sdk";
/// The version of it that our crates are built with.
pub(super) const SDK_VERSION: Version = Version::new(0, 10, 10);

/// A contract's crates.
pub(super) struct Contract {
    /// The folder of the workspace's Cargo.toml.
    pub(super) root: PathBuf,
    /// The contract's own, then those that it depends on.
    pub(super) crates: Vec<Local>,
}

/// A crate on this disk.
pub(super) struct Local {
    /// The folder of its Cargo.toml.
    pub(super) folder: PathBuf,
    /// The folder of the workspace's Cargo.toml.
    root: PathBuf,
}

impl Contract {
    /// The crates of the contract in `folder`.
    pub(super) fn of(folder: &Path) -> Result<Self, Error> {
        let manifest = folder.join("Cargo.toml");
        let manifest = manifest.canonicalize().map_err(file("read", manifest))?;
        let told = MetadataCommand::new()
            .manifest_path(&manifest)
            .no_deps()
            .other_options(["--offline".to_owned()])
            .exec();
        let told = told.map_err(|error| refused(format!("Cargo.toml: {error}")))?;
        let at = |path: &Path| told.packages.iter().find(|one| one.manifest_path == path);
        let Some(main) = at(&manifest) else {
            let members = told.packages.iter().filter(|one| sdk_of(one).is_some());
            let members: Vec<_> = members.map(|one| one.name.as_str()).collect();
            let members = members.join(", ");
            let reason =
                format!("Cargo.toml is of a workspace: name the folder of one of {members}");
            return Err(refused(reason));
        };
        let root = told.workspace_root.as_std_path();
        let mut found = Self {
            root: root.to_owned(),
            crates: Vec::new(),
        };
        let (mut known, mut waiting) = (BTreeSet::from([&main.id]), vec![main]);
        while let Some(one) = waiting.pop() {
            let path = one.manifest_path.as_std_path();
            let local = Local {
                folder: path.parent().unwrap_or(folder).to_owned(),
                root: root.to_owned(),
            };
            match sdk_of(one) {
                Some(sdk) if sdk.req.matches(&SDK_VERSION) => {}
                Some(sdk) => {
                    return Err(refused(format!(
                        "{} depends on {SDK} {}: our crates are built with {SDK_VERSION}; change that first",
                        local.named("Cargo.toml"),
                        sdk.req
                    )));
                }
                None if one.id == main.id => {
                    return Err(refused(format!("Cargo.toml does not depend on {SDK}")));
                }
                None => continue,
            }
            found.crates.push(local);
            let normal = one.dependencies.iter().filter(|one| is_normal(one));
            // One of another workspace does not compile until its author has derived the layout there.
            for (name, path) in normal.filter_map(|one| Some((&one.name, one.path.as_ref()?))) {
                let next = at(path.join("Cargo.toml").as_std_path());
                let next = next.filter(|_| !FRAMEWORK.contains(&name.as_str()));
                if let Some(next) = next.filter(|next| known.insert(&next.id)) {
                    waiting.insert(0, next);
                }
            }
        }
        Ok(found)
    }
}

impl Local {
    /// The path of one of its files, from the workspace's folder.
    pub(super) fn named(&self, file: impl AsRef<Path>) -> String {
        let path = self.folder.join(file);
        let path = path.strip_prefix(&self.root).unwrap_or(&path);
        path.display().to_string()
    }

    /// Its source files with their names, in the order of these. Programs beside the library are none of the
    /// contract's.
    pub(super) fn sources(&self) -> Result<Vec<(PathBuf, String)>, Error> {
        let source = self.folder.join("src");
        let (mut found, mut folders) = (Vec::new(), vec![source.clone()]);
        while let Some(inside) = folders.pop() {
            let failed = || file("read", &inside);
            for entry in std::fs::read_dir(&inside).map_err(failed())? {
                let path = entry.map_err(failed())?.path();
                let is_program = path == source.join("bin") || path == source.join("main.rs");
                if is_program {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let name = self.named(&path);
                    found.push((path, name));
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

/// The dependency on the SDK.
fn sdk_of(package: &Package) -> Option<&Dependency> {
    let mut normal = package.dependencies.iter().filter(|one| is_normal(one));
    normal.find(|one| one.name == SDK)
}

fn is_normal(dependency: &Dependency) -> bool {
    dependency.kind == DependencyKind::Normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_sdk_is_that_of_the_framework() {
        let manifest = include_str!("../../../../Cargo.toml");
        let line = format!("{SDK} = {{ version = \"={SDK_VERSION}\"");
        assert!(manifest.contains(&line), "{line}");
    }
}
