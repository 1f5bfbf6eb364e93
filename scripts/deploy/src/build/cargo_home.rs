//! A folder for cargo with the user's downloads and credentials, and with no more of the user's
//! configuration than where packages come from.

use super::config;
use super::error::BuildError;
use std::path::{Path, PathBuf};

/// Archives of packages.
pub(super) const CACHE: &str = "registry/cache";
/// The folder of packages that cargo unpacks, in a folder of our own: it takes what lies there as it is.
pub(super) const UNPACKED: &str = "registry/src";
/// Folders of downloads, which every build on the machine shares.
const FOLDERS: [&str; 3] = [CACHE, "registry/index", "git"];
/// Locks and books about them.
const BOOKS: [&str; 3] = [".package-cache", ".package-cache-mutate", ".global-cache"];
/// The files that open private registries.
const CREDENTIALS: [&str; 2] = ["credentials", "credentials.toml"];

/// Cargo's folder for builds of contracts.
#[derive(Debug, Clone)]
pub(super) struct CargoHome {
    /// The folder.
    pub(super) folder: PathBuf,
    /// The folders that packages are compiled from: those of registries, of mirrors, and of vendored packages.
    packages: Vec<PathBuf>,
    /// The user's own.
    real: PathBuf,
    /// Folders that the user's configuration has packages come from.
    supplied: Vec<PathBuf>,
}

impl CargoHome {
    /// Makes `folder` the cargo home that has the downloads of `real`, and no more of its configuration than where
    /// packages come from. With `unpacks_anew`, nothing is there that an earlier build can have changed.
    pub(super) fn prepare(
        folder: PathBuf,
        real: &Path,
        unpacks_anew: bool,
    ) -> Result<Self, BuildError> {
        let create =
            |path: &Path| std::fs::create_dir_all(path).map_err(BuildError::file("create", path));
        create(&folder)?;
        create(real)?;
        let real = std::fs::canonicalize(real).map_err(BuildError::file("find", real))?;
        for name in FOLDERS {
            create(&real.join(name))?;
        }
        let registry = folder.join("registry");
        if std::fs::read_link(&registry).is_ok() {
            std::fs::remove_file(&registry).map_err(BuildError::file("remove", &registry))?;
        }
        create(&registry)?;
        let unpacked = folder.join(UNPACKED);
        if unpacks_anew && unpacked.exists() {
            std::fs::remove_dir_all(&unpacked).map_err(BuildError::file("remove", &unpacked))?;
        }
        for name in FOLDERS.iter().chain(&BOOKS).chain(&CREDENTIALS) {
            let (link, to) = (folder.join(name), real.join(name));
            if std::fs::read_link(&link).is_ok_and(|there| there == to) {
                continue;
            }
            if std::fs::symlink_metadata(&link).is_ok() {
                std::fs::remove_file(&link).map_err(BuildError::file("remove", &link))?;
            }
            std::os::unix::fs::symlink(&to, &link).map_err(BuildError::file("create", &link))?;
        }
        let supply = config::supply(&real)?;
        let config = folder.join("config.toml");
        std::fs::write(&config, supply.to_string()).map_err(BuildError::file("write", config))?;
        let mut packages = Vec::new();
        let registries = std::fs::read_dir(real.join(CACHE));
        for registry in registries.into_iter().flatten().flatten() {
            for home in [&real, &folder] {
                packages.push(home.join(UNPACKED).join(registry.file_name()));
            }
        }
        let sources = supply.get("source").and_then(toml::Value::as_table);
        let sources: Vec<&toml::Value> =
            sources.into_iter().flat_map(toml::Table::values).collect();
        let of = |key: &str| {
            let all = sources
                .iter()
                .filter_map(|source| source.get(key)?.as_str());
            all.map(PathBuf::from).collect::<Vec<_>>()
        };
        let (vendored, archives) = (of("directory"), of("local-registry"));
        packages.extend(vendored.iter().cloned());
        Ok(Self {
            supplied: [vendored, archives].concat(),
            folder,
            packages,
            real,
        })
    }

    /// The names that the code knows its folders by: `home`, and `packages` for whatever packages are compiled from.
    pub(super) fn names(&self, home: &str, packages: &str) -> Vec<(PathBuf, String)> {
        let own = [&self.real, &self.folder].into_iter();
        let own = own.map(|path| (path.clone(), home.to_owned()));
        let all = self.packages.iter();
        own.chain(all.map(|path| (path.clone(), packages.to_owned())))
            .collect()
    }

    /// Returns the paths in it that a build reads: no credentials.
    pub(super) fn read(&self) -> impl Iterator<Item = PathBuf> {
        let own = FOLDERS.iter().map(|name| self.real.join(name));
        own.chain([self.folder.clone()])
            .chain(self.supplied.iter().cloned())
    }

    /// Locks and books that cargo writes wherever it runs.
    pub(super) fn books(&self) -> impl Iterator<Item = PathBuf> {
        BOOKS.iter().map(|name| self.real.join(name))
    }
}
