//! A folder for cargo with the user's downloads and credentials, and with no more of the user's
//! configuration than where packages come from.

use super::config::vendored;
use super::error::BuildError;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Folders of downloads, which every build on the machine shares.
const FOLDERS: [&str; 2] = ["registry", "git"];
/// Locks and books about them, and what opens private registries.
const FILES: [&str; 5] = [
    ".package-cache",
    ".package-cache-mutate",
    ".global-cache",
    "credentials",
    "credentials.toml",
];
/// What the code knows every folder of packages by, whichever registry they were fetched from.
const PACKAGES: &str = "/cargo/registry/src/packages";

/// Cargo's folder for builds of contracts.
#[derive(Debug, Clone)]
pub(super) struct CargoHome {
    /// The folder.
    pub(super) folder: PathBuf,
    /// The user's own.
    real: PathBuf,
    /// Folders of packages that a configuration puts in the place of a registry.
    vendored: Vec<PathBuf>,
}

impl CargoHome {
    /// Makes `folder` the cargo home that has the downloads of `real`, and `supply` as its
    /// configuration.
    pub(super) fn prepare(
        folder: PathBuf,
        real: &Path,
        supply: &Table,
    ) -> Result<Self, BuildError> {
        let create =
            |path: &Path| std::fs::create_dir_all(path).map_err(BuildError::file("create", path));
        create(&folder)?;
        create(real)?;
        let real = std::fs::canonicalize(real).map_err(BuildError::file("find", real))?;
        for name in FOLDERS {
            create(&real.join(name))?;
        }
        for name in FOLDERS.iter().chain(&FILES) {
            let (link, to) = (folder.join(name), real.join(name));
            if std::fs::read_link(&link).is_ok_and(|there| there == to) {
                continue;
            }
            if std::fs::symlink_metadata(&link).is_ok() {
                std::fs::remove_file(&link).map_err(BuildError::file("remove", &link))?;
            }
            std::os::unix::fs::symlink(&to, &link).map_err(BuildError::file("create", &link))?;
        }
        let config = folder.join("config.toml");
        std::fs::write(&config, supply.to_string()).map_err(BuildError::file("write", config))?;
        let sources = supply.get("source").and_then(Value::as_table);
        Ok(Self {
            vendored: sources
                .into_iter()
                .flat_map(vendored)
                .map(PathBuf::from)
                .collect(),
            folder,
            real,
        })
    }

    /// The folders that packages are compiled from, and the names that the code knows them by: the
    /// same for a registry, a mirror of it and a folder of vendored packages.
    pub(super) fn names(&self) -> Vec<(PathBuf, String)> {
        let mut names = vec![
            (self.real.clone(), "/cargo".to_owned()),
            (self.folder.clone(), "/cargo".to_owned()),
        ];
        let below = std::fs::read_dir(self.real.join("registry/src"))
            .into_iter()
            .flatten();
        let mut registries: Vec<_> = below.flatten().map(|entry| entry.file_name()).collect();
        registries.sort_unstable();
        for name in registries {
            for home in [&self.real, &self.folder] {
                let folder = home.join("registry/src").join(&name);
                names.push((folder, PACKAGES.to_owned()));
            }
        }
        let vendored = self.vendored.iter();
        names.extend(vendored.map(|folder| (folder.clone(), PACKAGES.to_owned())));
        names
    }
}
