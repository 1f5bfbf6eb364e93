//! The result of the last full run, kept in git.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::error::GuardError;
use super::run::{Report, Verdict};

/// Where it is kept, below the repository's root.
const PATH: &str = "tests/snapshots/guards.json";

/// The last full result, with what was tried again since.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The day, in UTC.
    pub date: String,
    /// The commit that was checked out.
    pub commit: String,
    /// The compiler.
    pub rustc: String,
    /// Seconds for all of them, the first passing run not included.
    pub seconds: u64,
    /// By guard, the assertion that noticed.
    pub noticed: BTreeMap<String, String>,
}

impl Record {
    /// The record of a full run.
    ///
    /// # Errors
    /// [`GuardError::ToolMissing`].
    pub fn of(report: &Report, commit: String) -> Result<Self, GuardError> {
        let mut record = Self {
            date: said("date", &["-u", "+%F"])?,
            commit,
            rustc: said("rustc", &["--version"])?,
            seconds: report.rows.iter().map(|row| row.seconds).sum::<f64>() as u64,
            noticed: BTreeMap::new(),
        };
        record.update(report);
        Ok(record)
    }

    /// Brings the guards of another run up to date, of which some only may have been asked for.
    pub fn update(&mut self, report: &Report) {
        for row in &report.rows {
            if let Verdict::Noticed { location, .. } = &row.verdict {
                // without the line, which moves
                let location = location.split(':').next().unwrap_or_default();
                let by = format!("{}, {location}", row.guard.test.name());
                self.noticed.insert(row.guard.name.clone(), by);
            } else {
                self.noticed.remove(&row.guard.name);
            }
        }
    }

    /// Reads the record of the checkout in `home`.
    ///
    /// # Errors
    /// [`GuardError::File`], [`GuardError::Table`].
    pub fn read(home: &Path) -> Result<Self, GuardError> {
        let path = file(home);
        let text = std::fs::read_to_string(&path).map_err(GuardError::file("read", &path))?;
        serde_json::from_str(&text).map_err(|error| GuardError::Table {
            path,
            reason: error.to_string(),
        })
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`GuardError::File`], [`GuardError::Table`].
    pub fn write(&self, home: &Path) -> Result<(), GuardError> {
        let path = file(home);
        let text = serde_json::to_string_pretty(self).map_err(|error| GuardError::Table {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        std::fs::write(&path, text + "\n").map_err(GuardError::file("write", path))
    }
}

fn file(home: &Path) -> PathBuf {
    home.join(PATH)
}

fn said(program: &str, arguments: &[&str]) -> Result<String, GuardError> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|source| GuardError::ToolMissing {
            program: program.into(),
            source,
        })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
