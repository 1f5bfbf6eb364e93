//! Implementations as cargo-stylus makes them, so that `cargo stylus verify` on the
//! transaction that created them finds the same bytes. Plain cargo builds the crate where it lies,
//! and cargo-stylus itself writes the init code: its hash of the sources is in there, with their
//! paths, so the bytes are the same only where the folder has the same path.
//!
//! cargo-stylus depends on a C encoder of its own (`brotli-sys` 0.3.2, with the advisory RUSTSEC-2021-0131). The
//! `brotli` crate makes other bytes of the same module, so the recipe is not repeated here.

use super::builder::Builder;
use super::cargo::{kept, without_foreign};
use super::code::Artifact;
use super::error::BuildError;
use super::info::Recipe;
use super::metadata::{metadata, require_snapshot};
use super::package::{Package, closure};
use super::toolchain::{self, TARGET, ToolchainFile};
use super::workplace::Workplace;
use super::{evm, wasm};
use crate::children::Started;
use crate::program_code::module;
use crate::progress::Progress;
use alloy::hex;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use stylus_layout::BuildMetadata;
use stylus_upgrades_interface::{chain, limits};

/// The program, as cargo would look for it.
const PROGRAM: &str = "cargo-stylus";
/// What cargo passes as its first argument.
const SUBCOMMAND: &str = "stylus";
/// Lines of a failed build that are shown.
const DIAGNOSTICS_MAX: usize = 20;

/// What that means.
const NOT_IN_SANDBOX: &str = "build scripts and macros of what it builds have your rights";

/// Where cargo and rustup have their folders.
const FOUND_BY: [&str; 3] = ["HOME", "CARGO_HOME", "RUSTUP_HOME"];

impl Builder {
    /// The crate in `folder`, as [`Self::path`] knows it, with the code that cargo-stylus makes of
    /// it. `initcode` is what `cargo stylus get-initcode` wrote elsewhere, such as in its container:
    /// it is taken where it differs from what cargo-stylus makes here in nothing but its hash of the
    /// sources, which covers paths. `snapshot` is where others find the sources, as NEP-330 writes
    /// it; it goes into what is published with the layout.
    ///
    /// # Errors
    /// `NotVerifiable` where cargo-stylus would not take the crate, what it makes is
    /// not what the chain or a proxy takes, `initcode` is of another program, or `snapshot` of other
    /// sources.
    pub fn verifiable(
        &self,
        artifact: Artifact,
        folder: &Path,
        initcode: Option<&Path>,
        snapshot: Option<&str>,
    ) -> Result<Artifact, BuildError> {
        let package = Package::open(folder)?;
        if let Some(uri) = snapshot {
            require_snapshot(&package.name, uri, artifact.info.commit.as_ref())?;
        }
        let workplace = Workplace::open(&self.tools, self.target(&package)?.join("verifiable"))?;
        // What it writes is read before somebody else builds there.
        let lock = workplace.lock()?;
        let target = workplace.folder.join("target");
        forget(&package, &target)?;
        let (tool, written) = run(&package, &target, lock, &*self.tools.progress)?;
        require_same_source(&package.name, &artifact, &target)?;
        let metadata = metadata(&package, &artifact, &tool, snapshot);
        let made = artifact.clone();
        let here = made.with_init_code(&written, &tool, metadata.clone())?;
        let Some(file) = initcode else {
            return Ok(here);
        };
        let tool = format!("{PROGRAM}, in {}", file.display());
        let artifact = artifact.with_init_code(file, &tool, metadata)?;
        match wasm::is_same_program(&here.wasm, &artifact.wasm) {
            true => Ok(artifact),
            false => Err(BuildError::not_verifiable(
                &package.name,
                format!(
                    "{} is not the program that these sources build to here: more than \
                     project_hash differs",
                    file.display()
                ),
            )),
        }
    }
}

impl Artifact {
    /// The same contract with the code that cargo-stylus made of it, from the file that it wrote.
    fn with_init_code(
        self,
        file: &Path,
        tool: &str,
        metadata: BuildMetadata,
    ) -> Result<Self, BuildError> {
        let refused = |reason: String| BuildError::not_verifiable(&self.name, reason);
        let text = std::fs::read_to_string(file).map_err(BuildError::file("read", file))?;
        let initcode = hex::decode(text.trim())
            .map_err(|error| refused(format!("its init code is no hexadecimal: {error}")))?;
        let code = initcode.get(evm::PRELUDE..).unwrap_or_default();
        if evm::creation_code(code)[..] != *initcode || !code.starts_with(&chain::PROGRAM_PREFIX) {
            let reason = "it is no init code of one program: the contract may need fragments";
            return Err(refused(reason.into()));
        }
        if code.len() > limits::CODE_SIZE_MAX {
            let limit = limits::CODE_SIZE_MAX;
            return Err(BuildError::too_large(&self.name, limit, code.len()));
        }
        let module = module(code, &[])
            .map_err(|error| refused(format!("it cannot be decompressed: {error}")))?;
        let hash = wasm::project_hash(&module);
        let project_hash = hash.ok_or_else(|| refused("it has no project_hash".into()))?;
        wasm::check(&self.name, &module)?;
        let mut info = self.info.clone();
        info.flags = vec!["cargo build --lib --locked --release".into()];
        info.encoder = tool.into();
        info.recipe = Some(Recipe {
            tool: tool.into(),
            project_hash,
            metadata,
        });
        Ok(Self {
            wasm: module.into(),
            code: code.to_vec().into(),
            fragments: Vec::new(),
            info,
            ..self
        })
    }
}

