//! The lock file of a project as cargo itself writes it, before anything is built from it: where
//! cargo rewrote it later, the hash of unchanged sources would be another.

use super::cargo::without_foreign;
use super::error::BuildError;
use super::package::root_of;
use super::toolchain::Toolchain;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Has cargo write the lock file of the workspace of the crate in `folder`: what it needs, and no
/// other version of anything that is locked. Where there is none, `seed` is what it begins with.
/// Nothing is downloaded but the registry's index, and that only if need be.
///
/// # Errors
/// [`BuildError::LockFile`] with what cargo says. A lock file that is there stays as it is then.
pub fn settle_lock(folder: &Path, seed: Option<&Path>) -> Result<PathBuf, BuildError> {
    let path = root_of(folder)?.join("Cargo.lock");
    if let Some(seed) = seed
        && !path.exists()
    {
        std::fs::copy(seed, &path).map_err(BuildError::file("write", &path))?;
    }
    let toolchain = Toolchain::find(folder)?;
    let update = |offline: &[&str]| {
        let mut command = Command::new(&toolchain.cargo);
        without_foreign(&mut command);
        command
            .args(["update", "--workspace", "--quiet"])
            .args(offline)
            .env("RUSTC", &toolchain.rustc)
            .current_dir(folder)
            .stdin(Stdio::null());
        command
            .output()
            .map_err(BuildError::file("run cargo in", folder))
    };
    // What this machine has of the index does for what is locked.
    if update(&["--offline"])?.status.success() {
        return Ok(path);
    }
    let output = update(&[])?;
    match output.status.success() {
        true => Ok(path),
        false => Err(BuildError::LockFile {
            path,
            reason: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}
