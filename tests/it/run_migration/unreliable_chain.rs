//! Unreliable chains and endpoints: transactions are dropped, replaced, reverted by a
//! reorganization or priced out, and responses are lost. Every migration ends with each item
//! migrated once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alloy::primitives::B256;
use alloy::sol_types::SolCall;
use serde_json::{Value, json};
use stylus_upgrades_harness::{Harness, HarnessError};
use stylus_upgrades_interface::complex::IComplexMigration::migrateBatchCall;

use super::fixture::{BATCHES, Done, Fixture, begun, command, finish};
use super::proxy::{Failure, Proxy};
use crate::command::finished;

const LIST: [&str; 2] = ["--items", "members.txt"];
/// One item a batch.
const SLOW: [&str; 4] = ["--items", "members.txt", "--gas", "95000"];

async fn ask<R>(fixture: &Fixture<'_>, method: &'static str, with: Value) -> Result<R, HarnessError>
where
    R: serde::de::DeserializeOwned + std::fmt::Debug + Send + Sync + Unpin + 'static,
{
    fixture.harness.chain().request(method, with).await
}

/// Waits until one of the handler's transactions waits for a block.
async fn waiting(fixture: &Fixture<'_>) {
    while {
        let (latest, pending) = fixture.nonces().await;
        pending <= latest
    } {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Hashes of what waits for a block.
async fn pool(fixture: &Fixture<'_>) -> Result<Vec<(u64, B256)>, HarnessError> {
    let content: Value = ask(fixture, "txpool_content", json!([])).await?;
    let mut found = Vec::new();
    for kind in ["pending", "queued"] {
        for account in content[kind].as_object().into_iter().flatten() {
            for (nonce, tx) in account.1.as_object().into_iter().flatten() {
                let hash = tx["hash"].as_str().and_then(|hash| hash.parse().ok());
                found.push((nonce.parse().expect("a nonce"), hash.expect("a hash")));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[tokio::test]
async fn run_migration_sends_a_dropped_transaction_again() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 40).await?;
    fixture.automine(false).await?;
    let child = fixture.start(&SLOW);
    waiting(&fixture).await;
    let (_, first) = pool(&fixture).await?[0];
    let _: Value = ask(&fixture, "anvil_dropTransaction", json!([first])).await?;
    waiting(&fixture).await; // it is there again
    fixture.automine(true).await?;
    let ran = finish(child).await;
    ran.ends_with(0);
    assert!(ran.stderr.contains("was dropped"), "{}", ran.stderr);
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_continues_when_its_transactions_are_replaced_by_others() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 40).await?;
    fixture.automine(false).await?;
    let child = fixture.start(&SLOW);
    waiting(&fixture).await;
    // The handler's key pays more for something else with the nonce of the batch.
    let (nonce, _) = pool(&fixture).await?[0];
    let handler = harness.account(5);
    let other = json!({
        "from": handler, "to": harness.account(1), "value": "0x1", "nonce": format!("{nonce:#x}"),
        "maxFeePerGas": "0x2540be400", "maxPriorityFeePerGas": "0x3b9aca00", "gas": "0x5208",
    });
    let _: B256 = ask(&fixture, "eth_sendTransaction", json!([other])).await?;
    fixture.automine(true).await?;
    let ran = finish(child).await;
    ran.ends_with(0);
    assert!(ran.stderr.contains("is taken"), "{}", ran.stderr);
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_waits_for_what_an_earlier_run_has_on_its_way() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 20).await?;
    fixture.automine(false).await?;
    fixture.killed(&SLOW, "sent:1").await;
    let child = fixture.start(&SLOW);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let found = pool(&fixture).await?.len();
    assert_eq!(found, 1, "nothing is sent on top of it");
    fixture.automine(true).await?;
    let ran = finish(child).await;
    ran.ends_with(0);
    assert_eq!(ran.document["items"], 19, "one was there");
    assert_eq!(ran.document["spent"]["failed"], 0);
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_follows_reorganizations() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 120).await?;
    let mut child = fixture.start(&SLOW);
    let mut undone = 0;
    for _ in 0..6 {
        let before = fixture.progress().await?.0;
        let snapshot: Value = ask(&fixture, "evm_snapshot", json!([])).await?;
        while fixture.progress().await?.0 < before + 5 && !child.has_ended() {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        if child.has_ended() {
            break; // nobody would do again what is undone now
        }
        // What was sent meanwhile has never been.
        let went: bool = ask(&fixture, "evm_revert", json!([snapshot])).await?;
        undone += u32::from(went);
    }
    let ran = finish(child).await;
    ran.ends_with(0);
    println!("{undone} reorganizations\n{}", ran.stderr);
    assert!(ran.stderr.contains("the chain went back"), "{}", ran.stderr);
    if fixture.register.version().await? != "2.0" {
        // It ended in the moment before the last of them.
        fixture.run(&LIST).await.ends_with(0);
    }
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_shared_by_two_operators_with_one_key_ends_once() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 150).await?;
    let elsewhere = tempfile::tempdir().expect("another folder");
    std::fs::copy(fixture.list(), elsewhere.path().join("members.txt")).expect("the list");
    let url = harness.chain().url().to_owned();
    let proxy = fixture.register.address().to_string();
    let second = finished(command(&url, elsewhere.path(), &proxy, &SLOW));
    let (first, second) = tokio::join!(fixture.run(&SLOW), second);
    for ran in [&first, &second] {
        // A later run reports that it has ended.
        let code = ran.exit;
        let late = code == Some(1) && ran.error("name") == "NotMigrating";
        assert!(code == Some(0) || late, "{}\n{}", ran.document, ran.stderr);
        println!("{}", ran.document["spent"]);
    }
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_bears_an_endpoint_that_fails_and_stalls() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 60).await?;
    // Every answer in five is cut, an error of the server, empty, or late.
    let proxy = Proxy::start(harness.chain().url(), |count, _| match count % 20 {
        3 => Failure::Cut,
        7 => Failure::Status500,
        11 => Failure::CutAfterRequest,
        15 => Failure::Late(Duration::from_millis(150)),
        _ => Failure::None,
    });
    let ran = fixture.run_at(&proxy.url(), &SLOW).await;
    ran.ends_with(0);
    println!("{} faults of {} answers", proxy.failures(), proxy.answers());
    assert!(proxy.failures() > 10);
    fixture.assert_migrated().await
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 11 s"]
async fn run_migration_stops_resumable_when_the_endpoint_goes_away() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 60).await?;
    let register = fixture.register.address().to_string();
    let words = [&SLOW[..], &["--retry-for", "5"]].concat();
    // It goes away with the first batch; later on in the middle of it.
    for (most, code) in [(0, 4), (5, 5)] {
        let sent = AtomicU64::new(0);
        let proxy = Proxy::start(harness.chain().url(), move |_, request| {
            let sends = request.matches("eth_sendRawTransaction").count() as u64;
            match sent.fetch_add(sends, Ordering::Relaxed) + sends > most {
                true => Failure::Cut,
                false => Failure::None,
            }
        });
        let ran = fixture.run_at(&proxy.url(), &words).await;
        ran.ends_with(code);
        assert_eq!(ran.error("name"), "MigrationInterrupted");
        let next = ran.error("next");
        let again = format!("stylus-upgrades run-migration {register} --items members.txt");
        assert!(next.starts_with(&again), "{next}");
    }
    assert!(fixture.progress().await?.0 > 0);
    fixture.run(&LIST).await.ends_with(0);
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_does_not_need_its_journal() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 20).await?;
    fixture.automine(false).await?;
    fixture.killed(&SLOW, "sent:1").await;
    fixture.automine(true).await?;
    let folder = fixture.folder.path().join(".stylus-upgrades");
    let mut journals = std::fs::read_dir(&folder).expect("it").flatten();
    let journal = journals.next().expect("one");
    std::fs::write(journal.path(), b"\x00garbage\n{\"sending\":").expect("written");
    fixture.run(&SLOW[..2]).await.ends_with(0);
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_sends_smaller_batches_where_the_endpoint_refuses_large_ones() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 200).await?;
    let proxy = Proxy::start(harness.chain().url(), |_, request| {
        match request.contains("eth_sendRawTransaction") && request.len() > 6_000 {
            true => Failure::Refused("oversized data: transaction size 3000, limit 2500"),
            false => Failure::None,
        }
    });
    let ran = fixture.run_at(&proxy.url(), &LIST).await;
    ran.ends_with(0);
    assert!(proxy.failures() > 0);
    assert_eq!(ran.document["spent"]["failed"], 0, "none of them was mined");
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_halves_batches_that_run_out_of_gas() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 200).await?;
    // An endpoint that believes that the first item takes 100,000 gas and the others nothing.
    let batch = alloy::hex::encode(migrateBatchCall::SELECTOR);
    let estimates = ["eth_estimateGas", &batch];
    let proxy = Proxy::failing(
        harness.chain().url(),
        estimates,
        Failure::answering(&"0x186a0"),
    );
    let ran = fixture.run_at(&proxy.url(), &LIST).await;
    ran.ends_with(0);
    println!("{}", ran.document["spent"]);
    let failed = ran.document["spent"]["failed"].as_u64();
    assert!(failed > Some(0) && failed < Some(20), "{failed:?}");
    fixture.assert_migrated().await
}
