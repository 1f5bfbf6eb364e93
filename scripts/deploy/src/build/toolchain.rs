//! The Rust toolchain as found: which compiler, whether it can make WASM, how cargo is called.

mod answer;

use self::answer::Answer;
use super::error::BuildError;
use super::key_digits::is_private_key;
use crate::children::Started;
use crate::progress::Progress;
use crate::project_file;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The target that contracts are compiled for.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// The files by which rustup chooses the compiler.
pub(super) const FILES: [&str; 2] = ["rust-toolchain", "rust-toolchain.toml"];

/// The variable in which rustup looks first for a compiler's name.
pub(super) const CHOSEN: &str = "RUSTUP_TOOLCHAIN";

/// The first version whose cargo compiles a package again where other features are declared than before.
const CHECKS_FEATURES: (u32, u32) = (1, 80);

/// The file that names a compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolchainFile {
    /// Its name.
    pub(super) name: &'static str,
    /// Its text.
    pub(super) text: String,
    /// Its path; `None` of the framework's, for sources that have none.
    pub(super) path: Option<PathBuf>,
    /// The compiler, as rustup calls it.
    pub(super) channel: String,
}

impl ToolchainFile {
    /// The one that holds in `folder`: the nearest above, as for rustup, else the framework's.
    ///
    /// # Errors
    /// `SourceFile` if it names no channel; `Kind` for a link. A folder with a compiler is no part of the sources.
    pub(super) fn of(folder: &Path) -> Result<Self, BuildError> {
        let of_folder = |folder: &Path| FILES.map(|name| (name, folder.join(name)));
        let all = folder.ancestors().flat_map(of_folder);
        let mut all = all.map(|(name, path)| {
            let text = project_file::read(&path)?;
            Ok::<_, BuildError>(text.map(|text| (name, path, text)))
        });
        let Some((name, path, text)) = all.find_map(Result::transpose).transpose()? else {
            return Ok(Self {
                name: stylus_upgrades_framework::TOOLCHAIN_FILE,
                text: stylus_upgrades_framework::TOOLCHAIN.into(),
                path: None,
                channel: channel(stylus_upgrades_framework::TOOLCHAIN).unwrap_or_default(),
            });
        };
        let channel = channel(&text).ok_or_else(|| {
            let why = "it names no channel, and a compiler in a folder is not part of the sources";
            BuildError::in_file(&path, why)
        })?;
        Ok(Self {
            name,
            text,
            path: Some(path),
            channel,
        })
    }

    /// `program` of that toolchain, in the root folder: where it is run decides nothing.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let channel = &self.channel; // before all else that rustup chooses by
        command.current_dir("/").env(CHOSEN, channel);
        command
    }
}

/// The channel that a toolchain file names: a line of its own, or `channel` and no `path`. For rustup, a
/// path in its place is a folder with a compiler. What looks like a key is no name: rustup would print it.
fn channel(text: &str) -> Option<String> {
    let is_line = !text.contains('=') && text.trim().lines().count() == 1;
    let named = if is_line {
        text.trim().to_owned()
    } else {
        let table = text.parse::<toml::Table>().ok()?;
        let toolchain = table.get("toolchain")?;
        let channel = toolchain.get("channel")?.as_str()?;
        let channel = toolchain.get("path").is_none().then_some(channel)?;
        channel.to_owned()
    };
    let is_name = !named.contains(std::path::is_separator) && !is_private_key(&named);
    is_name.then_some(named)
}

/// A compiler and where its parts are.
#[derive(Debug, Clone)]
pub(super) struct Toolchain {
    file: ToolchainFile,
    /// `rustc -vV`: goes into the stamp of every build.
    pub(super) version: String,
    /// The commit of the compiler, as in the paths of the standard library's sources.
    pub(super) commit: String,
    /// True if cargo compiles a package again where other features are declared than before.
    pub(super) checks_features: bool,
    /// `cargo -V`.
    pub(super) cargo_version: String,
    /// The folder of the compiler's libraries.
    pub(super) sysroot: PathBuf,
    /// The compiler.
    pub(super) rustc: PathBuf,
    /// The cargo that belongs to it.
    pub(super) cargo: PathBuf,
}

