//! What a command reports: one typed value. Lines for people and the document of `--json` are renderings of it; the
//! console renders the same value as a page.

use crate::error::Exit;
use crate::names::Names;
use crate::output::Outcome;
use serde::Serialize;
use serde_json::{Map, Value};

/// What a command reports. It serializes to the fields of its document.
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

    /// How the command ended.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

impl Outcome {
    /// The renderings of a report for people and for programs.
    pub fn of(report: &impl CommandReport, names: &Names) -> Self {
        let mut outcome = Self::default();
        outcome.add(report, names);
        outcome
    }

    /// What programs alone ask for.
    pub fn document(report: &impl Serialize) -> Self {
        let mut outcome = Self::default();
        outcome.fields(report);
        outcome
    }

    /// Adds the fields of a struct to what is there.
    pub fn fields(&mut self, of: &impl Serialize) {
        self.document.extend(document(of));
    }

    /// Adds a part of a report behind what is there. How it ended is the part's word, unless that ended well.
    pub fn add(&mut self, part: &impl CommandReport, names: &Names) {
        self.fields(part);
        self.lines.extend(part.lines(names));
        self.commands.extend(part.commands());
        if part.exit() != Exit::Done {
            self.exit = Some(part.exit());
        }
    }

    /// As `add`, for a part that may have been added before: repeats no line.
    pub fn add_unsaid(&mut self, part: &impl CommandReport, names: &Names) {
        let mut before = std::mem::take(&mut self.lines);
        self.add(part, names);
        self.lines.retain(|line| !before.contains(line));
        before.append(&mut self.lines);
        self.lines = before;
    }

    /// The same of a dry run.
    #[must_use]
    pub fn of_copy(mut self) -> Self {
        self.add(&OfCopy { dry_run: true }, &Names::default());
        self
    }
}

/// What every command reports of a dry run.
#[derive(Serialize)]
struct OfCopy {
    /// Always.
    dry_run: bool,
}

impl CommandReport for OfCopy {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec!["dry run: everything ran on a copy of the chain, and nothing was sent".into()]
    }
}

/// The document of a report.
fn document(report: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(report) {
        Ok(Value::Object(fields)) => fields,
        // A report is a struct of this program, with text as keys: it serializes to an object.
        other => unreachable!("a report serializes to an object: {other:?}"),
    }
}
