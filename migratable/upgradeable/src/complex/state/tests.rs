//! The word, there and back.

use super::*;

#[test]
fn a_word_holds_all_of_it() {
    let state = State {
        back: true,
        done: ITEMS_MAX - 1,
        total: ITEMS_MAX,
        handler: Address::repeat_byte(0xab),
    };
    assert_eq!(State::decode(&state.encode()), Some(state));
}

#[test]
fn an_empty_word_is_no_migration() {
    assert_eq!(State::decode(&[0; 32]), None);
}
