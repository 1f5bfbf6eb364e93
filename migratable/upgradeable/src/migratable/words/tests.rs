use alloy_primitives::{U256, keccak256};
use alloy_sol_types::SolValue;

use super::*;

const LABELS: [&str; 5] = [
    "",
    "1.0",
    "exactly-thirty-one-bytes-long-.",
    "exactly-thirty-two-bytes-long-..",
    "a-label-of-sixty-four-bytes-is-the-longest-that-there-can-be-1.0",
];

#[test]
fn a_token_is_the_hash_of_the_abi_encoding() {
    for from in LABELS {
        for to in LABELS {
            for kind in [0_u8, 1, 3] {
                let encoded = (U256::from(kind), from, to).abi_encode_params();
                assert_eq!(
                    token(kind, from, to),
                    keccak256(encoded),
                    "{kind} {from:?} {to:?}"
                );
            }
        }
    }
}

#[test]
fn a_flag_lies_where_the_interface_says() {
    for label in LABELS {
        assert_eq!(migrated(label), slots::migrated(label), "{label:?}");
    }
}

#[test]
fn labels_are_printable_ascii_without_spaces_of_1_to_64_bytes() {
    assert!(is_label("1.0") && is_label(LABELS[4]));
    let too_long = [LABELS[4], "1"].concat();
    for bad in ["", "1 0", "1.0\n", "ä", "\u{7f}", &too_long] {
        assert!(!is_label(bad), "{bad:?}");
    }
}
