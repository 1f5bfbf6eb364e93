//! What slots are: contracts of the workspace, in their versions.

use super::fixture::{Fixture, counts};
use crate::layouts::project::hash;
use crate::prelude::*;

/// Accounts of the ledger.
fn accounts() -> [String; 3] {
    [1, 2, 3].map(|n| Address::repeat_byte(n).to_string())
}

#[tokio::test]
async fn a_ledger_is_explained_before_and_in_the_middle_of_its_lazy_migration() {
    let it = Fixture::of("Ledger", "ledger-v1", "initialize(uint64) 5").await;
    let accounts = accounts();
    let list = format!("[{}]", accounts.join(","));
    it.project
        .done(&format!("send it write(address[],uint64) {list} 700"));
    let census = it.whole(&[]);
    assert_eq!(text(&census, "method"), "debug_storageRangeAt");
    assert_eq!(census["hash_origin"], "endpoint");
    assert_eq!(counts(&census, "accounts"), [(3, 3)]);
    assert_eq!(counts(&census, "fee"), [(0, 1)]);

    // The same by proofs alone, with every slot in a file.
    let by_proofs = it.whole("--by-proofs --out slots");
    assert_eq!(text(&by_proofs, "method"), "eth_getProof");
    for field in ["slots", "fields", "storage_root"] {
        assert_eq!(by_proofs[field], census[field], "{field}");
    }
    let lines = std::fs::read_to_string(it.project.path("slots")).expect("the file");
    for account in &accounts {
        assert!(
            lines.contains(&format!("\"accounts[{account}]\"")),
            "{lines}"
        );
    }

    let lost = "function-removed:balance(address),returns-changed:fee(),function-changed:write(address[],uint64)";
    let migrate = format!("migrate Ledger 2.0 ledger-v2 --accept {lost}");
    it.project
        .done(&format!("{migrate} --call migrate(uint64) 3"));
    it.project
        .done(&["send", "it", "write(address,uint128)", &accounts[0], "9"]);
    let census = it.whole(&[]);
    // Two in the old form; one in the new, beside the count of what is left.
    assert_eq!(counts(&census, "accounts"), [(2, 2), (1, 2)]);
    it.project.done("send it setFee(uint128) 8");
    let census = it.whole(&[]);
    assert_eq!(counts(&census, "fee")[0], (0, 0), "{census:#}");

    let (slot, value) = (keccak256("no owner"), B256::repeat_byte(7));
    it.plant(slot, value).await;
    let answer = it.census(&[]);
    assert_eq!(answer.exit, Some(1), "{answer:?}");
    assert_eq!(answer.document["complete"], true);
    let unexplained = answer.document["unexplained"].as_array().expect("slots");
    assert_eq!(unexplained.len(), 1, "{unexplained:?}");
    assert_eq!(hash(&unexplained[0], "slot"), slot);
    assert_eq!(hash(&unexplained[0], "hash"), keccak256(slot));
    assert_eq!(hash(&unexplained[0], "value"), value);
}

#[tokio::test]
async fn a_layout_that_does_not_belong_to_the_code_explains_nothing() {
    let it = Fixture::of("Counter", "counter-v1", "initialize(uint256) 7").await;
    let create = "create-proxy Counter 1.0 --save second";
    let init = "--init initialize(uint256) 8";
    it.project.done(&format!("{create} {init}"));
    let census = it.whole(&[]);
    // Another instance of the same code has a census of its own.
    let second = it.project.done("census second");
    assert_eq!(second["slots"], census["slots"]);
    assert_ne!(second["storage_root"], census["storage_root"]);

    let other = Address::repeat_byte(9);
    it.plant(slots::IMPLEMENTATION, other.into_word()).await;
    let answer = it.census(&[]);
    assert_eq!(answer.exit, Some(1), "{answer:?}");
    let notes = answer.document["notes"].to_string();
    assert!(notes.contains(&other.to_string()), "{notes}");
    assert!(notes.contains("that layout does not count"), "{notes}");
    let second = it.project.done("census second");
    assert_eq!(second["slots"], second["explained"]);
}

#[tokio::test]
async fn a_collection_is_explained_by_its_events_alone() {
    let it = Fixture::of("Collection", "erc721-basic", "initialize(address) Admin").await;
    let owner = Address::repeat_byte(5).to_string();
    it.project.done(&format!(
        "send it mint(address,uint256[]) {owner} [1,2,300]"
    ));
    let census = it.whole("--no-replay");
    let entries = census["fields"].as_array().expect("fields").iter();
    let entries = entries.filter_map(|field| field["entries"].as_u64());
    assert!(entries.sum::<u64>() >= 4, "{census:#}");
}
