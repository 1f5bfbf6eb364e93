//! `bench census N…`: time and memory of a census of N slots, each a process of its own beside the chain. With
//! `STYLUS_UPGRADES_UPDATE=1` the figures are written to `tests/snapshots/census.json`.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use serde_json::json;
use stylus_devnode::{NodeConfig, spawn};
use stylus_layout::Layout;
use stylus_upgrades::census::{BlockSelector, CensusOptions, StorageAnchor, Subject, take};
use stylus_upgrades::client::Client;
use stylus_upgrades_harness::HarnessError;
use stylus_upgrades_tests::snapshot::Figures;
use stylus_upgrades_tests::tools::scale::Ended;

use crate::scale::record;

/// Slots beside those of the mapping: how many there are.
const OTHERS: u64 = 1;

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

const ACCOUNT: Address = Address::repeat_byte(0xce);

/// Seconds and memory by the number of entries that the command line names.
pub(crate) async fn report() -> Result<String, HarnessError> {
    let words = std::env::args().skip(2);
    let all: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
    let mut figures = Figures::new();
    for entries in all {
        let (milliseconds, memory) = measured(entries).await?;
        let say = |what: &str| format!("{} slots: {what}", entries + OTHERS);
        figures.insert(say("milliseconds"), milliseconds);
        figures.insert(say("memory of the census, KiB"), memory);
    }
    if stylus_upgrades_test_support::update() {
        record("census", &figures)?;
    }
    let mut text = String::new();
    for (sentence, number) in figures {
        let _ = writeln!(text, "{sentence:<64} {number:>12}");
    }
    Ok(text)
}

/// A chain with so many entries, and a census of them in another process.
async fn measured(entries: u64) -> Result<(u64, u64), HarnessError> {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let filled = node.with_chain(move |chain| {
        chain.set_code(ACCOUNT, Bytes::from_static(&[0]));
        let count = B256::from(U256::from(entries));
        chain.set_storage_at(ACCOUNT, U256::from(1), count);
        for n in 0..entries {
            let slot = keccak256([key(n).into_word(), B256::ZERO].concat());
            chain.set_storage_at(ACCOUNT, slot.into(), B256::with_last_byte(7));
        }
        chain.mine(2, None)
    });
    filled.expect("the chain").expect("blocks");
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    let mut text = String::new();
    for n in 0..entries {
        let _ = writeln!(text, "{}", key(n));
    }
    std::fs::write(&keys, text).expect("written");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["census-of", &entries.to_string(), &node.endpoint()])
        .arg(&keys)
        .env("STYLUS_UPGRADES_STATE", folder.path());
    let ended = Ended::of(command).await?;
    assert!(ended.is_good, "{}", ended.errors);
    Ok((ended.milliseconds, ended.memory))
}

/// The other process: the census, of entries at an endpoint, with keys of a file.
pub(crate) async fn census() -> Result<String, HarnessError> {
    let words: Vec<String> = std::env::args().skip(2).collect();
    let [entries, endpoint, keys] = words.as_slice() else {
        return Ok(String::new());
    };
    let entries: u64 = entries.parse().expect("a number");
    let client = Client::connect(endpoint).await.expect("the chain");
    let newest = client.newest_block().await.expect("a block");
    let wanted = BlockSelector {
        number: Some((newest - 1).into()),
        hash: None,
    };
    let anchor = StorageAnchor::find(&client, ACCOUNT, wanted, None).await;
    let subject = Subject {
        proxy: ACCOUNT,
        layout: Ok(layout()),
        version: "1.0".into(),
        implementation: None,
        versions: Vec::new(),
        is_evm: true,
    };
    let options = CensusOptions {
        keys: Some(Path::new(keys).to_owned()),
        ..CensusOptions::default()
    };
    let taken = take(&client, anchor.expect("a block"), &subject, &options).await;
    let taken = taken.expect("a census");
    assert!(taken.complete, "{:?}", taken.walk.differences);
    assert_eq!(taken.method, "debug_storageRangeAt");
    let all = entries + OTHERS;
    assert_eq!((taken.storage.slots, taken.storage.explained), (all, all));
    assert_eq!(taken.storage.fields[0].entries, entries);
    Ok(String::new())
}
