//! The instances, each of another kind and with data.

use crate::prelude::*;
use stylus_upgrades_harness::{Definition, Instance, step};
use stylus_upgrades_interface::complex::IComplexMigration::migrateNextCall;

use super::fixture::{
    BUDGET, CENTS, HANDLER, ICollection, ILedger, ILedger2, IPoints, MEMBERS, POINTS, TOKENS,
    batch, holder, member, numbers,
};

pub(super) async fn counters(
    harness: &Harness,
) -> Result<(Definition<'_>, Instance<'_>, Instance<'_>), HarnessError> {
    let definition = harness.define("Counter").await?;
    let first = harness.build_and_deploy("contracts/counter_v1").await?;
    let second = harness.build_and_deploy("contracts/counter_v2").await?;
    definition.add_first(&first).await?;
    let initialize = calls::initialize_counter(7);
    let counter = definition.create_proxy("1.0", &initialize).await?;
    let called = definition.create_proxy("1.0", &initialize).await?;
    let migrate = calls::migrate_counter(5);
    definition
        .add_version("2.0", &second, step::call("1.0", &migrate))
        .await?;
    called.upgrade("2.0").await?;
    Ok((definition, counter, called))
}

pub(super) async fn points(harness: &Harness) -> Result<Instance<'_>, HarnessError> {
    let definition = harness.define("Points").await?;
    let first = harness.build_and_deploy("contracts/points_v1").await?;
    let second = harness.build_and_deploy("contracts/points_v2").await?;
    let program = harness
        .build_and_deploy("contracts/migrations/points_cursor")
        .await?;
    definition.add_first(&first).await?;
    let steward = harness.account(0);
    let register = definition
        .create_proxy("1.0", &IPoints::initializeCall { steward })
        .await?;
    let award = IPoints::awardCall {
        to: (0..MEMBERS).map(member).collect(),
        points: U256::from(POINTS),
    };
    register.send(&award).await?;
    let handler = harness.account(HANDLER);
    definition
        .add_version("2.0", &second, step::complex("1.0", &program, handler))
        .await?;
    register.upgrade("2.0").await?;
    let next = migrateNextCall { gasBudget: BUDGET };
    register.by(handler).send(&next).await?;
    Ok(register)
}

pub(super) async fn ledger(harness: &Harness) -> Result<Instance<'_>, HarnessError> {
    let definition = harness.define("Ledger").await?;
    let first = harness.build_and_deploy("contracts/ledger_v1").await?;
    let second = harness.build_and_deploy("contracts/ledger_v2").await?;
    definition.add_first(&first).await?;
    let ledger = definition
        .create_proxy("1.0", &ILedger::initializeCall { fee: 3 })
        .await?;
    let write = ILedger::writeCall {
        accounts: (0..3).map(holder).collect(),
        cents: CENTS,
    };
    ledger.send(&write).await?;
    let migrate = ILedger::migrateCall { accounts: 3 };
    definition
        .add_version("2.0", &second, step::call("1.0", &migrate))
        .await?;
    ledger.upgrade("2.0").await?;
    let write = ILedger2::writeCall {
        account: holder(1),
        hundredths: 77,
    };
    ledger.send(&write).await?;
    Ok(ledger)
}

pub(super) async fn collection(harness: &Harness) -> Result<Instance<'_>, HarnessError> {
    let definition = harness.define("Acorn").await?;
    let basic = harness.build_and_deploy("contracts/erc721_basic").await?;
    let full = harness.build_and_deploy("contracts/erc721_full").await?;
    let program = harness
        .build_and_deploy("contracts/migrations/erc721_enumerate")
        .await?;
    definition.add_first(&basic).await?;
    let minter = harness.account(0);
    let collection = definition
        .create_proxy("1.0", &ICollection::initializeCall { minter })
        .await?;
    let owner = harness.account(1);
    let mint = ICollection::mintCall {
        to: owner,
        token_ids: numbers(&TOKENS),
    };
    collection.send(&mint).await?;
    let handler = harness.account(HANDLER);
    definition
        .add_version("2.0", &full, step::complex("1.0", &program, handler))
        .await?;
    collection.upgrade("2.0").await?;
    collection
        .by(handler)
        .send(&batch(0, &TOKENS[..2], owner))
        .await?;
    Ok(collection)
}
