//! The lock file of a project as cargo itself writes it, before anything is built from it: where
//! cargo rewrote it later, the hash of unchanged sources would be another.

use super::cargo::without_foreign;
use super::error::BuildError;
use super::package::{Workspace, canonical};
use super::toolchain::{Toolchain, ToolchainFile};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Has cargo write the lock file of the workspace of the crate in `folder`: what it needs, and no
/// other version of anything that is locked. Where there is none, `seed` is what it begins with.
/// Nothing is downloaded but the registry's index, and that only if need be.
///
/// # Errors
/// [`BuildError::LockFile`] with what cargo says. A lock file that is there stays as it is then.
pub fn settle_lock(folder: &Path, seed: Option<&Path>) -> Result<PathBuf, BuildError> {
    let path = Workspace::of(folder)?.root.join("Cargo.lock");
    if let Some(seed) = seed
        && !path.exists()
    {
        std::fs::copy(seed, &path).map_err(BuildError::file("write", &path))?;
    }
    let toolchain = Toolchain::find(&ToolchainFile::of(&canonical(folder)?)?)?;
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

/// A lock file as it is to be written.
#[derive(Debug)]
pub struct SolvedLock {
    /// The file.
    pub path: PathBuf,
    /// What it says then.
    pub text: String,
}

/// What [`settle_lock`] would write where these files of the crate in `folder` are changed, by name and
/// content. Cargo solves it in a copy; nothing is changed here.
///
/// # Errors
/// [`BuildError::Unsolved`] with what cargo says.
pub fn solve_lock(
    folder: &Path,
    seed: Option<&Path>,
    changed: &[(&str, &str)],
) -> Result<SolvedLock, BuildError> {
    let (folder, root) = (canonical(folder)?, Workspace::of(folder)?.root.clone());
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let name = format!(".{name}.{}.solved", std::process::id());
    // Beside it, so that paths that lead out of it lead to the same, where that may be written.
    let above = root.parent().unwrap_or(&root);
    let made = |above: &Path| {
        let copy = above.join(&name);
        fs::create_dir(&copy).map(|()| copy)
    };
    let copy = made(above).or_else(|_| made(&std::env::temp_dir()));
    let copy = canonical(&copy.map_err(BuildError::file("make a folder in", above))?)?;
    let text = solved_in(&copy, &root, &folder, seed, changed);
    // What stays is hidden and in nobody's way.
    let _ = fs::remove_dir_all(&copy);
    let path = root.join("Cargo.lock");
    Ok(SolvedLock { path, text: text? })
}

/// What cargo makes of the lock file of the workspace in `root`, in the folder `copy`.
fn solved_in(
    copy: &Path,
    root: &Path,
    folder: &Path,
    seed: Option<&Path>,
    changed: &[(&str, &str)],
) -> Result<String, BuildError> {
    copy_manifests(root, copy).map_err(BuildError::file("copy the manifests of", root))?;
    let inside = copy.join(folder.strip_prefix(root).unwrap_or(Path::new("")));
    for (name, text) in changed {
        let path = inside.join(name);
        fs::write(&path, text).map_err(BuildError::file("write", &path))?;
    }
    close_workspace(&copy.join("Cargo.toml"))?;
    let solved = settle_lock(&inside, seed).map_err(|error| match error {
        BuildError::LockFile { reason, .. } => {
            let [there, here] = [copy, root].map(|path| path.display().to_string());
            let reason = reason.replace(&there, &here);
            BuildError::Unsolved { reason }
        }
        error => error,
    })?;
    fs::read_to_string(&solved).map_err(BuildError::file("read", &solved))
}

/// Makes the manifest that of a workspace: folders above the copy have no part in it.
fn close_workspace(path: &Path) -> Result<(), BuildError> {
    let text = fs::read_to_string(path).map_err(BuildError::file("read", path))?;
    let manifest = text.parse::<toml_edit::DocumentMut>();
    if manifest.is_ok_and(|manifest| !manifest.contains_key("workspace")) {
        let mut file = fs::OpenOptions::new();
        let file = file.append(true).open(path);
        file.and_then(|mut file| file.write_all(b"\n[workspace]\n"))
            .map_err(BuildError::file("write", path))?;
    }
    Ok(())
}

/// Copies what cargo reads to choose versions. Of sources it looks only whether they are there.
fn copy_manifests(from: &Path, to: &Path) -> io::Result<()> {
    const SKIPPED: [&str; 3] = ["target", "node_modules", ".git"];
    const READ: [&str; 7] = [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo-checksum.json",
        "config",
        "config.toml",
        "rust-toolchain",
        "rust-toolchain.toml",
    ];
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let (path, copy) = (entry.path(), to.join(&name));
        let is_any = |names: &[&str]| names.iter().any(|one| name == *one);
        match kind.is_dir() {
            true if is_any(&SKIPPED) => {}
            true => copy_manifests(&path, &copy)?,
            false if path.extension().is_some_and(|one| one == "rs") => fs::write(&copy, "")?,
            false if kind.is_file() && is_any(&READ) => drop(fs::copy(&path, &copy)?),
            false => {}
        }
    }
    Ok(())
}
