//! A replay: a version 2 whose migration goes through, and whose users fail afterwards. Only sending
//! their transactions again finds that.

use super::kinds::Contract;
use super::{Addresses, increment, value};
use crate::app_error::Error;
use crate::client::Client;
use crate::demo::abi::{counter_v1, counter_v2};
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::functions::Functions;
use crate::governance::Names;
use crate::plan::{self, Abis, Kind, Plan, PlanRequest, Replay};
use crate::registry::{self, NewVersion};
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// How often the counter was counted up before.
const USED: u32 = 3;

pub(super) async fn before_the_upgrade(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    record.chapter("⟲  A mistake that only a replay of what users did finds");
    let initialize = counter_v1::ICounter::initializeCall { value: U256::ZERO };
    let first = fixture.counter_v1.code_at(addresses.v1);
    let registry = addresses.registry;
    let counter =
        Contract::create(fixture, record, registry, "Replayed", first, &initialize).await?;
    for _ in 0..USED {
        increment(fixture, record, counter.proxy).await?;
    }

    record.line("  2.0 with a mistake: a step so large that the second increment overflows");
    let mistake = request(fixture, addresses, &counter, U256::MAX);
    let client = &fixture.stranger;
    let planned = plan::plan(client, mistake.clone()).await?;
    record.check(
        "replay: the plan alone finds nothing wrong, the upgrade would go through",
        planned.problems.is_empty(),
    );
    let found = replayed(client, mistake, &planned).await?;
    record.check(
        "replay: without the upgrade the transactions do exactly what they really did",
        found.as_ref().is_some_and(Replay::is_whole),
    );
    let groups = found.iter().flat_map(|found| &found.differences);
    let mut failing = groups.filter(|group| group.kind == Kind::FailsNow);
    let failing = failing.next();
    if let Some(group) = failing {
        let reason = group.reason.as_deref().unwrap_or_default();
        record.fact(
            &group.function,
            format!("{} would fail: {reason}", group.count),
        );
    }
    record.check(
        "replay: with it increments that succeeded would fail, named with their reason",
        failing.is_some_and(|group| {
            group.function == "increment()" && group.reason.as_deref() == Some("Overflow")
        }) && found.is_some_and(|found| found.problem().is_some()),
    );

    let correct = request(fixture, addresses, &counter, U256::ONE);
    let planned = plan::plan(client, correct.clone()).await?;
    let found = replayed(client, correct, &planned).await?;
    record.check(
        "replay: with the step corrected no transaction would fail",
        found.is_some_and(|found| found.is_whole() && found.problem().is_none()),
    );
    record.check(
        "replay: nothing of it was sent",
        value(fixture, counter.proxy).await? == U256::from(USED),
    );
    Ok(())
}

async fn replayed(
    client: &Client,
    request: PlanRequest,
    planned: &Plan,
) -> Result<Option<Replay>, Error> {
    let abis = Abis {
        before: Functions::of_signatures(
            counter_v1::ICounter::ICounterCalls::SIGNATURES
                .iter()
                .copied(),
        ),
        after: Functions::of_signatures(
            counter_v2::ICounter::ICounterCalls::SIGNATURES
                .iter()
                .copied(),
        )
        .with_errors(
            counter_v2::ICounter::ICounterErrors::SIGNATURES
                .iter()
                .copied(),
        ),
    };
    Ok(plan::replay(
        client,
        request,
        planned,
        abis,
        (USED, plan::REPLAY_BLOCKS_MAX),
    )
    .await?)
}

/// 2.0 of the counter, counting in that step.
fn request(
    fixture: &Fixture,
    addresses: &Addresses,
    counter: &Contract,
    step: U256,
) -> PlanRequest {
    let migrate = counter_v2::ICounter::migrateCall { step };
    let second = NewVersion {
        name: counter.name.into(),
        version: "2.0".into(),
        code: fixture.counter_v2.code_at(addresses.v2),
        step: registry::call("1.0", migrate.abi_encode().into()),
    };
    PlanRequest {
        registry: addresses.registry,
        call: abi::migrateCall::from(second),
        undeployed: Vec::new(),
        layout: fixture.counter_v2.layout.clone(),
        document: fixture.counter_v2.document(),
        instances: 1,
        names: Names::default(),
    }
}
