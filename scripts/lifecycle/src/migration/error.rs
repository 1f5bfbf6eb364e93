//! Why a migration does not go on.

use crate::client::{ChainError, Revert};
use crate::error::{Exit, Explain};
use crate::ids::TxHash;
use alloy::primitives::Address;
use std::path::PathBuf;
use thiserror::Error;

/// Why a migration does not go on.
#[derive(Debug, Error, Explain)]
pub enum MigrationError {
    /// The chain refused or is in trouble, before anything was done.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The chain is in trouble in the middle of it.
    #[error("stopped at {done} of {total} items: {source}")]
    #[explain(
        name = "Interrupted",
        of = source,
        next = format!(
            "{again}; nothing is done twice (but first: {})",
            source.next().unwrap_or_default()
        ),
        exit = match (source.exit(), *done) {
            (Exit::Chain, 0) => Exit::Chain,
            (Exit::Chain, _) => Exit::Partial,
            (other, _) => other,
        }
    )]
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
    #[explain(
        expected = "an instance in a complex step",
        found = "{live}",
        next = "stylus-upgrades upgrade {proxy} <version> begins a migration"
    )]
    NotMigrating {
        /// The proxy.
        proxy: Address,
        /// What is live.
        live: String,
    },
    /// It goes the other way while batches are sent.
    #[error(
        "the migration of {proxy} between {from} and {to} goes the other way by now: somebody has aborted it, or it \
         ended and began again"
    )]
    #[explain(
        expected = "the migration that this run began with",
        found = "one that goes the other way, or the instance is back at {from}",
        next = "stylus-upgrades status says where it is; run-migration {proxy} takes back what is left, if that is meant"
    )]
    Aborted {
        /// The proxy.
        proxy: Address,
        /// The version that it was to reach.
        to: String,
        /// The version that it goes back to.
        from: String,
    },
    /// The key is not the handler's.
    #[error("only the handler supplies batches")]
    #[explain(
        expected = "{handler}",
        found = "{caller}",
        next = "use the handler's key, or have it replaced: stylus-upgrades run-migration {proxy} --handler {caller}"
    )]
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
    #[explain(
        expected = "--items FILE, --gather erc721 or --gather census:FIELD",
        found = "no items",
        next = "stylus-upgrades run-migration {proxy} --items FILE",
        exit = Exit::Usage
    )]
    ItemsNeeded {
        /// The program of the step.
        program: Address,
        /// The proxy.
        proxy: Address,
    },
    /// The list that earlier batches were made from is not here.
    #[error("{done} items of {proxy} were migrated from a list that is not in {}", path.display())]
    #[explain(
        name = "ItemsListMissing",
        expected = "the list that the first run made and kept",
        found = "none: another machine or account made it, or another field was named",
        next = format!(
            "run it where the first run was, or give the same items by --items; or {}",
            way_out(*proxy)
        ),
        exit = Exit::Usage
    )]
    ListMissing {
        /// The proxy.
        proxy: Address,
        /// Items in the new form.
        done: u64,
        /// Where it would be.
        path: PathBuf,
    },
    /// The items cannot be read, or what was gathered cannot be kept.
    #[error("{} cannot be read or kept: {reason}", path.display())]
    #[explain(
        name = "ItemsFile",
        expected = "a file with a line per item, or a store beside the manifest",
        found = "{reason}",
        next = "check the path; a store that is removed is gathered anew",
        exit = Exit::Usage
    )]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A line is no item, or not one that may stand there.
    #[error("{}, line {line}: {reason}", path.display())]
    #[explain(
        name = "ItemMalformed",
        expected = "{expected}",
        found = "{found}",
        next = "correct the line",
        exit = Exit::Usage
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1 on.
        line: u64,
        /// What is wrong with it.
        reason: String,
        /// What it should say.
        expected: &'static str,
        /// What it says.
        found: String,
    },
    /// A batch was mined and moved the count by less than its items: the next one would be it again.
    #[error("{batch} was mined ({tx}) and only {moved} of {items} items counted")]
    #[explain(
        expected = "a count that moves by {items}",
        found = "one that moved by {moved}",
        next = format!(
            "look for items in it that the program passes over, and leave them out; or {}",
            way_out(*proxy)
        )
    )]
    Stalled {
        /// The batch.
        batch: String,
        /// The transaction's hash.
        tx: TxHash,
        /// Items that it carried.
        items: u64,
        /// Items by which the contract's count moved.
        moved: u64,
        /// The proxy.
        proxy: Address,
    },
    /// The end of the migration is refused.
    #[error("endMigration was refused: {revert}")]
    #[explain(
        of = revert,
        next = format!("correct what it names, then run it again; or {}", way_out(*proxy))
    )]
    EndRefused {
        /// Why.
        revert: Revert,
        /// The proxy.
        proxy: Address,
    },
    /// The list has more or fewer items than the contract counts.
    #[error("the list has {found} items, the contract counts {expected}")]
    #[explain(
        expected = "{expected} items",
        found = "{found} items",
        next = "list every item, each once, in the order of the first run"
    )]
    TotalMismatch {
        /// What the contract counts.
        expected: u64,
        /// What the list has.
        found: u64,
    },
    /// The contract refuses an item.
    #[error("{place}: {revert}")]
    #[explain(
        of = revert,
        next = match abort {
            None => "correct the list; what is migrated stays migrated".to_owned(),
            Some(proxy) => format!(
                "correct the list, what is migrated stays migrated; where a batch has made going on impossible, {}",
                way_out(*proxy)
            ),
        }
    )]
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
    #[explain(
        expected = needed.map(|needed| format!("{needed} gas")),
        found = "{gas} gas",
        next = "give more --gas",
        exit = Exit::Usage
    )]
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
    #[explain(
        expected = "a block not after the collection's creation",
        found = "{from}",
        next = "leave --from-block out, or give the block of its creation: blocks without events are read by the hundred thousand",
        exit = Exit::Usage
    )]
    BeginsLate {
        /// The collection.
        collection: Address,
        /// The first block that would be read.
        from: u64,
    },
}

/// How an instance gets out of a migration that cannot go forward.
fn way_out(proxy: Address) -> String {
    format!(
        "stylus-upgrades run-migration {proxy} --abort (by the approvers) aborts it, then \
         stylus-upgrades run-migration {proxy}"
    )
}
