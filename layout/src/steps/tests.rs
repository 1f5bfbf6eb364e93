use super::*;

/// A migration with two arguments and a condition, as `stylus_upgradeable::migratable::declare` writes it.
const ENTRY: &[u8] = b"\x43\x01\x07counter\x01\
    \x01\x031.0\x032.0\x07migrate\
    \x02\x07uint256\x0f(bool,string)[]\
    \x01\x0dnonzero(step)";

fn reason(bytes: &[u8]) -> String {
    match DeclaredStep::from_section(bytes).expect_err("it was read") {
        LayoutError::Section { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn a_section_gives_steps() {
    let steps = DeclaredStep::from_section(ENTRY).unwrap().unwrap();
    let [step] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!(step.kind, StepKind::Migration);
    assert_eq!((&*step.from, &*step.to), ("1.0", "2.0"));
    assert_eq!(step.signature, "migrate(uint256,(bool,string)[])");
    assert_eq!(step.conditions, ["nonzero(step)"]);
    let twice = [ENTRY, ENTRY].concat();
    assert_eq!(DeclaredStep::from_section(&twice).unwrap(), Some(steps));
}

#[test]
fn no_section_is_not_the_same_as_no_steps() {
    assert_eq!(DeclaredStep::from_section(&[]).unwrap(), None);
    let none = b"\x0a\x01\x07counter\x00";
    assert_eq!(DeclaredStep::from_section(none).unwrap(), Some(vec![]));
}

#[test]
fn steps_of_two_contracts_and_of_one_pair_of_versions_are_refused() {
    let other = b"\x08\x01\x05other\x00";
    let other = [ENTRY, other].concat();
    assert_eq!(reason(&other), "the steps of counter and of other");
    let renamed = ENTRY.to_vec();
    let at = renamed.windows(7).position(|w| w == b"migrate").unwrap();
    let mut renamed = renamed;
    renamed[at] = b'M';
    let both = [ENTRY, &renamed].concat();
    assert_eq!(reason(&both), "two steps between the same versions");
}

#[test]
fn damaged_bytes_are_refused_and_read_no_further() {
    for length in 1..ENTRY.len() {
        reason(&ENTRY[..length]);
    }
    for at in 0..ENTRY.len() {
        for bit in 0..8 {
            let mut bytes = ENTRY.to_vec();
            bytes[at] ^= 1 << bit;
            let _ = DeclaredStep::from_section(&bytes);
        }
    }
    assert!(reason(&[0xff; 9]).starts_with("a number too large"));
    assert!(reason(&vec![0; SECTION_MAX + 1]).contains("bytes"));
    let mut other = ENTRY.to_vec();
    other[1] = 2;
    assert!(reason(&other).starts_with("format 2"));
}
