//! The report of a command: one typed value. Lines for people and the document of `--json` are renderings of it; the
//! console renders the same value as a page.

use crate::error::Exit;
use crate::names::Names;
use crate::output::Outcome;
use serde::Serialize;
use serde_json::{Map, Value};

/// A report of a command. It serializes to the fields of its document.
pub trait CommandReport: Serialize {
    /// The lines for people, in order; none of a part that only programs read. `names` are the manifest's names of
    /// addresses.
    fn lines(&self, _names: &Names) -> Vec<String> {
        Vec::new()
    }

    /// Commands for a forge's runner, printed before the lines.
    fn commands(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns how the command ended.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

impl Outcome {
    /// The renderings of a report for people and for programs.
    pub fn of<R: CommandReport>(report: &R, names: &Names) -> Self {
        Self {
            report: std::any::type_name::<R>(),
            document: document(report),
            lines: report.lines(names),
            commands: report.commands(),
            exit: report.exit(),
        }
    }

    /// Makes a document that programs alone ask for.
    pub fn document(report: &impl Serialize) -> Self {
        Self {
            document: document(report),
            ..Self::default()
        }
    }

    /// The same of a dry run.
    #[must_use]
    pub fn of_copy(mut self) -> Self {
        self.document.insert(DRY_RUN.into(), true.into());
        self.line("dry run: everything ran on a copy of the chain, and nothing was sent");
        self
    }
}

/// The field that says that a command only tried on a copy.
const DRY_RUN: &str = "dry_run";

/// The document of a report.
fn document(report: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(report) {
        Ok(Value::Object(fields)) => fields,
        // A report is a struct of this program, with text as keys: it serializes to an object.
        other => unreachable!("a report serializes to an object: {other:?}"),
    }
}
