use super::{COMPARED, Items, encode};
use crate::client::ChainError;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolValue;
use std::io::Write;

fn is_malformed(error: &ChainError, line: u64) -> bool {
    error.is_told("ItemMalformed") && error.to_string().contains(&format!(", line {line}: "))
}

fn list(text: &str) -> Result<Items, ChainError> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    Items::listed(file.path())
}

fn number(n: u64) -> B256 {
    U256::from(n).into()
}

#[test]
fn words_may_be_decimal_hexadecimal_or_addresses() {
    let word = "11".repeat(32);
    let text = format!(
        "id,owner\r\n# note\n\n7,0x{}\n0x8, 9\n{word}{word}\n",
        "22".repeat(20)
    );
    let mut list = list(&text).expect("a list");
    assert_eq!((list.count, list.columns), (3, 2));
    let items = list.read(0, 10).expect("items");
    let owner = Address::repeat_byte(0x22).into_word();
    let eleven = B256::repeat_byte(0x11);
    assert_eq!(
        items,
        [
            vec![number(7), owner],
            vec![number(8), number(9)],
            vec![eleven, eleven]
        ]
    );
    let place = list.place(2).expect("its place");
    assert!(place.ends_with(", line 6"), "{place}");
}

#[test]
fn an_address_whose_checksum_does_not_hold_is_no_item() {
    let good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    assert!(list(&format!("1,{good}\n2,{}\n", good.to_lowercase())).is_ok());
    let wrong = good.replace("BeAed", "BeAeD");
    let refused = list(&format!("1,{good}\n2,{wrong}\n"));
    let error = refused.err().expect("a wrong checksum");
    assert!(is_malformed(&error, 2), "{error}");
    assert!(error.to_string().contains("checksum"), "{error}");
}

#[test]
fn any_item_is_found_again_wherever_the_reader_stands() {
    let text: String = (0..5_000).map(|n| format!("{n}\n\n")).collect();
    let mut list = list(&text).expect("a list");
    for first in [4_999, 0, 1_023, 1_024, 1_025, 3_000, 2_999, 4_000] {
        let items = list.read(first, 2).expect("items");
        assert_eq!(items.first(), Some(&vec![number(first)]));
        let place = list.place(first).expect("its place");
        assert!(
            place.ends_with(&format!(", line {}", 2 * first + 1)),
            "{place}"
        );
    }
    assert!(list.read(5_000, 1).expect("none").is_empty());
}

#[test]
fn a_line_that_is_no_item_is_named() {
    for (text, line) in [
        ("1\nx\n", 2),
        ("1\n\n0x\n", 3),
        ("1\n1,2\n", 2),
        ("-1\n", 1),
        ("1,\n", 1),
        ("0xgg\n", 1),
    ] {
        match list(text).map(|_| ()) {
            Err(error) if is_malformed(&error, line) => {}
            other => panic!("{text:?}: {other:?}"),
        }
    }
    let long = "1".repeat(100_000);
    let error = list(&long).map(|_| ()).expect_err("a long line");
    assert!(is_malformed(&error, 1), "{error}");
}

#[test]
fn ids_of_a_table_must_rise() {
    let found = list("1,0x01\n3,0x01\n3,0x02\n").map(|_| ());
    let error = found.expect_err("an id that does not rise");
    assert!(is_malformed(&error, 3), "{error}");
    assert!(list("3\n1\n").is_ok(), "one column has no order");
}

#[test]
fn an_item_that_comes_twice_is_named_with_both_lines() {
    let count = 2 * COMPARED + 5;
    let text: String = (0..count).map(|n| format!("{n}\n")).collect();
    assert!(list(&text).is_ok());
    let twice = list(&format!("{text}# again\n7\n")).map(|_| ());
    let error = twice.expect_err("an item that comes twice");
    assert!(is_malformed(&error, count + 2), "{error}");
    assert!(
        error.to_string().ends_with("the same item as line 8"),
        "{error}"
    );
}

#[test]
fn items_are_encoded_as_arrays_of_their_columns() {
    let ids = vec![U256::from(1), U256::from(5)];
    let owners = vec![Address::repeat_byte(1), Address::repeat_byte(2)];
    let items: Vec<_> = ids
        .iter()
        .zip(&owners)
        .map(|(id, owner)| vec![B256::from(*id), owner.into_word()])
        .collect();
    let found = encode(&items, 2).to_vec();
    assert_eq!(found, (ids.clone(), owners).abi_encode_params());
    let items: Vec<_> = ids.iter().map(|id| vec![B256::from(*id)]).collect();
    assert_eq!(encode(&items, 1).to_vec(), (ids,).abi_encode_params());
}
