//! Complex steps on longer paths, together with other steps, and for many instances at once.

use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::complex::IComplexMigration::{endMigrationCall, startMigrationCall};
use stylus_upgrades_interface::migratable::IMigratable::Migrated;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    MigrationNotApplied, Upgraded, ValueNotAccepted,
};
use stylus_upgrades_interface::reasons::invalid_step;
use stylus_upgrades_interface::registry::IRegistry::{
    InstanceUpgraded, InvalidStep, MigrationStarted,
};

use super::points::{CURSOR, Done, register};

fn labels(events: &[Migrated]) -> Vec<(&str, &str)> {
    events
        .iter()
        .map(|event| (event.from.as_str(), event.to.as_str()))
        .collect()
}

#[tokio::test]
async fn complex_step_in_the_middle_stops_the_path_there_and_goes_on_when_it_ends() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 2).await?;
    let proxy = fixture.register.address();
    for (from, to) in [("2.0", "3.0"), ("3.0", "4.0")] {
        let definition = &fixture.definition;
        definition
            .add_version(to, &fixture.second, step::nothing(from))
            .await?;
    }

    let started = fixture.register.upgrade("4.0").await?;
    assert_eq!(started.events::<Migrated>(proxy), []);
    assert_eq!(fixture.register.version().await?, "1.0");
    fixture.next(1_000_000).await?;
    let ended = fixture.end().await?;
    let migrated = ended.events::<Migrated>(proxy);
    let passed = [("1.0", "2.0"), ("2.0", "3.0"), ("3.0", "4.0")];
    assert_eq!(labels(&migrated), passed);
    let implementation = fixture.second.address;
    ended.assert_emitted(proxy, &Upgraded { implementation });
    let [moved] = &ended.events::<InstanceUpgraded>(harness.registry())[..] else {
        panic!("one event: {ended:?}");
    };
    assert_eq!((moved.from.as_str(), moved.to.as_str()), ("1.0", "4.0"));
    assert_eq!(fixture.register.version().await?, "4.0");
    fixture.assert_points(2, 10).await
}

#[tokio::test]
async fn complex_step_behind_simple_ones_begins_where_they_end() -> Done {
    let harness = Harness::start().await?;
    let definition = harness.define("Early").await?;
    let first = harness.build_and_deploy("contracts/points_v1").await?;
    let second = harness.build_and_deploy("contracts/points_v2").await?;
    let program = harness.build_and_deploy(CURSOR).await?;
    let handler = harness.account(5);
    definition
        .add_version("0.9", &first, step::initial())
        .await?;
    definition
        .add_version("1.0", &first, step::nothing("0.9"))
        .await?;
    let last = step::complex("1.0", &program, handler);
    definition.add_version("2.0", &second, last).await?;
    let register = definition
        .create_proxy_with("0.9", Bytes::new(), U256::ZERO)
        .await?;

    let started = register.upgrade("2.0").await?;
    let migrated = started.events::<Migrated>(register.address());
    assert_eq!(labels(&migrated), [("0.9", "1.0")]);
    let moved = started.events::<InstanceUpgraded>(harness.registry());
    assert_eq!(
        (moved[0].from.as_str(), moved[0].to.as_str()),
        ("0.9", "1.0")
    );
    let found = started.events::<MigrationStarted>(harness.registry()).len();
    assert_eq!(found, 1);
    assert_eq!(register.version().await?, "1.0");
    register.by(handler).send(&endMigrationCall {}).await?; // it has no members
    assert_eq!(register.version().await?, "2.0");
    Ok(())
}

#[tokio::test]
async fn complex_path_on_which_calldata_is_missing_does_not_begin() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 1).await?;
    fixture
        .definition
        .add_version("3.0", &fixture.second, step::call_later("2.0"))
        .await?;
    let (from, to) = (String::from("2.0"), String::from("3.0"));
    let refused = fixture.register.upgrade("3.0").await;
    assert_reverts(refused, MigrationNotApplied { from, to });
    let paid = fixture
        .register
        .upgrade_and_call_with("2.0", Bytes::new(), U256::ONE)
        .await;
    assert_reverts(paid, ValueNotAccepted { value: U256::ONE });
    assert_eq!(fixture.state().await?, instance_state::LIVE);
    Ok(())
}

#[tokio::test]
async fn complex_step_is_registered_only_in_its_shape() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 0).await?;
    let handler = harness.account(5);
    let right = step::complex("2.0", &fixture.program, handler);
    let refused = |step: Step, reason: u8| {
        let fixture = &fixture;
        async move {
            let added = fixture
                .definition
                .add_version("3.0", &fixture.second, step)
                .await;
            let (from, to) = (String::from("2.0"), String::from("3.0"));
            assert_reverts(added, InvalidStep { from, to, reason });
        }
    };
    let without_script = Step {
        script: Default::default(),
        scriptCodehash: Default::default(),
        ..right.clone()
    };
    refused(without_script, invalid_step::SCRIPT_MISMATCH).await;
    let start = startMigrationCall { handler }.abi_encode();
    let nobody = startMigrationCall {
        handler: Default::default(),
    };
    for data in [
        vec![],
        start[..35].to_vec(),
        [start.as_slice(), &[0]].concat(),
        endMigrationCall {}.abi_encode(),
        nobody.abi_encode(),
    ] {
        let data = data.into();
        let step = Step {
            data,
            ..right.clone()
        };
        refused(step, invalid_step::DATA_MISMATCH).await;
    }
    Ok(())
}

#[tokio::test]
async fn complex_migration_does_not_end_on_code_that_changed() -> Result<(), HarnessError> {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 1).await?;
    fixture.register.upgrade("2.0").await?;
    fixture.next(1_000_000).await?;
    let account = fixture.second.address;
    let code = harness.chain().code(account).await?;
    let chain = harness.chain();
    let set = |code: Bytes| chain.request::<_, Option<bool>>("anvil_setCode", (account, code));
    set(vec![0x60, 0x00].into()).await?;
    let Err(HarnessError::Reverted(revert)) = fixture.end().await else {
        panic!("the new code is not what was approved");
    };
    assert_eq!(revert.name(), Some("CodeChanged"));
    set(code).await?;
    fixture.end().await?;
    fixture.assert_points(1, 10).await
}