impl Toolchain {
    /// The compiler that the file names. It is asked if `folder` keeps no answer, and for each build `from_scratch`.
    pub(super) fn find(
        file: &ToolchainFile,
        folder: &Path,
        from_scratch: bool,
    ) -> Result<Self, BuildError> {
        let asked = answer::program();
        let kept = (!from_scratch).then(|| answer::kept(folder, &file.channel, &asked));
        let answer = match kept.flatten() {
            Some(answer) => answer,
            None => {
                let print = ["--print", "sysroot"];
                let sysroot = ask(file.command("rustc").args(print))?;
                let sysroot = PathBuf::from(sysroot.trim());
                let answer = Answer {
                    version: ask(file.command("rustc").arg("-vV"))?,
                    cargo: ask(file.command(program(&sysroot, "cargo")).arg("-V"))?,
                    sysroot,
                };
                answer::keep(folder, &file.channel, &asked, &answer);
                answer
            }
        };
        let (sysroot, version) = (answer.sysroot, answer.version);
        let commit = version
            .lines()
            .find_map(|line| line.strip_prefix("commit-hash: "))
            .unwrap_or("unknown")
            .to_owned();
        Ok(Self {
            file: file.clone(),
            version,
            commit,
            checks_features: release(&answer.cargo).is_some_and(|it| it >= CHECKS_FEATURES),
            cargo_version: answer.cargo,
            rustc: program(&sysroot, "rustc"),
            cargo: program(&sysroot, "cargo"),
            sysroot,
        })
    }

    /// Returns true if the compiler has the wasm32 target.
    fn has_target(&self) -> bool {
        let libraries = self.sysroot.join("lib/rustlib").join(TARGET).join("lib");
        libraries.is_dir()
    }

    /// Adds the wasm32 target if the compiler lacks it.
    pub(super) fn require_target(&self, progress: &dyn Progress) -> Result<(), BuildError> {
        if self.has_target() {
            return Ok(());
        }
        progress.begin(&format!("adding the target {TARGET} with rustup"));
        ask(self.file.command("rustup").args(["target", "add", TARGET]))?;
        progress.end(&format!("target {TARGET} added"));
        Ok(())
    }
}

/// A program of that compiler, or the one of that name.
fn program(sysroot: &Path, name: &str) -> PathBuf {
    let path = sysroot.join("bin").join(name);
    if path.is_file() { path } else { name.into() }
}

/// Major and minor number of the version that `cargo -V` prints.
pub(super) fn release(version: &str) -> Option<(u32, u32)> {
    let release = version.split_whitespace().nth(1)?;
    let mut numbers = release.split('.').map_while(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// Returns the folder where cargo keeps what it downloads, and the user's configuration of it.
pub(super) fn cargo_home() -> PathBuf {
    home_of("CARGO_HOME", ".cargo")
}

/// The folder that a variable names, else that one in the user's home.
fn home_of(variable: &str, folder: &str) -> PathBuf {
    std::env::var_os(variable)
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(folder)))
        .unwrap_or_else(|| PathBuf::from(folder))
}

/// The text that a toolchain program prints. A signal to this process ends it too.
pub(super) fn ask(command: &mut Command) -> Result<String, BuildError> {
    let output = Started::output(command.stdin(Stdio::null()));
    let output = output.map_err(BuildError::not_started(command.get_program()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let program = command.get_program().to_string_lossy();
        let said = String::from_utf8_lossy(&output.stderr);
        Err(BuildError::toolchain(&program, said.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::{CHECKS_FEATURES, release};

    #[test]
    fn a_release_is_known_by_its_numbers() {
        for (version, expected) in [
            ("cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n", Some((1, 95))),
            ("cargo 1.79.0", Some((1, 79))),
            ("cargo 2.0.0-nightly (x)", Some((2, 0))),
            ("cargo unknown", None),
            ("", None),
        ] {
            assert_eq!(release(version), expected, "{version}");
        }
        assert!(Some((2, 0)) > Some(CHECKS_FEATURES) && (1, 79) < CHECKS_FEATURES);
    }
}
