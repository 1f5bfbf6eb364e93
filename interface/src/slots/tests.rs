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

/// Ids whose `keccak256(id) - 1` begins with a zero nibble and with a zero byte, which a tool that
/// writes it as a number drops, with their roots. Found and computed by a program in another language.
const SHORT: [(&str, B256, B256); 2] = [
    (
        "stylus-upgrades.vector.96",
        b256!("08701ae476c9235fe0562655051ab2d3ef07dbab837da513a98651099b58aa66"),
        b256!("c1a98c79e04201aaa2a68a03bdf1e481836089fa50c6f9949d79af1c5a05c700"),
    ),
    (
        "stylus-upgrades.vector.388",
        b256!("00c3d8823e56646d33d6ec8d51c117b88503871a722d36f3560b94b96c0e713e"),
        b256!("eb4c697cb8d523de69838a1adbfb20003cb6f44fe75bc4cb658c28ec3d4b5800"),
    ),
];

/// The root by the formula of the ERC, in numbers.
fn by_the_formula(id: &[u8]) -> (B256, B256) {
    let inner = B256::from(U256::from_be_bytes(keccak256(id).0) - U256::ONE);
    let root = U256::from_be_bytes(keccak256(inner).0) & !U256::from(0xff);
    (inner, root.into())
}

#[test]
fn erc7201_roots_keep_the_zeros_that_a_hash_begins_with() {
    for (id, inner, root) in SHORT {
        assert_eq!(by_the_formula(id.as_bytes()), (inner, root), "{id}");
        assert_eq!(erc7201(id.as_bytes()), root, "{id}");
    }
}

#[test]
fn erc7201_roots_are_those_of_the_formula() {
    for n in 0..2_000 {
        let id = alloc::format!("id.{n}");
        let (_, root) = by_the_formula(id.as_bytes());
        assert_eq!(erc7201(id.as_bytes()), root, "{id}");
    }
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
        INITIALIZED,
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
