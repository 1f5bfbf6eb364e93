//! `endMigration`: what is left of the path, and the contract answers again.

use super::MigrationError;
use super::fleet::{Fate, Fleet};
use super::patience::Patience;
use super::under_way::{UnderWay, standing};
use crate::client::{ChainError, Client};
use alloy::network::TransactionBuilder;
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::IComplexMigration as abi;

/// Gas sent along, in percent of the estimate.
const GAS_PERCENT: u64 = 120;
/// Failures that are borne.
const FAILURES: u32 = 3;

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
    patience: Patience,
    fleet: &mut Fleet,
    way: &UnderWay,
) -> Result<Ended, MigrationError> {
    for failures in 0.. {
        fleet.clear_way().await?;
        match standing(client, patience, way.proxy).await? {
            None => return Ok(Ended::Already),
            Some(at) if !at.is_finished() => return Ok(Ended::NotYet),
            Some(_) => {}
        }
        let request = TransactionRequest::default()
            .with_from(client.sender("endMigration")?)
            .with_to(way.proxy)
            .with_input(abi::endMigrationCall {}.abi_encode());
        let estimate = patience
            .ask(async || {
                let gas = client.provider().estimate_gas(request.clone()).await;
                gas.map_err(|error| client.error("endMigration", error))
            })
            .await;
        let gas = match estimate {
            Ok(gas) => gas.saturating_mul(GAS_PERCENT) / 100,
            Err(ChainError::Refused { revert, .. }) if revert.name == "MigrationIncomplete" => {
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let what = format!("the end of the migration of {}", way.proxy);
        fleet.send(what, request, gas, 0).await?;
        match landing(fleet).await? {
            Fate::Done(receipt) => return Ok(Ended::By(receipt)),
            Fate::Failed { .. } if failures >= FAILURES => break,
            Fate::Failed { .. } | Fate::Lost => {}
        }
    }
    Err(MigrationError::TooLittleGas {
        gas: 0,
        needed: None,
    })
}

async fn landing(fleet: &mut Fleet) -> Result<Fate, ChainError> {
    loop {
        if let Some(landed) = fleet.land().await?.pop() {
            return Ok(landed.fate);
        }
        if fleet.is_empty() {
            return Ok(Fate::Lost);
        }
        fleet.wait().await;
    }
}
