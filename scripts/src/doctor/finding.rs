//! Something that an examination found out.

use serde::Serialize;

/// How urgent a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It fails in time, unless something is done.
    Warning,
    /// It fails now.
    Failure,
}

/// Something that an examination found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name, stable, for programs.
    pub name: &'static str,
    /// How urgent it is.
    pub severity: Severity,
    /// What it is.
    pub message: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// What to do.
    pub next: String,
}

impl Finding {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mark = match self.severity {
            Severity::Note => "·",
            Severity::Warning => "!",
            Severity::Failure => "✗",
        };
        let mut lines = vec![format!("{mark} {}: {}", self.name, self.message)];
        for (name, value) in [
            ("expected", &self.expected),
            ("found", &self.found),
            ("next", &self.next),
        ] {
            lines.push(format!("    {name:<9} {value}"));
        }
        lines
    }
}
