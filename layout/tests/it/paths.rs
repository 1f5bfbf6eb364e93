//! A struct is known by its package, with the version, its module, and where it is declared.

use crate::layout_of;
use alloy_primitives::U256;
use stylus_layout::{Layout, Members};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU64, StorageU256};
use stylus_upgradeable::layout::derived::{Field, Struct, encode, encoded_length};
use stylus_upgradeable::layout::{Kind, Link, StorageLayout, kind::section};

#[storage]
#[derive(StorageLayout)]
pub struct Entry {
    a: StorageU64,
}

#[storage]
#[derive(StorageLayout)]
pub struct Note {
    value: StorageU256,
    entries: StorageMap<U256, Entry>,
}

#[test]
fn the_path_of_a_struct_names_its_package_and_version_and_is_in_no_layout() {
    let path = concat!(
        env!("CARGO_PKG_NAME"),
        " ",
        env!("CARGO_PKG_VERSION"),
        ": it::paths::Entry"
    );
    let written = section::<Note>();
    assert!(
        written
            .windows(path.len())
            .any(|part| part == path.as_bytes()),
        "{}",
        String::from_utf8_lossy(&written)
    );
    assert!(
        !layout_of::<Note>()
            .to_json()
            .contains(env!("CARGO_PKG_NAME"))
    );
}

/// A struct of the path `p` with one field of its own size.
const fn of_one_path(fields: &'static [Field]) -> Kind {
    Kind::Struct(Struct {
        name: "S",
        path: "p",
        src: "s",
        is_generic: false,
        words: 1,
        fields,
    })
}

static WORD: Kind = Kind::Value {
    label: "uint",
    number: 256,
    bytes: 32,
};
static INNER_FIELDS: [Field; 1] = [Field::of::<StorageU256>("b", Link::to(&WORD), None, None)];
static INNER: Kind = of_one_path(&INNER_FIELDS);
static MAP: Kind = Kind::Map {
    key: Link::to(&WORD),
    zero_extended: false,
    value: Link::to(&INNER),
};
static OUTER_FIELDS: [Field; 1] = [Field::of::<StorageU256>("a", Link::to(&MAP), None, None)];
static OUTER: Kind = of_one_path(&OUTER_FIELDS);

#[test]
fn a_different_struct_of_the_same_path_within_is_none_that_leads_back() {
    let mut bytes = vec![0; encoded_length(&OUTER)];
    encode(&OUTER, &mut bytes);
    let layout = Layout::from_section(&bytes)
        .expect("read")
        .expect("a layout");
    let structs = layout
        .types
        .values()
        .filter_map(|kind| match &kind.members {
            Some(Members::Struct(members)) => Some(members[0].label.as_str()),
            _ => None,
        });
    assert_eq!(structs.collect::<Vec<_>>(), ["b"]);
}
