//! Initializer: what a constructor would do, once, in the transaction of the birth.

use super::{Contract, version_code};
use crate::demo::record::Record;
use crate::demo::stage::{IPoints, Stage};
use crate::demo::story::{Cast, is_refused};
use crate::error::Error;
use stylus_upgrades_interface::migratable::IMigratable::Migrated;

/// A register of points is born.
pub(super) async fn run_once(
    stage: &Stage,
    record: &mut Record,
    cast: &Cast,
) -> Result<Contract, Error> {
    record.chapter("①  Initializer: a register of points is born");
    let first = version_code(stage, record, cast.registry, &stage.kinds.points_v1).await?;
    let initialize = IPoints::initializeCall {
        steward: stage.operator.sender("demo")?,
    };
    let points = Contract::born(stage, record, cast.registry, "Points", first, &initialize).await?;
    record.check(
        "initializer: it ran in the transaction that created the instance",
        points.is_at(stage, "1.0").await? && points.born.event::<Migrated>().is_none(),
    );
    let again = stage.stranger.call(points.proxy, &initialize).await;
    record.check(
        "initializer: nobody can run it a second time (NotInUpgrade)",
        is_refused(&again, "NotInUpgrade"),
    );
    Ok(points)
}
