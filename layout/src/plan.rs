//! The migration from one layout to another, as reads and writes of whole words.
//!
//! The default is that of GemStone/S: a field takes over the field of the same name, wherever it
//! was and even if its type is wider now. [`Overrides`] say otherwise for single fields. A migration
//! that does not fit into one call, or would lose data that nobody gave up, is refused with the field's name.

mod entries;
mod error;
mod leaves;
mod overrides;
mod planner;
mod widen;

use std::collections::BTreeSet;

use alloy_primitives::U256;

use crate::layout::Layout;
use crate::storage::Storage;
pub use error::Unsupported;
pub(crate) use leaves::{Leaf, leaves};
pub use overrides::{Overrides, Source};
use planner::Planner;
pub(crate) use planner::ones;
pub use widen::Conversion;

/// The work of a generated migration: it reads everything old first, then writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Values of the old version, read before anything is written.
    pub reads: Vec<Read>,
    /// `bytes` and `string`s of the old version, read and cleared before anything is written.
    pub takes: Vec<Take>,
    /// Words of the new version.
    pub writes: Vec<Write>,
    /// The destinations of the taken values.
    pub puts: Vec<Put>,
    /// Maps whose entries are carried over by their keys, not in one call.
    pub entries: Vec<Entries>,
}

/// A map that lies elsewhere in the new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries {
    /// The function that carries an entry over, in generated code.
    pub name: String,
    /// The map, as the old version names it.
    pub field: String,
    /// The number of keys of an entry.
    pub keys: usize,
    /// The slot of the old map.
    pub from: U256,
    /// The slot of the new one.
    pub to: U256,
    /// Words of a value.
    pub words: u64,
    /// The conversion of an old value into the new one.
    pub conversion: Conversion,
}

/// A value of the old version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its name in generated code: `old_` and its path.
    pub name: String,
    /// Its type, for a comment.
    pub label: String,
    /// Its slot.
    pub slot: U256,
    /// Bytes from the slot's low-order end.
    pub offset: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A `bytes` or `string` of the old version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// Its name in generated code.
    pub name: String,
    /// Its slot.
    pub slot: U256,
    /// True if a field of the new version takes it over; it is only cleared otherwise.
    pub used: bool,
}

/// A word of the new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Its slot.
    pub slot: U256,
    /// The bits that stay as they are.
    pub keep: U256,
    /// The values that are put into the other bits; zero where there is none.
    pub parts: Vec<Part>,
}

/// A value within a word of the new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field, for a comment.
    pub field: String,
    /// Bytes from the slot's low-order end.
    pub offset: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The source of the value.
    pub value: Value,
}

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// An entry of [`Plan::reads`], converted.
    Old(usize, Conversion),
    /// The author's Rust, of type `U256`.
    Code(String),
}

/// A `bytes` or `string` of the new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// The entry of [`Plan::takes`].
    pub take: usize,
    /// Its slot.
    pub slot: U256,
}

/// Plans the migration.
///
/// # Errors
/// [`Unsupported`] names the field that it cannot carry over.
pub fn plan(old: &Layout, new: &Layout, overrides: &Overrides) -> Result<Plan, Unsupported> {
    let (before, after) = (
        Storage::from_checked_layout(old)?,
        Storage::from_checked_layout(new)?,
    );
    let (old, new) = (leaves(&before)?, leaves(&after)?);
    overrides.check(&old, &new)?;
    let before: Vec<String> = new.iter().map(|leaf| leaf.path_before(&old)).collect();
    let paths = new.iter().zip(&before);
    // What a new leaf of the same area takes, by its area and its path.
    let is_there = |area: &str, path: &str| {
        old.iter()
            .any(|other| other.area == area && other.path == path)
    };
    let taken: BTreeSet<(&str, &str)> = paths
        .clone()
        .map(|(leaf, before)| {
            if is_there(leaf.area, before) {
                (leaf.area, before.as_str())
            } else {
                (leaf.area, leaf.path.as_str())
            }
        })
        .collect();
    let mut planner = Planner::new(&old, overrides.has_keys());
    for (leaf, before) in paths {
        let stays = |old: &Leaf<'_>| taken.contains(&(old.area, old.path.as_str()));
        let source = overrides.source(leaf, before, &old, stays)?;
        planner.carry(leaf, source)?;
    }
    planner.account(overrides)?;
    planner.collisions(&new)?;
    Ok(planner.finish())
}

/// The source of a new field.
#[derive(Debug, Clone)]
pub(crate) enum Origin<'s> {
    /// An old field, by its index.
    Old(usize),
    /// Nothing: it starts empty.
    Nothing,
    /// The author's code.
    Code(&'s str),
}
