//! The packages of `tests/python` and of `tests/suites/ape` at the versions of their lists, each list in an environment of
//! its own. They are installed where they are first needed, into `target/python` and `target/python-ape`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use stylus_upgrades_common::progress::Progress;

use crate::error::HarnessError;
use crate::home::{home, target};
use crate::npm::{lock, read};

/// The file of a folder that lists the packages.
const LIST: &str = "requirements.txt";

/// An environment of Python with the packages of the list.
#[derive(Debug, Clone)]
pub struct Python {
    folder: PathBuf,
    program: PathBuf,
}

impl Python {
    /// Installs the packages of `tests/python` unless that was done before. Others that want the same wait.
    ///
    /// # Errors
    /// [`HarnessError::ToolMissing`] without Python, [`HarnessError::Pip`] with its words.
    pub fn install(progress: &dyn Progress) -> Result<Self, HarnessError> {
        Self::install_from(progress, "tests/python", target("python"))
    }

    /// Installs ape and what its plugin's tests need.
    ///
    /// # Errors
    /// As [`Python::install`].
    pub fn install_ape(progress: &dyn Progress) -> Result<Self, HarnessError> {
        Self::install_from(progress, "tests/suites/ape", target("python-ape"))
    }

    fn install_from(
        progress: &dyn Progress,
        sources: &str,
        folder: PathBuf,
    ) -> Result<Self, HarnessError> {
        fs::create_dir_all(&folder).map_err(HarnessError::file("create", &folder))?;
        let _lock = lock(&folder.join("lock"))?;
        let wanted = read(&home().join(sources).join(LIST))?;
        let environment = folder.join("environment");
        let program = environment.join("bin/python");
        let stamp = folder.join("installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(Self { folder, program });
        }
        progress.begin("installing packages of Python from pip");
        let mut make = Command::new("python3");
        run(make.args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(&program);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            // erc7730 names one version of Python, and runs on others
            "--ignore-requires-python",
        ])
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(home().join(sources).join(LIST));
        run(&mut pip)?;
        fs::write(&stamp, wanted).map_err(HarnessError::file("write", &stamp))?;
        progress.end("packages of Python installed");
        Ok(Self { folder, program })
    }

    /// The folder of a package's source archive, which has its tests. Built with the packages that are installed.
    ///
    /// # Errors
    /// [`HarnessError::Pip`] with the words of pip or of Python.
    pub fn unpack_source(&self, package: &str, version: &str) -> Result<PathBuf, HarnessError> {
        let name = format!("{}-{version}", package.replace('-', "_"));
        let _lock = lock(&self.folder.join("lock"))?;
        let source = self.folder.join(&name);
        if source.is_dir() {
            return Ok(source);
        }
        let mut pip = Command::new(&self.program);
        pip.args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--no-binary",
            ":all:",
            "--no-build-isolation",
            "--disable-pip-version-check",
            "--dest",
        ])
        .arg(&self.folder)
        .arg(format!("{package}=={version}"));
        run(&mut pip)?;
        let archive = self.folder.join(format!("{name}.tar.gz"));
        let unpacked = self.folder.join("unpacked");
        let mut unpack = Command::new(&self.program);
        unpack
            .args(["-m", "tarfile", "-e"])
            .args([&archive, &unpacked]);
        run(&mut unpack)?;
        let made = unpacked.join(&name);
        fs::rename(&made, &source).map_err(HarnessError::file("rename", &made))?;
        Ok(source)
    }

    /// The interpreter that finds them.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

fn run(command: &mut Command) -> Result<(), HarnessError> {
    let output = command
        .output()
        .map_err(|source| HarnessError::ToolMissing {
            program: command.get_program().to_string_lossy().into_owned(),
            source,
        })?;
    match output.status.success() {
        true => Ok(()),
        false => Err(HarnessError::Pip {
            said: format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
        }),
    }
}
