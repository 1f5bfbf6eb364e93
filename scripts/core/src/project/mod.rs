//! A user's project: a folder with a contract, a test of its upgrades, and what belongs around
//! them.

mod carried;
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
const FILES: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("template/contract.toml.txt")),
    ("src/lib.rs", include_str!("template/contract.rs.txt")),
    (
        "upgrade-tests/Cargo.toml",
        include_str!("template/tests.toml.txt"),
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

/// The upgrade tests of a project, and the text in its other files that depends on these.
struct Tests {
    /// The files of `upgrade-tests/`.
    files: [(&'static str, &'static str); 2],
    /// Its dependencies.
    dependencies: &'static str,
    /// The end of the contract's manifest.
    profile: &'static str,
    /// The note in README about the first run.
    note: &'static str,
}

/// With the harness, which starts a chain in the test's process.
const HARNESS: Tests = Tests {
    files: [
        (
            "upgrade-tests/src/lib.rs",
            include_str!("template/tests_lib.rs.txt"),
        ),
        (
            "upgrade-tests/tests/upgrade.rs",
            include_str!("template/upgrade.rs.txt"),
        ),
    ],
    dependencies: include_str!("template/harness_dependencies.toml.txt"),
    profile: include_str!("template/harness_profile.toml.txt"),
    note: "The first run compiles the chain that the test starts, which takes some minutes.",
};

/// With the installed program: what `new` writes without a clone.
const PROGRAM: Tests = Tests {
    files: [
        (
            "upgrade-tests/src/lib.rs",
            include_str!("template/program_lib.rs.txt"),
        ),
        (
            "upgrade-tests/tests/upgrade.rs",
            include_str!("template/program_upgrade.rs.txt"),
        ),
    ],
    dependencies: "",
    profile: "",
    note: "The test starts a chain with the installed `stylus-upgrades`, and upgrades the contract there.\n\
           `vendor/` holds the crates that the contract compiles. Commit it.",
};

/// A project to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    name: String,
    /// The struct, and the definition in the registry.
    definition: String,
    framework: Framework,
}

/// A project that was made.
#[derive(Debug)]
pub struct Made {
    /// The folder.
    pub folder: PathBuf,
    /// The definition that its README registers.
    pub definition: String,
    /// Its files.
    pub files: Vec<String>,
    /// True if cargo chooses the versions of dependencies.
    pub is_without_lock: bool,
    /// The reason why the lock file is not yet what cargo makes of it.
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
        let lock = self.framework.lock()?;
        let files = self.write(&folder, lock.as_deref())?;
        Ok(Made {
            files,
            is_without_lock: lock.is_none(),
            unsettled: lock.and_then(|_| settle_lock(&folder, None).err()),
            definition: self.definition.clone(),
            folder,
        })
    }

    /// The upgrade tests of the project.
    fn tests(&self) -> Tests {
        match self.framework {
            Framework::Carried => PROGRAM,
            _ => HARNESS,
        }
    }

    fn write(&self, folder: &Path, lock: Option<&str>) -> Result<Vec<String>, Error> {
        let project = folder.canonicalize().map_err(io("found", folder))?;
        let (first, rest) = FILES.split_at(3);
        let tests = self.tests().files;
        let templates = first.iter().chain(&tests).chain(rest).copied();
        let mut files: Vec<(String, Vec<u8>)> = templates
            .map(|(file, template)| {
                let text = self.fill(template, &project.join(file), &project);
                (file.to_owned(), text.into_bytes())
            })
            .collect();
        if let Some(lock) = lock {
            files.push(("Cargo.lock".to_owned(), lock.as_bytes().to_vec()));
        }
        let mut listed: Vec<String> = files.iter().map(|(file, _)| file.clone()).collect();
        let carried = self.framework.files()?;
        if !carried.is_empty() {
            listed.push(format!("{}/", carried::FOLDER));
        }
        files.extend(carried);
        carried::write(folder, &files)?;
        Ok(listed)
    }

    fn fill(&self, template: &str, file: &Path, project: &Path) -> String {
        let crate_name = self.name.replace('-', "_");
        let from = file.parent().unwrap_or(project);
        let dependency = |place| self.framework.dependency(place, from, project);
        let tests = self.tests();
        let exclude = match self.framework {
            Framework::Carried => format!("exclude = [\"{}\"]\n", carried::FOLDER),
            _ => String::new(),
        };
        template
            .replace("{{exclude}}\n", &exclude)
            .replace("{{profile}}\n", tests.profile)
            .replace("{{test dependencies}}\n", tests.dependencies)
            .replace("{{test note}}", tests.note)
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
