//! The report of a command.

use crate::error::Exit;
use serde_json::{Map, Value};

/// The output of a command.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The name of the report's type; empty without a report.
    pub report: &'static str,
    /// For programs: the fields of the document.
    pub document: Map<String, Value>,
    /// For people: lines, in order. Each is printed as one line, whatever it holds.
    pub lines: Vec<String>,
    /// Commands for a forge's runner, printed before the lines.
    pub commands: Vec<String>,
    /// The way in which it ended.
    pub exit: Exit,
}

impl Outcome {
    /// Adds a line for people.
    pub fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }
}
