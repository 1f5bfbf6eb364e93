//! The paths of packages in the copy of the sources. Packages of the contract's workspace keep their
//! relative paths; each other workspace is a folder with a number. So the copy holds no name of a
//! folder outside the workspaces, and no absolute path.

use super::package::Package;
use super::tree::join;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the copy holds the packages of other workspaces than the contract's.
pub(super) const ELSEWHERE: &str = "path-dependencies";

/// Where packages and workspaces lie in the copy.
#[derive(Debug, Clone, Default)]
pub(super) struct CopyPaths {
    packages: BTreeMap<PathBuf, PathBuf>,
    /// The contract's workspace first.
    workspaces: Vec<PathBuf>,
}

impl CopyPaths {
    /// Of `packages`, the contract first.
    pub(super) fn of(packages: &[Package]) -> Self {
        let mut places = Self::default();
        for package in packages {
            if !places.workspaces.contains(&package.root) {
                places.workspaces.push(package.root.clone());
            }
            let inside = match package.folder.strip_prefix(&package.root) {
                Ok(inside) => inside.to_owned(),
                Err(_) => Path::new(ELSEWHERE).join(format!("member-{}", package.name)),
            };
            let place = join(&places.workspace(&package.root), &inside);
            places.packages.insert(package.folder.clone(), place);
        }
        places
    }

    /// Where the package of that folder lies.
    pub(super) fn package(&self, folder: &Path) -> PathBuf {
        self.packages.get(folder).cloned().unwrap_or_default()
    }

    /// Where the workspace of that folder lies.
    pub(super) fn workspace(&self, root: &Path) -> PathBuf {
        match self.workspaces.iter().position(|other| other == root) {
            None | Some(0) => PathBuf::new(),
            Some(number) => Path::new(ELSEWHERE).join((number - 1).to_string()),
        }
    }

    /// Where a file of `package` that the copy has at `at` lies on the disk, and its path in the package, or in the
    /// workspace where it lies outside.
    pub(super) fn on_disk(&self, package: &Package, at: &Path) -> (PathBuf, PathBuf) {
        let (folder, inside) = match at.strip_prefix(self.package(&package.folder)) {
            Ok(inside) => (&package.folder, inside),
            Err(_) => {
                let inside = at.strip_prefix(self.workspace(&package.root));
                (&package.root, inside.unwrap_or(at))
            }
        };
        (join(folder, inside), inside.to_owned())
    }
}
