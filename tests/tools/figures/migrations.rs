//! The gas per item of migrations in one transaction, compared with the stores that cannot be
//! avoided. [`crate::tools::scale`] measures migrations of many transactions.

use crate::abi::{points_at_once::convertCall, points_v2::IPoints};
use crate::snapshot::Figures;
use crate::{calls, examples};
use alloy::primitives::Address;
use stylus_upgrades_harness::{Harness, HarnessError, step};
use stylus_upgrades_interface::lazy::ILazy::sweepCall;

/// Items of a call.
const ITEMS: u64 = 400;
/// A word that is read.
const LOADED: u64 = 2_100;
/// A word that was empty.
const FRESH: u64 = 22_100;
/// A word that was not.
const CHANGED: u64 = 5_000;
/// The refund for one that is cleared (EIP-3529).
const CLEARED: u64 = 4_800;

/// Gas of a simple migration and of a lazy one, each with its floor.
///
/// # Errors
/// Whatever keeps a contract from being built or called.
pub async fn migrations() -> Result<Figures, HarnessError> {
    let mut figures = simple().await?;
    figures.extend(lazy().await?);
    Ok(figures)
}

/// A script that converts every member of a register in one call: the upgrade with it, less the
/// same upgrade without, the start of the script included.
async fn simple() -> Result<Figures, HarnessError> {
    let harness = Harness::start().await?;
    let v1 = harness.build_and_deploy("contracts/points_v1").await?;
    let v2 = harness.build_and_deploy("contracts/points_v2").await?;
    let script = harness
        .build_and_deploy("tests/contracts/points_at_once")
        .await?;
    let steward = harness.account(0);
    let mut gas = Vec::new();
    for (name, step) in [
        ("With", step::script("1.0", &script, &convertCall {})),
        ("Without", step::nothing("1.0")),
    ] {
        let definition = harness.define(name).await?;
        definition.add_first(&v1).await?;
        let register = definition
            .create_proxy("1.0", &IPoints::initializeCall { steward })
            .await?;
        let members: Vec<_> = (0..ITEMS).map(holder).collect();
        register.send(&calls::award(members, 3)).await?;
        definition.add_version("2.0", &v2, step).await?;
        gas.push(register.upgrade("2.0").await?.gas());
    }
    let [with, without] = gas[..] else {
        return Ok(Figures::new());
    };
    let each = with.saturating_sub(without) / ITEMS;
    Ok(beside("simple", each, LOADED + CHANGED))
}

/// An entry that is swept: its new word, and its old one cleared.
async fn lazy() -> Result<Figures, HarnessError> {
    let harness = Harness::start().await?;
    let accounts = (0..ITEMS).map(holder).collect();
    let ledger = examples::ledger(&harness, accounts, 250).await?.instance;
    ledger.upgrade("2.0").await?;
    let sweep = sweepCall {
        map: "accounts".into(),
        keys: (0..ITEMS).map(|n| holder(n).into_word()).collect(),
    };
    let gas = ledger.send(&sweep).await?.gas();
    Ok(beside("lazy", gas / ITEMS, FRESH + CHANGED - CLEARED))
}

fn holder(n: u64) -> Address {
    Address::left_padding_from(&(0x1000 + n).to_be_bytes())
}

/// A figure and its floor.
pub fn beside(kind: &str, gas: u64, floor: u64) -> Figures {
    Figures::from([
        (format!("{kind}: gas per item"), gas),
        (format!("{kind}: gas per item, floor"), floor),
        (
            format!("{kind}: percent of the floor"),
            gas * 100 / floor.max(1),
        ),
    ])
}
