//! The decoders against alloy's encoder.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;

use super::*;

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
fn a_batch_is_a_position_and_bytes() {
    let items = alloc::vec![1, 2, 3];
    let inner = (U256::from(9), alloy_primitives::Bytes::from(items.clone()));
    let inner = alloy_primitives::Bytes::from(inner.abi_encode_params());
    let arguments = (inner,).abi_encode_params();
    assert_eq!(batch(&arguments), Some((Some(9), items.as_slice())));
}
