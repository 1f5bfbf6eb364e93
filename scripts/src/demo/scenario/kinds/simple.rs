//! Simple: one call, in the transaction that switches the code.

use super::Contract;
use crate::app_error::Error;
use crate::demo::abi::{counter_v1, counter_v2};
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::demo::scenario::{Addresses, START, STEP, emitted, value};
use crate::registry;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::migratable::IMigratable::Migrated;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;

/// Another counter goes from 1.0 to 2.0.
pub(super) async fn with_the_upgrade(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    record.chapter("②  Simple: a counter gets a step");
    let first = fixture.counter_v1.code_at(addresses.v1);
    let initialize = counter_v1::ICounter::initializeCall {
        value: U256::from(START),
    };
    let counter = Contract::create(
        fixture,
        record,
        addresses.registry,
        "Simple",
        first,
        &initialize,
    )
    .await?;
    let second = fixture.counter_v2.code_at(addresses.v2);
    let migrate = counter_v2::ICounter::migrateCall {
        step: U256::from(STEP),
    };
    let step = registry::call("1.0", migrate.abi_encode().into());
    let sent = counter.upgrade(fixture, record, second, step).await?;
    let once = emitted::<Migrated>(&sent, counter.proxy) == 1
        && emitted::<Upgraded>(&sent, counter.proxy) == 1;
    record.check(
        "simple: the migration ran once, in the transaction that switched the code",
        once && counter.is_at(fixture, "2.0").await?,
    );
    let step = fixture
        .user
        .call(counter.proxy, &counter_v2::ICounter::stepCall {})
        .await?;
    record.check(
        "simple: the new field is set, the old one intact",
        step == U256::from(STEP) && value(fixture, counter.proxy).await? == U256::from(START),
    );
    Ok(())
}
