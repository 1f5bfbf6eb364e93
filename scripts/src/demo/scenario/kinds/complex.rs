//! Complex: many transactions, and nobody sees the data half migrated.

use super::{Contract, code, version_code};
use crate::app_error::Error;
use crate::client::ChainError;
use crate::demo::abi::points_v1::IPoints;
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::demo::scenario::{is_refused, version};
use crate::registry;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::IComplexMigration::{self as program, ContractPaused};

/// Whole points that each member has at 1.0.
const POINTS: u64 = 4;
/// Gas of a batch: enough for some of the members.
const BATCH_GAS: u64 = 40_000;

/// The register's points become tenths, in batches.
pub(super) async fn in_batches(
    fixture: &Fixture,
    record: &mut Record,
    points: &Contract,
) -> Result<(), Error> {
    record.chapter("④  Complex: points become tenths, in batches");
    let members: Vec<_> = (1..=6).map(Address::repeat_byte).collect();
    let award = IPoints::awardCall {
        to: members.clone(),
        points: U256::from(POINTS),
    };
    send(fixture, record, points, "award 6 members", &award).await?;

    let second = version_code(fixture, record, points.registry, &fixture.kinds.points_v2).await?;
    let walker = code(fixture, record, &fixture.kinds.points_cursor).await?;
    let handler = fixture.operator.sender("demo")?;
    let program = (walker.implementation, walker.codehash.into());
    let step = registry::complex("1.0", program, handler);
    points.upgrade(fixture, record, second, step).await?;
    let query = IPoints::pointsCall { member: members[0] };
    let paused = fixture.user.call(points.proxy, &query).await;
    record.check(
        "complex: everything but the migration is refused (ContractPaused)",
        is_refused::<ContractPaused, _>(&paused) && version(fixture, points.proxy).await? == "1.0",
    );

    let next = program::migrateNextCall {
        gasBudget: BATCH_GAS,
    };
    let mut batches = 0;
    while is_left(fixture, points).await? {
        send(fixture, record, points, "migrate a batch", &next).await?;
        batches += 1;
    }
    record.check("complex: it took more than one batch", batches > 1);
    let end = program::endMigrationCall {};
    send(fixture, record, points, "end the migration", &end).await?;
    let mut all = points.is_at(fixture, "2.0").await?;
    for member in members {
        let query = IPoints::pointsCall { member };
        all &= fixture.user.call(points.proxy, &query).await? == U256::from(10 * POINTS);
    }
    record.check("complex: every member was migrated, once", all);
    Ok(())
}

async fn is_left(fixture: &Fixture, points: &Contract) -> Result<bool, ChainError> {
    let progress = fixture.user.call(points.proxy, &program::progressCall {});
    let progress = progress.await?;
    Ok(progress.done < progress.total)
}

async fn send<C: SolCall>(
    fixture: &Fixture,
    record: &mut Record,
    points: &Contract,
    what: &str,
    call: &C,
) -> Result<(), Error> {
    let operator = &fixture.operator;
    record.sent(&operator.send(what, points.proxy, call, U256::ZERO).await?);
    Ok(())
}
