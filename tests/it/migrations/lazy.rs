//! Lazy migrations. An entry is read in the new form at once, and converted by its first write or
//! by a sweep that anybody may send.

use crate::prelude::*;
use stylus_upgrades_harness::{Definition, Instance};
use stylus_upgrades_interface::lazy::ILazy::{UnknownMap, remainingCall, sweepCall};
use stylus_upgrades_tests::abi::{ILedger, ILedger2};
use stylus_upgrades_tests::examples;

type Done = Result<(), HarnessError>;

const CENTS: u64 = 250;

fn holder(n: u64) -> Address {
    Address::left_padding_from(&(0x1000 + n).to_be_bytes())
}

fn key(n: u64) -> B256 {
    holder(n).into_word()
}

/// A ledger in which `accounts` have 2.50 each, still at 1.0; and 2.0.
async fn ledger(
    harness: &Harness,
    accounts: u64,
) -> Result<(Definition<'_>, Instance<'_>), HarnessError> {
    let accounts = (0..accounts).map(holder).collect();
    let it = examples::ledger(harness, accounts, CENTS).await?;
    Ok((it.definition, it.instance))
}

async fn account(ledger: &Instance<'_>, n: u64) -> Result<(u128, u64), HarnessError> {
    let account = ledger
        .read(&ILedger::accountCall { account: holder(n) })
        .await?;
    Ok((account._0, account._1))
}

async fn remaining(ledger: &Instance<'_>) -> Result<U256, HarnessError> {
    let map = "accounts".to_owned();
    ledger.read(&remainingCall { map }).await
}

fn sweep(keys: impl IntoIterator<Item = u64>) -> sweepCall {
    sweepCall {
        map: "accounts".into(),
        keys: keys.into_iter().map(key).collect(),
    }
}

/// Where version 1 keeps an account.
fn old_slot(n: u64) -> U256 {
    keccak256((holder(n), U256::ZERO).abi_encode()).into()
}

#[tokio::test]
async fn lazy_reads_the_new_form_and_converts_what_is_written() -> Done {
    let harness = Harness::start().await?;
    let (_, ledger) = ledger(&harness, 3).await?;
    ledger.upgrade("2.0").await?;

    let found = account(&ledger, 0).await?;
    assert_eq!(found, (25_000, 0), "converted on the way");
    let found = remaining(&ledger).await?;
    assert_eq!(found, U256::from(3), "a read writes nothing");
    let found = ledger.storage(old_slot(0)).await?;
    assert_eq!(found, B256::from(U256::from(CENTS)));
    let found = account(&ledger, 9).await?;
    assert_eq!(found, (0, 0), "there is no such account");

    let write = ILedger2::writeCall {
        account: holder(0),
        hundredths: 77,
    };
    ledger.send(&write).await?;
    let (hundredths, since) = account(&ledger, 0).await?;
    assert_eq!(hundredths, 77);
    assert_ne!(since, 0);
    assert_eq!(ledger.storage(old_slot(0)).await?, B256::ZERO);
    assert_eq!(remaining(&ledger).await?, U256::from(2));

    ledger.send(&write).await?;
    assert_eq!(remaining(&ledger).await?, U256::from(2), "counted once");
    let new = ILedger2::writeCall {
        account: holder(9),
        hundredths: 5,
    };
    ledger.send(&new).await?;
    let found = remaining(&ledger).await?;
    assert_eq!(found, U256::from(2), "it had no old form");
    Ok(())
}

#[tokio::test]
async fn lazy_entries_that_are_deleted_never_come_back() -> Done {
    let harness = Harness::start().await?;
    let (_, ledger) = ledger(&harness, 3).await?;
    ledger.upgrade("2.0").await?;
    let close = |n| ILedger::closeCall { account: holder(n) };

    ledger.send(&close(0)).await?; // deleted in its old form
    assert_eq!(account(&ledger, 0).await?, (0, 0));
    assert_eq!(ledger.storage(old_slot(0)).await?, B256::ZERO);

    let write = ILedger2::writeCall {
        account: holder(1),
        hundredths: 77,
    };
    ledger.send(&write).await?;
    ledger.send(&close(1)).await?; // deleted in its new form
    assert_eq!(account(&ledger, 1).await?, (0, 0));

    ledger.send(&sweep([0, 1])).await?;
    assert_eq!(account(&ledger, 0).await?, (0, 0));
    assert_eq!(account(&ledger, 1).await?, (0, 0));
    assert_eq!(remaining(&ledger).await?, U256::ONE);
    let gone = ledger
        .read(&ILedger::isConvertedCall { account: holder(1) })
        .await?;
    assert!(gone);
    Ok(())
}

#[tokio::test]
async fn lazy_sweep_is_open_to_all_and_counts_each_entry_once() -> Done {
    let harness = Harness::start().await?;
    let (_, ledger) = ledger(&harness, 5).await?;
    ledger.upgrade("2.0").await?;
    let stranger = ledger.by(harness.account(7));

    let keys = sweep([0, 1, 1, 2, 99]);
    assert_eq!(stranger.read(&keys).await?, U256::from(3));
    stranger.send(&keys).await?;
    assert_eq!(stranger.read(&keys).await?, U256::ZERO);
    assert_eq!(remaining(&ledger).await?, U256::from(2));
    assert_eq!(account(&ledger, 0).await?, (25_000, 0));
    assert_eq!(account(&ledger, 4).await?, (25_000, 0));
    assert_eq!(ledger.storage(old_slot(1)).await?, B256::ZERO);

    let map = "nothing".to_owned();
    let unknown = sweepCall {
        map: map.clone(),
        keys: vec![],
    };
    assert_reverts(stranger.read(&unknown).await, UnknownMap { map });
    let sent = stranger.send_with(&sweep([4]), U256::ONE).await;
    assert!(sent.is_err(), "it takes no value");
    Ok(())
}

#[tokio::test]
async fn lazy_field_is_converted_when_it_is_written() -> Done {
    let harness = Harness::start().await?;
    let (_, ledger) = ledger(&harness, 1).await?;
    ledger.upgrade("2.0").await?;
    let fee = ledger.read(&ILedger::feeCall {}).await?;
    assert_eq!((fee._0, fee._1), (300, 0));
    assert_eq!(ledger.storage(U256::ONE).await?, B256::from(U256::from(3)));
    ledger.send(&ILedger::setFeeCall { hundredths: 0 }).await?;
    let fee = ledger.read(&ILedger::feeCall {}).await?;
    assert_eq!(fee._0, 0, "not the old one again");
    assert_eq!(ledger.storage(U256::ONE).await?, B256::ZERO);
    Ok(())
}

#[tokio::test]
async fn lazy_field_is_swept_by_anybody_once_and_without_keys() -> Done {
    let harness = Harness::start().await?;
    let (_, ledger) = ledger(&harness, 1).await?;
    ledger.upgrade("2.0").await?;
    let stranger = ledger.by(harness.account(7));
    let map = || "fee".to_owned();
    let sweep = sweepCall {
        map: map(),
        keys: vec![],
    };
    for left in [U256::ONE, U256::ZERO] {
        assert_eq!(ledger.read(&remainingCall { map: map() }).await?, left);
        assert_eq!(stranger.read(&sweep).await?, left);
        stranger.send(&sweep).await?;
        let fee = ledger.read(&ILedger::feeCall {}).await?;
        assert_eq!((fee._0, fee._1), (300, 0));
        assert_eq!(ledger.storage(U256::ONE).await?, B256::ZERO);
    }
    Ok(())
}
