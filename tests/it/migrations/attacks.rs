//! Programs and implementations that try to enter or leave a complex step on their own.
//! `tests/contracts/hostile` makes the calls in the proxy's name.

use crate::prelude::*;
use crate::registry::errors::not_an_instance;
use stylus_upgrades_harness::{Instance, Program, step};
use stylus_upgrades_interface::complex::IComplexStep::finishStepCall;
use stylus_upgrades_interface::instance::IInstanceRegistry::{
    endUpgradeCall, resumeUpgradeCall, suspendUpgradeCall,
};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{NotAProxy, UpgradeSlotsTouched};

type Done = Result<(), HarnessError>;

/// An instance of the hostile contract at 1.0, whose way to 2.0 is a complex step with a program
/// that is hostile, too: it takes `startMigration` as its fallback takes anything.
async fn hostile<'h>(
    harness: &'h Harness,
    name: &str,
) -> Result<(Instance<'h>, Program), HarnessError> {
    let definition = harness.define(name).await?;
    let first = harness.build_and_deploy("tests/contracts/hostile").await?;
    let program = harness.deploy(first.artifact.clone()).await?;
    definition.add_first(&first).await?;
    let step = step::complex("1.0", &program, harness.account(5));
    definition.add_version("2.0", &first, step).await?;
    let instance = definition
        .create_proxy("1.0", &IHostile::initializeCall { actions: vec![] })
        .await?;
    Ok((instance, program))
}

/// Calls the registry in the instance's name.
fn to_registry(harness: &Harness, call: &impl SolCall) -> Bytes {
    hostile::call(harness.registry(), call)
}

/// Runs UpgradeabilityStorage on the instance, as only programs should.
fn finish(harness: &Harness, back: bool) -> Bytes {
    let storage = harness.framework().storage.address;
    hostile::delegate(storage, &finishStepCall { back })
}

#[tokio::test]
async fn an_implementation_cannot_enter_or_leave_a_complex_step() -> Done {
    let harness = Harness::start().await?;
    let (instance, _) = hostile(&harness, "Hostile").await?;
    let proxy = instance.address();
    for action in [
        to_registry(&harness, &suspendUpgradeCall {}),
        to_registry(&harness, &resumeUpgradeCall { back: false }),
        to_registry(&harness, &resumeUpgradeCall { back: true }),
        finish(&harness, false),
        finish(&harness, true),
    ] {
        let sent = instance.send(&act(vec![action])).await;
        assert_reverts(sent, not_an_instance(proxy));
    }
    assert_eq!(instance.version().await?, "1.0");
    Ok(())
}

#[tokio::test]
async fn a_program_leaves_its_step_through_upgradeability_storage_alone() -> Done {
    let harness = Harness::start().await?;
    let (instance, program) = hostile(&harness, "Hostile").await?;
    let proxy = instance.address();
    instance.upgrade("2.0").await?;
    assert_eq!(instance.implementation().await?, program.address);
    let version = String::from("2.0");
    for action in [
        to_registry(&harness, &suspendUpgradeCall {}),
        to_registry(&harness, &resumeUpgradeCall { back: false }),
        to_registry(&harness, &endUpgradeCall { version }),
        finish(&harness, true), // nobody aborted it
    ] {
        let sent = instance.send(&act(vec![action])).await;
        assert_reverts(sent, not_an_instance(proxy));
    }
    instance.send(&act(vec![finish(&harness, false)])).await?;
    assert_eq!(instance.version().await?, "2.0");
    Ok(())
}

#[tokio::test]
async fn nobody_outside_leaves_a_step_for_an_instance() -> Done {
    let harness = Harness::start().await?;
    let (instance, _) = hostile(&harness, "Hostile").await?;
    instance.upgrade("2.0").await?;
    let (chain, caller) = (harness.chain(), harness.account(0));
    let resume = resumeUpgradeCall { back: false };
    let query = chain.read_as(caller, harness.registry(), &resume).await;
    assert_reverts(query, not_an_instance(caller));
    let suspend = suspendUpgradeCall {};
    let query = chain.read_as(caller, harness.registry(), &suspend).await;
    assert_reverts(query, not_an_instance(caller));
    let storage = harness.framework().storage.address;
    let finish = finishStepCall { back: false };
    assert_reverts(chain.read(storage, &finish).await, NotAProxy {});
    Ok(())
}

#[tokio::test]
async fn a_program_that_touched_a_guarded_slot_does_not_end() -> Done {
    let harness = Harness::start().await?;
    let one = B256::with_last_byte(1);
    let two = B256::with_last_byte(2);
    let touched = [
        (slots::IMPLEMENTATION, one),
        (slots::BEACON, one),
        (slots::INITIALIZED, two),
        (slots::INITIALIZED, B256::ZERO),
        (slots::migrated("1.0"), B256::ZERO),
        (slots::migrated("2.0"), one),
    ];
    for (case, (slot, value)) in touched.into_iter().enumerate() {
        let (instance, _) = hostile(&harness, &format!("Hostile-{case}")).await?;
        instance.upgrade("2.0").await?;
        let sent = instance
            .send(&act(vec![
                hostile::write(slot, value),
                finish(&harness, false),
            ]))
            .await;
        assert_reverts(sent, UpgradeSlotsTouched { slot });
    }
    Ok(())
}

#[tokio::test]
async fn a_program_that_swaps_the_registry_does_not_end() -> Done {
    let harness = Harness::start().await?;
    let (instance, _) = hostile(&harness, "Hostile").await?;
    instance.upgrade("2.0").await?;
    for registry in [Address::repeat_byte(0xee), harness.account(3)] {
        let swap = hostile::write(slots::ADMIN, registry.into_word());
        let sent = instance
            .send(&act(vec![swap, finish(&harness, false)]))
            .await;
        assert_reverts(sent, NotAProxy {});
    }
    Ok(())
}
