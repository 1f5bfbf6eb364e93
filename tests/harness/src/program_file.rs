//! Programs that a test puts somewhere and runs.

use std::io;
use std::path::Path;
use std::process::Command;

use crate::error::HarnessError;

/// Copies the program `from` to `to`, where it may be executed at once.
///
/// Another process writes the file: what this one has open for writing is inherited by whatever
/// another thread starts at that moment, and the system executes no file that is open for writing
/// (`ETXTBSY`, "Text file busy").
///
/// # Errors
/// [`HarnessError::File`] with what `install` says.
///
/// ```
/// use stylus_upgrades_harness::copy_program;
/// use std::{path::Path, process::Command};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let own = folder.path().join("own-shell");
/// copy_program(Path::new("/bin/sh"), &own)?;
/// assert!(Command::new(&own).args(["-c", "exit 0"]).status()?.success());
/// # Ok(())
/// # }
/// ```
pub fn copy_program(from: &Path, to: &Path) -> Result<(), HarnessError> {
    let output = Command::new("install")
        .args(["-m", "755", "--"])
        .args([from, to])
        .output()
        .map_err(HarnessError::file("copy by install", from))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(HarnessError::file("copy", from)(io::Error::other(said)))
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::copy_program;

    #[test]
    fn a_copied_program_runs_although_others_are_started_all_the_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("source");
        std::fs::write(&script, "#!/bin/sh\nexit 0\n").expect("written");
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !ended.load(Relaxed) {
                        Command::new("true").status().expect("it starts");
                    }
                });
            }
            let outcomes: Vec<_> = (0..200)
                .map(|index| {
                    let own = folder.path().join(index.to_string());
                    copy_program(&script, &own).map(|()| Command::new(&own).status())
                })
                .collect();
            ended.store(true, Relaxed);
            for outcome in outcomes {
                let status = outcome.expect("copied").expect("it starts");
                assert!(status.success());
            }
        });
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = copy_program(&folder.path().join("none"), &folder.path().join("own"));
        let error = error.expect_err("refused").to_string();
        assert!(
            error.starts_with("copy ") && error.contains("none"),
            "{error}"
        );
    }
}
