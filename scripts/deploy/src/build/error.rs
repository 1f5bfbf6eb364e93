//! What can go wrong between a contract's source and its code on chain.

use crate::error::{Exit, Explain};
use std::path::PathBuf;
use stylus_vm::ActivationError;
use thiserror::Error;

/// What can go wrong between a contract's source and its code on chain.
#[derive(Debug, Error, Explain)]
pub enum BuildError {
    /// What was named is not there.
    #[error("{found}")]
    #[explain(expected = "{expected}", found = "{found}", next = "{next}", exit = Exit::Usage)]
    Missing {
        /// What should be there.
        expected: String,
        /// What is.
        found: String,
        /// What to give instead.
        next: &'static str,
    },
    /// The framework's bytes in this program contradict each other.
    #[error("{reason}")]
    #[explain(
        expected = "bytes that hash to what is pinned",
        found = "{reason}",
        next = "install the program anew: its files are of several versions"
    )]
    Pinned {
        /// What is wrong.
        reason: String,
    },
    /// The path names neither a crate nor a WASM file.
    #[error("{} is neither a contract crate nor a .wasm file", path.display())]
    #[explain(
        expected = "a folder with Cargo.toml, or a .wasm file",
        found = path.display().to_string(),
        next = "give the folder of a crate, or a .wasm file",
        exit = Exit::Usage
    )]
    NotAContract {
        /// The path as given.
        path: PathBuf,
    },
    /// Others could not verify what is built.
    #[error("{package} is not built so that others can verify it: {reason}")]
    #[explain(
        expected = "a crate that cargo-stylus builds: Stylus.toml beside its Cargo.toml and its workspace's, rust-toolchain.toml with a version, a lock file, [profile.release]",
        found = "{reason}",
        next = "add what is missing (cargo install cargo-stylus --version 0.10.10 --locked), or give --not-verifiable: then no explorer verifies the implementation",
        exit = Exit::Usage
    )]
    NotVerifiable {
        /// The package.
        package: String,
        /// Why not.
        reason: String,
    },
    /// A line table makes other code of the sources.
    #[error("{package} with a line table is another program than without")]
    #[explain(
        expected = "the {expected} bytes of WASM that are built without",
        found = "{found} bytes that differ from them",
        next = "leave debug, strip and split-debuginfo to the builder: take them out of RUSTFLAGS and of \
                build.rustflags in the configuration of cargo"
    )]
    LineTableChanges {
        /// The package.
        package: String,
        /// Bytes without it.
        expected: usize,
        /// Bytes with it.
        found: usize,
    },
    /// A revision that cannot be checked out.
    #[error("{text} is not what can be built: {reason}")]
    #[explain(
        expected = "git:REVISION or git:REVISION:PATH in a repository of git, such as git:v1.0",
        found = "{reason}",
        next = "`git rev-parse REVISION^{{commit}}` says what git knows; a clone without tags or history needs `git fetch --unshallow --tags`",
        exit = Exit::Usage
    )]
    Revision {
        /// As it was given.
        text: String,
        /// Why not.
        reason: String,
    },
    /// A manifest, a lock file or settings that cannot be understood or say what cannot be part of the sources, or
    /// files that lie elsewhere or are larger than sources are.
    #[error("{}: {reason}", path.display())]
    #[explain(
        expected = "sources that cargo reads and that say all they mean, in their package",
        found = self.to_string(),
        next = "correct the file, or move it out of the package"
    )]
    SourceFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file among the sources looks like a key.
    #[error("{} lies among the sources and looks like a key", path.display())]
    #[explain(
        expected = "no key in the folder of a crate: whatever lies there is copied, hashed into the source hash, and readable for what runs in the build",
        found = "{what}",
        next = format!(
            "move it out of the crate, to ../ for example; if it is no key, say so in Cargo.toml: [package.metadata.stylus-upgrades] public-files = [{named:?}]"
        ),
        exit = Exit::Usage
    )]
    LooksLikeKey {
        /// The file.
        path: PathBuf,
        /// The same from the crate's folder.
        named: String,
        /// What it looks like.
        what: &'static str,
    },
    /// A file could not be read or written.
    #[error("{} {}: {source}", action, path.display())]
    #[explain(
        expected = "a file to {action}",
        found = "{source}",
        next = "check the path, its permissions and the space on the disk"
    )]
    File {
        /// What was attempted, a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The toolchain that the sources ask for is not there, does not answer, or has no target for contracts.
    #[error("{program} fails: {said}")]
    #[explain(
        expected = "the toolchain that the sources name, with the target wasm32-unknown-unknown",
        found = "{said}",
        next = "install Rust with rustup, put cargo into the PATH, and install the toolchain that rust-toolchain.toml names: rustup toolchain install, and rustup target add wasm32-unknown-unknown"
    )]
    Toolchain {
        /// The program.
        program: String,
        /// What it said, or the system of it.
        said: String,
    },
    /// Cargo finds no versions for a crate together with our crates.
    #[error("cargo finds no versions for the crate together with ours:\n{reason}")]
    #[explain(
        details = lines(reason),
        expected = "dependencies that cargo can solve",
        found = "{reason}",
        next = "change what Cargo.toml asks for; nothing was written"
    )]
    Unsolved {
        /// What cargo says.
        reason: String,
    },
    /// The build read a file that is not part of the sources.
    #[error("{package} reads {}, which is not part of its sources", file.display())]
    #[explain(
        expected = "files of the package, of what it depends on by path, or declared as sources",
        found = self.to_string(),
        next = "move the file into the package, depend on its package by path, or name it: [package.metadata.stylus-upgrades] sources = [\"../other/src/file.rs\"]"
    )]
    NotInSources {
        /// The package.
        package: String,
        /// The file.
        file: PathBuf,
    },
    /// The code holds a path of this machine.
    #[error("the code of {package} holds the path {}", path.display())]
    #[explain(
        expected = "the same code wherever the sources lie",
        found = self.to_string(),
        next = "leave out env!(\"CARGO_MANIFEST_DIR\") and what else names a folder of the machine"
    )]
    PathInCode {
        /// The package.
        package: String,
        /// The path.
        path: PathBuf,
    },
    /// The compiler refused the crate.
    #[error("{package} does not compile:\n{diagnostics}")]
    #[explain(
        details = lines(diagnostics),
        expected = "a crate that compiles",
        found = diagnostics.lines().next().unwrap_or_default().to_owned(),
        next = compile_next(diagnostics)
    )]
    Compile {
        /// The package.
        package: String,
        /// The end of the compiler's words.
        diagnostics: String,
    },
    /// The module was compiled without a value of the framework.
    #[error("{package} was compiled without {missing} and holds a placeholder in its place")]
    #[explain(
        expected = "code with the addresses of the framework in it",
        found = self.to_string(),
        next = "give the crate's folder, so that it is built here; its own Cargo.toml turns the feature `complex` of stylus-upgradeable on"
    )]
    Placeholder {
        /// The package or file.
        package: String,
        /// Which value.
        missing: String,
    },
    /// The bytes are not a WASM module, and no program with one.
    #[error("{package} is no WASM module: {reason}")]
    #[explain(
        expected = "a WASM module, on chain behind EF F0 00 00 as a brotli stream",
        found = "{reason}",
        next = "give a .wasm file made for wasm32-unknown-unknown, or the code of a Stylus contract"
    )]
    NotWasm {
        /// The package or file.
        package: String,
        /// The parser's words.
        reason: String,
    },
    /// The chain would not activate the module.
    #[error("{package} breaks the chain's rule `{}` at {}", error.rule, error.location)]
    #[explain(
        expected = error.expected.clone(),
        found = error.found.clone(),
        next = "leave out what breaks it: floats, other imports than vm_hooks, extensions"
    )]
    InvalidWasm {
        /// The package or file.
        package: String,
        /// Which rule of activation, where in the module, and what it has there.
        error: Box<ActivationError>,
    },
    /// The module carries the layout of a struct that is not the entrypoint.
    #[error(
        "{package} carries the storage layout of {described}, and its entrypoint is {entrypoint}"
    )]
    #[explain(
        expected = "the layout of {entrypoint}",
        found = "the layout of {described}",
        next = "put #[derive(StorageLayout)] above {entrypoint} and #[upgradeable] above its #[public] impl block, \
                and take #[upgradeable] from the others"
    )]
    LayoutOfAnother {
        /// The package.
        package: String,
        /// The struct that calls begin with, as the sources show it.
        entrypoint: String,
        /// The struct whose layout it is.
        described: String,
    },
    /// The module says something of its storage, its steps or its functions that cannot be.
    #[error("{what} of {package} cannot be read: {reason}")]
    #[explain(
        expected = "what #[derive(StorageLayout)] and #[upgradeable] write of one contract, and nothing else in their sections",
        found = "{reason}",
        next = "build contract and tool from one version; one storage struct is the entrypoint; remove what else writes these sections"
    )]
    Section {
        /// The package or file.
        package: String,
        /// What should stand there.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The code is too large for the chain.
    #[error("{package} has {found} bytes on chain")]
    #[explain(
        expected = "at most {limit} bytes on chain",
        found = "{found} bytes",
        next = "make the contract smaller (opt-level = \"z\", lto = true), or split it"
    )]
    TooLarge {
        /// The package or file.
        package: String,
        /// Bytes at most.
        limit: usize,
        /// Bytes there are.
        found: usize,
    },
}

