//! The Rust toolchain as found: which compiler, whether it can make WASM, how cargo is called.

use super::error::BuildError;
use crate::progress::Progress;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What contracts are compiled for.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler and where its parts are.
#[derive(Debug, Clone)]
pub(super) struct Toolchain {
    /// `rustc -vV`: goes into the stamp of every build.
    pub(super) version: String,
    /// The commit of the compiler, as in the paths of the standard library's sources.
    pub(super) commit: String,
    /// Where the compiler's libraries are.
    pub(super) sysroot: PathBuf,
    /// Where cargo keeps the sources of dependencies.
    pub(super) cargo_home: PathBuf,
}

impl Toolchain {
    /// Asks the compiler that rustup chooses in `folder`.
    pub(super) fn find(folder: &Path) -> Result<Self, BuildError> {
        let version = ask(folder, "rustc", &["-vV"])?;
        let commit = version
            .lines()
            .find_map(|line| line.strip_prefix("commit-hash: "))
            .unwrap_or("unknown")
            .to_owned();
        let sysroot = PathBuf::from(ask(folder, "rustc", &["--print", "sysroot"])?.trim());
        let cargo_home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(std::env::home_dir()?.join(".cargo")))
            .unwrap_or_else(|| PathBuf::from(".cargo"));
        Ok(Self {
            version,
            commit,
            sysroot,
            cargo_home,
        })
    }

    /// Adds the wasm32 target if the compiler lacks it.
    pub(super) fn require_target(
        &self,
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<(), BuildError> {
        if self
            .sysroot
            .join("lib/rustlib")
            .join(TARGET)
            .join("lib")
            .is_dir()
        {
            return Ok(());
        }
        progress.begin(&format!("adding the target {TARGET} with rustup"));
        let output = run(folder, "rustup", &["target", "add", TARGET])?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(BuildError::TargetMissing { reason });
        }
        progress.end(&format!("target {TARGET} added"));
        Ok(())
    }
}

/// The text that a toolchain program prints.
fn ask(folder: &Path, program: &str, arguments: &[&str]) -> Result<String, BuildError> {
    Ok(String::from_utf8_lossy(&run(folder, program, arguments)?.stdout).into_owned())
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<Output, BuildError> {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|source| BuildError::ToolMissing {
            program: program.into(),
            source,
        })
}
