//! Turning back, and another handler: what the registry governs.

use alloy::primitives::{B256, Bytes, U256, keccak256};
use stylus_upgrades_harness::{Harness, assert_reverts, step};
use stylus_upgrades_interface::complex::IComplexMigration::{
    MigrationIncomplete, NotHandler, NotReversible, endMigrationCall,
};
use stylus_upgrades_interface::migratable::IMigratable::{Migrated, PostConditionFailed};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{UpgradeInProgress, Upgraded};
use stylus_upgrades_interface::reasons::instance_state;
use stylus_upgrades_interface::registry::IRegistry::{
    HandlerChanged, InstanceUpgraded, MigrationAborted, MigrationEnded, NotAnInstance,
    NotMigrating, abortMigrationCall,
};
use stylus_upgrades_interface::slots;

use super::batches::AlreadyConverted;
use super::points::{BATCHES, CURSOR, Done, IPoints, ordered, register};

#[tokio::test]
async fn complex_migration_turns_back_and_everything_is_as_it_was() -> Done {
    let harness = Harness::start().await?;
    let world = register(&harness, CURSOR, 12).await?;
    let proxy = world.register.address();
    world.register.upgrade("2.0").await?;
    world.next(60_000).await?;
    let (done, total) = world.progress().await?;
    assert!(done > 0 && done < total, "somewhere in the middle: {done}");

    world.govern(&world.abort()).await?;
    assert_eq!(world.state().await?, instance_state::TURNING_BACK);
    assert_reverts(world.register.upgrade("2.0").await, UpgradeInProgress {});
    let again = world.govern(&world.abort()).await;
    let state = instance_state::TURNING_BACK;
    assert_reverts(again, NotMigrating { proxy, state });
    let incomplete = MigrationIncomplete {
        done: U256::from(done),
        total: U256::from(total),
    };
    assert_reverts(world.end().await, incomplete);

    world.next(30_000).await?;
    assert!(world.progress().await?.0 < done, "batches count down");
    world.next(1_000_000).await?;
    assert_eq!(world.progress().await?.0, 0);
    let ended = world.end().await?;
    ended.assert_emitted(
        harness.registry(),
        &MigrationAborted {
            definition: keccak256("Points"),
            proxy,
            from: "1.0".into(),
            to: "2.0".into(),
        },
    );
    let implementation = world.first.address;
    ended.assert_emitted(proxy, &Upgraded { implementation });
    ended.assert_not_emitted::<Migrated>();
    ended.assert_not_emitted::<MigrationEnded>();
    ended.assert_not_emitted::<InstanceUpgraded>();
    assert_eq!(world.state().await?, instance_state::LIVE);
    assert_eq!(world.register.version().await?, "1.0");
    assert_eq!(world.register.read(&IPoints::unitCall {}).await?, U256::ONE);
    world.assert_points(12, 1).await?;
    for slot in [slots::COMPLEX, slots::migrated("2.0")] {
        let left = world.register.storage(U256::from_be_bytes(slot.0)).await?;
        assert_eq!(left, B256::ZERO);
    }

    world.register.upgrade("2.0").await?; // and forward again
    world.next(1_000_000).await?;
    world.end().await?;
    world.assert_points(12, 10).await
}

#[tokio::test]
async fn complex_batches_turn_back_each_once() -> Done {
    let harness = Harness::start().await?;
    let world = register(&harness, BATCHES, 6).await?;
    world.register.upgrade("2.0").await?;
    let members = ordered(6);
    world.batch(0, &members[..4]).await?;
    world.govern(&world.abort()).await?;

    let never = world.batch(4, &[members[5]]).await;
    let member = members[5];
    assert_reverts(never, AlreadyConverted { member });
    world.batch(4, &[members[1], members[3]]).await?;
    let member = members[3];
    assert_reverts(world.batch(2, &[member]).await, AlreadyConverted { member });
    world.batch(2, &[members[2], members[0]]).await?;
    world.end().await?;
    world.assert_points(6, 1).await
}

