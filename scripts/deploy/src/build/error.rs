//! Errors between a contract's source and its code on chain. An error that only one place can meet is told there.

use super::nearest::nearest_crate;
use crate::error::{Exit, Explain, Refusal, Report};
use crate::project_file;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The declaration by which a manifest names files outside its package.
pub(super) const DECLARE: &str =
    "[package.metadata.stylus-upgrades] sources = [\"../other/src/file.rs\"]";

/// An error between a contract's source and its code on chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(transparent)]
pub struct BuildError(#[from] Refusal);

impl Explain for BuildError {
    fn report(&self) -> Report {
        self.0.report()
    }

    fn exit(&self) -> Exit {
        self.0.exit()
    }
}

impl BuildError {
    /// The error that something named is not there.
    pub(super) fn missing(
        expected: impl Into<String>,
        found: impl Into<String>,
        next: &str,
    ) -> Self {
        let found = found.into();
        let refusal = Refusal::new("Missing", found.clone());
        refusal.with(expected, found, next).usage().into()
    }

    /// The framework's bytes in this program contradict each other.
    pub fn pinned(reason: impl Display) -> Self {
        let reason = reason.to_string();
        let refusal = Refusal::new("Pinned", reason.clone()).with(
            "bytes that hash to what is pinned",
            reason,
            "reinstall the program: its files are of several versions",
        );
        refusal.into()
    }

    /// The path names neither a crate nor a WASM file.
    pub(super) fn not_a_contract(path: &Path) -> Self {
        let next = match nearest_crate(path) {
            Ok(Some(folder)) if !path.join("Cargo.toml").is_file() => format!(
                "give the folder above that has Cargo.toml: {}",
                folder.display()
            ),
            _ => "give the folder of a crate, or a .wasm file".into(),
        };
        let path = path.display().to_string();
        let message = format!("{path} is neither a contract crate nor a .wasm file");
        let refusal = Refusal::new("NotAContract", message).with(
            "a folder with Cargo.toml, or a .wasm file",
            path,
            next,
        );
        refusal.usage().into()
    }

    /// Others could not verify what is built of a package.
    pub fn not_verifiable(package: &str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let message = format!("others cannot verify {package}: {reason}");
        let refusal = Refusal::new("NotVerifiable", message).with(
            "a commit of a workspace that cargo-stylus builds: Stylus.toml beside its Cargo.toml and its workspace's, \
             rust-toolchain.toml with a version, a lock file",
            reason,
            "add what is missing and commit it; docs/verifiable.md lists it",
        );
        refusal.usage().into()
    }

    /// A file error, with what was attempted: a verb.
    pub fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| {
            let message = format!("{action} {}: {source}", path.display());
            let refusal = Refusal::new("File", message).with(
                format!("a file to {action}"),
                source.to_string(),
                "check the path, its permissions and the space on the disk",
            );
            refusal.into()
        }
    }

    /// A manifest, a lock file or settings that cannot be understood or say what cannot be part of the sources, or
    /// files that lie elsewhere or are larger than sources are.
    pub(super) fn in_file(path: impl AsRef<Path>, reason: impl Display) -> Self {
        let message = format!("{}: {reason}", path.as_ref().display());
        let refusal = Refusal::new("SourceFile", message.clone()).with(
            "sources that cargo reads, whole and in their package",
            message,
            "correct the file, or move it out of the package",
        );
        refusal.into()
    }

    /// A file that is not the TOML that is expected of it. Nothing of the file is quoted.
    pub(super) fn not_toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let place = project_file::place_of(text, error);
        Self::in_file(path, format!("cannot be read as TOML at {place}"))
    }

    /// A package is compiled from a file that is not copied.
    pub(super) fn not_in_sources(package: &str, path: &Path) -> Self {
        let file = path.display();
        let message = format!("{package} reads {file}, which is not part of its sources");
        let refusal = Refusal::new("NotInSources", message.clone()).with(
            "files of the package, of what it depends on by path, or declared as sources",
            message,
            format!(
                "move the file into the package, depend on its package by path, or name it: {DECLARE}"
            ),
        );
        refusal.into()
    }

    /// The code holds what a variable of this machine says.
    pub(super) fn reads_variable(package: &str, name: &str) -> Self {
        let message =
            format!("{package} reads the variable {name}, which is not part of its sources");
        let refusal = Refusal::new("NotInSources", message.clone()).with(
            "variables that cargo makes of the manifest, or a build script of the sources",
            message,
            "write the value into the sources",
        );
        refusal.into()
    }

    /// The code holds a file that its author wrote otherwise.
    pub(super) fn reads_rewritten(package: &str, place: &Path) -> Self {
        let place = place.display();
        let message = format!(
            "{package} reads {place}, which a build has in another form than it is written"
        );
        let refusal = Refusal::new("NotInSources", message.clone()).with(
            "files that are copied as they are",
            message,
            format!("read what {place} says from a file of your own, or by env!(\"CARGO_PKG_…\")"),
        );
        refusal.into()
    }

    /// The toolchain that the sources ask for is not there, does not answer, or has no target for contracts.
    pub(super) fn toolchain(program: &str, said: impl Into<String>) -> Self {
        let said = said.into();
        let refusal = Refusal::new("Toolchain", format!("{program} fails: {said}")).with(
            "the toolchain that the sources name, with the target wasm32-unknown-unknown",
            said,
            "install Rust with rustup, put cargo into the PATH, and install the toolchain that rust-toolchain.toml \
             names: rustup toolchain install, and rustup target add wasm32-unknown-unknown",
        );
        refusal.into()
    }

    /// The error that a program of the toolchain could not be started.
    pub(super) fn not_started(program: &std::ffi::OsStr) -> impl FnOnce(std::io::Error) -> Self {
        let program = program.to_string_lossy().into_owned();
        move |error| Self::toolchain(&program, format!("it could not be started: {error}"))
    }

    /// The bytes are not a WASM module, and no program with one.
    pub(super) fn not_wasm(package: &str, reason: impl Display) -> Self {
        let reason = reason.to_string();
        let message = format!("{package} is no WASM module: {reason}");
        let refusal = Refusal::new("NotWasm", message).with(
            "a WASM module; on chain, a brotli stream after EF F0 00 00",
            reason,
            "give a .wasm file made for wasm32-unknown-unknown, or the code of a Stylus contract",
        );
        refusal.into()
    }

    /// The code is too large for any chain, whatever its owner allows; `limit` says what is the most.
    pub(super) fn too_large(package: &str, limit: impl Into<String>, found: usize) -> Self {
        let message = format!("{package} has {found} bytes");
        let refusal = Refusal::new("TooLarge", message).with(
            limit,
            format!("{found} bytes"),
            "make the contract smaller (opt-level = \"z\", lto = true), declare [wasm-opt] in Stylus.toml, or split it",
        );
        refusal.into()
    }
}
