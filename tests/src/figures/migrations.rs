//! Gas per migrated item of the kinds that one transaction does, beside the stores that cannot be
//! avoided. Those of many transactions are taken by [`crate::scale`], everything included.

use crate::snapshot::Figures;
use alloy::primitives::{Address, U256};
use stylus_upgrades_harness::{Harness, HarnessError, step};
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm::programInitGasCall};
use stylus_upgrades_interface::lazy::ILazy::sweepCall;

alloy::sol! {
    interface ICounter {
        function initialize(uint256 value);
        function migrate(uint256 step);
    }
    interface ILedgerV1 {
        function initialize(uint64 fee);
        function write(address[] accounts, uint64 cents);
    }
    interface ILedgerV2 {
        function migrate(uint64 accounts);
    }
}

/// A word that was empty.
const FRESH: u64 = 22_100;
/// A word that was not.
const CHANGED: u64 = 5_000;
/// What comes back for one that is cleared (EIP-3529).
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

/// A migration that sets one word: the upgrade with it, less the same upgrade without. What one
/// item costs is mostly the start of the program, which the chain's rules set; both are told.
async fn simple() -> Result<Figures, HarnessError> {
    let harness = Harness::start().await?;
    let v1 = harness.build_and_deploy("contracts/counter_v1").await?;
    let v2 = harness.build_and_deploy("contracts/counter_v2").await?;
    let migrate = ICounter::migrateCall {
        step: U256::from(5),
    };
    let mut gas = Vec::new();
    for (name, step) in [
        ("With", step::call("1.0", &migrate)),
        ("Without", step::nothing("1.0")),
    ] {
        let definition = harness.define(name).await?;
        definition.add_version("1.0", &v1, step::born()).await?;
        let value = U256::from(7);
        let counter = definition
            .create_proxy("1.0", &ICounter::initializeCall { value })
            .await?;
        definition.add_version("2.0", &v2, step).await?;
        gas.push(counter.upgrade("2.0").await?.gas());
    }
    let each = gas
        .iter()
        .copied()
        .reduce(|with, without| with.abs_diff(without));
    let program = v2.address;
    let init = harness
        .chain()
        .read(ARB_WASM, &programInitGasCall { program })
        .await?
        .gas;
    let each = each.unwrap_or_default();
    let mut figures = beside(
        "simple, one word, without the program's start",
        each.saturating_sub(init),
        FRESH,
    );
    figures.insert("simple, one word: gas of the program's start".into(), init);
    Ok(figures)
}

/// An entry that is swept: its new word, and its old one cleared.
async fn lazy() -> Result<Figures, HarnessError> {
    let harness = Harness::start().await?;
    let definition = harness.define("Ledger").await?;
    let v1 = harness.build_and_deploy("contracts/ledger_v1").await?;
    let v2 = harness.build_and_deploy("contracts/ledger_v2").await?;
    definition.add_version("1.0", &v1, step::born()).await?;
    let ledger = definition
        .create_proxy("1.0", &ILedgerV1::initializeCall { fee: 3 })
        .await?;
    let holder = |n: u64| Address::left_padding_from(&(0x1000 + n).to_be_bytes());
    let write = ILedgerV1::writeCall {
        accounts: (0..400).map(holder).collect(),
        cents: 250,
    };
    ledger.send(&write).await?;
    let migrate = ILedgerV2::migrateCall { accounts: 400 };
    definition
        .add_version("2.0", &v2, step::call("1.0", &migrate))
        .await?;
    ledger.upgrade("2.0").await?;
    let sweep = sweepCall {
        map: "accounts".into(),
        keys: (0..400).map(|n| holder(n).into_word()).collect(),
    };
    let gas = ledger.send(&sweep).await?.gas();
    Ok(beside("lazy", gas / 400, FRESH + CHANGED - CLEARED))
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
