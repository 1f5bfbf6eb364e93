//! Something that a plan found out.

use super::error::PlanError;
use crate::client::Revert;
use crate::error::Explain;
use serde::Serialize;
use std::fmt;

/// Something that would keep the upgrade from succeeding, or that one should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name, stable, for programs.
    pub name: String,
    /// What it is.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What was found.
    pub found: Option<String>,
    /// What to do.
    pub next: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

impl Explain for Finding {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn expected(&self) -> Option<String> {
        self.expected.clone()
    }

    fn found(&self) -> Option<String> {
        self.found.clone()
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }
}

impl Finding {
    pub(crate) fn new(
        name: &str,
        message: String,
        expected: &str,
        found: String,
        next: &str,
    ) -> Self {
        Self {
            name: name.into(),
            message,
            expected: Some(expected.into()),
            found: Some(found),
            next: Some(next.into()),
        }
    }

    /// A refusal of a contract.
    pub(super) fn refusal(what: &str, revert: &Revert) -> Self {
        let advice = revert.advice();
        Self {
            name: revert.name(),
            message: format!("{what} would be refused: {revert}"),
            expected: Some(advice.expected),
            found: Some(advice.found),
            next: Some(advice.next),
        }
    }

    /// An error that is a finding: a refusal. Others keep the plan from being made.
    pub(super) fn of(error: PlanError) -> Result<Self, PlanError> {
        match &error {
            PlanError::Refused { .. } | PlanError::Halted { .. } => Ok(Self {
                name: error.name(),
                message: error.to_string(),
                expected: error.expected(),
                found: error.found(),
                next: error.next(),
            }),
            _ => Err(error),
        }
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: {}", self.name, self.message)];
        for (name, value) in [
            ("expected", &self.expected),
            ("found", &self.found),
            ("next", &self.next),
        ] {
            lines.extend(value.iter().map(|value| format!("  {name:<9} {value}")));
        }
        lines
    }
}
