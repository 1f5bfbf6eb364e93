//! The paths of packages in the copy of the sources. Packages of the contract's workspace keep their
//! relative paths; each other workspace is a folder with a number. So the copy holds no name of a
//! folder outside the workspaces, and no absolute path.

use super::package::Package;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the copy holds the packages of other workspaces than the contract's.
pub(super) const ELSEWHERE: &str = "path-dependencies";

/// Where packages and workspaces lie in the copy.
#[derive(Debug, Clone)]
pub(super) struct CopyPaths {
    /// The folder of the contract's workspace.
    main: PathBuf,
    packages: BTreeMap<PathBuf, PathBuf>,
    /// The contract's workspace first.
    workspaces: Vec<PathBuf>,
}

impl CopyPaths {
    /// Of `packages`, the contract first.
    pub(super) fn of(packages: &[Package]) -> Self {
        let main = packages
            .first()
            .map(|package| package.root.clone())
            .unwrap_or_default();
        let mut places = Self {
            workspaces: vec![main.clone()],
            main,
            packages: BTreeMap::new(),
        };
        for package in packages {
            let root = places.root_of(package).to_owned();
            if !places.workspaces.contains(&root) {
                places.workspaces.push(root.clone());
            }
            let inside = match package.folder.strip_prefix(&root) {
                Ok(inside) => inside.to_owned(),
                Err(_) => Path::new(ELSEWHERE).join(format!("member-{}", package.name)),
            };
            let place = places.workspace(&root).join(inside);
            places.packages.insert(package.folder.clone(), place);
        }
        places
    }

    /// The folder of the workspace that a package belongs to in the copy: a package without one
    /// that lies below the contract's workspace is taken into that.
    pub(super) fn root_of<'a>(&'a self, package: &'a Package) -> &'a Path {
        let alone = package.root == package.folder && !package.manifest.contains_key("workspace");
        match alone && package.folder.starts_with(&self.main) {
            true => &self.main,
            false => &package.root,
        }
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

    /// The folders of the workspaces on the disk, the contract's first.
    pub(super) fn workspaces(&self) -> impl Iterator<Item = &Path> {
        self.workspaces.iter().map(PathBuf::as_path)
    }
}
