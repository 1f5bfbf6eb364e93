//! Layout documents on chain. Anybody publishes one, and anybody finds it by its hash.

use crate::prelude::*;
use alloy::primitives::Log;
use stylus_chain::{Filter, Receipt};
use stylus_upgrades::build::evm::layouts_code;
use stylus_upgrades_interface::layouts::ILayouts::{
    InvalidLayout, LayoutPublished, layoutAtCall, publishLayoutCall,
};
use stylus_upgrades_interface::limits::LAYOUT_MAX;

use super::fixture::{Fixture, account, order};
use super::programs::statically;

fn layouts() -> (Fixture, Address) {
    let mut fixture = Fixture::new();
    let layouts = fixture.create2(&layouts_code());
    (fixture, layouts)
}

fn publish(document: &[u8]) -> Vec<u8> {
    let document = Bytes::copy_from_slice(document);
    publishLayoutCall { document }.abi_encode()
}

fn block(fixture: &Fixture, layouts: Address, hash: B256) -> u64 {
    fixture.ask(layouts, &layoutAtCall { layoutHash: hash })
}

/// Publishes a document for the first time, and checks all that it leaves.
#[track_caller]
fn published(fixture: &mut Fixture, layouts: Address, document: &[u8]) -> Receipt {
    let hash = keccak256(document);
    assert_eq!(block(fixture, layouts, hash), 0, "never published");
    let done = fixture.done(account(5), layouts, 0, publish(document));
    assert_eq!(done.output[..], hash[..]);
    assert_eq!(block(fixture, layouts, hash), done.block_number);
    let [log] = &done.logs[..] else {
        panic!("one event: {:?}", done.logs);
    };
    let event = LayoutPublished {
        layoutHash: hash,
        document: Bytes::copy_from_slice(document),
    };
    let expected = Log {
        address: layouts,
        data: event.encode_log_data(),
    };
    assert!(*log == expected, "every byte, with the zeros at its end");
    done
}

/// The documents that a log filter of one block finds.
fn found(fixture: &Fixture, layouts: Address, hash: B256, block: u64) -> Vec<Bytes> {
    let filter = Filter::new()
        .select(block)
        .address(layouts)
        .event_signature(LayoutPublished::SIGNATURE_HASH)
        .topic1(hash);
    let logs = fixture.chain.logs(&filter).expect("logs");
    let event = |log: &Log| LayoutPublished::decode_log_data(&log.data).expect("the event");
    logs.iter().map(|log| event(&log.inner).document).collect()
}

#[test]
fn a_document_of_every_size_is_logged_as_it_is() {
    let (mut fixture, layouts) = layouts();
    for size in [1, 2, 31, 32, 33, 63, 64, 65, LAYOUT_MAX - 1, LAYOUT_MAX] {
        let document: Vec<u8> = (0..size).map(|n| n as u8 | 1).collect();
        let done = published(&mut fixture, layouts, &document);
        println!("a layout of {size} bytes: {} gas", done.gas_used);
        let (hash, at) = (keccak256(&document), done.block_number);
        assert!(found(&fixture, layouts, hash, at) == [Bytes::from(document)]);
    }
}

/// `block.number` of a contract is the parent chain's.
#[test]
fn the_block_of_a_document_is_that_of_its_chain() {
    let (mut fixture, layouts) = layouts();
    fixture.chain.set_l1_block_number(Some(7_000_000));
    fixture.chain.mine(50, None).expect("blocks");
    let done = published(&mut fixture, layouts, b"{}");
    assert!((51..7_000_000).contains(&done.block_number));
    assert_eq!(done.block_number, fixture.chain.block_number());
    let hash = keccak256(b"{}");
    assert_eq!(
        fixture.slot(layouts, hash),
        B256::from(U256::from(done.block_number))
    );
}

#[test]
fn a_document_is_published_once_and_again_it_does_nothing() {
    let (mut fixture, layouts) = layouts();
    let first = published(&mut fixture, layouts, b"{}");
    fixture.chain.mine(5, None).expect("blocks");
    let again = fixture.done(account(6), layouts, 0, publish(b"{}"));
    assert_eq!(again.output, first.output);
    assert!(again.logs.is_empty(), "{:?}", again.logs);
    let hash = keccak256(b"{}");
    assert_eq!(block(&fixture, layouts, hash), first.block_number);
}

