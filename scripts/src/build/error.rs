//! What can go wrong between a contract's source and its code on chain.

use crate::error::{Exit, Explain};
use std::path::PathBuf;
use stylus_layout::LayoutError;
use thiserror::Error;

/// What can go wrong between a contract's source and its code on chain.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The framework's own sources are not where this program was built.
    #[error("the framework's sources are not at {}", path.display())]
    SourcesMissing {
        /// Where they were looked for.
        path: PathBuf,
    },
    /// The path names neither a crate nor a WASM file.
    #[error("{} is neither a contract crate nor a .wasm file", path.display())]
    NotAContract {
        /// The path as given.
        path: PathBuf,
    },
    /// A Cargo.toml that cannot be understood.
    #[error("{} cannot be understood: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The parser's words, with the line.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{} {}: {source}", action, path.display())]
    File {
        /// What was attempted, a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A program of the Rust toolchain could not be started.
    #[error("{program} could not be started: {source}")]
    ToolMissing {
        /// The program.
        program: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The compiler's wasm32 target is missing and could not be added.
    #[error("the target wasm32-unknown-unknown is missing and could not be added: {reason}")]
    TargetMissing {
        /// What rustup said.
        reason: String,
    },
    /// The toolchain that the sources ask for does not answer.
    #[error("{program} does not say which version it is: {said}")]
    Toolchain {
        /// The program.
        program: String,
        /// What it said.
        said: String,
    },
    /// Something among the sources that is no file, or leads elsewhere.
    #[error("{} is {kind}", path.display())]
    SpecialFile {
        /// Where it lies.
        path: PathBuf,
        /// What it is.
        kind: String,
    },
    /// More sources than a contract has.
    #[error("the sources are larger than {limit} bytes at {}", path.display())]
    SourcesTooLarge {
        /// The file that was too much.
        path: PathBuf,
        /// Bytes at most.
        limit: usize,
    },
    /// A setting of cargo that cannot be part of the sources.
    #[error("{} sets {key}: {reason}", path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// The setting.
        key: String,
        /// Why not.
        reason: String,
    },
    /// The lock file does not name what the build needs.
    #[error("{} is out of date: {reason}", path.display())]
    LockFile {
        /// The lock file.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// The build reads a file that is not part of the sources.
    #[error("{package} reads {}, which is not part of its sources", file.display())]
    NotInSources {
        /// The package.
        package: String,
        /// The file.
        file: PathBuf,
        /// What the compiler said, if it did not find it.
        diagnostics: String,
    },
    /// The code holds a path of this machine.
    #[error("the code of {package} holds the path {}", path.display())]
    PathInCode {
        /// The package.
        package: String,
        /// The path.
        path: PathBuf,
    },
    /// The compiler refused the crate.
    #[error("{package} does not compile:\n{diagnostics}")]
    Compile {
        /// The package.
        package: String,
        /// The end of the compiler's words.
        diagnostics: String,
    },
    /// The module was compiled without a value of the framework.
    #[error("{package} was compiled without {missing} and holds a placeholder in its place")]
    Placeholder {
        /// The package or file.
        package: String,
        /// Which value.
        missing: String,
    },
    /// Cargo ended well and named no WASM file.
    #[error("cargo built {package} and named no .wasm file")]
    NoArtifact {
        /// The package.
        package: String,
    },
    /// The bytes are not a WASM module.
    #[error("{package} is no WASM module: {reason}")]
    NotWasm {
        /// The package or file.
        package: String,
        /// The parser's words.
        reason: String,
    },
    /// The chain would not activate the module.
    #[error("{package} breaks the chain's rule `{rule}` at {location}")]
    InvalidWasm {
        /// The package or file.
        package: String,
        /// The rule of activation.
        rule: String,
        /// Where in the module.
        location: String,
        /// What the rule asks for.
        expected: String,
        /// What the module has.
        found: String,
    },
    /// The contract says something of its storage that cannot be.
    #[error("the storage layout of {package} cannot be read: {source}")]
    Layout {
        /// The package or file.
        package: String,
        /// What is wrong with it.
        source: LayoutError,
    },
    /// The code is too large for the chain.
    #[error("{package} has {found} bytes on chain")]
    TooLarge {
        /// The package or file.
        package: String,
        /// Bytes at most.
        limit: usize,
        /// Bytes there are.
        found: usize,
    },
}

impl Explain for BuildError {
    fn name(&self) -> String {
        match self {
            Self::SourcesMissing { .. } => "SourcesMissing",
            Self::NotAContract { .. } => "NotAContract",
            Self::Manifest { .. } => "CargoManifest",
            Self::File { .. } => "File",
            Self::ToolMissing { .. } => "ToolMissing",
            Self::TargetMissing { .. } => "TargetMissing",
            Self::Toolchain { .. } => "Toolchain",
            Self::SpecialFile { .. } => "SpecialFile",
            Self::SourcesTooLarge { .. } => "SourcesTooLarge",
            Self::Config { .. } => "CargoConfig",
            Self::LockFile { .. } => "LockFile",
            Self::NotInSources { .. } => "NotInSources",
            Self::PathInCode { .. } => "PathInCode",
            Self::Compile { .. } => "Compile",
            Self::Placeholder { .. } => "Placeholder",
            Self::NoArtifact { .. } => "NoArtifact",
            Self::InvalidWasm { .. } => "InvalidWasm",
            Self::NotWasm { .. } => "NotWasm",
            Self::Layout { .. } => "Layout",
            Self::TooLarge { .. } => "TooLarge",
        }
        .to_owned()
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Compile { diagnostics, .. } | Self::NotInSources { diagnostics, .. } => {
                diagnostics.lines().map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::NotAContract { .. } => Some("a folder with Cargo.toml, or a .wasm file".into()),
            Self::NotWasm { .. } => Some("a WASM module".into()),
            Self::InvalidWasm { expected, .. } => Some(expected.clone()),
            Self::Layout { .. } => {
                Some("the layout of one contract, as stylus-sdk lays it out".into())
            }
            Self::TooLarge { limit, .. } => Some(format!("at most {limit} bytes on chain")),
            Self::SourcesMissing { .. } => Some("the sources of the framework".into()),
            Self::Manifest { .. } => Some("a Cargo.toml that cargo reads".into()),
            Self::File { action, .. } => Some(format!("a file to {action}")),
            Self::ToolMissing { .. } => Some("Rust's tools".into()),
            Self::TargetMissing { .. } => Some("the target wasm32-unknown-unknown".into()),
            Self::Toolchain { .. } => Some("the toolchain that the sources name".into()),
            Self::SpecialFile { .. } => {
                Some("files, folders, and links that stay in the package".into())
            }
            Self::SourcesTooLarge { limit, .. } => Some(format!("at most {limit} bytes")),
            Self::Config { .. } => Some("settings that say all they mean".into()),
            Self::LockFile { .. } => Some("a lock file that names every package".into()),
            Self::NotInSources { .. } => Some(
                "files of the package, of what it depends on by path, or declared as sources"
                    .into(),
            ),
            Self::PathInCode { .. } => Some("the same code wherever the sources lie".into()),
            Self::Compile { .. } => Some("a crate that compiles".into()),
            Self::Placeholder { .. } => {
                Some("code with the addresses of the framework in it".into())
            }
            Self::NoArtifact { .. } => Some("a .wasm file".into()),
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::NotAContract { path } => Some(path.display().to_string()),
            Self::NotWasm { reason, .. } => Some(reason.clone()),
            Self::InvalidWasm { found, .. } => Some(found.clone()),
            Self::Layout { source, .. } => Some(source.to_string()),
            Self::TooLarge { found, .. } => Some(format!("{found} bytes")),
            Self::File { source, .. } => Some(source.to_string()),
            Self::SpecialFile { kind, .. } => Some(kind.clone()),
            Self::LockFile { reason, .. } | Self::Config { reason, .. } => Some(reason.clone()),
            Self::Toolchain { said, .. } => Some(said.clone()),
            Self::NotInSources { diagnostics, .. } if !diagnostics.is_empty() => {
                Some(diagnostics.clone())
            }
            Self::Compile { .. } => Some("the compiler's errors above".into()),
            other => Some(other.to_string()),
        }
    }

    fn next(&self) -> Option<String> {
        Some(
            match self {
                Self::SourcesMissing { .. } => {
                    "set STYLUS_UPGRADES_HOME to a clone of the repository"
                }
                Self::NotAContract { .. } => "give the folder of a crate, or a .wasm file",
                Self::Manifest { .. } => "correct the manifest",
                Self::File { .. } => "check the path, its permissions and the space on the disk",
                Self::ToolMissing { .. } => "install Rust with rustup and put cargo into the PATH",
                Self::TargetMissing { .. } => "run: rustup target add wasm32-unknown-unknown",
                Self::Toolchain { .. } => {
                    "install the toolchain that rust-toolchain.toml names: rustup toolchain install"
                }
                Self::SpecialFile { .. } => "move it out of the package, or put a file in its place",
                Self::SourcesTooLarge { .. } => "move what is no source out of the package",
                Self::Config { .. } => {
                    "move it into Cargo.toml, or out of the folders of the workspace"
                }
                Self::LockFile { .. } => "run cargo generate-lockfile or cargo update there",
                Self::NotInSources { .. } => {
                    "move the file into the package, depend on its package by path, or name it: [package.metadata.stylus-upgrades] sources = [\"../other/src/file.rs\"]"
                }
                Self::PathInCode { .. } => {
                    "leave out env!(\"CARGO_MANIFEST_DIR\") and what else names a folder of the machine"
                }
                Self::Compile { .. } => "correct the crate; the compiler's words stand above",
                Self::Placeholder { .. } => {
                    "give the crate's folder, so that it is built here; its own Cargo.toml turns the feature `complex` of stylus-upgradeable on"
                }
                Self::NoArtifact { .. } => "check that the crate has a [lib] target",
                Self::NotWasm { .. } => "give a .wasm file made for wasm32-unknown-unknown",
                Self::InvalidWasm { .. } => {
                    "leave out what breaks it: floats, other imports than vm_hooks, extensions"
                }
                Self::Layout { .. } => {
                    "build contract and tool from one version; one storage struct is the entrypoint"
                }
                Self::TooLarge { .. } => "make the contract smaller, or split it",
            }
            .to_owned(),
        )
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NotAContract { .. } => Exit::Usage,
            _ => Exit::Refused,
        }
    }
}

impl BuildError {
    /// A file error, with what was attempted.
    pub(crate) fn file(
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
}
