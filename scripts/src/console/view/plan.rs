//! `plan`, as its page reads it.

use super::Finding;
use alloy::primitives::{Address, B256};
use serde::Deserialize;

/// `plan`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `plan::Plan`
pub struct Plan {
    pub name: String,
    pub to: String,
    pub block: u64,
    pub gas: u64,
    pub instances: Vec<Tried>,
    pub untried: u32,
    pub problems: Vec<Finding>,
    #[serde(default)]
    pub replay: Option<Replay>,
}

/// What past transactions do with a version.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `plan::replay::Replay`
pub struct Replay {
    pub block: u64,
    pub to_block: u64,
    pub transactions: usize,
    pub others: usize,
    pub not_compared_differ: Vec<B256>,
    pub not_done: Option<String>,
    pub faithful: bool,
    pub differences: Vec<Group>,
    pub storage: Vec<StorageDifference>,
    pub movements: Vec<Movement>,
    pub gas_before: u64,
    pub gas_after: u64,
    pub notes: Vec<String>,
    pub behind: Vec<String>,
}

/// Calls of one function that differ in the same way.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Group {
    pub kind: String,
    pub to: Option<Address>,
    pub function: String,
    pub reason: Option<String>,
    pub count: usize,
    pub examples: Vec<Difference>,
}

/// A call that differs.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Difference {
    pub hash: B256,
    pub call: String,
    pub before: String,
    pub after: String,
}

/// A storage word that ends otherwise.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct StorageDifference {
    pub account: Address,
    pub slot: B256,
    pub name: Option<String>,
    pub before: B256,
    pub after: B256,
    pub by_upgrade: bool,
}

/// Who gains or loses otherwise.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Movement {
    pub token: Option<Address>,
    pub account: Address,
    pub before: String,
    pub after: String,
}

/// An instance that was tried.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `plan::InstancePlan`
pub struct Tried {
    pub proxy: Address,
    pub from: String,
    pub to: String,
    pub changes: Vec<Changed>,
    pub events: Vec<Emitted>,
}

/// A storage word that would change.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Changed {
    pub slot: B256,
    pub name: Option<String>,
    pub before: B256,
    pub after: B256,
}

/// An event that would be emitted.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Emitted {
    pub what: String,
}
