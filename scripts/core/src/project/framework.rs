//! The origin of the framework's crates in a project.

use super::carried;
use crate::app_error::Error;
use crate::build::is_framework;
use crate::error::Refusal;
use crate::own_file::io;
use std::path::{Path, PathBuf};
use toml_edit::{InlineTable, Value};

/// The origin of the framework's crates in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framework {
    /// This program, which writes them into the project.
    Carried,
    /// A clone, by its absolute path.
    Folder(PathBuf),
    /// A repository of git.
    Git {
        /// The URL that cargo fetches it from.
        url: String,
        /// A commit, tag or branch; the newest commit if `None`.
        revision: Option<String>,
    },
    /// A version, in a registry or by `[patch]`.
    Version(String),
}

impl Framework {
    /// A clone in `folder`.
    ///
    /// # Errors
    /// `NoFramework` if it is none.
    pub fn folder(folder: &Path) -> Result<Self, Error> {
        let none = || {
            let found = folder.display().to_string();
            let message = format!("{found} does not hold the framework's sources");
            let refusal = Refusal::new("NoFramework", message).with(
                "the root of a clone of the framework's repository",
                found,
                "give the folder that holds proxy/, registry/ and migratable/",
            );
            Error::from(refusal.usage())
        };
        let folder = folder.canonicalize().map_err(|_| none())?;
        if is_framework(&folder) {
            Ok(Self::Folder(folder))
        } else {
            Err(none())
        }
    }

    /// The default of a project: the crates that this program carries, or, where it was installed from packages, those
    /// of its version.
    pub fn own() -> Self {
        if carried::is_carried() {
            Self::Carried
        } else {
            Self::Version(env!("CARGO_PKG_VERSION").into())
        }
    }

    /// The text after `=` for the crate at that path of the framework, in the Cargo.toml in `from`, a folder of the
    /// project in `project`.
    pub(super) fn dependency(&self, place: &str, from: &Path, project: &Path) -> String {
        let mut table = InlineTable::new();
        match self {
            Self::Carried => {
                let path = up_from(from, project).join(carried::FOLDER).join(place);
                table.insert("path", Value::from(path.display().to_string()));
            }
            Self::Folder(folder) => {
                let path = path_between(from, project, folder).join(place);
                table.insert("path", Value::from(path.display().to_string()));
            }
            Self::Git { url, revision } => {
                table.insert("git", Value::from(url.as_str()));
                if let Some(revision) = revision {
                    table.insert("rev", Value::from(revision.as_str()));
                }
            }
            Self::Version(version) => return Value::from(version.as_str()).to_string(),
        }
        table.to_string().trim().to_owned()
    }

    /// The lock file of the framework, where it is known: the versions of dependencies that it is tested with.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn lock(&self) -> Result<Option<String>, Error> {
        match self {
            Self::Carried => Ok(Some(carried::lock().to_owned())),
            Self::Folder(folder) => {
                let lock = folder.join("Cargo.lock");
                let text = std::fs::read_to_string(&lock).map_err(io("read", &lock))?;
                Ok(Some(text))
            }
            Self::Git { .. } | Self::Version(_) => Ok(None),
        }
    }

    /// The files that a project keeps of it.
    ///
    /// # Errors
    /// The errors of [`carried::files`].
    pub(super) fn files(&self) -> Result<Vec<carried::File>, Error> {
        match self {
            Self::Carried => carried::files(),
            _ => Ok(Vec::new()),
        }
    }
}

/// The path from a folder of a project to the project.
fn up_from(from: &Path, project: &Path) -> PathBuf {
    let inside = from.strip_prefix(project).unwrap_or(Path::new(""));
    inside.components().map(|_| "..").collect()
}

/// The path from a folder of a project to a clone. It is relative if the clone lies beside the project's
/// repository or in it. Then it is the same for everybody who clones both, and a checkout of an older revision finds
/// the clone too.
fn path_between(from: &Path, project: &Path, clone: &Path) -> PathBuf {
    let is_repository = |folder: &&Path| folder.join(".git").exists();
    let top = project.ancestors().find(is_repository).unwrap_or(project);
    let below = |folder: &Path| Some(folder.strip_prefix(top.parent()?).ok()?.to_owned());
    match (below(from), below(clone)) {
        (Some(from), Some(clone)) => {
            let mut path: PathBuf = from.components().map(|_| "..").collect();
            path.push(clone);
            path
        }
        _ => clone.to_owned(),
    }
}
