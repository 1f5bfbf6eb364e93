//! `endMigration`: what is left of the path, and the contract answers again.

use super::active::{ActiveMigration, live, standing};
use super::error::way_out;
use super::{End, Migrated, Spent};
use crate::client::{ChainError, Client, Revert, Sent};
use crate::error::Refusal;
use crate::journal::Journal;
use alloy::primitives::{Address, U256};
use std::time::Duration;
use stylus_upgrades_interface::complex::IComplexMigration as abi;
use stylus_upgrades_interface::registry::IRegistry as registry_abi;

/// The number of attempts.
const TRIES: u32 = 5;
/// The name of the call.
const WHAT: &str = "endMigration";

/// The end of a migration.
pub enum Ended {
    /// By this transaction.
    By(Box<Sent>),
    /// By somebody else's.
    Already,
    /// Not at all: items are left again.
    NotYet,
}

/// Ends the migration, once.
pub async fn end(client: &Client, migration: &ActiveMigration) -> Result<Ended, ChainError> {
    let proxy = migration.proxy;
    for _ in 0..TRIES {
        client.clear(WHAT).await?;
        match standing(client, proxy).await? {
            None => return Ok(Ended::Already),
            Some(at) if !at.is_finished() => return Ok(Ended::NotYet),
            Some(_) => {}
        }
        let call = abi::endMigrationCall {};
        let error = match client.send(WHAT, proxy, &call, U256::ZERO).await {
            Ok(sent) => return Ok(Ended::By(Box::new(sent))),
            Err(error) => error,
        };
        // Somebody else may have moved it meanwhile.
        let at = standing(client, proxy).await?;
        if at.is_some_and(|at| at.is_finished()) && !error.is_nonce_taken() {
            return Err(refusal(error, migration));
        }
    }
    Err(ChainError::refused(WHAT, Revert::decode(&[])))
}

fn refusal(error: ChainError, migration: &ActiveMigration) -> ChainError {
    match error {
        ChainError::Refused { revert, .. } if !migration.at.back => {
            let message = format!("endMigration was refused: {revert}");
            let refusal = Refusal::of(&revert).saying(message);
            if revert.is::<registry_abi::DefinitionPaused>() {
                return refusal.into(); // the migration is right: it only waits
            }
            let next = format!(
                "correct what it names, then run it again; or {}",
                way_out(migration.proxy)
            );
            refusal.advising(next).into()
        }
        error => error,
    }
}

/// Returns the result of a run that was killed after it ended the migration, before it could report that: its journal knows
/// the transaction. `None` if there is no such run.
pub async fn by_an_earlier_run(
    client: &Client,
    journal: &Journal,
    proxy: Address,
) -> Result<Option<Migrated>, ChainError> {
    for entry in journal.in_flight() {
        let receipt = client.receipt_now(entry.tx).await?;
        // An endpoint that lags behind does not know it yet.
        let Some(receipt) = receipt.filter(|receipt| receipt.to == Some(proxy)) else {
            continue;
        };
        if !receipt.status() {
            journal.settled(entry.tx);
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
        journal.settled(entry.tx);
        let mut spent = Spent::default();
        let cost = client.cost(&receipt);
        spent.add(cost, Some(0));
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
                gas: cost.gas,
            }),
            ended: true,
            live: Some(live(client, proxy).await?),
            then: None,
        }));
    }
    Ok(None)
}
