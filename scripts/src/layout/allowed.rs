//! What somebody declared or allowed for a pair of layouts, one line of JSON each: the upgrade
//! that comes after the registration need not be told again, and everybody can read who relied on
//! what.

use super::error::LayoutError;
use super::store::Store;
use alloy::primitives::B256;
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// The file's name in the store's folder.
pub(super) const FILE: &str = "allowed.jsonl";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// The definition.
    pub definition: String,
    /// The version before.
    pub from: String,
    /// The new version.
    pub to: String,
    /// The hash of the layout before.
    pub old: B256,
    /// The hash of the new layout.
    pub new: B256,
    /// `old=new`.
    pub renames: Vec<String>,
    /// Fields of the new version.
    pub retypes: Vec<String>,
    /// Findings by their names.
    pub allowed: Vec<String>,
}

/// The file.
#[derive(Debug, Clone)]
pub struct AllowedLog {
    path: PathBuf,
}

impl AllowedLog {
    /// The file in a store.
    pub fn of(store: &Store) -> Self {
        Self {
            path: store.folder().join(FILE),
        }
    }

    /// What was said before of that step (the definition, the version before, the new one) with
    /// these very layouts. What was said
    /// of another contract holds for nobody else.
    pub fn of_step(&self, step: (&str, &str, &str), old: B256, new: B256) -> Vec<Allowed> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let lines = text.lines();
        lines
            .filter_map(|line| serde_json::from_str::<Allowed>(line).ok())
            .filter(|line| (line.old, line.new) == (old, new))
            .filter(|line| (&*line.definition, &*line.from, &*line.to) == step)
            .collect()
    }

    /// Adds a line, unless it is there.
    ///
    /// # Errors
    /// [`LayoutError::File`].
    pub fn add(&self, line: &Allowed) -> Result<(), LayoutError> {
        let step = (&*line.definition, &*line.from, &*line.to);
        if self.of_step(step, line.old, line.new).contains(line) {
            return Ok(());
        }
        let refused = |error: std::io::Error| LayoutError::file("write", &self.path, error);
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(refused)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .map_err(refused)?;
        let text = serde_json::to_string(line).unwrap_or_default();
        file.write_all(format!("{text}\n").as_bytes())
            .and_then(|()| file.sync_data())
            .map_err(refused)
    }
}
