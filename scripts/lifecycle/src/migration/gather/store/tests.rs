use super::{Moved, Store};
use alloy::primitives::{Address, B256, U256};

fn moved(token: u64, to: u8) -> Moved {
    Moved {
        token: U256::from(token).into(),
        to: Address::repeat_byte(to),
    }
}

fn hash(n: u8) -> B256 {
    B256::repeat_byte(n)
}

/// Ids and first bytes of owners.
fn tokens(store: &Store) -> Vec<(u64, u8)> {
    let mut items = store.items().expect("items");
    let items = items.read(0, u64::MAX).expect("items");
    let row = |item: &Vec<B256>| (U256::from_be_bytes(item[0].0).to(), item[1].0[31]);
    items.iter().map(row).collect()
}

#[test]
fn a_store_is_continued_and_begun_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens");
    let store = Store::open(&path, 0).expect("a store");
    store
        .add(&[moved(7, 1), moved(9, 1)], (3, hash(3)))
        .expect("kept");
    store
        .add(&[moved(7, 2), moved(9, 0), moved(8, 3)], (5, hash(5)))
        .expect("kept");
    drop(store);

    let store = Store::open(&path, 0).expect("the same");
    assert_eq!(tokens(&store), [(7, 2), (8, 3)]);
    assert_eq!(store.last_page().expect("a page"), Some((5, hash(5))));
    store.clear().expect("everything");
    assert!(tokens(&store).is_empty());
    assert_eq!(store.last_page().expect("none"), None);
}

#[test]
fn a_store_that_begins_elsewhere_or_is_damaged_is_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens");
    let store = Store::open(&path, 0).expect("a store");
    store.add(&[moved(7, 1)], (3, hash(3))).expect("kept");
    drop(store);
    let store = Store::open(&path, 5).expect("another");
    assert!(tokens(&store).is_empty());
    drop(store);
    std::fs::write(&path, b"no store").expect("written");
    assert!(tokens(&Store::open(&path, 5).expect("a new one")).is_empty());
}

#[test]
fn tokens_are_read_on_from_anywhere_in_the_order_of_their_ids() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("tokens"), 0).expect("a store");
    let moves: Vec<_> = [900, 3, 5, 70_000].map(|token| moved(token, 1)).into();
    store.add(&moves, (1, hash(1))).expect("kept");
    assert_eq!(
        tokens(&store).iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [3, 5, 900, 70_000]
    );
    let mut items = store.items().expect("items");
    let items = items.read(2, 1).expect("one");
    assert_eq!(items[0][0], B256::from(U256::from(900)));
}
