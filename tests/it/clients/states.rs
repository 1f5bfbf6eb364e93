//! Dumps of real anvil are loaded here, and ours there.

use alloy::primitives::{B256, Bytes, U64};
use alloy::providers::{Provider, ProviderBuilder};
use serde_json::{Value, json};
use stylus_upgrades_harness::{Anvil, Chain, HarnessError, Lines, Npm, launcher};
use stylus_upgrades_test_support::Words;

/// Init code of a contract that counts its calls.
const COUNTER: &str = "0x600f8060095f395ff35f546001015f555f545f5260205ff3";

async fn ask(url: &str, method: &'static str, params: Value) -> Value {
    let provider = ProviderBuilder::new().connect_http(url.parse().expect("a URL"));
    match provider.raw_request(method.into(), params).await {
        Err(error) if error.is_null_resp() => Value::Null,
        answer => answer.unwrap_or_else(|error| panic!("{url}: {method}: {error}")),
    }
}

async fn sent(url: &str, transaction: Value) -> Value {
    let hash = ask(url, "eth_sendTransaction", json!([transaction])).await;
    let receipt = ask(url, "eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    receipt
}

/// A chain with a counter that was called three times, after some empty blocks.
async fn counted(url: &str) -> Value {
    let from = ask(url, "eth_accounts", json!([])).await[0].clone();
    let code = json!({ "from": from, "data": COUNTER, "gas": "0xfffff" });
    let counter = sent(url, code).await["contractAddress"].clone();
    ask(url, "anvil_mine", json!(["0x5"])).await;
    for _ in 0..3 {
        sent(url, json!({ "from": from, "to": counter })).await;
    }
    counter
}

/// What a client sees of the counter and its chain, and that both go on.
async fn assert_goes_on(from: &str, to: &str, counter: &Value) {
    let word = ask(to, "eth_getStorageAt", json!([counter, "0x0", "latest"])).await;
    assert_eq!(word, json!(B256::with_last_byte(3)));
    let number = ask(from, "eth_blockNumber", json!([])).await;
    assert_eq!(ask(to, "eth_blockNumber", json!([])).await, number);
    let time = |block: Value| -> U64 {
        serde_json::from_value(block["timestamp"].clone()).expect("a number")
    };
    let latest = json!(["latest", false]);
    let there = time(ask(from, "eth_getBlockByNumber", latest.clone()).await);
    let here = time(ask(to, "eth_getBlockByNumber", latest).await);
    assert!(here >= there, "{here} is before {there}");
    let sender = ask(to, "eth_accounts", json!([])).await[0].clone();
    sent(to, json!({ "from": sender, "to": counter })).await;
    let word = ask(to, "eth_getStorageAt", json!([counter, "0x0", "latest"])).await;
    assert_eq!(word, json!(B256::with_last_byte(4)));
}

fn anvil(words: &(impl Words + ?Sized)) -> Result<Anvil, HarnessError> {
    let words = &words.list()[..];
    let program = launcher(&Npm::install(&Lines)?.anvil())?;
    let always = ["-p", "0", "--chain-id", "412346", "--hardfork", "prague"];
    Anvil::start_program(&program, &[&always, words].concat())
}

#[tokio::test]
async fn a_state_that_anvil_dumped_is_loaded_as_it_is_compressed() -> Result<(), HarnessError> {
    let (anvil, ours) = (anvil(&[])?, Chain::embedded()?);
    let counter = counted(anvil.endpoint()).await;
    // Code at the address of anvil's contract is replaced.
    ask(ours.url(), "anvil_setCode", json!([counter, "0xfe"])).await;
    let dump = ask(anvil.endpoint(), "anvil_dumpState", json!([])).await;
    assert!(dump.as_str().is_some_and(|dump| dump.starts_with("0x1f8b")));
    let loaded = ask(ours.url(), "anvil_loadState", json!([dump])).await;
    assert_eq!(loaded, true);
    assert_goes_on(anvil.endpoint(), ours.url(), &counter).await;
    Ok(())
}

#[tokio::test]
async fn a_state_of_this_chain_is_loaded_by_anvil() -> Result<(), HarnessError> {
    let ours = Chain::embedded()?;
    let counter = counted(ours.url()).await;
    let dump = ask(ours.url(), "anvil_dumpState", json!([])).await;

    let by_method = anvil(&[])?;
    let loaded = ask(by_method.endpoint(), "anvil_loadState", json!([dump])).await;
    assert_eq!(loaded, true);
    assert_goes_on(ours.url(), by_method.endpoint(), &counter).await;

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let bytes: Bytes = serde_json::from_value(dump).expect("hex");
    std::fs::write(&file, &bytes).expect("written");
    let file = file.to_str().expect("a path");
    let by_flag = anvil(&["--load-state", file])?;
    assert_goes_on(ours.url(), by_flag.endpoint(), &counter).await;
    Ok(())
}

#[tokio::test]
async fn a_dump_that_decompresses_to_nothing_useful_is_refused() -> Result<(), HarnessError> {
    let ours = Chain::embedded()?;
    let before = ask(ours.url(), "eth_blockNumber", json!([])).await;
    // gzip of `[]`, and a header of gzip without anything behind it.
    let list = "0x1f8b08000000000002038b8e050029bb4c0d02000000";
    for (dump, reason) in [(list, "by anvil"), ("0x1f8b", "compressed by gzip")] {
        let refused = ours
            .request::<_, bool>("anvil_loadState", (dump.to_owned(),))
            .await;
        let refused = refused.expect_err("no state").to_string();
        assert!(refused.contains(reason), "{refused}");
    }
    assert_eq!(ask(ours.url(), "eth_blockNumber", json!([])).await, before);
    Ok(())
}
