//! The transactions that a command sent, as its report shows them.

use super::Sent;
use crate::ids::TxHash;
use crate::names::Names;
use crate::output::Outcome;
use crate::report::CommandReport;
use crate::text::grouped;
use serde::Serialize;

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
