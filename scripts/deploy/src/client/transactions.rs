//! The transactions that a command sent, as its report shows them.

use super::Sent;
use crate::cost::Cost;
use crate::ids::TxHash;
use serde::Serialize;

/// Transactions that have a line each.
const IN_FULL: usize = 3;

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
    /// Its cost.
    #[serde(flatten)]
    cost: Cost,
}

impl Spent {
    /// Of one that was sent.
    pub fn of(sent: &Sent) -> Self {
        Self {
            tx: sent.tx,
            cost: sent.cost,
        }
    }
}

/// A transaction as a report names it.
#[derive(Debug, Clone, Serialize)]
pub struct Transaction {
    /// Its effect.
    pub name: String,
    /// Its hash.
    pub tx: TxHash,
    /// Its cost.
    #[serde(flatten)]
    pub cost: Cost,
}

impl Transactions {
    /// The same with others before them. The main one stays, where there is one.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        Self {
            main: self.main.or(earlier.main),
            transactions: [earlier.transactions, self.transactions].concat(),
        }
    }

    /// Lists those that were sent. The last is the main one.
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

    /// Returns how many they are.
    pub fn count(&self) -> usize {
        self.transactions.len()
    }

    /// A line for each of a few, the last of several with what all of them cost; of more a line for the main one and
    /// one for the others.
    pub fn lines(&self) -> Vec<String> {
        let all: Cost = self
            .transactions
            .iter()
            .map(|transaction| transaction.cost)
            .sum();
        let is_main = |one: &&Transaction| self.main.as_ref().is_some_and(|main| main.tx == one.tx);
        if self.transactions.len() > IN_FULL
            && let Some(main) = self.transactions.iter().find(is_main)
        {
            let number = self.transactions.len();
            let all = format!("all {number} transactions: {}, {}", all.ether(), all.gas);
            return vec![main.line(""), all];
        }
        let line = |(at, one): (usize, &Transaction)| {
            if at > 0 && at + 1 == self.transactions.len() {
                one.line(&format!(", in all {}", all.ether()))
            } else {
                one.line("")
            }
        };
        self.transactions.iter().enumerate().map(line).collect()
    }
}

impl Transaction {
    /// One that was sent.
    pub fn of(sent: &Sent) -> Self {
        Self {
            name: sent.what.clone(),
            tx: sent.tx,
            cost: sent.cost,
        }
    }

    /// Its name, hash, cost in ether and gas; `in_all` stands behind the ether.
    fn line(&self, in_all: &str) -> String {
        let (name, tx) = (&self.name, self.tx);
        let (ether, gas) = (self.cost.ether(), self.cost.gas);
        format!("{name:<44} {tx}  {ether}{in_all}, {gas}")
    }
}
