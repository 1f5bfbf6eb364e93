//! Both directions against alloy's codec, and data that are hostile.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolType, SolValue, sol_data};
use proptest::prelude::*;
use stylus_upgrades_interface::registry_storage::number;

use super::*;

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::new)
}

fn word() -> impl Strategy<Value = B256> {
    any::<[u8; 32]>().prop_map(B256::new)
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..100)
}

/// Data in which offsets and lengths are often small enough to lead somewhere.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![8 => Just(0u8), 2 => Just(0x20), 1 => Just(0x40), 1 => any::<u8>()];
    proptest::collection::vec(byte, 0..400)
}

proptest! {
    #[test]
    fn what_alloy_writes_is_read(text in "[ -~]{0,70}", bytes in data(), small: u8, middle: u32, large: u64, account in address(), fixed in word(), accounts in proptest::collection::vec(address(), 0..9), words in proptest::collection::vec(word(), 0..9)) {
        let encoded = (text.clone(), Bytes::from(bytes.clone()), U256::from(small), middle, large, account, fixed, accounts.clone(), words.clone()).abi_encode_params();
        let reader = Reader::new(&encoded);
        prop_assert_eq!(reader.bytes(0), Ok(text.as_bytes()));
        prop_assert_eq!(reader.bytes(1), Ok(bytes.as_slice()));
        prop_assert_eq!(reader.u8(2), Ok(small));
        prop_assert_eq!(reader.u32(3, u32::MAX), Ok(middle));
        prop_assert_eq!(reader.u64(4), Ok(large));
        prop_assert_eq!(reader.address(5), Ok(account));
        prop_assert_eq!(reader.word(6), Ok(fixed));
        prop_assert_eq!(reader.addresses(7), Ok(accounts));
        let found: Vec<B256> = reader.words(8).unwrap().iter().map(|word| B256::new(*word)).collect();
        prop_assert_eq!(found, words);
    }

    #[test]
    fn what_is_written_alloy_writes_too(text in "[ -~]{0,70}", bytes in data(), large: u64, account in address(), flag: bool, words in proptest::collection::vec(word(), 0..5), texts in proptest::collection::vec("[ -~]{0,40}", 0..4)) {
        let list: Vec<_> = words.iter().map(|word| Value::Word(*word)).collect();
        let labels: Vec<_> = texts.iter().map(|text| Value::Bytes(text.as_bytes())).collect();
        let member = [text.as_bytes().into(), large.into()];
        let encoded = encode(&[1, 2, 3, 4], &[text.as_bytes().into(), (&bytes).into(), large.into(), account.into(), flag.into(), Value::Struct(&member), Value::Array(&list), Value::Array(&labels)]);
        let expected = (text.clone(), Bytes::from(bytes), large, account, flag, (text, large), words, texts).abi_encode_params();
        prop_assert_eq!(&encoded[..4], &[1, 2, 3, 4]);
        prop_assert_eq!(&encoded[4..], expected);
    }

    #[test]
    fn nothing_makes_the_reader_panic(data in hostile(), n in 0usize..12) {
        let reader = Reader::arguments(&data);
        let _ = (reader.word(n), reader.u8(n), reader.u64(n), reader.address(n), reader.at(n).is_ok());
        let _ = (reader.bytes(n), reader.words(n), reader.addresses(n), arrays::<2>(&data));
    }

    /// alloy is stricter where data overlap, and never reads anything else.
    #[test]
    fn what_alloy_accepts_is_read_as_it_reads_it(data in hostile()) {
        type Types = (sol_data::Bytes, sol_data::Uint<64>, sol_data::Array<sol_data::Address>);
        if let Ok((bytes, large, accounts)) = <Types as SolType>::abi_decode_params(&data) {
            let reader = Reader::new(&data);
            prop_assert_eq!(reader.bytes(0), Ok(bytes.as_ref()));
            prop_assert_eq!(reader.u64(1), Ok(large));
            prop_assert_eq!(reader.addresses(2), Ok(accounts));
        }
    }
}

#[test]
fn an_argument_that_its_type_cannot_hold_is_refused() {
    let word = B256::repeat_byte(1);
    let reader = Reader::new(word.as_slice());
    assert!(reader.u8(0).is_err());
    assert!(reader.u32(0, u32::MAX).is_err());
    assert!(reader.address(0).is_err());
    let number = number(256);
    assert!(Reader::new(number.as_slice()).u8(0).is_err());
    assert_eq!(Reader::new(number.as_slice()).u32(0, 256), Ok(256));
    assert!(Reader::new(number.as_slice()).u32(0, 255).is_err());
}

#[test]
fn an_offset_or_length_beyond_the_calldata_is_refused() {
    let long = [number(32), number(u64::from(u32::MAX))].concat();
    assert!(Reader::new(&long).bytes(0).is_err());
    assert!(Reader::new(&long).addresses(0).is_err());
    assert!(Reader::new(number(33).as_slice()).bytes(0).is_err());
    assert!(Reader::new(&[0xff; 64]).bytes(0).is_err());
}

#[test]
fn a_text_is_found_wherever_its_offset_points() {
    for text in [
        "",
        "1.0",
        "exactly-thirty-two-bytes-long-..",
        "and something longer than a word",
    ] {
        let encoded = (text,).abi_encode_params();
        assert_eq!(Reader::new(&encoded).bytes(0), Ok(text.as_bytes()));
    }
    let mut far = [0; 160];
    far[31] = 96;
    far[127] = 2;
    far[128..130].copy_from_slice(b"ok");
    assert_eq!(Reader::new(&far).bytes(0), Ok(b"ok".as_slice()));
}

#[test]
fn data_that_are_no_text_are_refused() {
    let good = (String::from("1.0"),).abi_encode_params();
    for len in 0..67 {
        assert!(Reader::new(&good[..len]).bytes(0).is_err(), "{len} bytes");
    }
    for (location, value) in [(0, 1), (28, 1), (31, 0xff), (32, 1), (60, 1), (63, 33)] {
        let mut bad = good.clone();
        bad[location] = value;
        assert!(Reader::new(&bad).bytes(0).is_err(), "byte {location}");
    }
}

#[test]
fn arrays_are_those_that_solidity_encodes() {
    let ids = alloc::vec![U256::from(7), U256::MAX];
    let owners = alloc::vec![Address::repeat_byte(1), Address::repeat_byte(2)];
    let data = (ids.clone(), owners.clone()).abi_encode_params();
    let [a, b] = arrays::<2>(&data).expect("decodes");
    let a: Vec<_> = a.iter().map(|word| U256::from_be_bytes(*word)).collect();
    let b: Vec<_> = b
        .iter()
        .map(|word| Address::from_word((*word).into()))
        .collect();
    assert_eq!((a, b), (ids, owners));
}

#[test]
fn what_is_cut_or_has_a_tail_is_no_array() {
    let data = (alloc::vec![U256::from(7)],).abi_encode_params();
    assert!(arrays::<1>(&data).is_some());
    for end in 0..data.len() {
        assert!(arrays::<1>(&data[..end]).is_none());
    }
    assert!(arrays::<1>(&[data.as_slice(), &[0]].concat()).is_none());
    assert!(arrays::<1>(&[0xff; 96]).is_none());
}

#[test]
fn a_length_is_checked_where_it_matters() {
    let data = [number(7).0, number(8).0].concat();
    assert!(Reader::new(&data).exactly(32).is_err());
    assert!(Reader::new(&data).exactly(64).is_ok());
    assert_eq!(Vec::<u8>::from(Malformed), []);
}
