//! Indexes of a list of fields by name and by place: a comparison of long lists needs no pass over all pairs.

use std::collections::BTreeMap;

use crate::bytes::Bytes;
use crate::storage::Field;

/// The fields of a list, by name and by place.
pub(super) struct FieldIndex<'f, 's> {
    fields: &'f [Field<'s>],
    by_label: BTreeMap<&'s str, Vec<usize>>,
    /// The number of fields by name, without leading underscores.
    by_bare_name: BTreeMap<&'s str, usize>,
    ranges: ByteRanges,
    /// The first bytes of all fields that are no gaps, in their order.
    starts: Vec<Bytes>,
}

/// Ranges of bytes in the order of their first bytes.
pub(super) struct ByteRanges(Vec<ByteRange>);

struct ByteRange {
    /// The index of the range in the input.
    index: usize,
    start: Bytes,
    /// The largest end of this range and all before it.
    reach: Bytes,
}

impl ByteRanges {
    /// From the first byte of each range and the byte after its last.
    pub(super) fn from_bounds(ranges: impl Iterator<Item = (Bytes, Bytes)>) -> Self {
        let ranges = ranges.enumerate().map(|(index, (start, end))| ByteRange {
            index,
            start,
            reach: extend_to_one_byte(start, end),
        });
        let mut ranges: Vec<ByteRange> = ranges.collect();
        ranges.sort_by_key(|range| range.start);
        let mut reach = Bytes::ZERO;
        for range in &mut ranges {
            reach = reach.max(range.reach);
            range.reach = reach;
        }
        Self(ranges)
    }

    /// The indices of all ranges that may share bytes with this one, in their order.
    pub(super) fn find_near(&self, start: Bytes, end: Bytes) -> Vec<usize> {
        let end = extend_to_one_byte(start, end);
        let before_end = self.0.partition_point(|range| range.start < end);
        let ranges = self.0.iter().take(before_end).rev();
        let ranges = ranges.take_while(|range| range.reach > start);
        let mut indices: Vec<usize> = ranges.map(|range| range.index).collect();
        indices.sort_unstable();
        indices
    }

    /// The indices of all ranges that begin at a byte, in their order.
    fn find_starts(&self, start: Bytes) -> Vec<usize> {
        let first = self.0.partition_point(|range| range.start < start);
        let ranges = self.0.iter().skip(first);
        let ranges = ranges.take_while(|range| range.start == start);
        let mut indices: Vec<usize> = ranges.map(|range| range.index).collect();
        indices.sort_unstable();
        indices
    }
}

impl<'f, 's> FieldIndex<'f, 's> {
    pub(super) fn new(fields: &'f [Field<'s>]) -> Self {
        let mut by_label: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_bare_name: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, field) in fields.iter().enumerate() {
            by_label.entry(field.label()).or_default().push(at);
            *by_bare_name.entry(bare_name(field.label())).or_default() += 1;
        }
        let ranges = ByteRanges::from_bounds(fields.iter().map(|field| (field.start, field.end())));
        let lasting = fields.iter().filter(|field| !field.is_gap());
        let mut starts: Vec<Bytes> = lasting.map(|field| field.start).collect();
        starts.sort_unstable();
        Self {
            fields,
            by_label,
            by_bare_name,
            ranges,
            starts,
        }
    }

    /// The fields, in list order.
    pub(super) fn fields(&self) -> &'f [Field<'s>] {
        self.fields
    }

    /// The indices of all fields of a name, in their order.
    pub(super) fn find_named(&self, label: &str) -> &[usize] {
        self.by_label.get(label).map_or(&[], Vec::as_slice)
    }

    /// Counts the fields of a name, without leading underscores.
    pub(super) fn count_bare_name(&self, bare_name: &str) -> usize {
        self.by_bare_name
            .get(bare_name)
            .copied()
            .unwrap_or_default()
    }

    /// The indices of all fields that begin at a byte, in their order.
    pub(super) fn find_starts(&self, start: Bytes) -> Vec<usize> {
        self.ranges.find_starts(start)
    }

    /// Finds the fields of this list that share bytes with `field`, in list order.
    pub(super) fn find_overlaps(&self, field: &Field<'_>) -> Vec<&'f Field<'s>> {
        let near = self.ranges.find_near(field.start, field.end()).into_iter();
        let near = near.filter_map(|at| self.fields.get(at));
        near.filter(|other| other.overlaps(field)).collect()
    }

    /// The first byte from `end` on at which a field begins that is no gap.
    pub(super) fn find_next_start(&self, end: Bytes) -> Option<Bytes> {
        let at = self.starts.partition_point(|start| *start < end);
        self.starts.get(at).copied()
    }
}

/// A name without the underscores before it.
pub(super) fn bare_name(label: &str) -> &str {
    label.trim_start_matches('_')
}

/// The end of a range; an empty range counts as one byte.
fn extend_to_one_byte(start: Bytes, end: Bytes) -> Bytes {
    end.max(start.saturating_add(Bytes::from(1)))
}

#[cfg(test)]
mod tests {
    use super::{ByteRanges, Bytes};
    use crate::{Layout, Verdict, compare};
    use serde_json::json;

    /// A layout with a field, and after it a struct of `count` members.
    fn with_members(count: u64) -> Layout {
        let member = |slot: u64| json!({"label": format!("m{slot}"), "offset": 0, "slot": slot.to_string(), "type": "t_uint256"});
        let members: Vec<_> = (0..count).map(member).collect();
        let layout = json!({
            "storage": [
                {"label": "first", "offset": 0, "slot": "0", "type": "t_uint256"},
                {"label": "all", "offset": 0, "slot": "1", "type": "t_struct(All)1_storage"},
            ],
            "types": {
                "t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
                "t_struct(All)1_storage": {
                    "encoding": "inplace", "label": "struct All", "members": members,
                    "numberOfBytes": (count * 32).to_string(),
                },
            },
        });
        Layout::from_json(&layout.to_string()).expect("a layout")
    }

    #[test]
    fn a_field_is_compared_with_those_near_it_alone() {
        let bounds = |slot: u64| (Bytes::from(32 * slot), Bytes::from(32 * (slot + 1)));
        let ranges = ByteRanges::from_bounds((0..5_000).map(bounds));
        for slot in 0..5_000 {
            let (start, end) = bounds(slot);
            let index = usize::try_from(slot).expect("small");
            assert_eq!(ranges.find_near(start, end), [index]);
            assert_eq!(ranges.find_starts(start), [index]);
        }
    }

    #[test]
    fn structs_of_thousands_of_members_are_compared() {
        let report = compare(&with_members(5_000), &with_members(10_000)).expect("positions");
        assert_eq!(report.findings.len(), 256);
        let mut findings = report.findings.iter();
        assert!(findings.all(|change| change.verdict == Verdict::SafeAppend));
        let back = compare(&with_members(5_000), &with_members(4_999)).expect("positions");
        let verdicts: Vec<_> = back.findings.iter().map(|change| change.verdict).collect();
        assert_eq!(verdicts, [Verdict::Delete]);
    }
}
