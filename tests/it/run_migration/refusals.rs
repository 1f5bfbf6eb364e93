//! The errors of `run-migration` before it sends anything.

use crate::prelude::*;
use crate::tools;

use crate::command::{command, finished};

use super::fixture::{BATCHES, CURSOR, Done, Fixture, begun, member, waiting};
use super::proxy::{Failure, Proxy};

/// What a migration that cannot end is left by.
const WAY_OUT: &str = "--abort (by the approvers) aborts it";

/// Nothing was migrated, and the failure says what to do next.
async fn refused(fixture: &Fixture<'_>, ran: &Answer, code: i32, name: &str) -> Done {
    ran.ends_with(code);
    assert_eq!(ran.error("name"), name, "{}", ran.document);
    assert!(!ran.error("next").is_empty(), "{}", ran.document);
    assert!(fixture.batches().await.is_empty());
    Ok(())
}

#[tokio::test]
async fn run_migration_refuses_an_instance_that_is_not_migrating() -> Done {
    let harness = Harness::start().await?;
    let fixture = waiting(&harness, CURSOR, 3).await?;
    let ran = fixture.run(&[]).await;
    refused(&fixture, &ran, 1, "NotMigrating").await?;
    assert_snapshot!(ran.refusal(), @"
    message: [address] is not migrating
    expected: an instance in a complex step
    found: 1.0 is live, at [address]
    next: stylus-upgrades upgrade [address] VERSION begins a migration
    ");

    fixture.register.upgrade("2.0").await?;
    fixture.run(&[]).await.ends_with(0);
    let ran = fixture.run(&[]).await;
    ran.ends_with(1);
    assert_snapshot!(ran.refusal(), @"
    message: [address] is not migrating
    expected: an instance in a complex step
    found: 2.0 is live, at [address]
    next: stylus-upgrades upgrade [address] VERSION begins a migration
    ");
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 36 s"]
async fn run_migration_refuses_all_but_the_handler() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, CURSOR, 3).await?;
    let mut command = fixture.command(&[]);
    command.env("PRIVATE_KEY", super::fixture::STRANGER_KEY);
    let ran = finished(command).await;
    refused(&fixture, &ran, 1, "NotHandler").await?;
    assert_eq!(ran.error("expected"), harness.account(5).to_string());
    assert_eq!(ran.error("found"), harness.account(8).to_string());
    assert!(ran.error("next").contains("--handler"));
    Ok(())
}

#[tokio::test]
async fn run_migration_refuses_lists_that_cannot_be_right() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 5).await?;
    let all: Vec<_> = (0..5).map(|n| member(n).to_string()).collect();
    let with = |line: usize, text: &str| {
        let mut lines = all.clone();
        lines[line] = text.to_owned();
        lines.join("\n")
    };
    let extra = format!("{}\n{}", all.join("\n"), member(9));
    let stranger = member(99).to_string();
    for (text, code, name, location) in [
        (with(3, "0xnothing"), 2, "ItemMalformed", "line 4"),
        (all[..4].join("\n"), 1, "TotalMismatch", "4 items"),
        (extra, 1, "TotalMismatch", "6 items"),
        (
            "1,0x01\n2,0x01\n2,0x02\n3,0x01\n4,0x01\n".into(),
            2,
            "ItemMalformed",
            "line 3",
        ),
        (with(2, &stranger), 1, "ContractError", "line 3"),
        (with(4, &all[1]), 2, "ItemMalformed", "line 5"),
    ] {
        std::fs::write(fixture.list(), text).expect("the list");
        let ran = fixture.run("--items members.txt").await;
        refused(&fixture, &ran, code, name).await?;
        let said = [ran.error("message"), ran.error("found")];
        let is_located = said.iter().any(|words| words.contains(location));
        assert!(is_located, "{}", ran.document);
    }
    let ran = fixture.run("--items nowhere.txt").await;
    refused(&fixture, &ran, 2, "ItemsFile").await
}

