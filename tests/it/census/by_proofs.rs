//! Real anvil lists no slots: the trie is walked by proofs.

use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::{B256, Bytes, U256, hex, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use serde_json::{Value, json};
use stylus_layout::Layout;
use stylus_upgrades::census::{Anchor, Census, Method, Options, Subject, Wanted, take};
use stylus_upgrades::client::Client;
use stylus_upgrades_harness::{Anvil, HarnessError, Lines};

/// `mapping(uint256 => uint256) all` at slot 1: stores 7 for the key behind the selector in its calldata.
const CODE: &str = "6007600435600052600160205260406000205500";
/// Copies what is behind it, 20 bytes, as the code.
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
    let provider = client.provider();
    let accounts: Vec<alloy::primitives::Address> = provider
        .raw_request("eth_accounts".into(), ())
        .await
        .expect("accounts");
    let request = request.with_from(accounts[0]).with_gas_limit(1_000_000);
    let hash: B256 = provider
        .raw_request("eth_sendTransaction".into(), (request,))
        .await
        .expect("sent");
    loop {
        let receipt: Value = provider
            .raw_request("eth_getTransactionReceipt".into(), (hash,))
            .await
            .expect("an answer");
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
    let census = async || -> Census {
        let wanted = Wanted::default();
        let anchor = Anchor::find(&client, proxy, wanted, None)
            .await
            .expect("a block");
        let subject = Subject {
            proxy,
            layout: Ok(layout()),
            versions: Vec::new(),
            is_evm: true,
        };
        let taken = take(&client, anchor, &subject, &Options::default()).await;
        taken.expect("a census")
    };
    let found = census().await;
    assert_eq!(found.method, Method::Proofs);
    assert!(found.complete, "{found:?}");
    assert_eq!(
        (found.storage.slots, found.storage.explained),
        (ENTRIES, ENTRIES),
        "{:?}",
        found.notes
    );
    assert_eq!(found.storage.fields[0].entries, ENTRIES);

    // Another one goes on from what is there: one slot more, and one with another value.
    let mapping = B256::from(U256::from(1));
    let first = keccak256(U256::ZERO.to_be_bytes::<32>());
    let changed = keccak256([first, mapping].concat());
    let provider = client.provider();
    for (slot, value) in [
        (changed, B256::with_last_byte(9)),
        (keccak256("new"), B256::repeat_byte(1)),
    ] {
        let _: Value = provider
            .raw_request("anvil_setStorageAt".into(), (proxy, slot, value))
            .await
            .expect("set");
    }
    let _: Value = provider
        .raw_request("anvil_mine".into(), ("0x1",))
        .await
        .expect("mined");
    let found = census().await;
    assert!(found.complete, "{found:?}");
    assert_eq!(
        (found.storage.slots, found.storage.explained),
        (ENTRIES + 1, ENTRIES),
        "{found:?}"
    );
    assert_eq!(
        found.storage.unexplained[0].hash,
        keccak256(keccak256("new"))
    );
    Ok(())
}