#[tokio::test]
async fn complex_migration_that_has_not_begun_turns_back_at_once() -> Done {
    let harness = Harness::start().await?;
    let world = register(&harness, CURSOR, 3).await?;
    world.register.upgrade("2.0").await?;
    world.govern(&world.abort()).await?;
    world.end().await?;
    assert_eq!(world.register.version().await?, "1.0");
    world.assert_points(3, 1).await
}

#[tokio::test]
async fn complex_migration_gets_another_handler_from_the_registry() -> Done {
    let harness = Harness::start().await?;
    let world = register(&harness, CURSOR, 3).await?;
    let proxy = world.register.address();
    world.register.upgrade("2.0").await?;

    let other = harness.account(6);
    let changed = world.govern(&world.set_handler(other)).await?;
    let definition = keccak256("Points");
    let handler = other;
    changed.assert_emitted(
        harness.registry(),
        &HandlerChanged {
            definition,
            proxy,
            handler,
        },
    );
    let caller = harness.account(5);
    assert_reverts(world.next(1_000_000).await, NotHandler { caller, handler });

    let other = world.register.by(other);
    let next = stylus_upgrades_interface::complex::IComplexMigration::migrateNextCall {
        gasBudget: 1_000_000,
    };
    other.send(&next).await?;
    other.send(&endMigrationCall {}).await?;
    world.assert_points(3, 10).await
}

#[tokio::test]
async fn complex_calls_of_the_registry_are_for_migrating_instances_of_that_name() -> Done {
    let harness = Harness::start().await?;
    let world = register(&harness, CURSOR, 1).await?;
    let proxy = world.register.address();
    let state = instance_state::LIVE;
    assert_reverts(
        world.govern(&world.abort()).await,
        NotMigrating { proxy, state },
    );
    let set = world.set_handler(harness.account(6));
    assert_reverts(world.govern(&set).await, NotMigrating { proxy, state });

    harness.define("Other").await?;
    world.register.upgrade("2.0").await?;
    let foreign = abortMigrationCall {
        name: "Other".into(),
        proxy,
    };
    assert_reverts(world.govern(&foreign).await, NotAnInstance { proxy });
    Ok(())
}

#[tokio::test]
async fn complex_migration_whose_program_cannot_turn_back_is_not_aborted() -> Done {
    let harness = Harness::start().await?;
    let definition = harness.define("Trace").await?;
    let trace = harness.build_and_deploy("tests/contracts/trace").await?;
    let program = harness
        .build_and_deploy("tests/contracts/trace_legs")
        .await?;
    definition
        .add_version("1.0", &trace, step::initial())
        .await?;
    let leg = step::complex("1.0", &program, harness.account(5));
    definition.add_version("2.0", &trace, leg).await?;
    let instance = definition
        .create_proxy_with("1.0", Bytes::new(), U256::ZERO)
        .await?;
    instance.upgrade("2.0").await?;
    let abort = abortMigrationCall {
        name: "Trace".into(),
        proxy: instance.address(),
    };
    let (governor, registry) = (harness.account(0), harness.registry());
    let aborted = harness.chain().execute(governor, registry, &abort).await;
    assert_reverts(aborted, NotReversible {});
    Ok(())
}

#[tokio::test]
async fn complex_migration_whose_end_is_refused_turns_back() -> Done {
    let harness = Harness::start().await?;
    let world = register(&harness, "tests/fixtures/refused_end", 3).await?;
    world.register.upgrade("2.0").await?;
    world.next(1_000_000).await?;
    let condition = "nonzero(never)".to_owned();
    assert_reverts(world.end().await, PostConditionFailed { condition });

    world.govern(&world.abort()).await?;
    world.next(1_000_000).await?;
    world.end().await?;
    assert_eq!(world.register.version().await?, "1.0");
    world.assert_points(3, 1).await
}
