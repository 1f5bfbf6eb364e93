//! Endpoints that lie, prove nothing, or are reorganized in the middle.

use crate::prelude::*;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};

use alloy::primitives::{B256, U64};
use serde_json::{Value, json};
use stylus_upgrades_test_support::http::{Message, post};

use super::fixture::Fixture;
use crate::run_migration::proxy::{Failure, Proxy};

/// What the slots of an account are asked with.
const RANGE: &str = "debug_storageRangeAt";

#[tokio::test]
async fn a_slot_that_is_withheld_is_named_and_the_census_is_incomplete() {
    let it = Fixture::of("Counter", "counter-v1", "initialize(uint256) 7").await;
    let block = it.mine().await;
    let params = (U64::from(block + 1), 0, it.proxy(), "0x", 1_000);
    let mut page: Value = it.ask(RANGE, params).await;
    let slots = page["storage"].as_object_mut().expect("slots");
    let withheld = slots.keys().nth(1).expect("several").clone();
    let entry = slots.remove(&withheld).expect("it is there");
    let url = it.project.node.endpoint();
    let lying = Proxy::failing(&url, [RANGE], Failure::answering(&page));
    let block = block.to_string();
    let answer = it.census_at(&lying.url(), &["--block", &block]);
    answer.ends_with(5);
    assert_eq!(answer.document["complete"], false);
    let differences = answer.document["differences"].as_array().expect("them");
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert_eq!(text(&differences[0], "hash"), withheld);
    assert_eq!(differences[0]["given"], Value::Null);
    assert_eq!(differences[0]["proven"], entry["value"]);
    // A lie does not stick: what was withheld is asked for again.
    let answer = it.census(&format!("--block {block}"));
    answer.ends_with(0);
    // The proofs have it all the same.
    let answer = it.census_at(&lying.url(), &["--block", &block, "--by-proofs"]);
    answer.ends_with(0);
}

#[tokio::test]
async fn a_proof_of_another_root_or_of_another_block_is_none() {
    let it = Fixture::of("Counter", "counter-v1", "initialize(uint256) 7").await;
    let before = it.mine().await;
    it.plant(B256::repeat_byte(5), B256::repeat_byte(6)).await;
    let block = it.mine().await;
    let of = async |block: u64| -> Value {
        let params = (it.proxy(), Vec::<B256>::new(), U64::from(block));
        it.ask("eth_getProof", params).await
    };
    let older = of(before).await;
    let mut other_root = of(block).await;
    assert_ne!(older["storageHash"], other_root["storageHash"]);
    other_root["storageHash"] = json!(B256::repeat_byte(1));
    for proof in [older, other_root] {
        let url = it.project.node.endpoint();
        let lying = Proxy::failing(&url, ["eth_getProof"], Failure::answering(&proof));
        let answer = it.census_at(&lying.url(), &["--block", &block.to_string()]);
        answer.ends_with(4);
        assert_eq!(answer.error("name"), "ProofMismatch");
    }
}

#[tokio::test]
async fn a_reorganization_in_the_middle_is_noticed() {
    let it = Fixture::of("Counter", "counter-v1", "initialize(uint256) 7").await;
    let block = it.mine().await;
    let url = it.project.node.endpoint();
    let chain: SocketAddr = url
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let is_done = AtomicBool::new(false);
    let reorganized = Proxy::start(&url, move |_, request| {
        if request.contains(RANGE) && !is_done.swap(true, Ordering::Relaxed) {
            let body = r#"{"jsonrpc":"2.0","id":1,"method":"anvil_reorg","params":[2,[]]}"#;
            let stream = TcpStream::connect(chain).expect("the chain");
            post(&stream, "localhost", body).expect("sent");
            let answer = Message::read(&stream).expect("an answer").bytes();
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.contains("result"), "{answer}");
        }
        Failure::None
    });
    let answer = it.census_at(&reorganized.url(), &["--block", &block.to_string()]);
    let error = &answer.document["error"];
    assert_eq!(
        (answer.exit, text(error, "name")),
        (Some(4), "Reorganized"),
        "{answer:?}"
    );
    let before = text(error, "message");
    assert!(before.contains(&block.to_string()), "{before}");
    // The next one begins again. The creation of the instance may have been taken back.
    let again = it.census(&[]);
    assert_ne!(again.document["error"]["name"], "Reorganized");
}
