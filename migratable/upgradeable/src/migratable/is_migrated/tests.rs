use super::*;

#[test]
fn a_label_longer_than_any_is_not_migrated() {
    assert!(!is_migrated(&[b'a'; LABEL_MAX + 1]));
}

#[test]
fn calldata_that_is_no_string_is_refused_without_data() {
    for input in [[].as_slice(), &[0xff; 32], &[0; 31]] {
        assert_eq!(route(IS_MIGRATED, input), Some(Err(alloc::vec::Vec::new())));
    }
    assert_eq!(route(0, &[0; 64]), None);
}
