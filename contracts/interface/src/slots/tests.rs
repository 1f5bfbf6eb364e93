//! The derivations against the published values.

use super::*;

#[test]
fn erc1967_slots_are_those_printed_in_the_erc() {
    assert_eq!(
        IMPLEMENTATION,
        b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")
    );
    assert_eq!(
        ADMIN,
        b256!("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103")
    );
    assert_eq!(
        BEACON,
        b256!("a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50")
    );
}

#[test]
fn erc7201_root_is_that_of_the_published_example() {
    assert_eq!(
        erc7201(b"example.main"),
        b256!("183a6125c38840424c4a85fa12bab2ab606c4b6d0e7cc73c0c06ba5300eab500")
    );
}

#[test]
fn constructor_guard_is_the_one_of_the_sdk() {
    assert_eq!(
        CONSTRUCTED,
        b256!("d719fb9eca6bd48044bf2b38d80aea3dd666511b0236081cd9a2b95555fe7c8c")
    );
}

#[test]
fn all_slots_are_distinct() {
    let slots = [
        IMPLEMENTATION,
        ADMIN,
        BEACON,
        INITIALISED,
        MIGRATED,
        COMPLEX,
        LAZY,
        REGISTRY,
        TOKEN,
        UPGRADED,
        LOCK,
        CONSTRUCTED,
    ];
    for (i, a) in slots.iter().enumerate() {
        assert!(slots[i + 1..].iter().all(|b| a != b), "{a} stands twice");
    }
}