#[test]
fn only_a_file_that_is_missing_brings_advice_on_sources() {
    let next = |diagnostics: &str| {
        let (package, diagnostics) = ("note".into(), diagnostics.into());
        let error = BuildError::Compile {
            package,
            diagnostics,
        };
        let report = crate::error::Report::of(&error);
        (report.found, report.next.unwrap_or_default())
    };
    let (found, said) = next("error[E0599]: no method named `gets`\n --> src/lib.rs:1:1");
    assert_eq!(
        found.as_deref(),
        Some("error[E0599]: no method named `gets`")
    );
    assert!(!said.contains("sources"), "{said}");
    for missing in [
        "error: couldn't read `/source/outside.rs`",
        "error[E0583]: file not found for module `state`",
    ] {
        let (_, said) = next(missing);
        assert!(said.contains("sources = ["), "{said}");
    }
}

impl BuildError {
    /// A file error, with what was attempted.
    pub fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// What is wrong with a file of the sources.
    pub(super) fn in_file(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::SourceFile {
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    /// That a program of the toolchain could not be started.
    pub(super) fn not_started(program: &std::ffi::OsStr) -> impl FnOnce(std::io::Error) -> Self {
        let program = program.to_string_lossy().into_owned();
        move |error| Self::Toolchain {
            program,
            said: format!("it could not be started: {error}"),
        }
    }
}

/// What to do where the compiler refused a crate. Only where it misses a file are the declared sources the way out.
fn compile_next(diagnostics: &str) -> String {
    let misses_file = ["couldn't read", "file not found for module"];
    let first = diagnostics.lines().next().unwrap_or_default();
    match misses_file.iter().any(|words| first.contains(words)) {
        true => "a file that is not part of the sources is named in Cargo.toml: \
                 [package.metadata.stylus-upgrades] sources = [\"../other/src/file.rs\"]"
            .into(),
        false => "correct that, then the same command".into(),
    }
}

fn lines(diagnostics: &str) -> Vec<String> {
    diagnostics.lines().map(str::to_owned).collect()
}