#[tokio::test]
async fn run_migration_tells_gas_that_does_not_pay_for_l1_from_gas_for_one_item() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, CURSOR, 3).await?;
    // As Nitro answers a call with its gas.
    for (message, said) in [
        (
            "err: intrinsic gas too low (supplied gas 2000000)",
            "for L1",
        ),
        ("out of gas", "one item"),
    ] {
        let words = ["eth_call", "\"gas\":"];
        let proxy = Proxy::failing(harness.chain().url(), words, Failure::Refused(message));
        let ran = fixture.run_at(&proxy.url(), "--gas 2000000").await;
        refused(&fixture, &ran, 2, "TooLittleGas").await?;
        assert!(ran.error("message").contains(said), "{}", ran.document);
        assert!(proxy.failures() > 0);
    }
    Ok(())
}

/// The share for L1 leaves too little for an item, for the budget, or for neither: the item is never blamed.
#[tokio::test]
async fn run_migration_by_a_cursor_leaves_the_share_for_l1() -> Done {
    let harness = Harness::on(tools::chain_with_l1_price(10_000_000_000)?).await?;
    let fixture = begun(&harness, CURSOR, 3).await?;
    for gas in (150_000..=330_000).step_by(15_000) {
        let ran = fixture.run(&format!("--no-end --gas {gas}")).await;
        if ran.exit == Some(0) {
            break;
        }
        refused(&fixture, &ran, 2, "TooLittleGas").await?;
    }
    fixture.run("--gas 600000").await.ends_with(0);
    fixture.assert_migrated().await
}

#[tokio::test]
async fn run_migration_asks_for_items_where_the_contract_does_not_know_them() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 5).await?;
    let ran = fixture.run(&[]).await;
    refused(&fixture, &ran, 2, "ItemsNeeded").await
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 17 s"]
async fn run_migration_needs_gas_for_one_item() -> Done {
    for (program, words) in [
        (BATCHES, "--items members.txt --gas 60000"),
        (CURSOR, "--gas 60000"),
    ] {
        let harness = Harness::start().await?;
        let fixture = begun(&harness, program, 5).await?;
        let ran = fixture.run(words).await;
        refused(&fixture, &ran, 2, "TooLittleGas").await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 35 s"]
async fn status_reports_a_migration_and_the_next_command() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, CURSOR, 5).await?;
    let proxy = fixture.register.address().to_string();
    let status = async || {
        let (url, registry) = (harness.chain().url(), harness.registry());
        let words = format!("status {proxy} --json --rpc-url {url} --registry {registry}");
        finished(command(fixture.folder.path(), &words)).await
    };
    let answer = status().await;
    let migration = &answer.ends_with(0).document["migration"];
    assert_eq!(migration["total"], 5);
    assert_eq!(migration["to"], "2.0");
    let next = migration["next"].as_str().unwrap_or_default();
    assert_eq!(next, format!("stylus-upgrades run-migration {proxy}"));
    fixture.run(&[]).await.ends_with(0);
    assert!(status().await.document["migration"].is_null());
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 35 s"]
async fn run_migration_stops_at_a_batch_that_counts_less_than_its_items() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, "tests/fixtures/tolerant", 0).await?;
    std::fs::write(fixture.list(), "2\n3\n").expect("the list");
    let ran = fixture.run("--items members.txt").await;
    ran.is_refused("Stalled");
    let (message, next) = (ran.error("message"), ran.error("next"));
    assert!(message.starts_with("2 items from 0 of 0x"), "{message}");
    assert!(message.contains("only 1 of 2 items counted"), "{message}");
    assert!(next.contains(WAY_OUT), "{next}");
    assert_eq!(fixture.batches().await.len(), 1, "nothing more is spent");
    Ok(())
}

#[tokio::test]
async fn run_migration_names_the_way_out_where_the_end_is_refused() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, "tests/fixtures/refused_end", 1).await?;
    let ran = fixture.run(&[]).await;
    ran.is_refused("PostConditionFailed");
    assert!(ran.error("next").contains(WAY_OUT), "{ran:?}");
    Ok(())
}
