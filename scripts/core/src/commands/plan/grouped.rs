//! Changes of storage, in lines: equal changes of many entries of a mapping are one group.

use crate::plan::{Change, FieldValues};
use crate::text::grouped;
use alloy::primitives::U256;
use std::collections::{BTreeMap, BTreeSet};

/// Entries of one mapping from which on they are grouped.
const ENTRIES_MIN: usize = 16;
/// The largest factor that is shown: a larger one explains nothing.
const FACTOR_MAX: u64 = 1_000_000;
/// Entries from which on equal changes are a group.
const GROUP_MIN: usize = 4;
/// Entries of one mapping outside of groups that have a line each, at most.
const SINGLE_MAX: usize = 8;

/// A mapping or an array, and the member of its entries.
type Collection<'a> = (&'a str, &'a str);

/// A line for each value that changes; unless `is_full`, equal changes of many entries of a mapping are grouped.
pub(super) fn lines(changes: &[Change], is_full: bool) -> Vec<String> {
    let values: Vec<FieldValues> = changes.iter().flat_map(Change::values).collect();
    let line = |value: &FieldValues| format!("  {}", value.words());
    let mut entries = BTreeMap::<Collection<'_>, Vec<&FieldValues>>::new();
    for value in &values {
        if let Some(collection) = collection(&value.name).filter(|_| !is_full) {
            entries.entry(collection).or_default().push(value);
        }
    }
    entries.retain(|_, entries| entries.len() >= ENTRIES_MIN);
    let mut lines = Vec::new();
    for value in &values {
        let collection = collection(&value.name);
        match collection.filter(|collection| entries.contains_key(collection)) {
            Some(collection) => {
                // All of it stands where its first entry does.
                let all = entries.insert(collection, Vec::new());
                lines.extend(collection_lines(collection, &all.unwrap_or_default()));
            }
            None => lines.push(line(value)),
        }
    }
    lines
}

/// The collection of an entry such as `points[0x…].score`, and its member.
fn collection(name: &str) -> Option<Collection<'_>> {
    let (base, rest) = name.split_once('[')?;
    let (_, member) = rest.rsplit_once(']')?;
    Some((base, member))
}

fn collection_lines((base, member): Collection<'_>, entries: &[&FieldValues]) -> Vec<String> {
    let mut groups = BTreeMap::<String, Vec<&FieldValues>>::new();
    let mut entries = entries.to_vec();
    // Numbers in their order: a shorter name has a smaller key.
    entries.sort_by_key(|entry| (entry.name.len(), &entry.name));
    for (entry, effect) in entries.iter().zip(effects(&entries)) {
        groups.entry(effect).or_default().push(entry);
    }
    let name = format!("{base}[…]{member}");
    let (groups, single): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|(_, group)| group.len() >= GROUP_MIN);
    let mut lines = Vec::new();
    for (effect, group) in groups {
        let number = count_of(group.len());
        lines.push(format!(
            "  {number} of {name}: each {effect}; the first and the last:"
        ));
        let ends = group.first().into_iter().chain(group.last());
        lines.extend(ends.map(|entry| format!("    {}", entry.words())));
    }
    let single: Vec<&FieldValues> = single.into_iter().flat_map(|(_, group)| group).collect();
    let shown = single.iter().take(SINGLE_MAX);
    lines.extend(shown.map(|entry| format!("  {}", entry.words())));
    let left_out = single.len().saturating_sub(SINGLE_MAX);
    if left_out > 0 {
        let number = count_of(left_out);
        lines.push(format!("  … {number} more of {name}: --full shows them"));
    }
    lines
}

fn count_of(entries: usize) -> String {
    if entries == 1 {
        "1 entry".into()
    } else {
        format!("{} entries", grouped(entries))
    }
}

/// The change of each of these values, in the words that name the fewest different changes.
fn effects(entries: &[&FieldValues]) -> Vec<String> {
    let ways: [fn(&FieldValues) -> Option<String>; 3] = [factor, difference, |_| None];
    let told = ways.map(|way| {
        let words = entries.iter().map(|entry| {
            way(entry).unwrap_or_else(|| format!("{} → {}", entry.before, entry.after))
        });
        words.collect::<Vec<String>>()
    });
    let fewest = told
        .into_iter()
        .min_by_key(|words| words.iter().collect::<BTreeSet<_>>().len());
    fewest.unwrap_or_default()
}

fn numbers(entry: &FieldValues) -> Option<(U256, U256)> {
    Some((entry.before.parse().ok()?, entry.after.parse().ok()?))
}

fn factor(entry: &FieldValues) -> Option<String> {
    let (before, after) = numbers(entry)?;
    let factor = after
        .checked_div(before)
        .filter(|factor| !factor.is_zero())?;
    let is_multiple = factor <= U256::from(FACTOR_MAX) && (after % before).is_zero();
    is_multiple.then(|| format!("×{factor}"))
}

fn difference(entry: &FieldValues) -> Option<String> {
    let (before, after) = numbers(entry)?;
    Some(if after >= before {
        format!("+{}", after - before)
    } else {
        format!("−{}", before - after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: String, before: u64, after: u64) -> FieldValues {
        FieldValues {
            name,
            moved_from: None,
            before: before.to_string(),
            after: after.to_string(),
        }
    }

    #[test]
    fn a_factor_that_explains_nothing_is_not_shown() {
        let grown = entry("points[1]".into(), 3, 3 * FACTOR_MAX);
        assert_eq!(factor(&grown).as_deref(), Some("×1000000"));
        let replaced = entry("points[1]".into(), 3, 3 * FACTOR_MAX + 3);
        assert_eq!(factor(&replaced), None);
        assert_eq!(factor(&entry("points[1]".into(), 0, 3)), None);
    }

    #[test]
    fn equal_changes_of_a_mapping_are_one_group() {
        let tenfold = |number: u64| entry(format!("points[{number}]"), number, number * 10);
        let mut all: Vec<FieldValues> = (1..=9_988).map(tenfold).collect();
        all.extend((1..=12).map(|number| entry(format!("points[a{number}]"), 3, number + 50)));
        let entries: Vec<&FieldValues> = all.iter().collect();
        let lines = collection_lines(("points", ""), &entries);
        assert_eq!(
            lines[0],
            "  9,988 entries of points[…]: each ×10; the first and the last:"
        );
        assert!(lines[1].contains("points[1]") && lines[2].contains("points[9988]"));
        assert_eq!(lines.len(), 3 + SINGLE_MAX + 1, "{lines:#?}");
        assert_eq!(
            lines[11],
            "  … 4 entries more of points[…]: --full shows them"
        );
        let more: Vec<FieldValues> = (0..20)
            .map(|number| {
                entry(
                    format!("points[{number}].score"),
                    number * 7,
                    number * 7 + 5,
                )
            })
            .collect();
        let entries: Vec<&FieldValues> = more.iter().collect();
        let lines = collection_lines(("points", ".score"), &entries);
        assert_eq!(
            lines[0],
            "  20 entries of points[…].score: each +5; the first and the last:"
        );
        assert_eq!(lines.len(), 3);
        assert_eq!(collection("a[1][2].b"), Some(("a", ".b")));
        assert_eq!(collection("plain"), None);
    }
}
