use crate::error::LayoutError;
use crate::layout::Layout;

fn reason(bytes: &[u8]) -> String {
    match Layout::from_section(bytes).expect_err("it was read") {
        LayoutError::Section { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

/// A struct `S` of one slot with a field `a` of so many bytes.
fn entry(bytes: u8, words: u8) -> Vec<u8> {
    let mut entry = vec![1, 7, 1, b'S', 1, b'p', 1, b's', 0, words, 1];
    entry.extend([1, b'a', bytes, 0, 0, 0]);
    entry.extend([0, 4]);
    entry.extend(b"uint");
    entry.extend([8 * bytes, bytes]);
    entry.insert(0, entry.len() as u8);
    entry
}

#[test]
fn a_section_gives_fields_and_types() {
    let layout = Layout::from_section(&entry(8, 1)).unwrap().unwrap();
    assert_eq!(layout.storage[0].type_id, "t_uint64");
    assert_eq!(Layout::from_section(&[]).unwrap(), None);
    // Two codegen units that say the same are one.
    let twice = [entry(8, 1), entry(8, 1)].concat();
    assert_eq!(Layout::from_section(&twice).unwrap(), Some(layout));
}

#[test]
fn what_is_damaged_is_refused_and_never_read_beyond_its_end() {
    let whole = entry(8, 1);
    for length in 1..whole.len() {
        reason(&whole[..length]);
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let _ = Layout::from_section(&bytes);
        }
    }
    let mut other = whole.clone();
    other[1] = 2;
    assert_eq!(reason(&other), "format 2; this program reads format 1");
}

#[test]
fn what_contradicts_the_sdk_is_refused() {
    assert_eq!(
        reason(&entry(8, 2)),
        "S with fields for 1 slots, to which stylus-sdk gives 2"
    );
    assert_eq!(
        reason(&[entry(8, 1), entry(4, 1)].concat()),
        "two storage structs that are both the entrypoint"
    );
    // The type of the field claims less than the field has.
    let mut claimed = entry(8, 1);
    *claimed.last_mut().expect("bytes") = 4;
    assert_eq!(
        reason(&claimed),
        "S.a of 4 bytes, to which stylus-sdk gives 8"
    );
}

/// A struct `S` that says it has so many slots, with fields that each say the same.
fn claims(words: u64, fields: &[u8]) -> Vec<u8> {
    let number = |bytes: &mut Vec<u8>, mut number: u64| loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    };
    let mut body = vec![1, 7, 1, b'S', 1, b'p', 1, b's', 0];
    number(&mut body, words);
    body.push(fields.len() as u8);
    for label in fields {
        body.extend([1, *label, 32]);
        number(&mut body, words);
        body.extend([0, 0, 0, 4]);
        body.extend(b"uint");
        body.extend([0, 32]);
    }
    let mut entry = Vec::new();
    number(&mut entry, body.len() as u64);
    entry.extend(body);
    entry
}

#[test]
fn sizes_that_no_contract_can_have_are_refused_and_counted_without_overflow() {
    for words in [1 << 32, 1 << 58, 1 << 62, (1 << 63) - 1] {
        assert_eq!(reason(&claims(words, b"abcdef")), "a number too large");
    }
    let most = u64::from(u32::MAX);
    assert_eq!(
        reason(&claims(most, b"abcdef")),
        format!(
            "S with fields for {} slots, to which stylus-sdk gives {most}",
            6 * most
        )
    );
}

#[test]
fn a_section_of_any_size_is_refused_before_it_is_read() {
    let huge = entry(8, 1).repeat(1 << 18);
    assert!(reason(&huge).ends_with(" bytes; it has 4194304 at most"));
}

#[test]
fn types_that_are_nested_without_end_are_refused() {
    let vec = 4;
    for depth in [65, 1_000, 1_000_000] {
        let mut body = vec![1];
        body.extend(vec![vec; depth]);
        let mut bytes = Vec::new();
        let mut length = body.len();
        while length > 0x7f {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(body);
        assert_eq!(reason(&bytes), "types nested more than 64 deep");
    }
}

/// A root `R` with two fields, each a struct `S` of the same path and of one slot; the second one's
/// field is called so.
fn twice(label: u8, name: &[u8; 1]) -> Vec<u8> {
    let mut body = vec![1, 7, 1, b'R', 1, b'r', 1, b's', 0, 2, 2];
    for (field, inner, name) in [(b'x', b'a', b"p"), (b'y', label, name)] {
        body.extend([1, field, 32, 1, 0, 0]);
        body.extend([7, 1, b'S', 1, name[0], 1, b's', 0, 1, 1]);
        body.extend([1, inner, 8, 0, 0, 0, 0, 4]);
        body.extend(b"uint");
        body.extend([64, 8]);
    }
    body.insert(0, body.len() as u8);
    body
}

#[test]
fn two_structs_of_one_path_are_two_types_unless_they_are_one() {
    let types = |bytes: &[u8]| {
        let layout = Layout::from_section(bytes)
            .expect("read")
            .expect("a layout");
        let fields = layout.storage.iter();
        fields.map(|item| item.type_id.clone()).collect::<Vec<_>>()
    };
    let same = types(&twice(b'a', b"p"));
    assert_eq!(same[0], same[1]);
    let other = types(&twice(b'b', b"q"));
    assert_ne!(other[0], other[1]);
    let other = types(&twice(b'b', b"p"));
    assert_ne!(other[0], other[1]);
}
