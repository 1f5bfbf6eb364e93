//! The result of the last full run, kept in git.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use stylus_upgrades_harness::HarnessError;

use super::run::{Report, Verdict};
use super::wrong;

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
    /// [`HarnessError::ToolMissing`].
    pub fn of(report: &Report, commit: String) -> Result<Self, HarnessError> {
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
    /// [`HarnessError::File`], [`HarnessError::Library`].
    pub fn read(home: &Path) -> Result<Self, HarnessError> {
        let path = file(home);
        let text = std::fs::read_to_string(&path).map_err(HarnessError::file("read", &path))?;
        serde_json::from_str(&text).map_err(|error| wrong(format!("{}: {error}", path.display())))
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`HarnessError::File`], [`HarnessError::Library`].
    pub fn write(&self, home: &Path) -> Result<(), HarnessError> {
        let path = file(home);
        let text = serde_json::to_string_pretty(self);
        let text = text.map_err(|error| wrong(error.to_string()))?;
        std::fs::write(&path, text + "\n").map_err(HarnessError::file("write", path))
    }
}

fn file(home: &Path) -> PathBuf {
    home.join(PATH)
}

fn said(program: &str, arguments: &[&str]) -> Result<String, HarnessError> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|source| HarnessError::ToolMissing {
            program: program.into(),
            source,
        })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
