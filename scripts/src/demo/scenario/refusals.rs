//! What the framework refuses: a stranger, and code that cannot run.

use super::{Addresses, START, is_refused, slot_holds, value};
use crate::app_error::Error;
use crate::client::{ChainError, not_runnable_reason};
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::deploy;
use crate::governance::{self, GovernanceError};
use crate::registry::{self, NewVersion};
use alloy::primitives::{Bytes, U256};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    ImplementationNotRunnable, UpgradeNotAuthorized,
};
use stylus_upgrades_interface::reasons::not_runnable;
use stylus_upgrades_interface::registry::IRegistry as abi;

pub(super) async fn refuse_a_stranger(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), ChainError> {
    record.chapter("✗  A stranger tries to upgrade it");
    let tried = registry::upgrade(&fixture.stranger, addresses.proxy, "2.0", Bytes::new()).await;
    refusal(record, &tried);
    record.check(
        "a stranger is refused (UpgradeNotAuthorized)",
        is_refused::<UpgradeNotAuthorized, _>(&tried),
    );
    let same = slot_holds(fixture, addresses.proxy, addresses.v1).await?;
    record.check("the proxy still runs version 1", same);
    Ok(())
}

pub(super) async fn refuse_a_bad_implementation(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    record.chapter("✗  An implementation that nobody activated");
    let (inactive, sent) = deploy::create(&fixture.operator, &fixture.inactive).await?;
    record.sent(&sent);
    record.fact("the code of version 2 in other bytes", inactive);
    let code = registry::code_at(&fixture.operator, inactive).await?;
    let add = abi::addVersionCall::from(NewVersion {
        name: super::NAME.into(),
        version: "2.0-inactive".into(),
        code,
        step: registry::nothing("1.0"),
    });
    let tried = governance::perform(&fixture.operator, addresses.registry, &add, U256::ZERO).await;
    let tried = match tried {
        Ok(_) => Ok(()),
        Err(GovernanceError::Chain(error)) => Err(error),
        Err(error) => return Err(error.into()),
    };
    refusal(record, &tried);
    let refused = tried.as_ref().err().and_then(ChainError::revert);
    let reason = refused
        .and_then(|revert| revert.decoded::<ImplementationNotRunnable>())
        .map(|error| error.reason);
    record.check(
        format!(
            "it is refused before it can brick the proxy (ImplementationNotRunnable: {})",
            not_runnable_reason(not_runnable::NOT_ACTIVATED)
        ),
        reason == Some(not_runnable::NOT_ACTIVATED),
    );
    let alive = value(fixture, addresses.proxy).await? == U256::from(START + 1);
    record.check("the proxy still answers", alive);
    Ok(())
}

/// Shows in the contract's own terms why something was refused.
fn refusal<T>(record: &Record, outcome: &Result<T, ChainError>) {
    match outcome {
        Ok(_) => record.fact("it went through", "which it must not"),
        Err(error) => record.fact("refused", error),
    }
}
