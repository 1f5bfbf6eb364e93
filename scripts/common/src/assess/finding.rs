//! Something that was found.

use super::id::FindingId;
use super::origin::{Origin, Part};
use super::together::Together;
use crate::error::{Explain, Report};
use crate::text::count;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The weight of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It was checked and holds.
    Good,
    /// Worth knowing.
    Note,
    /// It was not checked, or in part only.
    Unknown,
    /// Worth asking about: it fails in time unless something is done, or somebody accepted it.
    Warning,
    /// It fails now, or is refused.
    Danger,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceLine {
    /// The file, from the repository's root.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// The largest line that is shown: no source has more.
const LINE_MAX: usize = 1 << 31;

impl SourceLine {
    /// Reads `src/lib.rs:12`, with or without a column after it; none of other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, last) = text.rsplit_once(':')?;
        let with_column = rest.rsplit_once(':').and_then(|(file, line)| {
            last.parse::<usize>().ok()?;
            Some((file, line.parse().ok()?))
        });
        let (file, line) = match with_column {
            Some(place) => place,
            None => (rest, last.parse().ok()?),
        };
        let file = PathBuf::from(file);
        let is_place = !file.as_os_str().is_empty() && (1..=LINE_MAX).contains(&line);
        is_place.then_some(Self { file, line })
    }
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its stable name: the id that `--accept` takes, or the name of an error.
    pub id: FindingId,
    /// Its weight.
    pub severity: Severity,
    /// The part that it is about.
    pub part: Part,
    /// The source of what is known of it.
    pub origin: Origin,
    /// The finding in words.
    pub message: String,
    /// The lines that belong to it, where it has several: a compiler's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// The expected state.
    pub expected: Option<String>,
    /// The state that was found.
    pub found: Option<String>,
    /// The next step.
    pub next: Option<String>,
    /// Its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SourceLine>,
    /// Its place in the version before, if that is another place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_before: Option<SourceLine>,
    /// The field or the function that it is about, which determines its place; the transaction of an arrival.
    #[serde(skip)]
    pub about: Option<String>,
    /// The findings that it is told with where it refuses something together with others of its check.
    #[serde(skip)]
    pub together: Option<Arc<Together>>,
}

impl Severity {
    /// All, the heaviest first.
    const HEAVIEST_FIRST: [Self; 5] = [
        Self::Danger,
        Self::Warning,
        Self::Unknown,
        Self::Note,
        Self::Good,
    ];

    /// Counts how many of `all` have each severity, in words (`2 warnings`), the heaviest first; none that no finding
    /// has.
    pub fn counted<'a>(all: impl IntoIterator<Item = &'a Finding>) -> Vec<(Self, String)> {
        let all: Vec<Self> = all.into_iter().map(|finding| finding.severity).collect();
        let number = |severity| all.iter().filter(|found| **found == severity).count();
        let found = Self::HEAVIEST_FIRST.map(|severity| (severity, number(severity)));
        let found = found.into_iter().filter(|(_, number)| *number > 0);
        found
            .map(|(severity, number)| match severity {
                Self::Good | Self::Unknown => (severity, format!("{number} {}", severity.word())),
                _ => (severity, count(number, severity.word())),
            })
            .collect()
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "checked",
            Self::Note => "note",
            Self::Unknown => "not checked",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    /// The mark of it on a terminal.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Note => "·",
            Self::Unknown => "?",
            Self::Warning => "!",
            Self::Danger => "✗",
        }
    }

    /// Its class on a page.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            other => other.word(),
        }
    }
}

