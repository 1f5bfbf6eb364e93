//! The fixture of the upgrade tests: a counter at 1.0 with a version 2.0, and the same with the
//! hostile contract.

use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_tests::examples;
pub(crate) use stylus_upgrades_tests::examples::Example as Fixture;

pub(crate) type Done = Result<(), HarnessError>;

pub(crate) fn initialize(value: u64) -> ICounter::initializeCall {
    calls::initialize_counter(value)
}

pub(crate) fn migrate(step: u64) -> ICounter::migrateCall {
    calls::migrate_counter(step)
}

/// A counter that started at 7, and 2.0 with the step 5.
pub(crate) async fn counter(harness: &Harness) -> Result<Fixture<'_>, HarnessError> {
    let it = examples::counter(harness).await?;
    it.add_second(step::call("1.0", &migrate(5))).await?;
    Ok(it)
}

/// The hostile contract at 1.0, and the same code at 2.0 by `step`.
pub(crate) async fn hostile(harness: &Harness, step: Step) -> Result<Fixture<'_>, HarnessError> {
    hostile_owned_by(harness, step, harness.account(0)).await
}

/// The same where `owner` alone may upgrade; account 0 only adds the versions.
pub(crate) async fn hostile_owned_by(
    harness: &Harness,
    step: Step,
    owner: Address,
) -> Result<Fixture<'_>, HarnessError> {
    let definition = harness.define_with("Hostile", harness.account(0)).await?;
    let first = harness.build_and_deploy("tests/contracts/hostile").await?;
    let second = harness.deploy(first.artifact.clone()).await?;
    definition.add_first(&first).await?;
    definition.add_version("2.0", &second, step).await?;
    let instance = definition
        .create_proxy("1.0", &IHostile::initializeCall { actions: vec![] })
        .await?;
    definition.set_policy("migrate", owner).await?;
    Ok(Fixture {
        harness,
        definition,
        first,
        second,
        instance,
    })
}

/// The step 1.0 → 2.0 that runs `actions` as the mixin's migration.
pub(crate) fn migrating(actions: Vec<Bytes>) -> Step {
    step::call("1.0", &hostile::migrate(actions))
}
