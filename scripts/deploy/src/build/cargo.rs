//! Runs of cargo in the copy of a contract's sources: one that fetches packages, with the network
//! and the user's settings for it, and one that compiles, offline and with an environment of its
//! own, so that nothing but the sources decides about the code.

use super::archives::Unproven;
use super::cargo_home::CargoHome;
use super::cargo_stylus;
use super::constants::{Constant, Constants};
use super::error::{BuildError, DECLARE};
use super::foreign::Author;
use super::known_sources;
use super::lock_file::LockFile;
use super::procedure::Procedure;
use super::sandbox::Sandbox;
use super::source::{CONSTANTS, Reads, Source, is_code};
use super::toolchain::{TARGET, Toolchain, release};
use super::tree::normal;
use crate::children::Started;
use crate::error::Refusal;
use crate::progress::Progress;
use cargo_metadata::{Artifact, Message};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdout, Command, Stdio};

/// The folder for temporary files, below that of the outputs.
const TEMPORARY: &str = "tmp";
/// The folder of what the compiler takes for its own folder where cargo-stylus would compile, below that of the outputs.
const SYSROOT: &str = "sysroot";
/// The path under which the code knows cargo's folder.
const CARGO_HOME: &str = "/cargo";
/// The path under which it knows every folder of packages, whichever registry they were fetched from.
const PACKAGES: &str = "/cargo/registry/src/packages";
/// Lines of diagnostics that an error carries.
const DIAGNOSTICS_MAX: usize = 80;
/// Every module has a line table, which costs no time and leaves its code as it is: a build without would compile all
/// dependencies a second time. Flags of cargo's profile would change the names of symbols, and with them the order of
/// functions.
const WITH_LINES: [&str; 2] = ["-Cdebuginfo=line-tables-only", "-Cstrip=none"];
/// Variables that the compiler's own programs need to be found and to run.
const KEPT: [&str; 5] = [
    "PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "SDKROOT",
    "DEVELOPER_DIR",
];
/// Beginnings of such variables: nix's linker, and names of registries.
const KEPT_PREFIXES: [&str; 3] = ["NIX_", "CARGO_REGISTRIES_", "CARGO_SOURCE_"];
/// Variables of the compiler and of the programs that cargo starts, which hold paths of this machine.
const OF_MACHINE: [&str; 5] = [
    "CARGO",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_HOME",
    "HOME",
    "RUSTC",
];
/// The endings of variables among them that are secrets.
const SECRETS: [&str; 2] = ["_TOKEN", "_SECRET_KEY"];
/// Beginnings of the variables that would have cargo run something else while it only fetches.
const FOREIGN: [&str; 7] = [
    "RUSTC",
    "RUSTFLAGS",
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
];

/// The inputs of a run of cargo.
pub(super) struct Cargo<'a> {
    /// The compiler.
    pub(super) toolchain: &'a Toolchain,
    /// Cargo's own folder.
    pub(super) home: &'a CargoHome,
    /// The folder with the copy of the sources.
    pub(super) copy: &'a Path,
    /// The folder for outputs.
    pub(super) target: &'a Path,
    /// True if libraries are taken to read what [`Reads`] says.
    pub(super) by_reads: bool,
    /// Nobody else builds there as long as it is held. Cargo holds it too: it may outlive this process.
    pub(super) lock: &'a File,
    /// The author of the code that runs when it compiles.
    pub(super) author: Author,
    /// The listener.
    pub(super) progress: &'a dyn Progress,
}

/// The output of a compilation.
pub(super) struct Compiled {
    /// The module that rustc wrote.
    pub(super) raw: Vec<u8>,
    /// The files that it read.
    pub(super) read: Vec<PathBuf>,
    /// Packages that were fetched and are the framework's.
    pub(super) of_framework: BTreeSet<String>,
    /// Code that comes from registries and is not known.
    pub(super) unproven: Unproven,
}

