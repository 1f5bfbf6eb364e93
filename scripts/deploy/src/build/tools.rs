//! The tools of every build: the toolchains, cargo's home, and who is told of progress.

use super::error::BuildError;
use super::foreign::Author;
use super::toolchain::{self, Toolchain, ToolchainFile};
use crate::progress::Progress;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The tools of every build.
pub(super) struct Tools {
    toolchains: Mutex<BTreeMap<String, Toolchain>>,
    pub(super) cargo_home: PathBuf,
    /// True if no artifact of an earlier build is taken.
    pub(super) is_from_scratch: bool,
    /// The author of what is built.
    pub(super) author: Author,
    pub(super) progress: Arc<dyn Progress>,
}

impl Tools {
    /// The tools of this user.
    pub(super) fn new(progress: Arc<dyn Progress>) -> Self {
        Self {
            toolchains: Mutex::default(),
            cargo_home: toolchain::cargo_home(),
            is_from_scratch: false,
            author: Author::Own,
            progress,
        }
    }

    /// The toolchain that a file names, asked once for each; `folder` keeps what compilers answered.
    pub(super) fn toolchain(
        &self,
        file: &ToolchainFile,
        folder: &Path,
    ) -> Result<Toolchain, BuildError> {
        let mut known = self
            .toolchains
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(toolchain) = known.get(&file.text) {
            return Ok(toolchain.clone());
        }
        let found = Toolchain::find(file, folder, self.is_from_scratch)?;
        known.insert(file.text.clone(), found.clone());
        Ok(found)
    }
}
