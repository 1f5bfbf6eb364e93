//! `endMigration`: what is left of the path, and the contract answers again.

use super::active::{ActiveMigration, live, standing};
use super::error::way_out;
use super::runner::Load;
use super::{End, Migrated, MigrationError, Spent};
use crate::client::{ChainError, Client, Revert, TxOutcome, Window, with_margin};
use crate::error::Refusal;
use crate::ids::CalldataHash;
use crate::journal::Journal;
use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use std::time::Duration;
use stylus_upgrades_interface::complex::IComplexMigration as abi;
use stylus_upgrades_interface::registry::IRegistry as registry_abi;

/// How often it is tried.
const TRIES: u32 = 5;

/// How it ended.
pub enum Ended {
    /// By this transaction.
    By(Box<TransactionReceipt>),
    /// By somebody else's.
    Already,
    /// Not at all: items are left again.
    NotYet,
}

/// Ends the migration, once.
pub async fn end(
    client: &Client,
    window: &mut Window<Load>,
    migration: &ActiveMigration,
) -> Result<Ended, MigrationError> {
    for _ in 0..TRIES {
        window.clear_nonces().await?;
        match standing(client, migration.proxy).await? {
            None => return Ok(Ended::Already),
            Some(at) if !at.is_finished() => return Ok(Ended::NotYet),
            Some(_) => {}
        }
        let request = TransactionRequest::default()
            .with_from(client.sender("endMigration")?)
            .with_to(migration.proxy)
            .with_input(abi::endMigrationCall {}.abi_encode());
        let gas = match client.estimate("endMigration", &request).await {
            Ok(gas) => with_margin(gas),
            Err(error) => match standing(client, migration.proxy).await? {
                Some(at) if at.is_finished() => return Err(refusal(error, migration)),
                _ => continue, // somebody else has moved it meanwhile
            },
        };
        let load = Load {
            items: 0,
            position: None,
        };
        window
            .send(what(migration.proxy), request, gas, load)
            .await?;
        match settled_outcome(window).await? {
            TxOutcome::Done(receipt) => return Ok(Ended::By(receipt)),
            TxOutcome::Failed { .. } | TxOutcome::Lost => {}
        }
    }
    Err(ChainError::refused("endMigration", Revert::decode(&[])))
}

fn refusal(error: ChainError, migration: &ActiveMigration) -> MigrationError {
    match error {
        ChainError::Refused { revert, .. } if !migration.at.back => {
            let next = format!(
                "correct what it names, then run it again; or {}",
                way_out(migration.proxy)
            );
            let refusal = Refusal::of(&revert);
            let message = format!("endMigration was refused: {revert}");
            refusal.saying(message).advising(next).into()
        }
        error => error,
    }
}

/// What a run had ended that was killed before it could say so: its journal knows the
/// transaction. `None` if there is no such run.
pub async fn by_an_earlier_run(
    client: &Client,
    journal: &Journal,
    proxy: Address,
) -> Result<Option<Migrated>, ChainError> {
    let end = CalldataHash::of(abi::endMigrationCall {}.abi_encode());
    for entry in journal.in_flight() {
        if entry.to != Some(proxy) || entry.call != end {
            continue;
        }
        let receipt = client.receipt_now(entry.tx).await?;
        // An endpoint that lags behind does not know it yet.
        let Some(receipt) = receipt else {
            continue;
        };
        journal.settled(entry.tx);
        if !receipt.status() {
            continue;
        }
        let answer = receipt.logs().iter().find_map(|log| {
            let ended = log.log_decode::<registry_abi::MigrationEnded>();
            let ended = ended.map(|ended| (ended.inner.data.from, ended.inner.data.to, false));
            ended.ok().or_else(|| {
                let back = log.log_decode::<registry_abi::MigrationAborted>().ok()?;
                Some((back.inner.data.from, back.inner.data.to, true))
            })
        });
        let Some((from, to, back)) = answer else {
            continue;
        };
        let mut spent = Spent::default();
        spent.add(receipt.gas_used, receipt.effective_gas_price, Some(0));
        return Ok(Some(Migrated {
            proxy,
            from,
            to,
            back,
            form: None,
            at: None,
            items: spent.items,
            spent,
            taken: Duration::ZERO,
            end: Some(End {
                tx: receipt.transaction_hash.into(),
                gas: receipt.gas_used,
            }),
            ended: true,
            live: Some(live(client, proxy).await?),
            then: None,
        }));
    }
    Ok(None)
}

/// What it is called.
fn what(proxy: Address) -> String {
    format!("the end of the migration of {proxy}")
}

async fn settled_outcome(window: &mut Window<Load>) -> Result<TxOutcome, ChainError> {
    loop {
        if let Some(settled) = window.settle().await?.pop() {
            return Ok(settled.outcome);
        }
        if window.is_empty() {
            return Ok(TxOutcome::Lost);
        }
        window.wait().await;
    }
}