/// Has cargo forget what it compiled of the packages that lie in folders. It knows them by their names and decides by
/// the times of their files, so that it would take what it compiled of another checkout, or before the clock was set
/// back.
fn forget(package: &Package, target: &Path) -> Result<(), BuildError> {
    if !target.exists() {
        return Ok(());
    }
    let mut command = ToolchainFile::of(&package.folder)?.command("cargo");
    without_foreign(&mut command);
    command
        .args(["clean", "--quiet", "--locked", "--release"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(target)
        .arg("--manifest-path")
        .arg(package.folder.join("Cargo.toml"));
    for one in closure(package.clone())? {
        command.args(["--package", &one.told.id.repr]);
    }
    toolchain::ask(&mut command).map(drop)
}

/// Runs cargo-stylus in the crate's folder: its name with version, and the file with the init code in hexadecimal.
fn run(
    package: &Package,
    target: &Path,
    lock: &File,
    progress: &dyn Progress,
) -> Result<(String, PathBuf), BuildError> {
    let version = stylus(package, target, lock, &["--version"])?;
    let words = version.split_whitespace().last().unwrap_or_default();
    let tool = format!("{PROGRAM} {words}");
    progress.note(&format!(
        "{tool} builds outside of the sandbox: {NOT_IN_SANDBOX}"
    ));
    progress.begin(&format!("building {} with {tool}", package.name));
    let file: PathBuf = target.with_file_name(format!("{}.initcode", package.name));
    let path = file.display().to_string();
    let words = [
        "get-initcode",
        "--contract",
        &package.name,
        "--output",
        &path,
    ];
    stylus(package, target, lock, &words)?;
    progress.end(&format!("{} built with {tool}", package.name));
    Ok((tool, file))
}

/// Build scripts and macros of whatever the crate depends on run below it, so it has no variable
/// that this program's compiler would not have, and what it finds cargo and its toolchains by.
fn command(program: &Path, folder: &Path, target: &Path) -> Command {
    let found_by = FOUND_BY.iter().filter_map(|name| {
        let value = std::env::var_os(name)?;
        Some((name, value))
    });
    let mut command = Command::new(program);
    command
        .arg(SUBCOMMAND)
        .current_dir(folder)
        .env_clear()
        .envs(kept())
        .envs(found_by)
        .env("CARGO_TARGET_DIR", target);
    command
}

/// cargo-stylus holds the lock too: it may outlive this process.
fn stylus(
    package: &Package,
    target: &Path,
    lock: &File,
    words: &[&str],
) -> Result<String, BuildError> {
    let mut command = command(Path::new(PROGRAM), &package.folder, target);
    let lock = lock.try_clone();
    let lock = lock.map_err(BuildError::file("hold the lock of", target))?;
    let output = Started::output(command.args(words).stdin(lock));
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            BuildError::not_verifiable(&package.name, format!("{PROGRAM} is not installed"))
        }
        _ => {
            BuildError::not_verifiable(&package.name, format!("{PROGRAM} does not start: {error}"))
        }
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<_> = said.lines().rev().take(DIAGNOSTICS_MAX).collect();
    let last: Vec<_> = last.into_iter().rev().collect();
    let reason = format!("{PROGRAM} {}: {}", words.join(" "), last.join("\n"));
    Err(BuildError::not_verifiable(&package.name, reason))
}

/// Plain cargo knows nothing of what this builder gives a contract: the module that it made must be
/// one that may be deployed, and declare the very layout and steps that are published.
fn require_same_source(name: &str, artifact: &Artifact, target: &Path) -> Result<(), BuildError> {
    let library = name.replace('-', "_");
    let raw = target
        .join(TARGET)
        .join("release/deps")
        .join(library + ".wasm");
    let Ok(raw) = std::fs::read(&raw) else {
        return Err(BuildError::not_verifiable(
            name,
            format!("cargo made no {}", raw.display()),
        ));
    };
    wasm::require_no_placeholder(name, &raw)?;
    // What the layout does not list, the sources show and not the module.
    let is_listed = match (&wasm::layout(name, &raw)?, &artifact.layout) {
        (Some(found), Some(known)) => found.lists_as(known),
        (found, known) => found == known,
    };
    match is_listed && wasm::steps(name, &raw)? == artifact.steps {
        true => Ok(()),
        false => Err(BuildError::not_verifiable(
            name,
            "plain cargo builds it with another layout or other migrations",
        )),
    }
}

#[cfg(test)]
mod tests;
