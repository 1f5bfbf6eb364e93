//! Which field of the new version is which of the old one.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Types;
use crate::report::Decision;
use crate::storage::Field;

/// The old field that a new one is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// Its index.
    pub(super) old: usize,
    /// Whether another name is declared.
    pub(super) is_declared: bool,
    /// Whether its order among the others changed.
    pub(super) is_reordered: bool,
    /// Whether its name is the old one, but for the underscores before it.
    pub(super) is_one_name: bool,
}

impl Pair {
    /// Whether both are known to be declared by one contract, of several variables of that name.
    pub(super) fn is_certain(&self, old: &Field<'_>, new: &Field<'_>) -> bool {
        old.label() == new.label()
            && old.declared.base.is_some()
            && old.declared.base == new.declared.base
    }
}

/// The pairs of one area.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// By the new fields' indices.
    all: BTreeMap<usize, Pair>,
    /// Old fields that have a pair.
    paired: BTreeSet<usize>,
    /// Whether any field that is no gap moved.
    pub(super) moved: bool,
}

impl Pairs {
    pub(super) fn get(&self, new: usize) -> Option<Pair> {
        self.all.get(&new).copied()
    }

    pub(super) fn is_paired(&self, old: usize) -> bool {
        self.paired.contains(&old)
    }

    /// Whether an old field of that name is another one now, or gone.
    pub(super) fn is_left(&self, old: &[Field<'_>], new: &[Field<'_>], label: &str) -> bool {
        let is_named = |(_, field): &(usize, &Field<'_>)| field.label() == label && !field.is_gap();
        let mut named = old.iter().enumerate().filter(is_named);
        named.any(|(at, _)| {
            let pair = self.all.iter().find(|(_, pair)| pair.old == at);
            let now = pair.and_then(|(to, _)| new.get(*to));
            now.is_none_or(|now| now.label() != label)
        })
    }

    /// Whether it is known of an old field which new one it is.
    pub(super) fn is_certain(&self, old: &[Field<'_>], new: &[Field<'_>], at: usize) -> bool {
        let mut pairs = self.all.iter().filter(|(_, pair)| pair.old == at);
        pairs.any(|(to, pair)| match (old.get(at), new.get(*to)) {
            (Some(before), Some(after)) => pair.is_declared || pair.is_certain(before, after),
            _ => false,
        })
    }

    fn insert(&mut self, new: usize, old: usize, is_declared: bool) {
        let pair = Pair {
            old,
            is_declared,
            is_reordered: false,
            is_one_name: false,
        };
        self.all.insert(new, pair);
        self.paired.insert(old);
    }

    /// Pairs every new field that is still alone with the best old one that is still alone.
    fn join(
        &mut self,
        (old, new): (&[Field<'_>], &[Field<'_>]),
        is_declared: bool,
        fits: impl Fn(&Field<'_>, &Field<'_>) -> bool,
    ) {
        for (at, field) in new.iter().enumerate() {
            if self.all.contains_key(&at) {
                continue;
            }
            let free = old
                .iter()
                .enumerate()
                .filter(|(at, other)| !self.is_paired(*at) && fits(other, field));
            // Private variables of a Solidity contract's parents may share a name.
            if let Some((best, _)) = free.min_by_key(|(_, other)| other.start != field.start) {
                self.insert(at, best, is_declared);
            }
        }
    }
}

/// Pairs two lists: gaps by their end, declared renames, the same name, a rename that the old
/// version declared itself, and last whatever lies at the same location with the same type, but for the names
/// of members.
pub(super) fn pair(types: &mut Types, old: &[Field<'_>], new: &[Field<'_>]) -> Pairs {
    let (mut pairs, both) = (Pairs::default(), (old, new));
    pairs.join(both, false, |old, new| {
        old.is_gap() && new.is_gap() && old.end() == new.end()
    });
    pairs.join(both, true, |before, field| {
        let from = field.declared.renamed_from.as_deref();
        // Where the old version carries the same annotation, the rename is older than both.
        let kept = |other: &Field<'_>| {
            other.label() == field.label() && other.declared.renamed_from.as_deref() == from
        };
        from == Some(before.label()) && !old.iter().any(kept)
    });
    let is_named_so = |old: &Field<'_>, new: &Field<'_>| {
        old.label() == new.label() && old.is_gap() == new.is_gap()
    };
    pairs.join(both, false, |old, new| {
        is_named_so(old, new)
            && old.declared.base.is_some()
            && old.declared.base == new.declared.base
    });
    pairs.join(both, false, |old, new| {
        is_named_so(old, new) && contract(old) == contract(new)
    });
    pairs.join(both, false, is_named_so);
    pairs.join(both, true, |old, new| {
        old.declared.renamed_from.as_deref() == Some(new.label())
    });
    same_location(types, &mut pairs, old, new);
    orders(&mut pairs, old, new);
    pairs
}

/// The contract that declares a field, without the path that solc puts before it.
fn contract<'l>(field: &Field<'l>) -> &'l str {
    field
        .declared
        .contract
        .rsplit(':')
        .next()
        .unwrap_or_default()
}

fn same_location(types: &mut Types, pairs: &mut Pairs, old: &[Field<'_>], new: &[Field<'_>]) {
    for (at, field) in new.iter().enumerate() {
        if pairs.all.contains_key(&at) || field.is_gap() {
            continue;
        }
        let there = old.iter().enumerate().find(|(at, other)| {
            !pairs.is_paired(*at) && other.start == field.start && !other.is_gap()
        });
        let Some((before, other)) = there else {
            continue;
        };
        // Members may have other names, too: each of them is told.
        let changes = types.change(other.ty, field.ty, None);
        if changes
            .iter()
            .any(|change| change.decision > Decision::Asks)
        {
            continue;
        }
        pairs.insert(at, before, false);
        let is_one_name = changes.is_empty()
            && spelled(other) == spelled(field)
            && [old, new].into_iter().all(|all| is_alone(all, field));
        if let Some(pair) = pairs.all.get_mut(&at) {
            pair.is_one_name = is_one_name;
        }
    }
}

/// A name without the underscores before it, which say who may use it, or that nobody does.
fn spelled<'l>(field: &Field<'l>) -> &'l str {
    field.label().trim_start_matches('_')
}

/// Whether no two of these have its name, however many underscores are before it.
fn is_alone(all: &[Field<'_>], field: &Field<'_>) -> bool {
    let same = |other: &&Field<'_>| spelled(other) == spelled(field);
    !spelled(field).is_empty() && all.iter().filter(same).count() == 1
}

/// Finds fields that were swapped or reordered: they moved, and another field that was before them is after
/// them now, or the other way round.
fn orders(pairs: &mut Pairs, old: &[Field<'_>], new: &[Field<'_>]) {
    let placed = pairs.all.iter();
    let placed = placed.filter_map(|(&at, pair)| Some((at, old.get(pair.old)?, new.get(at)?)));
    let placed: Vec<_> = placed.filter(|(_, old, _)| !old.is_gap()).collect();
    for (at, before, after) in &placed {
        let is_moved = before.start != after.start;
        let swapped = |(_, other, later): &(usize, &Field<'_>, &Field<'_>)| {
            (other.start < before.start) != (later.start < after.start)
                && other.start != before.start
        };
        pairs.moved |= is_moved;
        if let Some(pair) = pairs.all.get_mut(at) {
            pair.is_reordered = is_moved && placed.iter().any(swapped);
        }
    }
}
