//! A folder for cargo with the user's downloads and credentials, and with no more of the user's
//! configuration than where packages come from.

use super::config;
use super::error::BuildError;
use std::path::{Path, PathBuf};

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
    /// The folders that packages are compiled from, and the names that the code knows them by: the same for a
    /// registry, a mirror of it and a folder of vendored packages.
    pub(super) names: Vec<(PathBuf, String)>,
}

impl CargoHome {
    /// Makes `folder` the cargo home that has the downloads of `real`, and no more of its configuration than where
    /// packages come from.
    pub(super) fn prepare(folder: PathBuf, real: &Path) -> Result<Self, BuildError> {
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
        let supply = config::supply(&real)?;
        let config = folder.join("config.toml");
        std::fs::write(&config, supply.to_string()).map_err(BuildError::file("write", config))?;
        let mut names = vec![
            (real.clone(), "/cargo".to_owned()),
            (folder.clone(), "/cargo".to_owned()),
        ];
        let registries = std::fs::read_dir(real.join("registry/src"));
        for registry in registries.into_iter().flatten().flatten() {
            for home in [&real, &folder] {
                let packages = home.join("registry/src").join(registry.file_name());
                names.push((packages, PACKAGES.to_owned()));
            }
        }
        let sources = supply.get("source").and_then(toml::Value::as_table);
        let vendored = sources.into_iter().flat_map(toml::Table::values);
        let vendored = vendored.filter_map(|one| one.get("directory")?.as_str());
        names.extend(vendored.map(|vendored| (vendored.into(), PACKAGES.to_owned())));
        Ok(Self { folder, names })
    }
}