impl Finding {
    /// A finding that needs no more words. It was read on chain, unless [`Self::from`] says otherwise.
    pub fn new(part: Part, severity: Severity, id: FindingId, message: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            part,
            origin: Origin::Chain,
            message: message.into(),
            details: Vec::new(),
            expected: None,
            found: None,
            next: None,
            place: None,
            place_before: None,
            about: None,
            together: None,
        }
    }

    /// Makes a finding that refuses something together with the others of a check, unless its id is accepted.
    pub fn of_several(
        part: Part,
        (id, about): (FindingId, &str),
        message: impl Into<String>,
        together: &Arc<Together>,
    ) -> Self {
        Self {
            found: Some(id.to_string()),
            about: Some(about.to_owned()),
            expected: Some(together.expected.clone()),
            next: Some(format!(
                "{}; to accept it: {}",
                together.next,
                FindingId::flag([&id])
            )),
            together: Some(together.clone()),
            ..Self::new(part, Severity::Danger, id, message)
        }
    }

    /// The same once it is accepted, or where something else handles it.
    #[must_use]
    pub fn taken(&self) -> Self {
        // What it was told with is said of all of them.
        let is_alone = self.together.is_none();
        Self {
            severity: Severity::Warning,
            expected: self.expected.clone().filter(|_| is_alone),
            found: self.found.clone().filter(|_| is_alone),
            next: None,
            together: None,
            ..self.clone()
        }
    }

    /// A finding of a kind that is about nothing in particular, or one that is named by an error.
    pub fn named(
        part: Part,
        severity: Severity,
        id: impl Into<FindingId>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(part, severity, id.into(), message)
    }

    /// Makes a finding of what would make an upgrade fail that is tried on a copy, named like an error.
    pub fn problem(
        name: &'static str,
        message: String,
        expected: &str,
        found: String,
        next: &str,
    ) -> Self {
        let id = FindingId::error(name);
        Self::new(Part::Simulation, Severity::Danger, id, message).with(expected, found, next)
    }

    /// A refusal, under another id than its name where it has one.
    pub fn refusal(part: Part, id: Option<FindingId>, report: &Report) -> Self {
        let id = id.unwrap_or_else(|| FindingId::error(report.name.clone()));
        Self {
            details: report.details.clone(),
            expected: report.expected.clone(),
            found: report.found.clone(),
            next: report.next(),
            ..Self::new(
                part,
                Severity::Danger,
                id,
                report.headline().trim_end_matches(':'),
            )
        }
    }

    /// Returns true if the proposer of an action that it is about had to accept it: it refuses a proposal, unless its
    /// author's word is enough for them, and says the same of the same code in every block.
    pub fn is_accepted_by_proposer(&self) -> bool {
        let is_of_code = self.id.part_of_code().is_some();
        let is_his_word = self.origin == Origin::Annotation;
        let is_refused = self.severity == Severity::Danger && !is_his_word;
        is_refused && is_of_code && self.part != Part::Simulation
    }

    /// With what was expected, what was found and what to do.
    #[must_use]
    pub fn with(
        mut self,
        expected: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        self.expected = Some(expected.into());
        self.found = Some(found.into());
        self.next = Some(next.into());
        self
    }

    /// With where it is known from.
    #[must_use]
    pub fn from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// At a place. Its path is shown from `root`, if it lies below.
    #[must_use]
    pub fn at(mut self, place: Option<(&Path, usize)>, root: &Path) -> Self {
        self.place = place.map(|(file, line)| SourceLine {
            file: file.strip_prefix(root).unwrap_or(file).to_owned(),
            line,
        });
        self
    }

    /// At the declaration of a field in the new version, and in the version before. What is gone has only the latter.
    #[must_use]
    pub fn declared_at(mut self, new: Option<&str>, old: Option<&str>) -> Self {
        let [new, old] = [new, old].map(|source| SourceLine::parse(source?));
        self.place_before = old.clone().filter(|_| new.is_some() && new != old);
        self.place = new.or(old);
        self
    }

    /// Its places: the line of the new version, and in brackets that of the version before.
    pub(super) fn places(&self) -> String {
        let Some(place) = &self.place else {
            return String::new();
        };
        let before = self.place_before.as_ref();
        let before = before.map_or(String::new(), |before| format!(" (before: {before})"));
        format!("  {place}{before}")
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let (mark, places) = (self.severity.mark(), self.places());
        let mut lines = vec![format!("{mark} {}{places}: {}", self.id, self.message)];
        lines.extend(self.details.iter().map(|line| format!("    {line}")));
        for (name, value) in self.words() {
            lines.push(format!("    {name:<9} {value}"));
        }
        lines
    }

    /// The same as one line, without what to do next.
    pub fn line(&self) -> String {
        let (mark, places) = (self.severity.mark(), self.places());
        let mut line = format!("{mark} {}{places}: {}", self.id, self.says());
        line.retain(|letter| letter != '\n');
        line
    }

    /// Returns that line, and what to do next on another.
    pub fn short_lines(&self) -> Vec<String> {
        let next = self.next.iter();
        let next = next.map(|next| format!("    next      {}", next.replace('\n', "")));
        std::iter::once(self.line()).chain(next).collect()
    }

    /// Says it, without its id and what to do next, as one sentence.
    pub fn says(&self) -> String {
        let mut says = self.message.clone();
        let words = self.words().filter(|(name, _)| *name != "next");
        words.for_each(|(name, value)| says.push_str(&format!("; {name}: {value}")));
        says
    }

    fn words(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let all = [
            ("expected", &self.expected),
            ("found", &self.found),
            ("next", &self.next),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

impl Explain for Finding {
    fn report(&self) -> Report {
        let name = match &self.together {
            Some(together) => together.name.to_owned(),
            None => self.id.error_name(),
        };
        Report {
            name,
            message: self.message.clone(),
            details: self.details.clone(),
            expected: self.expected.clone(),
            found: self.found.clone(),
            next: self.next.clone().into_iter().collect(),
        }
    }
}