#[test]
fn a_document_has_between_one_and_32768_bytes() {
    let (mut fixture, layouts) = layouts();
    for size in [0, LAYOUT_MAX + 1, LAYOUT_MAX + 32, 1 << 20] {
        let refused = fixture.call(account(5), layouts, publish(&vec![b' '; size]));
        assert!(!refused.success);
        let size = U256::from(size);
        let expected = InvalidLayout { size }.abi_encode();
        assert_eq!(refused.output, Bytes::from(expected));
    }
    let sent = fixture.send(account(5), layouts, 0, publish(b""));
    assert!(!sent.success && sent.halt.is_none());
}

/// A call of `publishLayout` from words.
fn words(words: &[U256], rest: &[u8]) -> Vec<u8> {
    let words = words.iter().flat_map(|word| word.to_be_bytes::<32>());
    let words: Vec<u8> = words.collect();
    [&publishLayoutCall::SELECTOR[..], &words, rest].concat()
}

#[test]
fn what_is_no_document_is_refused() {
    let (mut fixture, layouts) = layouts();
    let word = |value: u64| U256::from(value);
    let missing = [
        words(&[word(32), word(3)], b"{}"), // one byte is missing
        words(&[word(32), word(LAYOUT_MAX as u64)], &[1; LAYOUT_MAX - 1]),
        words(&[], &[0; 31]), // no offset
        words(&[], b""),
        words(&[U256::MAX, word(2)], b"{}"), // beyond every calldata
        words(&[U256::MAX - word(3), word(2)], b"{}"), // which would wrap to the selector
        words(&[word(1) << 64, word(2)], b"{}"),
        vec![0xff; 100], // another function
        vec![],
        publish(b"{}")[..3].to_vec(),
    ];
    for input in missing {
        fixture.refused(account(5), layouts, 0, input);
    }
    fixture.refused(account(5), layouts, 1, publish(b"{}"));
    // Where nothing is, the size is read as zero.
    let empty = fixture.call(
        account(5),
        layouts,
        words(&[word(u64::MAX), word(2)], b"{}"),
    );
    let size = U256::ZERO;
    assert_eq!(
        empty.output,
        Bytes::from(InvalidLayout { size }.abi_encode())
    );
    let huge = fixture.call(account(5), layouts, words(&[word(32), U256::MAX], b"{}"));
    let size = U256::MAX;
    assert_eq!(
        huge.output,
        Bytes::from(InvalidLayout { size }.abi_encode())
    );
    assert_eq!(block(&fixture, layouts, keccak256(b"{}")), 0);
}

#[test]
fn what_the_abi_leaves_open_is_the_same_document() {
    let (mut fixture, layouts) = layouts();
    let word = |value: u64| U256::from(value);
    let unusual = [
        words(&[word(32), word(2)], b"{}"), // without the zeros at the end
        words(&[word(64), word(9), word(2)], b"{}"), // further on
        words(
            &[word(33)],
            &[&[0; 1], &word(2).to_be_bytes::<32>()[..], b"{}"].concat(),
        ),
        [publish(b"{}"), vec![7; 40]].concat(), // with more after it
    ];
    for input in unusual {
        let outcome = fixture.call(account(5), layouts, input.clone());
        assert!(outcome.success);
        assert_eq!(outcome.output[..], keccak256(b"{}")[..]);
        let before = fixture.chain.snapshot();
        let done = fixture.done(account(5), layouts, 0, input);
        let event = LayoutPublished::decode_log_data(&done.logs[0].data).expect("the event");
        assert_eq!(event.document[..], *b"{}");
        assert!(fixture.chain.revert(before));
    }
    published(&mut fixture, layouts, b"{}");
}

#[test]
fn a_question_is_static_and_a_publication_is_not() {
    let (mut fixture, layouts) = layouts();
    published(&mut fixture, layouts, b"{}");
    let reader = fixture.create2(&statically());
    let ask = |input: Vec<u8>| {
        let outcome = fixture.call(account(0), reader, order(layouts, &input));
        U256::from_be_slice(&outcome.output[..32]) == U256::ONE
    };
    let layout_at = |hash| layoutAtCall { layoutHash: hash }.abi_encode();
    assert!(ask(layout_at(keccak256(b"{}"))));
    assert!(ask(publish(b"{}")), "it does nothing");
    assert!(!ask(publish(b"[]")));
    for short in [4, 35] {
        assert!(!ask(layout_at(B256::ZERO)[..short].to_vec()));
    }
}
