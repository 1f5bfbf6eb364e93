//! Layout documents on chain. Anybody may publish one, and anybody finds it by its hash.

use crate::prelude::*;
use stylus_chain::Filter;
use stylus_upgrades_interface::limits::LAYOUT_MAX;
use stylus_upgrades_interface::registry::IRegistry::{
    InvalidLayout, LayoutPublished, layoutAtCall, publishLayoutCall,
};

use super::fixture::{Done, Fixture, Reverted, account, is, refused};
use crate::review::fixture::{Scenario, call};

fn publish(fixture: &mut Fixture, who: usize, document: &[u8]) -> Result<Done<B256>, Reverted> {
    let document = Bytes::copy_from_slice(document);
    fixture.send(account(who), &publishLayoutCall { document })
}

fn block(fixture: &Fixture, hash: B256) -> u64 {
    let query = layoutAtCall { layoutHash: hash };
    fixture.view(&query).expect("a view")
}

/// The documents that a log filter of one block finds.
fn found(fixture: &Fixture, hash: B256, block: u64) -> Vec<Bytes> {
    let filter = Filter::new()
        .select(block)
        .address(fixture.registry)
        .event_signature(LayoutPublished::SIGNATURE_HASH)
        .topic1(hash);
    let logs = fixture.chain.logs(&filter).expect("logs");
    logs.iter()
        .map(|entry| {
            let event = LayoutPublished::decode_log_data(entry.data());
            event.expect("the event").document
        })
        .collect()
}

#[test]
fn a_stranger_publishes_a_layout_and_its_block_leads_to_the_document() {
    let mut fixture = Fixture::new(&is(account(0)));
    let document = br#"{"steps":[],"storage":[],"types":{}}"#;
    let hash = keccak256(document);
    assert_eq!(block(&fixture, hash), 0, "never published");
    fixture.wait(60);
    let done = publish(&mut fixture, 5, document).expect("published");
    assert_eq!(done.returned, hash);
    let at = block(&fixture, hash);
    assert_eq!(at, fixture.chain.block_number());
    assert_eq!(found(&fixture, hash, at), [Bytes::from_static(document)]);
}

#[test]
fn the_block_of_a_layout_is_not_the_parent_chains() {
    let mut fixture = Fixture::new(&is(account(0)));
    fixture.chain.mine(50, None).expect("blocks");
    let done = publish(&mut fixture, 5, b"{}").expect("published");
    let at = block(&fixture, done.returned);
    assert_eq!(found(&fixture, done.returned, at).len(), 1);
    // PUSH0 NUMBER … : what a contract reads as `block.number`
    let number = [0x43, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];
    let reader = fixture.deploy_code(&stylus_upgrades::build::evm::creation_code(&number));
    let parent = fixture
        .raw(
            account(5),
            reader.implementation,
            Bytes::new(),
            U256::ZERO,
            100_000,
        )
        .expect("a number");
    assert_ne!(U256::from_be_slice(&parent.returned), U256::from(at));
}

#[test]
fn a_layout_is_published_once_and_again_it_does_nothing() {
    let mut fixture = Fixture::new(&is(account(0)));
    let first = publish(&mut fixture, 5, b"{}").expect("published");
    let at = block(&fixture, first.returned);
    let again = publish(&mut fixture, 6, b"{}").expect("nothing to do");
    assert_eq!(again.returned, first.returned);
    assert!(again.logs.is_empty(), "{:?}", again.logs);
    assert_eq!(block(&fixture, first.returned), at);
}

#[test]
fn a_layout_has_between_one_and_32768_bytes() {
    let mut fixture = Fixture::new(&is(account(0)));
    let size = U256::ZERO;
    refused(publish(&mut fixture, 5, b""), InvalidLayout { size });
    let largest = vec![b' '; LAYOUT_MAX];
    let done = publish(&mut fixture, 5, &largest).expect("as large as it may be");
    println!("a layout of {LAYOUT_MAX} bytes: {} gas", done.gas);
    let at = block(&fixture, done.returned);
    assert_eq!(found(&fixture, done.returned, at), [Bytes::from(largest)]);
    let size = U256::from(LAYOUT_MAX + 1);
    let longer = vec![b' '; LAYOUT_MAX + 1];
    refused(publish(&mut fixture, 5, &longer), InvalidLayout { size });
}

#[test]
fn a_layout_is_published_in_the_middle_of_a_governed_call() {
    let mut scenario = Scenario::new();
    let registry = scenario.registry;
    let document = Bytes::from_static(b"{}");
    let hash = keccak256(&document);
    let publish = publishLayoutCall { document };
    let migrating = crate::review::fixture::migrating(vec![call(registry, &publish)]);
    scenario
        .migrate("2.0", migrating)
        .expect("no lock is asked for");
    assert_eq!(scenario.version(scenario.proxy), "2.0");
    let found = block(&scenario.fixture, hash);
    assert_eq!(found, scenario.chain.block_number());
}
