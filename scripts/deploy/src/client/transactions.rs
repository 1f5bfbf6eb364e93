//! The transactions that a command sent, as its report shows them.

use super::Sent;
use crate::ids::TxHash;
use crate::text::grouped;
use serde::Serialize;

/// The transactions of a command, in order. A report flattens it into its document.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Transactions {
    /// The main one: the last of those that were sent first.
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

    /// Adds transactions that follow from these. The main one stays, where there is one.
    pub fn add(&mut self, sent: &[Sent]) {
        let later = Self::of(sent);
        self.main = self.main.take().or(later.main);
        self.transactions.extend(later.transactions);
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.transactions.len()
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
