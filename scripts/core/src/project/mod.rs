//! A user's project: a folder with a contract, a test of its upgrades, and what belongs around
//! them.

mod error;
mod framework;
mod init;
mod name;

pub use framework::Framework;
pub use init::Init;

use crate::app_error::Error;
use crate::build::{BuildError, settle_lock};
use crate::error::Refusal;
use crate::own_file::io;
use name::{camel_case, check};
use std::io::ErrorKind;
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
    /// A project with that name, which takes the framework's crates from `framework`.
    ///
    /// # Errors
    /// `ProjectName`.
    pub fn new(name: &str, framework: Framework) -> Result<Self, Error> {
        check(name)?;
        Ok(Self {
            name: name.into(),
            definition: camel_case(name),
            framework,
        })
    }

    /// Makes it in `parent`. What is there is not written over.
    ///
    /// # Errors
    /// `ProjectExists`, `Io`.
    pub fn write_in(&self, parent: &Path) -> Result<Made, Error> {
        let folder = parent.join(&self.name);
        std::fs::create_dir(&folder).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                let found = folder.display().to_string();
                let message = format!("{found} already exists");
                let refusal = Refusal::new("ProjectExists", message).with(
                    "a name that does not exist in this folder",
                    found,
                    "choose another name; nothing was written",
                );
                refusal.usage()
            }
            _ => io("made", &folder)(error),
        })?;
        let files = self.write(&folder)?;
        let lock = self.framework.lock_file();
        Ok(Made {
            files,
            is_without_lock: lock.is_none(),
            unsettled: lock.and_then(|_| settle_lock(&folder, None).err()),
            definition: self.definition.clone(),
            folder,
        })
    }

    fn write(&self, folder: &Path) -> Result<Vec<String>, Error> {
        let project = folder.canonicalize().map_err(io("found", folder))?;
        let mut files: Vec<(&str, String)> = FILES
            .iter()
            .map(|(file, template)| (*file, self.fill(template, &project.join(file), &project)))
            .collect();
        if let Some(lock) = self.framework.lock_file() {
            let text = std::fs::read_to_string(&lock).map_err(io("read", &lock))?;
            files.push(("Cargo.lock", text));
        }
        for (name, text) in &files {
            let path = folder.join(name);
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).map_err(io("made", parent))?;
            std::fs::write(&path, text).map_err(io("written", &path))?;
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
