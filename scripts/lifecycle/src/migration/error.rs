//! Reasons why a migration does not continue, in words for several places.

use crate::client::ChainError;
use crate::cost::Gas;
use crate::error::Refusal;
use crate::text::grouped;
use alloy::primitives::Address;

/// The list has more or fewer items than the contract counts.
pub(super) fn total_mismatch(expected: u64, found: u64) -> ChainError {
    let message = format!("the list has {found} items, the contract counts {expected}");
    let refusal = Refusal::new("TotalMismatch", message).with(
        format!("{expected} items"),
        format!("{found} items"),
        "list every item, each once, in the order of the first run",
    );
    refusal.into()
}

/// Not even one item fits into a transaction of `gas`; what it needs, if that is known.
pub(super) fn too_little_gas(gas: u64, needed: Option<u64>) -> ChainError {
    let message = format!("one item does not fit into {gas} gas");
    let needed = needed.map_or("more gas".into(), |needed| format!("{needed} gas"));
    let refusal = Refusal::new("TooLittleGas", message);
    let refusal = refusal.with(needed, format!("{gas} gas"), "give more --gas");
    refusal.usage().into()
}

/// A transaction of `gas` cannot even pay for its data, for which the chain takes `l1` on L1.
pub(super) fn less_than_l1(gas: u64, l1: u64) -> ChainError {
    let message = format!(
        "{} do not pay for the data of a transaction: this chain takes {} for L1 now",
        Gas::with_l1(gas),
        grouped(l1)
    );
    let refusal = Refusal::new("TooLittleGas", message).with(
        format!("more than {l1} gas"),
        format!("{gas} gas"),
        "give more --gas, or run it again when the L1 price has fallen",
    );
    refusal.usage().into()
}

/// Describes the way of an instance out of a migration that cannot go forward.
pub fn way_out(proxy: Address) -> String {
    format!(
        "stylus-upgrades run-migration {proxy} --abort (by the approvers) aborts it, then \
         stylus-upgrades run-migration {proxy}"
    )
}
