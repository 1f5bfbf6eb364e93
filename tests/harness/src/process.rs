//! Child processes that never outlive the test: [`Anvil`] is killed when dropped, and by a
//! watcher when this process dies without dropping anything.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use stylus_upgrades_common::progress::Progress;

use crate::error::HarnessError;
use crate::home::target;
use crate::npm::{self, Npm};
use crate::program_file::copy_program;

/// A running anvil, or whatever honors its process contract.
#[derive(Debug)]
pub struct Anvil {
    child: Child,
    endpoint: String,
}

impl Anvil {
    /// Starts real anvil on a free port, with the rules of Prague and without bounds on the
    /// size of requests and the gas of calls, so that 1 MiB of calldata fits.
    ///
    /// # Errors
    /// As [`Npm::install`]; [`HarnessError::NotListening`] with what it printed.
    pub fn start(progress: &dyn Progress) -> Result<Self, HarnessError> {
        let anvil = launcher(&Npm::install(progress)?.anvil())?;
        Self::start_program(
            &anvil,
            &[
                "-p",
                "0",
                "--hardfork",
                "prague",
                "--disable-block-gas-limit",
                "--no-request-size-limit",
            ],
        )
    }

    /// Starts a program and waits for its line `Listening on ADDRESS`.
    ///
    /// # Errors
    /// [`HarnessError::ToolMissing`], [`HarnessError::NotListening`].
    pub fn start_program(program: &Path, arguments: &[&str]) -> Result<Self, HarnessError> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|source| HarnessError::ToolMissing {
                program: program.display().to_string(),
                source,
            })?;
        let listening = child
            .stdout
            .take()
            .map(|stdout| listening_on(BufReader::new(stdout)));
        let mut anvil = Self {
            child,
            endpoint: String::new(),
        };
        match listening {
            Some(Ok(address)) => anvil.endpoint = format!("http://{address}"),
            Some(Err(said)) => {
                return Err(HarnessError::NotListening {
                    program: program.display().to_string(),
                    said,
                });
            }
            None => {}
        }
        Ok(anvil)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address on the ready line, or everything that was printed instead of it.
fn listening_on(lines: impl BufRead) -> Result<String, String> {
    let mut said = Vec::new();
    for line in lines.lines().map_while(Result::ok) {
        if let Some(address) = line.strip_prefix("Listening on ") {
            return Ok(address.trim().to_owned());
        }
        said.push(line);
    }
    Err(said.join("\n"))
}

/// A script that becomes `program`, and beside it a watcher that ends it within half a second
/// once its starter is gone, however that died. For spawners of other libraries too.
///
/// # Errors
/// [`HarnessError::File`] if it cannot be written.
pub fn launcher(program: &Path) -> Result<PathBuf, HarnessError> {
    let program = fs::canonicalize(program).map_err(HarnessError::file("find", program))?;
    let folder = target("launch");
    fs::create_dir_all(&folder).map_err(HarnessError::file("create", &folder))?;
    let mark = alloy::primitives::keccak256(program.as_os_str().as_encoded_bytes());
    let script = folder.join(format!(
        "{}-{}",
        name_of(&program),
        alloy::hex::encode(&mark[..4])
    ));
    let text = format!(
        "#!/bin/sh\n\
         # Watches the process that started this one, then becomes the program.\n\
         parent=$PPID\n\
         (while kill -0 $$; do kill -0 $parent || {{ kill -9 $$; break; }}; sleep 0.5; done) </dev/null >/dev/null 2>&1 &\n\
         exec '{}' \"$@\"\n",
        program.display()
    );
    let _lock = npm::lock(&folder.join("lock"))?;
    if fs::read_to_string(&script).is_ok_and(|present| present == text) {
        return Ok(script);
    }
    // Put aside and renamed: another test may be running the old one this very moment.
    let [written, fresh] = ["written", "fresh"].map(|name| folder.join(name));
    fs::write(&written, text).map_err(HarnessError::file("write", &written))?;
    copy_program(&written, &fresh)?;
    fs::rename(&fresh, &script).map_err(HarnessError::file("write", &script))?;
    Ok(script)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
