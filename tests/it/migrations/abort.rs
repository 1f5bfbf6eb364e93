//! Aborting a complex migration, and replacing its handler.

use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::complex::IComplexMigration::{
    MigrationIncomplete, NotHandler, NotReversible, endMigrationCall,
};
use stylus_upgrades_interface::migratable::IMigratable::{Migrated, PostConditionFailed};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{UpgradeInProgress, Upgraded};
use stylus_upgrades_interface::registry::IRegistry::{
    HandlerChanged, InstanceUpgraded, MigrationAborted, MigrationEnded, NotAnInstance, NotMigrating,
};

use super::points::{CURSOR, Done, IPoints, register};

#[tokio::test]
async fn complex_migration_turns_back_and_everything_is_as_it_was() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 12).await?;
    let proxy = fixture.register.address();
    // one that has not begun turns back at once
    fixture.register.upgrade("2.0").await?;
    fixture.abort().await?;
    fixture.end().await?;
    assert_eq!(fixture.register.version().await?, "1.0");
    fixture.assert_points(12, 1).await?;

    fixture.register.upgrade("2.0").await?;
    fixture.next(60_000).await?;
    let (done, total) = fixture.progress().await?;
    assert!(done > 0 && done < total, "somewhere in the middle: {done}");

    fixture.abort().await?;
    assert_eq!(fixture.state().await?, instance_state::TURNING_BACK);
    assert_reverts(fixture.register.upgrade("2.0").await, UpgradeInProgress {});
    let again = fixture.abort().await;
    let state = instance_state::TURNING_BACK;
    assert_reverts(again, NotMigrating { proxy, state });
    let incomplete = MigrationIncomplete {
        done: U256::from(done),
        total: U256::from(total),
    };
    assert_reverts(fixture.end().await, incomplete);

    fixture.next(30_000).await?;
    assert!(fixture.progress().await?.0 < done, "batches count down");
    fixture.next(1_000_000).await?;
    assert_eq!(fixture.progress().await?.0, 0);
    let ended = fixture.end().await?;
    let aborted = MigrationAborted {
        definition: keccak256("Points"),
        proxy,
        from: "1.0".into(),
        to: "2.0".into(),
    };
    ended.assert_emitted(harness.registry(), &aborted);
    let implementation = fixture.first.address;
    ended.assert_emitted(proxy, &Upgraded { implementation });
    ended.assert_not_emitted::<Migrated>();
    ended.assert_not_emitted::<MigrationEnded>();
    ended.assert_not_emitted::<InstanceUpgraded>();
    assert_eq!(fixture.state().await?, instance_state::LIVE);
    assert_eq!(fixture.register.version().await?, "1.0");
    let found = fixture.register.read(&IPoints::unitCall {}).await?;
    assert_eq!(found, U256::ONE);
    fixture.assert_points(12, 1).await?;
    for slot in [slots::COMPLEX, slots::migrated("2.0")] {
        assert_eq!(fixture.register.storage(slot).await?, B256::ZERO);
    }

    fixture.register.upgrade("2.0").await?; // and forward again
    fixture.next(1_000_000).await?;
    fixture.end().await?;
    fixture.assert_points(12, 10).await
}

#[tokio::test]
async fn complex_migration_gets_another_handler_from_the_registry() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 3).await?;
    let proxy = fixture.register.address();
    fixture.register.upgrade("2.0").await?;

    let handler = harness.account(6);
    let sent = fixture.set_handler(handler).await?;
    let changed = HandlerChanged {
        definition: keccak256("Points"),
        proxy,
        handler,
    };
    sent.assert_emitted(harness.registry(), &changed);
    let caller = harness.account(5);
    let sent = fixture.next(1_000_000).await;
    assert_reverts(sent, NotHandler { caller, handler });

    let other = fixture.register.by(handler);
    let next = calls::migrate_next(1_000_000);
    other.send(&next).await?;
    other.send(&endMigrationCall {}).await?;
    fixture.assert_points(3, 10).await
}

#[tokio::test]
async fn complex_calls_of_the_registry_are_for_migrating_instances_of_that_name() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 1).await?;
    let proxy = fixture.register.address();
    let state = instance_state::LIVE;
    let sent = fixture.abort().await;
    assert_reverts(sent, NotMigrating { proxy, state });
    let set = fixture.set_handler(harness.account(6)).await;
    assert_reverts(set, NotMigrating { proxy, state });

    harness.define("Other").await?;
    fixture.register.upgrade("2.0").await?;
    let foreign = calls::abort_migration("Other", proxy, 1);
    assert_reverts(fixture.govern(&foreign).await, NotAnInstance { proxy });
    Ok(())
}

#[tokio::test]
async fn complex_migration_whose_program_cannot_turn_back_is_not_aborted() -> Done {
    let harness = Harness::start().await?;
    let definition = harness.define("Trace").await?;
    let trace = harness.build_and_deploy("tests/contracts/trace").await?;
    let program = harness
        .build_and_deploy("tests/contracts/trace_complex")
        .await?;
    definition.add_first(&trace).await?;
    let complex_step = step::complex("1.0", &program, harness.account(5));
    definition.add_version("2.0", &trace, complex_step).await?;
    let instance = definition
        .create_proxy_with("1.0", Bytes::new(), U256::ZERO)
        .await?;
    instance.upgrade("2.0").await?;
    let abort = calls::abort_migration("Trace", instance.address(), 1);
    let (governor, registry) = (harness.account(0), harness.registry());
    let aborted = harness.chain().execute(governor, registry, &abort).await;
    assert_reverts(aborted, NotReversible {});
    Ok(())
}

#[tokio::test]
async fn complex_migration_whose_end_is_refused_turns_back() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, "tests/fixtures/refused_end", 3).await?;
    fixture.register.upgrade("2.0").await?;
    fixture.next(1_000_000).await?;
    let condition = "nonzero(never)".to_owned();
    assert_reverts(fixture.end().await, PostConditionFailed { condition });

    fixture.abort().await?;
    fixture.next(1_000_000).await?;
    fixture.end().await?;
    assert_eq!(fixture.register.version().await?, "1.0");
    fixture.assert_points(3, 1).await
}