/// Leaves out the variables that would have cargo run something else.
pub(super) fn without_foreign(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if FOREIGN.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

impl Cargo<'_> {
    /// Downloads what the lock file names, or writes one.
    pub(super) fn fetch(&self, source: &Source) -> Result<(), BuildError> {
        let mut command = self.command(source, "fetch");
        without_foreign(&mut command);
        command
            .env("CARGO_HOME", &self.home.folder)
            .env("RUSTC", &self.toolchain.rustc);
        self.run(source, command, Started::at_terminal)?.1
    }

    /// Compiles the contract; as small as it gets, only as a `cdylib`: with `lib` beside it, cargo turns LTO off
    /// silently. `None` where a library read code of another package: cargo does not notice an edit of that file alone,
    /// so what it compiled, or refused, may be stale.
    pub(super) fn compile(
        &self,
        source: &Source,
        constants: &Constants,
    ) -> Result<Option<Compiled>, BuildError> {
        let profile = source.procedure.profile();
        let (what, crate_type): (_, &[&str]) = match source.procedure {
            Procedure::Lean => ("rustc", &["--crate-type", "cdylib"]),
            Procedure::CargoStylus(_) => ("build", &[]),
        };
        let mut command = self.command(source, what);
        command
            .args([
                "--frozen",
                "--profile",
                profile,
                "--target",
                TARGET,
                "--lib",
            ])
            .args(crate_type)
            .args(["--message-format", "json-render-diagnostics"])
            .arg("--target-dir")
            .arg(self.target);
        if let Some(size) = source.stack_size {
            command
                .arg("--")
                .arg(format!("-Clink-arg=-zstack-size={size}"));
        }
        command
            .env_clear()
            .envs(kept())
            .env("HOME", &self.home.folder)
            .env("TMPDIR", self.target.join(TEMPORARY))
            .env("CARGO_HOME", &self.home.folder)
            .env("RUSTC", &self.toolchain.rustc);
        let mut flags = source.rustflags.clone();
        flags.extend(match source.procedure {
            Procedure::Lean => self.remaps(),
            Procedure::CargoStylus(_) => self.flags_of_container(source)?,
        });
        flags.extend(WITH_LINES.map(str::to_owned));
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        for (name, constant) in constants {
            match constant {
                Constant::Text(text) => command.env(name, text),
                Constant::File(_) => command.env(name, self.copy.join(CONSTANTS).join(name)),
            };
        }
        let manifest = self.manifest(source);
        let sandbox = self.sandbox(profile)?;
        self.remove_modules(profile)?;
        let (messages, ended) = self.run(source, command, |command| {
            let (started, kept) = sandbox.start(command)?;
            if let Some(open) = kept.open().filter(|_| self.author == Author::Other) {
                self.progress.note(&open);
            }
            Ok(started)
        })?;
        let made: Vec<&Artifact> = messages.iter().filter_map(artifact).collect();
        if self.by_reads && self.reads_others(source, &made) {
            return Ok(None);
        }
        ended?;
        let own = made.iter().filter(|made| made.manifest_path == manifest);
        let mut files = own.flat_map(|made| &made.filenames);
        let file = files.find(|file| file.extension() == Some("wasm"));
        let file = file.ok_or_else(|| {
            let said = "cargo named no .wasm file; check that the crate has a [lib] target";
            not_compiled(&source.package.name, said)
        })?;
        self.require_as_written(source, &made)?;
        let lock = LockFile::read(&self.copy.join("Cargo.lock"))?;
        Ok(Some(Compiled {
            read: self.files_read(source, file.as_std_path(), &messages)?,
            unproven: Unproven::of(&made, &lock, self.home)?,
            of_framework: known_sources::proven(&lock, &made, self.copy),
            raw: std::fs::read(file).map_err(BuildError::file("read", file))?,
        }))
    }

    /// Removes the modules that were built. Cargo names each by its library alone: of two contracts of one name it would
    /// take that of the other for its own, and say that nothing changed.
    fn remove_modules(&self, profile: &str) -> Result<(), BuildError> {
        let folder = self.target.join(TARGET).join(profile).join("deps");
        // A build script of an earlier build may have put a link there; nothing of the user's is removed by it.
        if let Ok(there) = std::fs::canonicalize(&folder) {
            let target = std::fs::canonicalize(self.target);
            let target = target.map_err(BuildError::file("find", self.target))?;
            if there != target.join(TARGET).join(profile).join("deps") {
                let reason = "an earlier build put a link there: remove it";
                return Err(BuildError::in_file(folder, reason));
            }
        }
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(BuildError::file("read", &folder))?,
        };
        for entry in entries {
            let path = entry.map_err(BuildError::file("read", &folder))?.path();
            if path.extension().is_some_and(|end| end == "wasm") {
                std::fs::remove_file(&path).map_err(BuildError::file("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Returns the sandbox with what a build reads and writes. It writes outputs, and neither what was built before nor
    /// what it is built from.
    fn sandbox(&self, profile: &str) -> Result<Sandbox, BuildError> {
        let folders = [profile, TARGET, TEMPORARY].map(|name| self.target.join(name));
        for folder in &folders {
            std::fs::create_dir_all(folder).map_err(BuildError::file("create", folder))?;
        }
        let book = self.target.join(".rustc_info.json");
        let mut open = std::fs::OpenOptions::new();
        open.create(true)
            .append(true)
            .open(&book)
            .map_err(BuildError::file("write", &book))?;
        let own = [
            self.copy.to_owned(),
            self.toolchain.sysroot.clone(),
            self.target.join(SYSROOT),
        ];
        Ok(Sandbox::new(
            self.home.read().chain(own),
            self.home.books().chain(folders).chain([book]),
        ))
    }

    /// The files that the compiler read, by their places in the copy, links followed: `wasm` has a list of them beside
    /// it. None may lie outside the copy but what build scripts of this build made.
    fn files_read(
        &self,
        source: &Source,
        wasm: &Path,
        messages: &[Message],
    ) -> Result<Vec<PathBuf>, BuildError> {
        let list = wasm.with_extension("d");
        let listed = listed(&list).map_err(BuildError::file("read", &list))?;
        let is_made = |path: &Path| {
            messages.iter().any(|message| {
                matches!(message, Message::BuildScriptExecuted(script) if path.starts_with(&script.out_dir))
            })
        };
        let real =
            |path: &Path| std::fs::canonicalize(path).map_err(BuildError::file("find", path));
        let copy = real(self.copy)?;
        let mut read = Vec::new();
        for listed in listed.iter().map(|path| self.copy.join(path)) {
            let path = normal(&listed);
            if !path.starts_with(self.copy) && !is_made(&path) {
                return Err(BuildError::not_in_sources(&source.package.name, &path));
            }
            let place = real(&listed)?;
            let made = || place.file_name().unwrap_or_default();
            read.push(match place.strip_prefix(&copy) {
                Ok(inside) => inside.to_owned(),
                Err(_) => Path::new("OUT_DIR").join(made()),
            });
        }
        Ok(read)
    }

    /// Requires that what was compiled of the copy holds nothing that another machine, or cargo in the folder of the
    /// sources, has otherwise: variables, and the files that the copy has in another form than their author wrote.
    fn require_as_written(&self, source: &Source, made: &[&Artifact]) -> Result<(), BuildError> {
        let package = &source.package.name;
        let rewritten: BTreeSet<PathBuf> = source.rewritten().collect();
        let own = made
            .iter()
            .filter(|one| one.manifest_path.starts_with(self.copy));
        let compiled = own.flat_map(|one| &one.filenames);
        for list in compiled.filter_map(|file| list_of(file.as_std_path())) {
            let text = std::fs::read_to_string(&list).map_err(BuildError::file("read", &list))?;
            if let Some(name) = variables(&text).find(|name| is_of_machine(name)) {
                return Err(BuildError::reads_variable(package, name));
            }
            let files = files(&text).into_iter();
            let mut places = files.filter_map(|path| {
                let path = normal(&self.copy.join(path));
                Some(path.strip_prefix(self.copy).ok()?.to_owned())
            });
            if let Some(place) = places.find(|place| rewritten.contains(place)) {
                return Err(BuildError::reads_rewritten(package, &place));
            }
        }
        Ok(())
    }

    /// Returns true if one of the libraries that are taken to read no code but their own read other code, or the
    /// compiler's list of its files cannot be read.
    fn reads_others(&self, source: &Source, made: &[&Artifact]) -> bool {
        let parts = source.parts.iter();
        let mut libraries = parts.filter(|part| part.reads == Reads::OwnCode);
        libraries.any(|library| {
            let place = self.copy.join(&library.place);
            let is_other = |path: &PathBuf| {
                is_code(path) && !normal(&self.copy.join(path)).starts_with(&place)
            };
            let manifest = place.join("Cargo.toml");
            let mut built = made.iter().filter(|one| one.manifest_path == manifest);
            built.any(|one| files_of(one).is_none_or(|files| files.iter().any(is_other)))
        })
    }

    /// Cargo reads configuration files where it runs and in every folder above, so it runs where
    /// there is none.
    fn command(&self, source: &Source, what: &str) -> Command {
        let mut command = Command::new(&self.toolchain.cargo);
        command
            .current_dir("/")
            .args([what, "--manifest-path"])
            .arg(self.manifest(source))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn manifest(&self, source: &Source) -> PathBuf {
        self.copy.join(&source.package.place).join("Cargo.toml")
    }

    /// Runs cargo to its end, started in that way: its messages, and whether it did what it was to do.
    fn run(
        &self,
        source: &Source,
        mut command: Command,
        start: impl FnOnce(&mut Command) -> io::Result<Started>,
    ) -> Result<(Vec<Message>, Result<(), BuildError>), BuildError> {
        self.progress.command(&format!("{command:?}"));
        // An empty file that cargo keeps open, and none of the programs that it starts.
        let lock = self.lock.try_clone();
        command.stdin(lock.map_err(BuildError::file("hold the lock of", self.target))?);
        let cargo = start(&mut command);
        let mut cargo = cargo.map_err(BuildError::not_started(command.get_program()))?;
        let (stdout, stderr) = cargo.pipes();
        let (messages, diagnostics) = std::thread::scope(|scope| {
            let messages = scope.spawn(|| messages(stdout, self.progress));
            let diagnostics = follow(stderr, self.progress);
            (messages.join().unwrap_or_default(), diagnostics)
        });
        let status = cargo
            .wait()
            .map_err(BuildError::file("wait for cargo in", self.copy))?;
        let refused = || not_compiled(&source.package.name, &errors(diagnostics).join("\n"));
        let ended = status.success().then_some(()).ok_or_else(refused);
        Ok((messages, ended))
    }

    /// Paths end up in panic messages, so every folder of this machine gets a fixed name. Later
    /// ones win, so the more special ones come last.
    fn remaps(&self) -> Vec<String> {
        let library = self.toolchain.sysroot.join("lib/rustlib/src/rust");
        let mut names = vec![
            (self.target.to_owned(), "/target".to_owned()),
            (self.copy.to_owned(), "/source".to_owned()),
            (library, format!("/rustc/{}", self.toolchain.commit)),
        ];
        names.extend(self.home.names(CARGO_HOME, PACKAGES));
        names.into_iter().map(remap).collect()
    }
}

impl Cargo<'_> {
    /// Every folder of this machine has the name that it has in the container of cargo-stylus. There the compiler has
    /// the sources of the standard library, whose paths end up in the code. It takes them from `lib/rustlib/src` of the
    /// folder that it is told, if one file is there; nothing reads it.
    fn flags_of_container(&self, source: &Source) -> Result<Vec<String>, BuildError> {
        let sysroot = self.target.join(SYSROOT);
        let library = sysroot.join("lib/rustlib/src/rust");
        let sources = library.join("library/std/src");
        std::fs::create_dir_all(&sources).map_err(BuildError::file("create", &sources))?;
        let sources = sources.join("lib.rs");
        std::fs::write(&sources, "").map_err(BuildError::file("write", &sources))?;
        for target in [TARGET, cargo_stylus::HOST] {
            let there = self.toolchain.sysroot.join("lib/rustlib").join(target);
            let link = sysroot.join("lib/rustlib").join(target);
            if std::fs::read_link(&link).is_ok_and(|to| to == there) {
                continue;
            }
            if std::fs::symlink_metadata(&link).is_ok() {
                std::fs::remove_file(&link).map_err(BuildError::file("remove", &link))?;
            }
            std::os::unix::fs::symlink(&there, &link).map_err(BuildError::file("link", &link))?;
        }
        let in_container = cargo_stylus::standard_library(&source.toolchain.channel);
        let mut names = vec![
            (
                self.target.to_owned(),
                format!("{}/target", cargo_stylus::SOURCE),
            ),
            (self.copy.to_owned(), cargo_stylus::SOURCE.to_owned()),
            (library, in_container),
        ];
        let packages = cargo_stylus::packages(release(&self.toolchain.cargo_version));
        names.extend(self.home.names(cargo_stylus::CARGO_HOME, &packages));
        let mut flags = vec![format!("--sysroot={}", sysroot.display())];
        flags.extend(names.into_iter().map(remap));
        Ok(flags)
    }
}

/// The flag that gives a folder another name.
fn remap((path, name): (PathBuf, String)) -> String {
    format!("--remap-path-prefix={}={name}", path.display())
}

/// The files of the first rule of a list that the compiler wrote.
fn listed(list: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(files(&std::fs::read_to_string(list)?))
}

fn files(list: &str) -> Vec<PathBuf> {
    let rule = list.lines().next().and_then(|line| line.split_once(": "));
    let paths = rule.map_or("", |(_, paths)| paths).replace("\\ ", "\0");
    let paths = paths.split(' ').filter(|path| !path.is_empty());
    paths.map(|path| path.replace('\0', " ").into()).collect()
}

/// The variables that a list names, set or not.
fn variables(list: &str) -> impl Iterator<Item = &str> {
    let lines = list.lines();
    let named = lines.filter_map(|line| line.strip_prefix("# env-dep:"));
    named.map(|said| said.split('=').next().unwrap_or_default())
}

/// Returns true if a build has a variable from the machine that it runs on.
fn is_of_machine(name: &str) -> bool {
    let is_kept = KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    is_kept || KEPT.contains(&name) || OF_MACHINE.contains(&name)
}

/// Returns the path of the compiler's list of the files of a library or a module.
fn list_of(compiled: &Path) -> Option<PathBuf> {
    let stem = compiled.file_stem()?.to_str()?;
    let name = match compiled.extension()?.to_str()? {
        "rlib" => stem.strip_prefix("lib")?,
        "wasm" => stem,
        _ => return None,
    };
    let folder = compiled.parent()?;
    let folder = if folder.ends_with("deps") {
        folder.to_owned()
    } else {
        folder.join("deps")
    };
    Some(folder.join(format!("{name}.d")))
}

/// The files that the compiler read for a library.
fn files_of(library: &Artifact) -> Option<Vec<PathBuf>> {
    let mut files = library.filenames.iter();
    let file = files.find(|file| file.extension() == Some("rlib"))?;
    listed(&list_of(file.as_std_path())?).ok()
}

fn artifact(message: &Message) -> Option<&Artifact> {
    match message {
        Message::CompilerArtifact(made) => Some(made),
        _ => None,
    }
}

/// The error that the compiler refused a crate. Only where it misses a file are the declared sources the way out.
fn not_compiled(package: &str, diagnostics: &str) -> BuildError {
    let first = diagnostics.lines().next().unwrap_or_default();
    let misses_file = ["couldn't read", "file not found for module"];
    let next = if misses_file.iter().any(|words| first.contains(words)) {
        format!("a file that is not part of the sources is named in Cargo.toml: {DECLARE}")
    } else {
        "correct that, then run the same command".to_owned()
    };
    Refusal::new("Compile", format!("{package} does not compile:"))
        .detailed(diagnostics)
        .with("a crate that compiles", first, next)
        .into()
}

/// The variables of this process that a build has.
pub(super) fn kept() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        let is_kept = KEPT.contains(&&*name) || KEPT_PREFIXES.iter().any(|p| name.starts_with(p));
        is_kept && !SECRETS.iter().any(|secret| name.ends_with(secret))
    })
}

/// The first errors among what cargo said: neither its progress nor warnings, which may be many and
/// come last.
fn errors(mut lines: Vec<String>) -> Vec<String> {
    let mut is_error = false;
    lines.retain(|line| {
        if line.starts_with("error") {
            is_error = true;
        } else if line.starts_with("warning") {
            is_error = false;
        }
        is_error
    });
    lines.truncate(DIAGNOSTICS_MAX);
    lines
}

/// Reads cargo's messages, and passes on which crate is done.
fn messages(stdout: Option<ChildStdout>, progress: &dyn Progress) -> Vec<Message> {
    let lines = stdout.map(|stdout| Message::parse_stream(BufReader::new(stdout)));
    let mut done = 0;
    let tell = |message: &Message| {
        if let Some(made) = artifact(message).filter(|made| !made.fresh) {
            done += 1;
            progress.tick(&format!("crate {done}, {}", made.target.name));
        }
    };
    let messages = lines.into_iter().flatten().map_while(Result::ok);
    messages.inspect(tell).collect()
}

/// Passes on what cargo says, and keeps it.
fn follow(stderr: Option<ChildStderr>, progress: &dyn Progress) -> Vec<String> {
    let lines = stderr.map(|stderr| BufReader::new(stderr).lines());
    let lines = lines.into_iter().flatten().map_while(Result::ok);
    lines
        .inspect(|line| progress.tick(line.trim_start()))
        .collect()
}

#[cfg(test)]
mod tests;
