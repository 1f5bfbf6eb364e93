//! How a failure is reported: a name, a message, what was expected, what was found, what to do next.

use serde::{Deserialize, Serialize};
pub use stylus_explain_derive::Explain;
use thiserror::Error;

/// Exit codes of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for is done.
    Done = 0,
    /// The chain refused, or a check failed.
    Refused = 1,
    /// The command was used wrongly.
    Usage = 2,
    /// Not yet: approvals or a delay are missing, or something else is waited for; of `doctor`: something
    /// needs attention in time.
    NotReady = 3,
    /// The chain or its RPC is in trouble; trying again may help.
    Chain = 4,
    /// Partly done; the same command again continues.
    Partial = 5,
}

/// What every error of this crate can tell about itself. The derive of the same name implements it
/// from what stands beside each variant.
pub trait Explain: std::fmt::Display {
    /// The error's name, stable, for programs.
    fn name(&self) -> String;
    /// The lines that end the message, where it has several: a compiler's words, a report.
    fn details(&self) -> Vec<String> {
        Vec::new()
    }
    /// What was expected, if that says more than the message.
    fn expected(&self) -> Option<String> {
        None
    }
    /// What was found instead.
    fn found(&self) -> Option<String> {
        None
    }
    /// What the reader can do now.
    fn next(&self) -> Option<String> {
        None
    }
    /// The exit code it leads to.
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// A failure as programs read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The error's name.
    pub name: String,
    /// What happened.
    pub message: String,
    /// The lines that end the message, where it has several.
    #[serde(skip)]
    pub details: Vec<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What was found.
    pub found: Option<String>,
    /// What to do next.
    pub next: Option<String>,
}

impl Report {
    /// The report of an error.
    pub fn of(error: &dyn Explain) -> Self {
        Self {
            name: error.name(),
            message: error.to_string(),
            details: error.details(),
            expected: error.expected(),
            found: error.found(),
            next: error.next(),
        }
    }

    /// The message without the lines of [`Self::details`].
    pub fn headline(&self) -> &str {
        let details = self.details.join("\n");
        match self.message.strip_suffix(&details) {
            Some(headline) if !details.is_empty() => headline.trim_end(),
            _ => &self.message,
        }
    }

    /// Whether the details say the same, line by line.
    pub fn is_detail(&self, value: &str) -> bool {
        !self.details.is_empty() && value.lines().eq(self.details.iter().map(String::as_str))
    }
}

/// A refusal that is told in one place alone: its name and its words stand where it arises. What somebody asks for is a
/// variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq, Error, Explain)]
#[error(transparent)]
#[explain(of = _0)]
pub struct Refusal(Box<Told>);

#[derive(Debug, Clone, PartialEq, Eq, Error, Explain)]
#[error("{message}")]
#[explain(
    name = *name,
    details = details.clone(),
    expected = "{expected}",
    found = "{found}",
    next = "{next}",
    exit = *exit
)]
struct Told {
    name: &'static str,
    message: String,
    details: Vec<String>,
    expected: String,
    found: String,
    next: String,
    exit: Exit,
}

impl Refusal {
    /// Of that name.
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Told {
            name,
            message: message.into(),
            details: Vec::new(),
            expected: String::new(),
            found: String::new(),
            next: String::new(),
            exit: Exit::Refused,
        }))
    }

    /// What was expected, what was found instead, and what to do now.
    #[must_use]
    pub fn with(
        mut self,
        expected: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        self.0.expected = expected.into();
        self.0.found = found.into();
        self.0.next = next.into();
        self
    }

    /// With `text`, a compiler's words say, as the lines that end the message.
    #[must_use]
    pub fn detailed(mut self, text: &str) -> Self {
        self.0.message = format!("{}\n{text}", self.0.message);
        self.0.details = text.lines().map(str::to_owned).collect();
        self
    }

    /// With another exit code.
    #[must_use]
    pub fn exiting(mut self, exit: Exit) -> Self {
        self.0.exit = exit;
        self
    }

    /// Of a command that was used wrongly.
    #[must_use]
    pub fn usage(self) -> Self {
        self.exiting(Exit::Usage)
    }

    /// The same under another name, of a larger undertaking: `undertaking` and what it says.
    #[must_use]
    pub fn renamed(mut self, name: &'static str, undertaking: &str) -> Self {
        self.0.name = name;
        self.0.message = format!("{undertaking}: {}", self.0.message);
        self
    }

    /// Whether it has that name.
    pub fn is(&self, name: &str) -> bool {
        self.0.name == name
    }
}
