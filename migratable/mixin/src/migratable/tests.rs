use alloy_sol_types::SolValue;

use super::*;

#[test]
fn the_argument_is_found_wherever_its_offset_points() {
    for text in [
        "",
        "1.0",
        "exactly-thirty-two-bytes-long-..",
        "and something longer than a word",
    ] {
        let encoded = (text,).abi_encode_params();
        assert_eq!(only_text(&encoded), Some(text.as_bytes()));
    }
    let mut far = [0; 160];
    far[31] = 96;
    far[127] = 2;
    far[128..130].copy_from_slice(b"ok");
    assert_eq!(only_text(&far), Some(b"ok".as_slice()));
}

#[test]
fn calldata_that_is_no_string_is_refused() {
    let good = ("1.0",).abi_encode_params();
    for len in 0..67 {
        assert_eq!(only_text(&good[..len]), None, "{len} bytes");
    }
    for (place, value) in [(0, 1), (28, 1), (31, 0xff), (32, 1), (60, 1), (63, 33)] {
        let mut bad = good.clone();
        bad[place] = value;
        assert_eq!(only_text(&bad), None, "byte {place}");
    }
}

#[test]
fn a_label_longer_than_any_is_not_migrated() {
    assert!(!is_migrated(&[b'a'; LABEL_MAX + 1]));
}
