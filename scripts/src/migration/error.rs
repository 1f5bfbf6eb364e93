//! Why a migration does not go on.

use crate::client::{ChainError, Revert};
use crate::error::{Exit, Explain};
use alloy::primitives::{Address, B256, U256};
use std::path::PathBuf;
use thiserror::Error;

/// Why a migration does not go on.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The chain refused or is in trouble, before anything was done.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The chain is in trouble in the middle of it.
    #[error("stopped at {done} of {total} items: {source}")]
    Interrupted {
        /// Items in the new form.
        done: u64,
        /// Items that there are, as far as is known.
        total: u64,
        /// The command that goes on.
        again: String,
        /// What happened.
        source: Box<ChainError>,
    },
    /// The proxy is in no complex step.
    #[error("{proxy} is not migrating")]
    NotMigrating {
        /// The proxy.
        proxy: Address,
        /// What is live.
        live: String,
    },
    /// The key is not the handler's.
    #[error("only the handler supplies batches")]
    NotHandler {
        /// The handler.
        handler: Address,
        /// The key's address.
        caller: Address,
        /// The proxy.
        proxy: Address,
    },
    /// The program does not find its items by itself.
    #[error("the program {program} takes its items from the handler")]
    ItemsNeeded {
        /// The program of the step.
        program: Address,
        /// The proxy.
        proxy: Address,
    },
    /// The items cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A line is no item.
    #[error("{}, line {line}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1 on.
        line: u64,
        /// What is wrong with it.
        reason: String,
        /// What it says.
        found: String,
    },
    /// Ids do not rise.
    #[error("{}, line {line}: the ids must strictly rise", path.display())]
    Unordered {
        /// The file.
        path: PathBuf,
        /// The line, from 1 on.
        line: u64,
        /// The id before.
        previous: String,
        /// The id of that line.
        found: String,
    },
    /// An item stands twice in the list.
    #[error("{}, line {line}: the same item as line {first}", path.display())]
    Duplicate {
        /// The file.
        path: PathBuf,
        /// The line, from 1 on.
        line: u64,
        /// The line that has it already.
        first: u64,
        /// The item.
        found: U256,
    },
    /// A batch was mined and moved the count by less than its items: the next one would be it again.
    #[error("{batch} was mined ({tx}) and only {moved} of {items} items counted")]
    Stalled {
        /// The batch.
        batch: String,
        /// The transaction's hash.
        tx: B256,
        /// Items that it carried.
        items: u64,
        /// Items by which the contract's count moved.
        moved: u64,
        /// The proxy.
        proxy: Address,
    },
    /// The end of the migration is refused.
    #[error("endMigration was refused: {revert}")]
    EndRefused {
        /// Why.
        revert: Revert,
        /// The proxy.
        proxy: Address,
    },
    /// The list has more or fewer items than the contract counts.
    #[error("the list has {found} items, the contract counts {expected}")]
    TotalMismatch {
        /// What the contract counts.
        expected: u64,
        /// What the list has.
        found: u64,
    },
    /// The contract refuses an item.
    #[error("{place}: {revert}")]
    ItemRefused {
        /// Which item.
        place: String,
        /// The proxy; `None` while it turns back.
        abort: Option<Address>,
        /// Why.
        revert: Revert,
    },
    /// Not even one item fits into a transaction.
    #[error("one item does not fit into {gas} gas")]
    TooLittleGas {
        /// Gas of a transaction.
        gas: u64,
        /// What it needs, if that is known.
        needed: Option<u64>,
    },
    /// Events that may tell of tokens lie before the first block that is read.
    #[error(
        "{collection} was there before block {from}: tokens may have been minted that would be missing"
    )]
    BeginsLate {
        /// The collection.
        collection: Address,
        /// The first block that would be read.
        from: u64,
    },
    /// What was gathered cannot be kept.
    #[error("what was gathered cannot be kept in {}: {reason}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl Explain for MigrationError {
    fn name(&self) -> String {
        match self {
            Self::Chain(error) => return error.name(),
            Self::ItemRefused { revert, .. } => return revert.name.clone(),
            Self::Interrupted { .. } => "Interrupted",
            Self::NotMigrating { .. } => "NotMigrating",
            Self::NotHandler { .. } => "NotHandler",
            Self::ItemsNeeded { .. } => "ItemsNeeded",
            Self::File { .. } => "ItemsFile",
            Self::Malformed { .. } => "ItemMalformed",
            Self::Unordered { .. } => "ItemsUnordered",
            Self::EndRefused { revert, .. } => return revert.name.clone(),
            Self::Duplicate { .. } => "ItemsDuplicate",
            Self::Stalled { .. } => "Stalled",
            Self::TotalMismatch { .. } => "TotalMismatch",
            Self::TooLittleGas { .. } => "TooLittleGas",
            Self::BeginsLate { .. } => "BeginsLate",
            Self::Store { .. } => "GatherStore",
        }
        .to_owned()
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Chain(error) => error.expected(),
            Self::Interrupted { source, .. } => source.expected(),
            Self::NotMigrating { .. } => Some("an instance in a complex step".into()),
            Self::NotHandler { handler, .. } => Some(handler.to_string()),
            Self::ItemsNeeded { .. } => Some("--items FILE or --gather erc721".into()),
            Self::Malformed { .. } => {
                Some("words in hexadecimal or decimal, separated by commas".into())
            }
            Self::Unordered { previous, .. } => Some(format!("more than {previous}")),
            Self::Duplicate { .. } => Some("each item once".into()),
            Self::Stalled { items, .. } => Some(format!("a count that moves by {items}")),
            Self::TotalMismatch { expected, .. } => Some(format!("{expected} items")),
            Self::EndRefused { revert, .. } => revert.advice().expected,
            Self::ItemRefused { revert, .. } => revert.advice().expected,
            Self::TooLittleGas { needed, .. } => needed.map(|needed| format!("{needed} gas")),
            Self::BeginsLate { .. } => Some("a block not after the collection's creation".into()),
            Self::File { .. } => Some("a file with a line per item".into()),
            Self::Store { .. } => Some("a store beside the manifest".into()),
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::Chain(error) => error.found(),
            Self::Interrupted { source, .. } => source.found(),
            Self::NotMigrating { live, .. } => Some(live.clone()),
            Self::NotHandler { caller, .. } => Some(caller.to_string()),
            Self::ItemsNeeded { .. } => Some("no items".into()),
            Self::Malformed { found, .. } | Self::Unordered { found, .. } => Some(found.clone()),
            Self::Duplicate { found, .. } => Some(format!("{found} twice")),
            Self::Stalled { moved, .. } => Some(format!("one that moved by {moved}")),
            Self::TotalMismatch { found, .. } => Some(format!("{found} items")),
            Self::EndRefused { revert, .. } => revert.advice().found,
            Self::ItemRefused { revert, .. } => revert.advice().found,
            Self::TooLittleGas { gas, .. } => Some(format!("{gas} gas")),
            Self::BeginsLate { from, .. } => Some(from.to_string()),
            Self::File { reason, .. } | Self::Store { reason, .. } => Some(reason.clone()),
        }
    }

    fn next(&self) -> Option<String> {
        Some(match self {
            Self::Chain(error) => return error.next(),
            Self::Interrupted { again, source, .. } => {
                let first = source.next().unwrap_or_default();
                format!("{again}; nothing is done twice (but first: {first})")
            }
            Self::NotMigrating { proxy, .. } => {
                format!("stylus-upgrades upgrade {proxy} <version> begins a migration")
            }
            Self::NotHandler { proxy, caller, .. } => format!(
                "use the handler's key, or have it replaced: stylus-upgrades set-handler {proxy} {caller}"
            ),
            Self::ItemsNeeded { proxy, .. } => {
                format!("stylus-upgrades run-migration {proxy} --items FILE")
            }
            Self::File { .. } => "check the path".into(),
            Self::Malformed { .. } => "correct the line".into(),
            Self::Unordered { .. } => "sort the list by id, each once".into(),
            Self::Duplicate { .. } => "leave one of the two lines out".into(),
            Self::Stalled { proxy, .. } => format!(
                "look for items in it that the program passes over, and leave them out; or {}",
                way_out(*proxy)
            ),
            Self::EndRefused { proxy, .. } => {
                format!("correct what it names, then run it again; or {}", way_out(*proxy))
            }
            Self::TotalMismatch { .. } => {
                "list every item, each once, in the order of the first run".into()
            }
            Self::ItemRefused { abort: None, .. } => {
                "correct the list; what is migrated stays migrated".into()
            }
            Self::ItemRefused {
                abort: Some(proxy), ..
            } => format!(
                "correct the list, what is migrated stays migrated; where a batch has made going on impossible, {}",
                way_out(*proxy)
            ),
            Self::TooLittleGas { .. } => "give more --gas".into(),
            Self::BeginsLate { .. } => "leave --from-block out, or give the block of its creation: blocks without events are read by the hundred thousand".into(),
            Self::Store { .. } => "make room, or remove the file: it is gathered anew".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Chain(error) => error.exit(),
            Self::Interrupted { source, .. } if source.exit() != Exit::Chain => source.exit(),
            Self::Interrupted { done: 0, .. } => Exit::Chain,
            Self::Interrupted { .. } => Exit::Partial,
            Self::File { .. } | Self::Malformed { .. } | Self::Unordered { .. } => Exit::Usage,
            Self::Duplicate { .. } => Exit::Usage,
            Self::ItemsNeeded { .. } | Self::TooLittleGas { .. } => Exit::Usage,
            Self::BeginsLate { .. } | Self::Store { .. } => Exit::Usage,
            _ => Exit::Refused,
        }
    }
}

/// How an instance gets out of a migration that cannot go forward.
fn way_out(proxy: Address) -> String {
    format!(
        "stylus-upgrades abort-migration {proxy} (by the approvers) turns it back, then \
         stylus-upgrades run-migration {proxy}"
    )
}
