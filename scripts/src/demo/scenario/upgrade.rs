//! Steps 6 to 9: version 2, its migration, the proxy in use at it.

use super::{
    Addresses, NAME, START, STEP, definition, deployed, emitted, increment, is_refused, published,
    slot_holds, value, version,
};
use crate::app_error::Error;
use crate::build::Artifact;
use crate::client::{ChainError, Sent};
use crate::demo::abi::counter_v2::ICounter;
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::registry::{self, NewVersion};
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_layout::{Decision, Declarations, compare};
use stylus_upgrades_interface::migratable::IMigratable::{Migrated, NotInUpgrade};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;
use stylus_upgrades_interface::registry::IRegistry as abi;

pub(super) async fn deploy_version_2(
    fixture: &Fixture,
    record: &mut Record,
) -> Result<Address, ChainError> {
    record.chapter("6  Deploy version 2");
    deployed(fixture, record, &fixture.counter_v2).await
}

pub(super) async fn register_version_2(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    record.chapter("7  Register it as 2.0, with its migration from 1.0");
    let code = fixture.counter_v2.code_at(addresses.v2);
    let migration = ICounter::migrateCall {
        step: U256::from(STEP),
    }
    .abi_encode();
    let step = registry::call("1.0", migration.into());
    let new = NewVersion {
        name: NAME.into(),
        version: "2.0".into(),
        code,
        step,
    };
    published(fixture, record, addresses.registry, &fixture.counter_v2).await?;
    let add = abi::addVersionCall::from(new);
    record
        .governed(&fixture.operator, addresses.registry, &add)
        .await?;
    let current = definition(fixture, addresses.registry).await?.current;
    record.check(
        "layout: version 2 can take over the storage of version 1",
        can_take_over(&fixture.counter_v1, &fixture.counter_v2),
    );
    record.check(
        "registering changes nothing that runs: 1.0 is still current",
        current == "1.0",
    );
    Ok(())
}

/// Whether both say where they keep what, and nothing of the old version would be misread.
fn can_take_over(old: &Artifact, new: &Artifact) -> bool {
    let (Some(old), Some(new)) = (&old.layout, &new.layout) else {
        return false;
    };
    compare(old, new, &Declarations::default())
        .is_ok_and(|report| report.decision == Decision::Safe)
}

pub(super) async fn upgrade(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), ChainError> {
    record.chapter("8  Upgrade it to 2.0, with its migration");
    let before = value(fixture, addresses.proxy).await?;
    let done = registry::upgrade(&fixture.operator, addresses.proxy, "2.0", Bytes::new()).await?;
    record.sent(&Sent {
        what: "upgrade from 1.0 to 2.0".into(),
        ..done.sent.clone()
    });
    record.check("it went from 1.0 to 2.0", done.from == "1.0" && done.done);
    let now = version(fixture, addresses.proxy).await?;
    record.check("implementationVersion() is 2.0", now == "2.0");
    record.check(
        "its ERC-1967 implementation slot holds version 2",
        slot_holds(fixture, addresses.proxy, addresses.v2).await?,
    );
    record.check(
        "the data of version 1 is intact",
        value(fixture, addresses.proxy).await? == before,
    );
    let step = fixture
        .user
        .call(addresses.proxy, &ICounter::stepCall {})
        .await?;
    record.check("the migration set step()", step == U256::from(STEP));
    let events = emitted::<Upgraded>(&done.sent, addresses.proxy) == 1
        && emitted::<Migrated>(&done.sent, addresses.proxy) == 1;
    record.check("the proxy emitted Migrated and Upgraded, once each", events);
    let again = fixture
        .stranger
        .call(
            addresses.proxy,
            &ICounter::migrateCall {
                step: U256::from(1),
            },
        )
        .await;
    record.check(
        "nobody can migrate it again (NotInUpgrade)",
        is_refused::<NotInUpgrade, _>(&again),
    );
    Ok(())
}

pub(super) async fn use_at_version_2(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), ChainError> {
    record.chapter("9  Use it at version 2");
    increment(fixture, record, addresses.proxy).await?;
    let expected = U256::from(START + 1 + STEP);
    record.check(
        "increment() added the step",
        value(fixture, addresses.proxy).await? == expected,
    );
    let registry = registry::definition_status(&fixture.user, addresses.registry, NAME).await?;
    let at_2 = registry
        .instances
        .iter()
        .map(|one| &one.instance)
        .any(|one| one.proxy == addresses.proxy && one.version == "2.0");
    record.check("status knows the instance at 2.0", at_2);
    Ok(())
}
