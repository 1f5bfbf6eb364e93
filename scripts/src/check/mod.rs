//! What `check` finds before an upgrade is merged: findings with stable codes, where they stand, and
//! what of the check could not be done.

mod coverage;
mod github;

pub use coverage::{CheckPart, Done, Unchecked};
pub use github::annotation;

use crate::error::{Explain, Report};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// Something was not checked as a whole, or was allowed.
    Warning,
    /// The upgrade is refused.
    Error,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckFinding {
    /// What it is, stable: `layout-reorder`, `abi-function-removed`.
    pub code: String,
    /// How bad it is.
    pub level: Level,
    /// What was found, in words.
    pub message: String,
    /// The lines that belong to it, where it has several: a compiler's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What to do now.
    pub next: Option<String>,
    /// The flag that lets it pass, if there is one.
    pub allow: Option<String>,
    /// The file, from the repository's root.
    pub file: Option<PathBuf>,
    /// The line, from 1.
    pub line: Option<usize>,
}

impl CheckFinding {
    /// A finding without a place.
    pub fn new(code: impl Into<String>, level: Level, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            level,
            message: message.into(),
            details: Vec::new(),
            expected: None,
            next: None,
            allow: None,
            file: None,
            line: None,
        }
    }

    /// A failure as a finding: `prefix`, and the name of the error.
    pub fn of(prefix: &str, error: &dyn Explain) -> Self {
        let report = Report::of(error);
        Self {
            expected: report.expected.clone(),
            next: report.next.clone(),
            ..Self::new(
                format!("{prefix}-{}", kebab_case(&report.name)),
                Level::Error,
                report.headline(),
            )
        }
    }

    /// With the lines that belong to it, which the message announces.
    #[must_use]
    pub fn with_details(mut self, details: Vec<String>) -> Self {
        if !details.is_empty() {
            let announced = self.message.trim_end_matches(':').len();
            self.message.truncate(announced);
        }
        self.details = details;
        self
    }

    /// At a place. Its path is shown from `root`, if it lies below.
    #[must_use]
    pub fn at(mut self, place: Option<(&Path, usize)>, root: &Path) -> Self {
        if let Some((file, line)) = place {
            self.file = Some(file.strip_prefix(root).unwrap_or(file).to_owned());
            self.line = Some(line);
        }
        self
    }

    /// Let pass by a flag.
    #[must_use]
    pub fn allowed(mut self, flag: &str) -> Self {
        self.level = Level::Warning;
        self.message = format!("{} (allowed by {flag})", self.message);
        self
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mark = match self.level {
            Level::Error => "✗",
            Level::Warning => "!",
            Level::Notice => "·",
        };
        let place = match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("  {}:{line}", file.display()),
            _ => String::new(),
        };
        let mut lines = vec![format!("{mark} {}{place}  {}", self.code, self.message)];
        lines.extend(self.details.iter().map(|line| format!("    {line}")));
        let more = [
            ("expected", &self.expected),
            ("next", &self.next),
            ("allow", &self.allow),
        ];
        for (what, text) in more {
            if let (Some(text), Level::Error) = (text, self.level) {
                lines.push(format!("    {what}: {text}"));
            }
        }
        lines
    }
}

/// `LayoutRefused` as `layout-refused`.
pub fn kebab_case(name: &str) -> String {
    let mut text = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests;
