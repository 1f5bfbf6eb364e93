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
    /// The compiler.
    pub(super) rustc: PathBuf,
    /// The cargo that belongs to it.
    pub(super) cargo: PathBuf,
}

impl Toolchain {
    /// Asks the compiler that rustup chooses in `folder`, by the file that lies there.
    pub(super) fn find(folder: &Path) -> Result<Self, BuildError> {
        let version = ask(folder, "rustc", &["-vV"])?;
        let commit = version
            .lines()
            .find_map(|line| line.strip_prefix("commit-hash: "))
            .unwrap_or("unknown")
            .to_owned();
        let sysroot = PathBuf::from(ask(folder, "rustc", &["--print", "sysroot"])?.trim());
        let program = |name: &str| {
            let path = sysroot.join("bin").join(name);
            if path.is_file() { path } else { name.into() }
        };
        Ok(Self {
            version,
            commit,
            rustc: program("rustc"),
            cargo: program("cargo"),
            sysroot,
        })
    }

    /// Whether the compiler has the wasm32 target.
    fn has_target(&self) -> bool {
        let libraries = self.sysroot.join("lib/rustlib").join(TARGET).join("lib");
        libraries.is_dir()
    }

    /// Adds the wasm32 target if the compiler lacks it.
    pub(super) fn require_target(
        &self,
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<(), BuildError> {
        if self.has_target() {
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

/// A toolchain, as far as contracts need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundToolchain {
    /// What the compiler calls itself.
    pub rustc: String,
    /// What rustup calls itself, where it is installed.
    pub rustup: Option<String>,
    /// What contracts are compiled for.
    pub target: &'static str,
    /// Whether the compiler can.
    pub has_target: bool,
}

/// Looks for the toolchain that is chosen in `folder`, and adds nothing to it.
///
/// # Errors
/// Where there is no compiler, or it does not say what it is.
pub fn look_at_toolchain(folder: &Path) -> Result<FoundToolchain, BuildError> {
    let found = Toolchain::find(folder)?;
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    Ok(FoundToolchain {
        rustc: first(&found.version),
        rustup: ask(folder, "rustup", &["--version"])
            .ok()
            .map(|said| first(&said)),
        target: TARGET,
        has_target: found.has_target(),
    })
}

/// Where cargo keeps what it downloads, and the user's configuration of it.
pub(super) fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")))
        .unwrap_or_else(|| PathBuf::from(".cargo"))
}

/// The text that a toolchain program prints.
fn ask(folder: &Path, program: &str, arguments: &[&str]) -> Result<String, BuildError> {
    let output = run(folder, program, arguments)?;
    if !output.status.success() {
        return Err(BuildError::Toolchain {
            program: program.into(),
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The file in `folder` chooses the toolchain, not the one that this program runs under.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<Output, BuildError> {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_remove("RUSTUP_TOOLCHAIN")
        .output()
        .map_err(|source| BuildError::ToolMissing {
            program: program.into(),
            source,
        })
}
