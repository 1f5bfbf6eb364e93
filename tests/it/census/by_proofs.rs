//! Real anvil lists no slots: the trie is walked by proofs.

use crate::prelude::*;
use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::hex;
use alloy::rpc::types::TransactionRequest;
use stylus_layout::Layout;
use stylus_upgrades::census::{CensusOptions, CensusReport};
use stylus_upgrades::client::Client;
use stylus_upgrades_harness::Anvil;

use super::fixture::{ask, subject, taken};

/// `mapping(uint256 => uint256) all` at slot 1: stores 7 for the key after the selector in its calldata.
const CODE: &str = "6007600435600052600160205260406000205500";
/// Copies the 20 bytes after it, as the code.
const CREATION: &str = "6014600c60003960146000f3";
/// Entries of the mapping.
const ENTRIES: u64 = 60;

fn layout() -> Layout {
    let layout = json!({
        "storage": [{"label": "all", "slot": "1", "offset": 0, "type": "t_mapping(t_uint256,t_uint256)"}],
        "types": {
            "t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
            "t_mapping(t_uint256,t_uint256)": {
                "encoding": "mapping", "label": "mapping(uint256 => uint256)", "numberOfBytes": "32",
                "key": "t_uint256", "value": "t_uint256",
            },
        },
    });
    Layout::from_json(&layout.to_string()).expect("a layout")
}

async fn sent(client: &Client, request: TransactionRequest) -> Value {
    let accounts = ask(client, "eth_accounts", ()).await;
    let sender = serde_json::from_value(accounts[0].clone()).expect("an address");
    let request = request.with_from(sender).with_gas_limit(1_000_000);
    let hash = ask(client, "eth_sendTransaction", (request,)).await;
    loop {
        let receipt = ask(client, "eth_getTransactionReceipt", (hash.clone(),)).await;
        if !receipt.is_null() {
            return receipt;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn every_slot_on_real_anvil_is_found_and_explained() -> Result<(), HarnessError> {
    let anvil = Anvil::start(&Lines)?;
    let client = Client::connect(anvil.endpoint()).await.expect("anvil");
    let creation = hex::decode(format!("{CREATION}{CODE}")).expect("code");
    let creation = TransactionRequest::default().with_deploy_code(Bytes::from(creation));
    let created = sent(&client, creation).await;
    let proxy = created["contractAddress"].as_str().expect("an address");
    let proxy = proxy.parse().expect("an address");
    for key in 0..ENTRIES {
        let data = keccak256(U256::from(key).to_be_bytes::<32>());
        let call = TransactionRequest::default()
            .with_to(proxy)
            .with_input([&[1, 2, 3, 4], data.as_slice()].concat());
        let receipt = sent(&client, call).await;
        assert_eq!(receipt["status"], "0x1");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let census = async || -> CensusReport {
        let options = CensusOptions {
            folder: Some(folder.path().to_owned()),
            ..CensusOptions::default()
        };
        taken(&client, &subject(proxy, layout()), &options).await
    };
    let found = census().await;
    assert_eq!(found.method, "eth_getProof");
    assert!(found.complete, "{found:?}");
    assert_eq!(
        (found.storage.slots, found.storage.explained),
        (ENTRIES, ENTRIES),
        "{:?}",
        found.notes
    );
    assert_eq!(found.storage.fields[0].entries, ENTRIES);

    // Another one continues from what is there: one slot more, and one with another value.
    let mapping = B256::from(U256::from(1));
    let first = keccak256(U256::ZERO.to_be_bytes::<32>());
    let changed = keccak256([first, mapping].concat());
    for (slot, value) in [
        (changed, B256::with_last_byte(9)),
        (keccak256("new"), B256::repeat_byte(1)),
    ] {
        ask(&client, "anvil_setStorageAt", (proxy, slot, value)).await;
    }
    ask(&client, "anvil_mine", ("0x1",)).await;
    let found = census().await;
    assert!(found.complete, "{found:?}");
    assert_eq!(
        (found.storage.slots, found.storage.explained),
        (ENTRIES + 1, ENTRIES),
        "{found:?}"
    );
    let seen = found.storage.unexplained[0].leaf.hash;
    assert_eq!(seen, keccak256(keccak256("new")));
    Ok(())
}

/// Where the mapping has the entry of a key, and its hash.
fn entry(key: u64) -> (B256, B256) {
    let slot = keccak256((U256::from(key), U256::from(1)).abi_encode());
    (slot, keccak256(slot))
}

/// Two keys whose slots have hashes with the same first seven digits.
fn close_together() -> [u64; 2] {
    let mut seen = HashMap::new();
    for key in 0.. {
        let first = U256::from_be_bytes(entry(key).1.0) >> (256 - 28);
        if let Some(other) = seen.insert(first, key) {
            return [other, key];
        }
    }
    [0, 0]
}

#[tokio::test]
async fn slots_out_of_reach_are_proven_where_their_keys_are_known() {
    let keys = close_together();
    let node = spawn(NodeConfig::default()).expect("a free port");
    let proxy = Address::repeat_byte(0xce);
    let filled = node.with_chain(move |chain| {
        chain.set_code(proxy, Bytes::from_static(&[0]));
        for key in (0..ENTRIES).chain(keys) {
            chain.set_storage_at(proxy, entry(key).0.into(), B256::with_last_byte(7));
        }
        chain.mine(2, None)
    });
    filled.expect("the chain").expect("blocks");
    let client = Client::connect(&node.endpoint()).await.expect("the chain");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys");
    let mut text = String::new();
    for key in (0..ENTRIES).chain(keys) {
        writeln!(text, "{key}").expect("a text");
    }
    std::fs::write(&file, text).expect("written");
    let census = async |keys| -> CensusReport {
        let options = CensusOptions {
            keys,
            by_proofs: true,
            no_replay: true,
            folder: Some(folder.path().to_owned()),
            ..CensusOptions::default()
        };
        taken(&client, &subject(proxy, layout()), &options).await
    };
    let without = census(None).await;
    assert!(!without.complete);
    let begin = entry(keys[0]).1.to_string();
    let begin = begin.get(..9).expect("digits");
    let unreached = &without.walk.unreached;
    assert!(!unreached.is_empty(), "{without:#?}");
    assert!(
        unreached.iter().all(|one| one.starts_with(begin)),
        "{unreached:?}"
    );
    let with = census(Some(file)).await;
    let all = ENTRIES + 2;
    assert!(with.complete, "{with:#?}");
    assert_eq!((with.storage.slots, with.storage.explained), (all, all));
}
