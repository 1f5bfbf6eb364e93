//! Replays of past transactions with the new version: the findings, as a record. The laboratory replays; see its `replay`.

mod omitted;

use super::change::Change;
use crate::assess::Finding;
use crate::functions::Functions;
use crate::ids::TxHash;
use alloy::primitives::Address;
use serde::Serialize;

/// Blocks that are looked through, at most.
pub const BLOCKS_MAX: u64 = 20_000;

/// The result of a replay.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Replay {
    /// The block that both copies begin after.
    pub block: u64,
    /// The last block that was sent again.
    pub to_block: u64,
    /// Transactions to the instances that were sent again.
    pub transactions: usize,
    /// Other transactions of those blocks that were sent again, because what they do may matter.
    pub others: usize,
    /// Transactions of those blocks that were not: ArbOS' own, messages from L1, and, where there are
    /// too many, those to other accounts.
    pub left_out: usize,
    /// Calls of the registry, also those that come through other contracts, of precompiles, and
    /// deployments, which are sent again and not compared: they are no users' calls, and the upgrade
    /// changes what they do.
    pub not_compared: usize,
    /// The transactions among them, without deployments, that do something else with the upgrade.
    pub not_compared_differ: Vec<TxHash>,
    /// The accounts whose storage and ether are not compared: the registry, and contracts that call it.
    pub left_out_accounts: Vec<Address>,
    /// The reason why the transactions were not sent again: then nothing was compared.
    pub not_done: Option<Obstacle>,
    /// True if the copy without the upgrade did exactly what really happened.
    pub faithful: bool,
    /// The transactions in which it did not, and the differences.
    pub unfaithful: Vec<Unfaithful>,
    /// The differences between the copies: calls that fail now first, by function.
    pub differences: Vec<Group>,
    /// Storage that ends otherwise. That of [`Self::left_out_accounts`], and the framework's own slots,
    /// are left out.
    pub storage: Vec<StorageDifference>,
    /// Gas of all transactions without the upgrade.
    pub gas_before: u64,
    /// Gas of all transactions with it.
    pub gas_after: u64,
    /// The reasons why it proves less than it could.
    pub notes: Vec<String>,
    /// Instances that were not upgraded there, and why: their calls were the same on both copies.
    pub behind: Vec<String>,
}

impl Replay {
    /// Returns true if it shows all that it could: it is faithful, every instance was upgraded, and what is not compared
    /// does the same.
    pub fn is_whole(&self) -> bool {
        self.faithful && self.behind.is_empty() && self.not_compared_differ.is_empty()
    }

    /// A finding if nothing could be compared, or if calls that succeeded fail.
    pub fn problem(&self) -> Option<Finding> {
        if let Some(obstacle) = &self.not_done {
            return Some(obstacle.finding(self.block));
        }
        let failing = |group: &&Group| group.kind == Kind::FailsNow;
        let groups: Vec<&Group> = self.differences.iter().filter(failing).collect();
        let first = groups.first()?;
        let example = first.examples.first()?;
        let count: usize = groups.iter().map(|group| group.count).sum();
        let calls = crate::text::count(count, "call");
        Some(Finding::problem(
            "ReplayFails",
            format!("{calls} would have failed with the new version, and succeeded"),
            "every call that succeeded to succeed with the new version",
            format!(
                "{} in {} from {}: {}",
                example.call, example.hash, example.from, example.after
            ),
            "correct the version, or tell its users that these calls end",
        ))
    }
}

/// An obstacle to sending transactions again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Obstacle {
    /// The upgrade does not go through before them, and why.
    Upgrade(String),
    /// The endpoint does not serve the state before them, in its words.
    State(String),
}

impl Obstacle {
    /// The finding about a replay that begins after `block`.
    fn finding(&self, block: u64) -> Finding {
        let (message, expected, found, next) = match self {
            Self::Upgrade(reason) => (
                format!("the upgrade does not go through at block {block}"),
                "an upgrade that goes through before the transactions that are sent again",
                reason,
                "give --replay a smaller number: the transactions then begin later",
            ),
            Self::State(reason) => (
                format!("the endpoint does not serve the state of block {block}"),
                "the state before the transactions that are sent again",
                reason,
                "give the --rpc-url of an archive node, or --replay a smaller number",
            ),
        };
        Finding::problem("ReplayNotDone", message, expected, found.clone(), next)
    }
}

/// A transaction that did something else on the copy without the upgrade than it really did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfaithful {
    /// The transaction.
    pub hash: TxHash,
    /// Its block.
    pub block: u64,
    /// In what it differs.
    pub what: String,
}

/// A storage word that ends otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StorageDifference {
    /// The account.
    pub account: Address,
    /// The word without the upgrade, and with it.
    #[serde(flatten)]
    pub word: Change,
    /// The upgrade itself wrote it, and no transaction afterwards.
    pub by_upgrade: bool,
}

/// The functions, events and errors of both versions.
#[derive(Debug, Clone, Default)]
pub struct Abis {
    /// Of the version before.
    pub before: Functions,
    /// Of the new one.
    pub after: Functions,
}

/// The kind of a difference between two calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It succeeded, and fails with the new version.
    FailsNow,
    /// It succeeded, and succeeds with the new version if it is given more gas than it had.
    NeedsMoreGas,
    /// It failed, and succeeds with the new version.
    SucceedsNow,
    /// It fails for another reason.
    OtherReason,
    /// It returns other data.
    Returns,
    /// It emits other events.
    Emits,
    /// It takes other gas, and nothing else differs.
    Gas,
}

/// Calls of one function that differ in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The kind of the differences.
    pub kind: Kind,
    /// The account that was called; none for a creation.
    pub to: Option<Address>,
    /// The function's signature, or its selector where no interface has it.
    pub function: String,
    /// Its selector; `receive` where there is none.
    pub selector: String,
    /// The error that they fail with now.
    pub reason: Option<String>,
    /// The number of calls.
    pub count: usize,
    /// The first ones.
    pub examples: Vec<Difference>,
}

/// A call that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The transaction.
    pub hash: TxHash,
    /// Its block.
    pub block: u64,
    /// The sender.
    pub from: Address,
    /// The call by the interface of the version before.
    pub call: String,
    /// The same calldata by the interface of the new version, where that reads them otherwise.
    pub call_after: Option<String>,
    /// Without the upgrade.
    pub before: String,
    /// With it.
    pub after: String,
}
