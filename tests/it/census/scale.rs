//! Many slots: how long a census takes, and how much memory.

use std::fmt::Write;
use std::time::Instant;

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use serde_json::json;
use stylus_devnode::{NodeConfig, spawn};
use stylus_layout::Layout;
use stylus_upgrades::census::{Anchor, Method, Options, Subject, Wanted, take};
use stylus_upgrades::client::Client;

/// `mapping(address => uint256) all` at slot 0, and how many there are at slot 1.
fn layout() -> Layout {
    let layout = json!({
        "storage": [
            {"label": "all", "slot": "0", "offset": 0, "type": "t_mapping(t_address,t_uint256)"},
            {"label": "count", "slot": "1", "offset": 0, "type": "t_uint256"},
        ],
        "types": {
            "t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
            "t_address": {"encoding": "inplace", "label": "address", "numberOfBytes": "20"},
            "t_mapping(t_address,t_uint256)": {
                "encoding": "mapping", "label": "mapping(address => uint256)", "numberOfBytes": "32",
                "key": "t_address", "value": "t_uint256",
            },
        },
    });
    Layout::from_json(&layout.to_string()).expect("a layout")
}

fn key(n: u64) -> Address {
    Address::from_word(keccak256(n.to_be_bytes()))
}

/// A census of so many entries by keys of a file; seconds for all of it.
async fn census(entries: u64) -> f64 {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let account = Address::repeat_byte(0xce);
    let filled = node.with_chain(move |chain| {
        chain.set_code(account, Bytes::from_static(&[0]));
        let count = B256::from(U256::from(entries));
        chain.set_storage_at(account, U256::from(1), count);
        for n in 0..entries {
            let slot = keccak256([key(n).into_word(), B256::ZERO].concat());
            chain.set_storage_at(account, slot.into(), B256::with_last_byte(7));
        }
        chain.mine(2, None)
    });
    filled.expect("the chain").expect("blocks");
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    let mut text = String::new();
    for n in 0..entries {
        writeln!(text, "{}", key(n)).expect("a text");
    }
    std::fs::write(&keys, text).expect("written");
    let client = Client::connect(&node.endpoint()).await.expect("the chain");
    let newest = client.newest_block().await.expect("a block");
    let begun = Instant::now();
    let wanted = Wanted {
        number: Some((newest - 1).into()),
        hash: None,
    };
    let anchor = Anchor::find(&client, account, wanted, None).await;
    let subject = Subject {
        proxy: account,
        layout: Ok(layout()),
        versions: Vec::new(),
        is_evm: true,
    };
    let options = Options {
        keys: Some(keys),
        ..Options::default()
    };
    let taken = take(&client, anchor.expect("a block"), &subject, &options).await;
    let taken = taken.expect("a census");
    let seconds = begun.elapsed().as_secs_f64();
    assert!(taken.complete, "{:?}", taken.walk.differences);
    assert_eq!(taken.method, Method::Range);
    assert_eq!(
        (taken.storage.slots, taken.storage.explained),
        (entries + 1, entries + 1)
    );
    assert_eq!(taken.storage.fields[0].entries, entries);
    seconds
}

#[tokio::test]
#[ignore = "nightly: a census of 100,001 slots, about 40 s"]
async fn a_hundred_thousand_slots_are_explained() {
    let seconds = census(100_000).await;
    assert!(seconds < 120.0, "{seconds}");
    eprintln!("100,001 slots in {seconds:.1} s");
}

#[tokio::test]
#[ignore = "nightly: a census of 1,000,001 slots, about 400 s"]
async fn a_million_slots_are_explained() {
    let seconds = census(1_000_000).await;
    assert!(seconds < 1_200.0, "{seconds}");
    eprintln!("1,000,001 slots in {seconds:.1} s");
}
