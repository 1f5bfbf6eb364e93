//! A project of one's own: a folder with a contract, a test of its upgrades, and what belongs around
//! them.

mod error;
mod framework;
mod init;
mod left_out;
mod name;

pub use error::ProjectError;
pub use framework::Framework;
pub use init::{Derived, Init};
pub use left_out::to_exclude;

use crate::build::{BuildError, settle_lock};
use name::{camel_case, check};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::path::{Path, PathBuf};

/// The files of a new project, and what they are made from.
const FILES: [(&str, &str); 10] = [
    ("Cargo.toml", include_str!("template/contract.toml.txt")),
    ("src/lib.rs", include_str!("template/contract.rs.txt")),
    (
        "upgrade-tests/Cargo.toml",
        include_str!("template/tests.toml.txt"),
    ),
    (
        "upgrade-tests/src/lib.rs",
        include_str!("template/tests_lib.rs.txt"),
    ),
    (
        "upgrade-tests/tests/upgrade.rs",
        include_str!("template/upgrade.rs.txt"),
    ),
    (
        "stylus-upgrades.toml",
        include_str!("template/manifest.toml.txt"),
    ),
    ("Stylus.toml", include_str!("template/stylus.toml.txt")),
    (".gitignore", include_str!("template/gitignore.txt")),
    ("README.md", include_str!("template/README.txt")),
    (
        stylus_upgrades_framework::TOOLCHAIN_FILE,
        stylus_upgrades_framework::TOOLCHAIN,
    ),
];

/// A project to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    name: String,
    /// The struct, and the definition in the registry.
    definition: String,
    framework: Framework,
}

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The folder.
    pub folder: PathBuf,
    /// The definition that its README registers.
    pub definition: String,
    /// Its files.
    pub files: Vec<String>,
    /// Whether cargo chooses the versions of dependencies.
    pub is_without_lock: bool,
    /// Why the lock file is not yet what cargo makes of it.
    pub unsettled: Option<BuildError>,
}

impl NewProject {
    /// A project with that name, which takes our crates from `framework`.
    ///
    /// # Errors
    /// [`ProjectError::Name`].
    pub fn new(name: &str, framework: Framework) -> Result<Self, ProjectError> {
        check(name)?;
        Ok(Self {
            name: name.into(),
            definition: camel_case(name),
            framework,
        })
    }

    /// Makes it in `parent`: all of it or nothing. What is there is not written over.
    ///
    /// # Errors
    /// [`ProjectError::Exists`], [`ProjectError::File`].
    pub fn write_in(&self, parent: &Path) -> Result<Made, ProjectError> {
        let folder = parent.join(&self.name);
        if folder.symlink_metadata().is_ok() {
            return Err(ProjectError::Exists { path: folder });
        }
        let beside = parent.join(format!(".{}.{}.new", self.name, std::process::id()));
        let written = self.write(&beside).and_then(|files| {
            let lock = self.framework.lock_file();
            let unsettled = lock.and_then(|_| settle_lock(&beside, None).err());
            renameat_with(CWD, &beside, CWD, &folder, RenameFlags::NOREPLACE).map_err(|error| {
                match error {
                    rustix::io::Errno::EXIST => ProjectError::Exists {
                        path: folder.clone(),
                    },
                    error => ProjectError::file("make", &folder)(error.into()),
                }
            })?;
            Ok((files, unsettled))
        });
        if written.is_err() {
            // What stays is hidden and in nobody's way.
            let _ = std::fs::remove_dir_all(&beside);
        }
        let (files, unsettled) = written?;
        Ok(Made {
            files,
            unsettled,
            folder,
            definition: self.definition.clone(),
            is_without_lock: self.framework.lock_file().is_none(),
        })
    }

    fn write(&self, folder: &Path) -> Result<Vec<String>, ProjectError> {
        std::fs::create_dir_all(folder).map_err(ProjectError::file("make", folder))?;
        let project = folder
            .canonicalize()
            .map_err(ProjectError::file("find", folder))?;
        let mut files: Vec<(&str, String)> = FILES
            .iter()
            .map(|(file, template)| (*file, self.fill(template, &project.join(file), &project)))
            .collect();
        if let Some(lock) = self.framework.lock_file() {
            let text = std::fs::read_to_string(&lock).map_err(ProjectError::file("read", &lock))?;
            files.push(("Cargo.lock", text));
        }
        for (file, text) in &files {
            let path = folder.join(file);
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).map_err(ProjectError::file("make", parent))?;
            std::fs::write(&path, text).map_err(ProjectError::file("write", &path))?;
        }
        Ok(files.iter().map(|(file, _)| (*file).to_owned()).collect())
    }

    fn fill(&self, template: &str, file: &Path, project: &Path) -> String {
        let crate_name = self.name.replace('-', "_");
        let from = file.parent().unwrap_or(project);
        let dependency = |place| self.framework.dependency(place, from, project);
        template
            .replace("{{name}}", &self.name)
            .replace("{{crate}}", &crate_name)
            .replace("{{Name}}", &self.definition)
            .replace(
                "{{contract dependency}}",
                &dependency("migratable/upgradeable"),
            )
            .replace("{{harness dependency}}", &dependency("tests/harness"))
    }
}

#[cfg(test)]
mod tests;
