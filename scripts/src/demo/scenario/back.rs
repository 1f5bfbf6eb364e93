//! The way back: version 3.0 is the code of version 1, behind a migration script.

use super::{
    Addresses, NAME, STEP, STEP_SLOT, VALUE_SLOT, codehash, definition, deployed, increment,
    slot_holds, value, version,
};
use crate::app_error::Error;
use crate::demo::abi::{counter_back::backCall, counter_v2};
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::registry::{self, NewVersion};
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Goes back; the address of the migration script.
pub(super) async fn go_back(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<Address, Error> {
    record.chapter("↩  The way back: 3.0 is the code of version 1, behind a migration script");
    let Addresses {
        registry,
        v1,
        v2,
        proxy,
    } = *addresses;
    let code = fixture.counter_v2.code_at(v2);
    let migration = counter_v2::ICounter::migrateCall {
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
    let make_current = abi::migrateCall::from(new);
    record
        .governed(&fixture.operator, registry, &make_current)
        .await?;
    let before = definition(fixture, registry).await?;
    let (value_before, word_before) = (
        value(fixture, proxy).await?,
        fixture.user.storage(proxy, VALUE_SLOT).await?,
    );

    let script = deployed(fixture, record, &fixture.counter_back).await?;
    let back = backCall {}.abi_encode();
    let step = registry::script(&fixture.operator, "2.0", script, back.into()).await?;
    let code = fixture.counter_v1.code_at(v1);
    let new = NewVersion {
        name: NAME.into(),
        version: "3.0".into(),
        code,
        step,
    };
    let go_back = abi::migrateCall::from(new);
    record
        .governed(&fixture.operator, registry, &go_back)
        .await?;

    let after = definition(fixture, registry).await?;
    record.check(
        "3.0 is current and the instance is at it",
        after.current == "3.0" && version(fixture, proxy).await? == "3.0",
    );
    let hashes = (
        codehash(fixture, registry, "1.0").await?,
        codehash(fixture, registry, "3.0").await?,
    );
    record.check("3.0 has the very code hash of 1.0", hashes.0 == hashes.1);
    record.check("the sequence still rises", after.sequence > before.sequence);
    let same = value(fixture, proxy).await? == value_before
        && fixture.user.storage(proxy, VALUE_SLOT).await? == word_before;
    record.check("the data of version 1 is identical", same);
    let cleared = fixture.user.storage(proxy, STEP_SLOT).await?.is_zero();
    record.check("what version 2 added is gone", cleared);
    record.check(
        "its ERC-1967 implementation slot holds version 1",
        slot_holds(fixture, proxy, v1).await?,
    );
    let marked = IMigratable::isMigratedCall {
        version: "3.0".into(),
    };
    record.check(
        "isMigrated(\"3.0\")",
        fixture.user.call(proxy, &marked).await?,
    );
    increment(fixture, record, proxy).await?;
    record.check(
        "increment() adds 1 again",
        value(fixture, proxy).await? == value_before + U256::from(1),
    );
    Ok(script)
}
