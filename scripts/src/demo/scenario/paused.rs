//! A pause: nobody calls the counter until it is resumed, and nothing of it changes.

use super::{Addresses, NAME, definition, increment, is_refused, slot_holds, value, version};
use crate::app_error::Error;
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::governance::{self, GovernanceError};
use crate::model::DefinitionState;
use alloy::primitives::{B256, Bytes, U256};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::UpgradeInProgress;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;

pub(super) async fn pause(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    record.chapter("‖  A pause: nobody calls the counter until it is resumed");
    let Addresses {
        registry,
        v1,
        proxy,
        ..
    } = *addresses;
    let before = (value(fixture, proxy).await?, version(fixture, proxy).await?);
    let pause = abi::pauseCall { name: NAME.into() };
    let tried = governance::perform(&fixture.stranger, registry, &pause, U256::ZERO).await;
    record.check(
        "a pause by a stranger is refused (NotAnApprover)",
        refused::<abi::NotAnApprover, _>(tried)?,
    );

    record.governed(&fixture.operator, registry, &pause).await?;
    let state = definition(fixture, registry).await?.state;
    record.check("the definition is paused", state == DefinitionState::Paused);
    let called = value(fixture, proxy).await;
    record.check(
        "while it is paused its users are refused (UpgradeInProgress)",
        is_refused::<UpgradeInProgress, _>(&called),
    );
    let create = abi::createProxyCall {
        name: NAME.into(),
        version: "1.0".into(),
        kind: proxy_kind::WASM,
        salt: B256::repeat_byte(0x99),
        initData: Bytes::new(),
    };
    let tried = governance::perform(&fixture.operator, registry, &create, U256::ZERO).await;
    record.check(
        "while it is paused nothing is created (DefinitionPaused)",
        refused::<abi::DefinitionPaused, _>(tried)?,
    );
    record.check(
        "while it is paused views answer",
        version(fixture, proxy).await? == before.1,
    );

    let resume = abi::resumeCall { name: NAME.into() };
    record
        .governed(&fixture.operator, registry, &resume)
        .await?;
    let after = (value(fixture, proxy).await?, version(fixture, proxy).await?);
    record.check(
        "after the pause code and data are the same",
        after == before && slot_holds(fixture, proxy, v1).await?,
    );
    increment(fixture, record, proxy).await?;
    record.check(
        "after the pause increment() adds 1 again",
        value(fixture, proxy).await? == before.0 + U256::from(1),
    );
    Ok(())
}

/// Whether a governed call was refused with that error.
fn refused<E: alloy::sol_types::SolError, T>(
    tried: Result<T, GovernanceError>,
) -> Result<bool, Error> {
    let Err(error) = tried else {
        return Ok(false);
    };
    match error.chain() {
        Some(refused) => Ok(refused.is_refused_as::<E>()),
        None => Err(error.into()),
    }
}
