//! The lock file of a project as cargo itself writes it, before anything is built from it: where
//! cargo rewrote it later, the hash of unchanged sources would be another.

use super::cargo::without_foreign;
use super::error::BuildError;
use super::package::{Workspace, canonical};
use super::toolchain::ToolchainFile;
use crate::children::Started;
use crate::error::Refusal;
use std::path::Path;
use std::process::Stdio;

/// Has cargo write the lock file of the workspace of the crate in `folder`: what it needs, and no
/// other version of anything that is locked. Where there is none, `seed` is what it begins with.
/// Nothing is downloaded but the registry's index, and that only if need be.
///
/// # Errors
/// `Unsolved` with what cargo says. The lock file stays as it is then.
pub fn settle_lock(folder: &Path, seed: Option<&str>) -> Result<(), BuildError> {
    let path = Workspace::of(folder)?.root.join("Cargo.lock");
    let is_new = !path.exists();
    if let Some(seed) = seed.filter(|_| is_new) {
        std::fs::write(&path, seed).map_err(BuildError::file("write", &path))?;
    }
    let file = ToolchainFile::of(&canonical(folder)?)?;
    let mut reason = String::new();
    // What this machine has of the index does for what is locked.
    for offline in [&["--offline"][..], &[]] {
        let mut command = file.command("cargo");
        without_foreign(&mut command);
        command
            .args(["update", "--workspace", "--quiet"])
            .args(offline)
            .current_dir(folder)
            // whatever a configuration in that folder names
            .envs([("RUSTC", "rustc"), ("RUSTC_WRAPPER", "")])
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            .stdin(Stdio::null());
        let output = Started::output(&mut command);
        let output = output.map_err(BuildError::file("run cargo in", folder))?;
        if output.status.success() {
            return Ok(());
        }
        reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    }
    if is_new && path.exists() {
        std::fs::remove_file(&path).map_err(BuildError::file("remove", &path))?;
    }
    let message = "cargo finds no versions that suit both the crate and the framework:";
    let refusal = Refusal::new("Unsolved", message).detailed(&reason).with(
        "dependencies that cargo can solve",
        reason,
        "change what Cargo.toml asks for; nothing was written",
    );
    Err(refusal.into())
}
