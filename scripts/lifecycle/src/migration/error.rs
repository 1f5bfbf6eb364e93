//! Why a migration does not go on.

use crate::client::{ChainError, Revert};
use crate::error::Refusal;
use alloy::primitives::Address;
use std::path::Path;

/// Why a migration does not go on.
pub type MigrationError = ChainError;

/// The items cannot be read, or what was gathered cannot be kept.
pub(super) fn items_file(path: &Path, reason: impl ToString) -> MigrationError {
    let reason = reason.to_string();
    let message = format!("{} cannot be read or kept: {reason}", path.display());
    let refusal = Refusal::new("ItemsFile", message).with(
        "a file with a line per item, or a store beside the manifest",
        reason,
        "check the path; a store that is removed is gathered anew",
    );
    refusal.usage().into()
}

/// The list has more or fewer items than the contract counts.
pub(super) fn total_mismatch(expected: u64, found: u64) -> MigrationError {
    let message = format!("the list has {found} items, the contract counts {expected}");
    let refusal = Refusal::new("TotalMismatch", message).with(
        format!("{expected} items"),
        format!("{found} items"),
        "list every item, each once, in the order of the first run",
    );
    refusal.into()
}

/// The contract refuses an item; it can abort the migration of `abort`, or is turning back.
pub(super) fn item_refused(place: &str, abort: Option<Address>, revert: &Revert) -> MigrationError {
    let next = match abort {
        None => "correct the list; what is migrated stays migrated".to_owned(),
        Some(proxy) => format!(
            "correct the list, what is migrated stays migrated; where a batch has made going on impossible, {}",
            way_out(proxy)
        ),
    };
    let refusal = Refusal::of(revert).saying(format!("{place}: {revert}"));
    refusal.advising(next).into()
}

/// Not even one item fits into a transaction of so much gas; what it needs, if that is known.
pub(super) fn too_little_gas(gas: u64, needed: Option<u64>) -> MigrationError {
    let message = format!("one item does not fit into {gas} gas");
    let needed = needed.map_or("more gas".into(), |needed| format!("{needed} gas"));
    let refusal = Refusal::new("TooLittleGas", message);
    let refusal = refusal.with(needed, format!("{gas} gas"), "give more --gas");
    refusal.usage().into()
}

/// How an instance gets out of a migration that cannot go forward.
pub fn way_out(proxy: Address) -> String {
    format!(
        "stylus-upgrades run-migration {proxy} --abort (by the approvers) aborts it, then \
         stylus-upgrades run-migration {proxy}"
    )
}
