//! The report of a failure: a name, a message, what was expected, what was found, what to do next.

use serde::{Serialize, Serializer};
use thiserror::Error;

/// The beginning of a line in the words of another program.
const QUOTED: &str = "| ";

/// Exit codes of the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for is done.
    #[default]
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

impl Exit {
    /// Returns how a command ends that reports an error beside its result, if there is one.
    pub fn of<T>(error: Option<&T>) -> Self {
        match error {
            Some(_) => Self::Refused,
            None => Self::Done,
        }
    }
}

/// An error that can tell about itself.
pub trait Explain: std::fmt::Display {
    /// All of it, as programs read it.
    fn report(&self) -> Report;
    /// The exit code it leads to.
    fn exit(&self) -> Exit {
        Exit::Refused
    }
    /// The error's name, stable, for programs.
    fn name(&self) -> String {
        self.report().name
    }
    /// The lines that end the message, where it has several: a compiler's words, a report.
    fn details(&self) -> Vec<String> {
        self.report().details
    }
    /// Returns what was expected, if that says more than the message.
    fn expected(&self) -> Option<String> {
        self.report().expected
    }
    /// Returns what was found instead.
    fn found(&self) -> Option<String> {
        self.report().found
    }
    /// Returns what the reader can do now.
    fn next(&self) -> Option<String> {
        self.report().next()
    }
}

/// A failure as programs read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The error's name.
    pub name: String,
    /// The message: what happened.
    pub message: String,
    /// The lines that end the message, where it has several.
    #[serde(skip)]
    pub details: Vec<String>,
    /// The expected state.
    pub expected: Option<String>,
    /// The state that was found.
    pub found: Option<String>,
    /// The next steps.
    #[serde(serialize_with = "joined")]
    pub next: Vec<String>,
}

impl Report {
    /// The report of an error.
    pub fn of(error: &dyn Explain) -> Self {
        error.report()
    }

    /// Returns what to do next about all reasons, in one text.
    pub fn next(&self) -> Option<String> {
        one_text(&self.next)
    }

    /// The message without the lines of [`Self::details`].
    pub fn headline(&self) -> &str {
        let details = self.details.join("\n");
        match self.message.strip_suffix(&details) {
            Some(headline) if !details.is_empty() => headline.trim_end(),
            _ => &self.message,
        }
    }

    /// Returns what was expected, what was found, and what to do next, which is there once for each reason; each by its
    /// name.
    pub fn named(&self) -> Vec<(&'static str, &String)> {
        let all = [
            ("expected", self.expected.as_slice()),
            ("found", self.found.as_slice()),
            ("next", &self.next),
        ];
        let named = |(name, values)| std::iter::repeat(name).zip(values);
        all.into_iter().flat_map(named).collect()
    }

    /// Returns true if the details say the same, line by line.
    pub fn is_detail(&self, value: &str) -> bool {
        let details = self.details.iter();
        let unquoted = details.map(|line| line.strip_prefix(QUOTED).unwrap_or(line));
        !self.details.is_empty() && value.lines().eq(unquoted)
    }
}

fn one_text(reasons: &[String]) -> Option<String> {
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn joined<S: Serializer>(reasons: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    one_text(reasons).serialize(serializer)
}

/// A failure that is told in plain words: its name and its words stand where it arises. What somebody asks for by more
/// than its name is a variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .0.report.message)]
pub struct Refusal(Box<Told>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    report: Report,
    exit: Exit,
}

impl Refusal {
    /// Of that name.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        let report = Report {
            name: name.into(),
            message: message.into(),
            ..Report::default()
        };
        let exit = Exit::Refused;
        Self(Box::new(Told { report, exit }))
    }

    /// Takes over what another error says.
    pub fn of(error: &dyn Explain) -> Self {
        let (report, exit) = (error.report(), error.exit());
        Self(Box::new(Told { report, exit }))
    }

    /// Adds what was expected, what was found instead, and what to do now.
    #[must_use]
    pub fn with(
        mut self,
        expected: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        let report = &mut self.0.report;
        report.expected = Some(expected.into());
        report.found = Some(found.into());
        report.next = vec![next.into()];
        self
    }

    /// With another message, of a larger undertaking.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.0.report.message = message.into();
        self
    }

    /// With something else that was expected.
    #[must_use]
    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.0.report.expected = Some(expected.into());
        self
    }

    /// With something else to do now.
    #[must_use]
    pub fn advising(mut self, next: impl Into<String>) -> Self {
        self.0.report.next = vec![next.into()];
        self
    }

    /// With `text`, a compiler's words say, as the lines that end the message. Each is quoted, so that it begins with
    /// no command of this program.
    #[must_use]
    pub fn detailed(mut self, text: &str) -> Self {
        let report = &mut self.0.report;
        report.details = text.lines().map(|line| format!("{QUOTED}{line}")).collect();
        report.message = format!("{}\n{}", report.message, report.details.join("\n"));
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

    /// Under another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.0.report.name = name.into();
        self
    }

    /// The same under another name, of a larger undertaking: `undertaking` and what it says.
    #[must_use]
    pub fn renamed(mut self, name: &str, undertaking: &str) -> Self {
        let report = &mut self.0.report;
        report.name = name.into();
        report.message = format!("{undertaking}: {}", report.message);
        self
    }

    /// Returns true if it has that name.
    pub fn is(&self, name: &str) -> bool {
        self.0.report.name == name
    }
}

impl Explain for Refusal {
    fn report(&self) -> Report {
        self.0.report.clone()
    }

    fn exit(&self) -> Exit {
        self.0.exit
    }
}
