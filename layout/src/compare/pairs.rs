//! Which field of the new version is which of the old one.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Types;
use crate::error::LayoutError;
use crate::fields::Field;

/// The pairs of one area.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// From the new field's index to the old one's.
    old_of: BTreeMap<usize, usize>,
    /// Old fields that have a pair.
    paired: BTreeSet<usize>,
    /// New fields whose rename is declared.
    declared: BTreeSet<usize>,
    /// New fields whose order among the others changed.
    reordered: BTreeSet<usize>,
    /// Whether any field that is no gap moved.
    pub(super) moved: bool,
}

impl Pairs {
    pub(super) fn old_of(&self, new: usize) -> Option<usize> {
        self.old_of.get(&new).copied()
    }

    fn insert(&mut self, new: usize, old: usize) {
        self.old_of.insert(new, old);
        self.paired.insert(old);
    }

    pub(super) fn is_paired(&self, old: usize) -> bool {
        self.paired.contains(&old)
    }

    pub(super) fn is_declared(&self, new: usize) -> bool {
        self.declared.contains(&new)
    }

    pub(super) fn is_reordered(&self, new: usize) -> bool {
        self.reordered.contains(&new)
    }

    /// Pairs every new field that is still alone with the best old one that is still alone.
    fn join(
        &mut self,
        old: &[Field<'_>],
        new: &[Field<'_>],
        fits: impl Fn(&Field<'_>, &Field<'_>) -> bool,
    ) -> Vec<usize> {
        let mut joined = vec![];
        for (at, field) in new.iter().enumerate() {
            if self.old_of.contains_key(&at) {
                continue;
            }
            let free = old
                .iter()
                .enumerate()
                .filter(|(at, other)| !self.is_paired(*at) && fits(other, field));
            // Private variables of a Solidity contract's parents may share a name.
            if let Some((best, _)) = free.min_by_key(|(_, other)| other.start != field.start) {
                self.insert(at, best);
                joined.push(at);
            }
        }
        joined
    }
}

/// Pairs two lists: gaps by their end, declared renames, the same name, a rename that the old
/// version declared itself, and last whatever lies at the same location with the same type.
pub(super) fn pair(
    types: &mut Types,
    old: &[Field<'_>],
    new: &[Field<'_>],
) -> Result<Pairs, LayoutError> {
    let mut pairs = Pairs::default();
    pairs.join(old, new, |old, new| {
        old.is_gap() && new.is_gap() && old.end() == new.end()
    });
    let declared = pairs.join(old, new, |before, field| {
        let from = field.item.renamed_from.as_deref();
        // Where the old version carries the same annotation, the rename lies behind both.
        let kept = |other: &Field<'_>| {
            other.label() == field.label() && other.item.renamed_from.as_deref() == from
        };
        from == Some(before.label()) && !old.iter().any(kept)
    });
    pairs.declared.extend(declared);
    pairs.join(old, new, |old, new| {
        old.label() == new.label() && contract(old) == contract(new) && old.is_gap() == new.is_gap()
    });
    pairs.join(old, new, |old, new| {
        old.label() == new.label() && old.is_gap() == new.is_gap()
    });
    let back = pairs.join(old, new, |old, new| {
        old.item.renamed_from.as_deref() == Some(new.label())
    });
    pairs.declared.extend(back);
    same_location(types, &mut pairs, old, new)?;
    orders(&mut pairs, old, new);
    Ok(pairs)
}

/// The contract that declares a field, without the path that solc puts before it.
fn contract<'l>(field: &Field<'l>) -> &'l str {
    field.item.contract.rsplit(':').next().unwrap_or_default()
}

fn same_location(
    types: &mut Types,
    pairs: &mut Pairs,
    old: &[Field<'_>],
    new: &[Field<'_>],
) -> Result<(), LayoutError> {
    for (at, field) in new.iter().enumerate() {
        if pairs.old_of.contains_key(&at) || field.is_gap() {
            continue;
        }
        let there = old.iter().enumerate().find(|(at, other)| {
            !pairs.is_paired(*at) && other.start == field.start && !other.is_gap()
        });
        if let Some((before, other)) = there
            && types.change(other.ty, field.ty, None)?.is_empty()
        {
            pairs.insert(at, before);
        }
    }
    Ok(())
}

fn orders(pairs: &mut Pairs, old: &[Field<'_>], new: &[Field<'_>]) {
    let placed: Vec<_> = pairs
        .old_of
        .iter()
        .filter_map(|(&at, &before)| Some((at, old.get(before)?, new.get(at)?)))
        .filter(|(_, old, _)| !old.is_gap())
        .collect();
    for (at, before, after) in &placed {
        pairs.moved |= before.start != after.start;
        let swapped = |(_, other, later): &(usize, &Field<'_>, &Field<'_>)| {
            (other.start < before.start) != (later.start < after.start)
                && other.start != before.start
        };
        if before.start != after.start && placed.iter().any(swapped) {
            pairs.reordered.insert(*at);
        }
    }
}
