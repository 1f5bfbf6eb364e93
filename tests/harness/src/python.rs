//! The packages of `tests/python` at the versions of its list, in an environment of their own. They are
//! installed where they are first needed, into `target/python`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use stylus_upgrades_common::progress::Progress;

use crate::error::HarnessError;
use crate::home::{home, target};
use crate::npm::{lock, read};

/// An environment of Python with the packages of the list.
#[derive(Debug, Clone)]
pub struct Python {
    program: PathBuf,
}

impl Python {
    /// Installs the packages unless that was done before. Others that want the same wait.
    ///
    /// # Errors
    /// [`HarnessError::ToolMissing`] without Python, [`HarnessError::Pip`] with its words.
    pub fn install(progress: &dyn Progress) -> Result<Self, HarnessError> {
        let folder = target("python");
        fs::create_dir_all(&folder).map_err(HarnessError::file("create", &folder))?;
        let _lock = lock(&folder.join("lock"))?;
        let list = home().join("tests/python/requirements.txt");
        let wanted = read(&list)?;
        let environment = folder.join("environment");
        let program = environment.join("bin/python");
        let stamp = folder.join("installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(Self { program });
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
        .arg(&list);
        run(&mut pip)?;
        fs::write(&stamp, wanted).map_err(HarnessError::file("write", &stamp))?;
        progress.end("packages of Python installed");
        Ok(Self { program })
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
