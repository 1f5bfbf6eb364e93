//! The other kind of proxy: in EVM code.

use super::Contract;
use crate::app_error::Error;
use crate::demo::abi::{counter_v1, counter_v2};
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::demo::scenario::{Addresses, START, STEP, value};
use crate::model::ProxyKind;
use crate::registry::{self, NewVersion, instance_status};
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Step;

/// An EVM proxy goes from 1.0 to 2.0 by the command that takes every other instance along.
pub(super) async fn in_evm_code(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    record.chapter("⑥  EVM: a proxy that needs no activation");
    let counter = created(fixture, record, addresses, ("EVM", proxy_kind::EVM)).await?;
    let size = fixture.user.code(counter.proxy).await?.len();
    record.fact("bytes of the proxy", size);
    let migrate = counter_v2::ICounter::migrateCall {
        step: U256::from(STEP),
    };
    let step = registry::call("1.0", migrate.abi_encode().into());
    let call = migration(fixture, addresses, &counter, step);
    record
        .governed(&fixture.operator, addresses.registry, &call)
        .await?;
    let status = instance_status(&fixture.user, addresses.registry, counter.proxy).await?;
    let set = counter_v2::ICounter::stepCall {};
    let set = fixture.user.call(counter.proxy, &set).await?;
    record.check(
        "evm: the proxy was upgraded with its migration, as a WASM one is",
        status.instance.kind == ProxyKind::Evm
            && status.implementation == addresses.v2
            && set == U256::from(STEP)
            && value(fixture, counter.proxy).await? == U256::from(START),
    );
    let answered = fixture
        .stranger
        .call(counter.proxy, &proxy_abi::registryCall {})
        .await;
    record.check(
        "evm: nobody but its registry is answered by the proxy itself",
        answered.is_err() && status.registry == addresses.registry,
    );
    Ok(())
}

/// A counter at 1.0 behind a proxy of that kind.
async fn created(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
    (name, kind): (&'static str, u8),
) -> Result<Contract, Error> {
    let initialize = counter_v1::ICounter::initializeCall {
        value: U256::from(START),
    };
    let first = fixture.counter_v1.code_at(addresses.v1);
    let of = (name, kind);
    Contract::create_as(fixture, record, addresses.registry, of, first, &initialize).await
}

/// What makes 2.0 current.
fn migration(
    fixture: &Fixture,
    addresses: &Addresses,
    counter: &Contract,
    step: Step,
) -> abi::migrateCall {
    abi::migrateCall::from(NewVersion {
        name: counter.name.into(),
        version: "2.0".into(),
        code: fixture.counter_v2.code_at(addresses.v2),
        step,
    })
}
