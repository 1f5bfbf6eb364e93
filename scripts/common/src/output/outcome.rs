//! What a command reports.

use crate::error::Exit;
use serde::Serialize;
use serde_json::{Map, Value};

/// What a command has to say.
#[derive(Debug, Default)]
pub struct Outcome {
    /// For programs: the fields of the document.
    pub document: Map<String, Value>,
    /// For people: lines, in order. Each is printed as one line, whatever it holds.
    pub lines: Vec<String>,
    /// Commands for a forge's runner, printed before the lines.
    pub commands: Vec<String>,
    /// How it ended, if not well.
    pub exit: Option<Exit>,
}

impl Outcome {
    /// Adds a field to the document.
    pub fn field(&mut self, name: &str, value: impl Serialize) {
        self.document
            .insert(name.into(), serde_json::to_value(value).unwrap_or_default());
    }

    /// Adds a line for people.
    pub fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    /// The same of a dry run.
    #[must_use]
    pub fn of_copy(mut self) -> Self {
        self.field("dry_run", true);
        self.line("dry run: everything ran on a copy of the chain, and nothing was sent");
        self
    }
}
