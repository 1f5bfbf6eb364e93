//! What a runner is given, and how it makes its batches.

use super::Items;

/// How the batches are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The handler supplies the items.
    Batches,
    /// The contract knows them.
    Cursor,
}

/// What a runner needs.
pub struct BatchOptions {
    /// The items.
    pub items: Items,
    /// Gas of a transaction, at most.
    pub gas: u64,
    /// Transactions on their way at once.
    pub at_once: usize,
}

/// What a transaction carries.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Items, or how many it is thought to reach.
    pub items: u64,
    /// The position that it begins at; `None` where that is not part of it.
    pub position: Option<u64>,
}
