//! The words of a refusal, as read from a section of the catalogue.

use super::error_words;

/// The beginning of a line with words.
const LINE: &str = "* ";
/// The beginning of a text that refers to the same field of another error.
const SAME_AS: &str = "as ";
/// The placeholder for the meaning of a reason.
const REASON: &str = "why";

/// A part of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordsField {
    /// Words by which the refusal of an endpoint is recognised.
    Endpoint,
    /// The expected state.
    Expected,
    /// The state that was found.
    Found,
    /// The meaning of a reason: `{why}` stands for it.
    Reason,
    /// The next step for the user.
    Next,
}

impl WordsField {
    /// The field with that name on the page.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "endpoint" => Self::Endpoint,
            "expected" => Self::Expected,
            "found" => Self::Found,
            REASON => Self::Reason,
            "next" => Self::Next,
            _ => return None,
        })
    }
}

/// A line of words, with the condition under which it applies.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WordsLine {
    field: WordsField,
    condition: Option<ArgumentCondition>,
    text: String,
}

/// The value that an argument of an error must have: a number, or `empty`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ArgumentCondition {
    argument: usize,
    value: String,
}

impl ArgumentCondition {
    /// Reads `{1} is 2`.
    fn read(text: &str) -> Option<Self> {
        let (argument, value) = text.split_once("} is ")?;
        Some(Self {
            argument: argument.strip_prefix('{')?.parse().ok()?,
            value: value.to_owned(),
        })
    }

    fn is_met(&self, value: &str) -> bool {
        self.value == value || (self.value == "empty" && value.is_empty())
    }
}

/// The words of an error: texts in which `{0}` stands for its first argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorWords {
    lines: Vec<WordsLine>,
}

/// A refusal of an endpoint that is recognised by its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointError {
    /// Its name.
    pub name: &'static str,
    /// The words, in lower case; the endpoint's message has at least one of them.
    pub words: Vec<String>,
}

impl ErrorWords {
    /// Reads the lines of a section. An indented line continues the line before it.
    pub(super) fn read(section: &str) -> Self {
        let mut texts: Vec<String> = Vec::new();
        let mut is_open = false;
        for line in section.lines() {
            if let Some(begun) = line.strip_prefix(LINE) {
                texts.push(begun.to_owned());
                is_open = true;
            } else if let (true, Some(more), Some(last)) =
                (is_open, line.strip_prefix("  "), texts.last_mut())
            {
                last.push(' ');
                last.push_str(more);
            } else {
                is_open = false;
            }
        }
        let lines = texts.iter().filter_map(|text| read_line(text)).collect();
        Self { lines }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text of a field for an error with these arguments; empty if the section has none. A text whose condition is
    /// met takes precedence.
    pub fn text(&self, field: WordsField, argument: impl Fn(usize) -> Option<String>) -> String {
        let lines = || self.lines.iter().filter(|line| line.field == field);
        let is_met = |condition: &ArgumentCondition| {
            argument(condition.argument).is_some_and(|value| condition.is_met(&value))
        };
        let special = lines().find(|line| line.condition.as_ref().is_some_and(is_met));
        let general = || lines().find(|line| line.condition.is_none());
        let text = special.or_else(general).map_or("", |line| &line.text);
        match text.strip_prefix(SAME_AS).and_then(error_words) {
            Some(other) => other.text(field, argument),
            None => text.to_owned(),
        }
    }

    /// The meaning of a reason, whatever its position among the arguments.
    pub(super) fn reason(&self, value: &str) -> String {
        self.text(WordsField::Reason, |_| Some(value.to_owned()))
    }

    pub(super) fn of_endpoint(&self, name: &'static str) -> Option<EndpointError> {
        let lines = self.lines.iter();
        let line = lines
            .into_iter()
            .find(|line| line.field == WordsField::Endpoint)?;
        // Every second part stands between two backticks.
        let words = line.text.split('`').skip(1).step_by(2);
        Some(EndpointError {
            name,
            words: words.map(str::to_owned).collect(),
        })
    }
}

/// Reads `next if {1} is 2: TEXT` or `next: TEXT`.
fn read_line(line: &str) -> Option<WordsLine> {
    let (head, text) = line.split_once(": ")?;
    let (field, condition) = match head.split_once(" if ") {
        None => (head, None),
        Some((field, condition)) => (field, Some(ArgumentCondition::read(condition)?)),
    };
    Some(WordsLine {
        field: WordsField::named(field)?,
        condition,
        text: text.to_owned(),
    })
}
