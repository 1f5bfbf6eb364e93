//! Initializer: what a constructor would do, once, in the transaction of its creation.

use super::{Contract, version_code};
use crate::app_error::Error;
use crate::demo::abi::points_v1::IPoints;
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::demo::scenario::{Addresses, is_refused};
use stylus_upgrades_interface::migratable::IMigratable::{Migrated, NotInUpgrade};

/// A register of points is created.
pub(super) async fn run_once(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<Contract, Error> {
    record.chapter("①  Initializer: a register of points is created");
    let first = version_code(
        fixture,
        record,
        addresses.registry,
        &fixture.kinds.points_v1,
    )
    .await?;
    let initialize = IPoints::initializeCall {
        steward: fixture.operator.sender("demo")?,
    };
    let points = Contract::create(
        fixture,
        record,
        addresses.registry,
        "Points",
        first,
        &initialize,
    )
    .await?;
    record.check(
        "initializer: it ran in the transaction that created the instance",
        points.is_at(fixture, "1.0").await? && points.creation.event::<Migrated>().is_none(),
    );
    let again = fixture.stranger.call(points.proxy, &initialize).await;
    record.check(
        "initializer: nobody can run it a second time (NotInUpgrade)",
        is_refused::<NotInUpgrade, _>(&again),
    );
    Ok(points)
}
