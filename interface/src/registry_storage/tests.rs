//! The declaration: nothing overlaps, and packing is what it says.

use alloc::{collections::BTreeSet, vec::Vec};

use super::*;

/// Every byte that a record has a field for: word and position in it. Of a long list the first words
/// do.
fn bytes(record: &Record) -> Vec<(u64, usize)> {
    let mut bytes = Vec::new();
    for entry in record.entries {
        for word in (entry.first..).take(entry.words.min(300) as usize) {
            for field in entry.fields {
                let end = field.offset + field.width;
                bytes.extend((field.offset..end).map(|byte| (word, byte)));
            }
        }
    }
    bytes
}

#[test]
fn no_two_fields_overlap_and_none_leaves_its_word() {
    for record in RECORDS {
        let bytes = bytes(record);
        let distinct: BTreeSet<_> = bytes.iter().collect();
        assert!(!bytes.is_empty(), "{} has no field", record.name);
        assert_eq!(distinct.len(), bytes.len(), "fields of {}", record.name);
        assert!(bytes.iter().all(|(_, byte)| *byte < 32), "{}", record.name);
        assert!(record.is_disjoint(), "{}", record.name);
    }
}

#[test]
fn no_two_records_have_one_location() {
    let locations = RECORDS.iter().map(|record| match record.location {
        Location::Table(table) => alloc::format!("table {table}"),
        Location::Root => "root".into(),
        Location::Transient(slot) => slot.into(),
    });
    assert_eq!(locations.collect::<BTreeSet<_>>().len(), RECORDS.len());
}

const fn field(offset: usize, width: usize) -> FieldInfo {
    FieldInfo {
        name: "",
        about: &[],
        of: "",
        offset,
        width,
    }
}

const fn entry(first: u64, words: u64, fields: &'static [FieldInfo]) -> Entry {
    Entry {
        first,
        words,
        name: "",
        about: &[],
        fields,
    }
}

#[test]
fn what_overlaps_is_found() {
    const ONE: &[FieldInfo] = &[field(0, 32)];
    const CROSSING: &[FieldInfo] = &[field(0, 8), field(7, 4)];
    const LONG: &[FieldInfo] = &[field(0, 8), field(8, 25)];
    let record = |entries| Record {
        entries,
        ..definition::RECORD
    };
    let good = record(const { &[entry(0, 2, ONE), entry(2, 1, ONE)] });
    assert!(good.is_disjoint());
    let words = record(const { &[entry(0, 2, ONE), entry(1, 1, ONE)] });
    assert!(!words.is_disjoint());
    let fields = record(const { &[entry(0, 1, CROSSING)] });
    assert!(!fields.is_disjoint());
    let long = record(const { &[entry(0, 1, LONG)] });
    assert!(!long.is_disjoint());
}

#[test]
fn a_packed_word_is_its_fields_and_nothing_else() {
    let expected = acceptance::Expected {
        registry: Address::repeat_byte(0xab),
        version: VersionIndex(0x0102_0304),
        epoch: u32::MAX,
        nonce: 7,
    };
    let word = expected.to_word();
    let bytes: [&[u8]; 4] = [&[0xab; 20], &[1, 2, 3, 4], &[0xff; 4], &[0, 0, 0, 7]];
    assert_eq!(word.0.as_slice(), bytes.concat());
    assert_eq!(acceptance::Expected::from_word(&word), expected);
    assert_eq!(acceptance::Expected::version().get(&word), expected.version);
}

#[test]
fn keys_of_two_numbers_are_one_word() {
    let key = StepKey {
        version: VersionIndex(3),
        position: 2,
    };
    assert_eq!(key.word(), number(0x0302));
    let key = PendingKey {
        authority: Authority::MIGRATE,
        epoch: 0x05,
    };
    assert_eq!((key.word()[0], key.word()[31]), (1, 5));
}
