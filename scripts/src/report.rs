//! What a command reports: one typed value. Lines for people and the document of `--json` are renderings of it; the
//! console renders the same value as a page.

use crate::client::Sent;
use crate::error::Exit;
use crate::governance::Names;
use crate::ids::TxHash;
use crate::output::Outcome;
use crate::text::grouped;
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
    fn runner_commands(&self) -> Vec<String> {
        Vec::new()
    }

    /// How the command ended.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// The transactions of a command, in order. A report flattens it into its document.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Transactions {
    /// The main one, the last.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    main: Option<Spent>,
    transactions: Vec<Transaction>,
}

/// A transaction without its name.
#[derive(Debug, Clone, Serialize)]
pub struct Spent {
    tx: TxHash,
    /// The gas that it used.
    gas: u64,
}

impl Spent {
    /// Of one that was sent.
    pub fn of(sent: &Sent) -> Self {
        Self {
            tx: sent.tx,
            gas: sent.gas,
        }
    }
}

/// A transaction as a report names it.
#[derive(Debug, Clone, Serialize)]
pub struct Transaction {
    /// What it did.
    pub name: String,
    /// Its hash.
    pub tx: TxHash,
    /// The gas that it used.
    pub gas: u64,
}

impl Transactions {
    /// Those that were sent. The last is the main one.
    pub fn of(sent: &[Sent]) -> Self {
        Self {
            main: sent.last().map(Spent::of),
            transactions: sent.iter().map(Transaction::of).collect(),
        }
    }

    /// The same, whose main one is another than the last.
    pub fn with_main(mut self, main: &Sent) -> Self {
        self.main = Some(Spent::of(main));
        self
    }

    /// Adds them to what a command reports so far, their lines before its own.
    pub fn add_to(&self, outcome: &mut Outcome, names: &Names) {
        let own = std::mem::take(&mut outcome.lines);
        outcome.add(self, names);
        outcome.lines.extend(own);
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<String> {
        let line = |one: &Transaction| {
            let gas = grouped(one.gas);
            format!("{:<44} {}  {gas:>10} gas", one.name, one.tx)
        };
        self.transactions.iter().map(line).collect()
    }
}

impl CommandReport for Transactions {
    fn lines(&self, _: &Names) -> Vec<String> {
        Self::lines(self)
    }
}

impl Transaction {
    /// One that was sent.
    pub fn of(sent: &Sent) -> Self {
        Self {
            name: sent.what.clone(),
            tx: sent.tx,
            gas: sent.gas,
        }
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
        self.commands.extend(part.runner_commands());
        if part.exit() != Exit::Done {
            self.exit = Some(part.exit());
        }
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
