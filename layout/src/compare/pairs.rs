//! Which field of the new version is which of the old one.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{FieldIndex, bare_name};
use super::types::Types;
use crate::bytes::Bytes;
use crate::report::Decision;
use crate::storage::Field;

/// The old field that a new one is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// Its index.
    pub(super) old: usize,
    /// True if another name is declared.
    pub(super) is_declared: bool,
    /// True if its order among the others changed.
    pub(super) is_reordered: bool,
    /// True if its name is the old one, but for the underscores before it.
    pub(super) is_one_name: bool,
}

impl Pair {
    /// Returns true if one contract is known to declare both, of several variables of that name.
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
    /// The new field of each old one that has a pair.
    paired: BTreeMap<usize, usize>,
    /// True if a field that is no gap moved.
    pub(super) moved: bool,
}

impl Pairs {
    pub(super) fn get(&self, new: usize) -> Option<Pair> {
        self.all.get(&new).copied()
    }

    pub(super) fn is_paired(&self, old: usize) -> bool {
        self.paired.contains_key(&old)
    }

    /// Returns true if an old field of that name is another one now, or gone.
    pub(super) fn is_left(&self, old: &FieldIndex<'_, '_>, new: &[Field<'_>], label: &str) -> bool {
        let mut named = old.find_named(label).iter();
        named.any(|at| {
            let is_gap = old.fields().get(*at).is_none_or(Field::is_gap);
            let now = self.paired.get(at).and_then(|to| new.get(*to));
            !is_gap && now.is_none_or(|now| now.label() != label)
        })
    }

    /// Returns true if it is known which new field an old one became.
    pub(super) fn is_certain(&self, old: &[Field<'_>], new: &[Field<'_>], at: usize) -> bool {
        let known = || {
            let to = self.paired.get(&at)?;
            let (pair, before, after) = (self.all.get(to)?, old.get(at)?, new.get(*to)?);
            Some(pair.is_declared || pair.is_certain(before, after))
        };
        known().unwrap_or_default()
    }

    fn insert(&mut self, new: usize, old: usize, is_declared: bool) {
        let pair = Pair {
            old,
            is_declared,
            is_reordered: false,
            is_one_name: false,
        };
        self.all.insert(new, pair);
        self.paired.insert(old, new);
    }

    /// Pairs every new field that is still alone with the best old one that is still alone, of those that have its key
    /// and fit.
    fn join<'s, K: Ord>(
        &mut self,
        old: &[Field<'s>],
        new: &[Field<'s>],
        is_declared: bool,
        [key_of_old, key_of_new]: [fn(&Field<'s>) -> Option<K>; 2],
        fits: impl Fn(&Field<'s>, &Field<'s>) -> bool,
    ) {
        let mut by_key: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for (at, field) in old.iter().enumerate() {
            if let Some(key) = key_of_old(field).filter(|_| !self.is_paired(at)) {
                by_key.entry(key).or_default().push(at);
            }
        }
        for (at, field) in new.iter().enumerate() {
            if self.all.contains_key(&at) {
                continue;
            }
            let same = key_of_new(field).and_then(|key| by_key.get(&key));
            let same = same.into_iter().flatten();
            let free = same
                .filter_map(|at| Some((*at, old.get(*at)?)))
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
pub(super) fn pair<'s>(
    types: &mut Types,
    old_index: &FieldIndex<'_, 's>,
    new_index: &FieldIndex<'_, 's>,
) -> Pairs {
    let (old, new) = (old_index.fields(), new_index.fields());
    let mut pairs = Pairs::default();
    let (label, old_name): (NameOf<'s>, NameOf<'s>) = (label, old_name);
    pairs.join(old, new, false, [end_of_gap; 2], |_, _| true);
    // Where the old version carries the same annotation, the rename is older than both.
    let renames = old.iter().map(|field| (field.label(), old_name(field)));
    let renames: BTreeSet<(&str, Option<&str>)> = renames.collect();
    pairs.join(old, new, true, [label, old_name], |_, field| {
        !renames.contains(&(field.label(), old_name(field)))
    });
    pairs.join(old, new, false, [label; 2], |old, new| {
        old.is_gap() == new.is_gap()
            && old.declared.base.is_some()
            && old.declared.base == new.declared.base
    });
    pairs.join(old, new, false, [label; 2], |old, new| {
        old.is_gap() == new.is_gap() && contract(old) == contract(new)
    });
    pairs.join(old, new, false, [label; 2], |old, new| {
        old.is_gap() == new.is_gap()
    });
    pairs.join(old, new, true, [old_name, label], |_, _| true);
    same_location(types, &mut pairs, old_index, new_index);
    orders(&mut pairs, old, new);
    pairs
}

/// A name of a field.
type NameOf<'s> = fn(&Field<'s>) -> Option<&'s str>;

/// Returns the end of a gap.
fn end_of_gap(field: &Field<'_>) -> Option<Bytes> {
    field.is_gap().then(|| field.end())
}

fn label<'s>(field: &Field<'s>) -> Option<&'s str> {
    Some(field.label())
}

/// The name that it is declared to have had.
fn old_name<'s>(field: &Field<'s>) -> Option<&'s str> {
    field.declared.renamed_from.as_deref()
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

fn same_location<'s>(
    types: &mut Types,
    pairs: &mut Pairs,
    old_index: &FieldIndex<'_, 's>,
    new_index: &FieldIndex<'_, 's>,
) {
    let (old, new) = (old_index.fields(), new_index.fields());
    for (at, field) in new.iter().enumerate() {
        if pairs.all.contains_key(&at) || field.is_gap() {
            continue;
        }
        let starting = old_index.find_starts(field.start).into_iter();
        let mut starting = starting.filter_map(|at| Some((at, old.get(at)?)));
        let there = starting.find(|(at, other)| !pairs.is_paired(*at) && !other.is_gap());
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
        let name = bare_name(field.label());
        let both = [old_index, new_index];
        let is_one_name = changes.is_empty()
            && !name.is_empty()
            && bare_name(other.label()) == name
            && both.iter().all(|index| index.count_bare_name(name) == 1);
        if let Some(pair) = pairs.all.get_mut(&at) {
            pair.is_one_name = is_one_name;
        }
    }
}

/// Finds fields that were swapped or reordered: they moved, and another field that was before them is after
/// them now, or the other way round.
fn orders(pairs: &mut Pairs, old: &[Field<'_>], new: &[Field<'_>]) {
    let placed = pairs.all.iter();
    let placed = placed.filter_map(|(&at, pair)| Some((at, old.get(pair.old)?, new.get(at)?)));
    let placed = placed.filter(|(_, old, _)| !old.is_gap());
    let mut placed: Vec<(usize, Bytes, Bytes)> = placed
        .map(|(at, before, after)| (at, before.start, after.start))
        .collect();
    placed.sort_by_key(|(_, before, _)| *before);
    // Groups of fields that began at the same byte, in the order of these bytes.
    let groups = || placed.chunk_by(|(_, left, _), (_, right, _)| left == right);
    let places_of = |group: &[(usize, Bytes, Bytes)]| -> Vec<Bytes> {
        group.iter().map(|(_, _, after)| *after).collect()
    };
    // The last place in the new version of all that began before in the old one.
    let mut latest: Option<Bytes> = None;
    let mut after_others: BTreeSet<usize> = BTreeSet::new();
    for group in groups() {
        let later = group.iter().filter(|(_, _, after)| latest >= Some(*after));
        after_others.extend(later.map(|(at, _, _)| *at));
        latest = latest.into_iter().chain(places_of(group)).max();
    }
    // The first place in the new version of all that began after it in the old one.
    let mut first: Option<Bytes> = None;
    for group in groups().rev() {
        for (at, before, after) in group {
            let is_overtaken = first.is_some_and(|first| first < *after);
            let is_moved = before != after;
            pairs.moved |= is_moved;
            if let Some(pair) = pairs.all.get_mut(at) {
                pair.is_reordered = is_moved && (is_overtaken || after_others.contains(at));
            }
        }
        first = first.into_iter().chain(places_of(group)).min();
    }
}
