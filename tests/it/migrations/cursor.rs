//! A complex migration from start to end. The contract itself knows its items.

use crate::prelude::*;
use alloy::rpc::types::{TransactionInput, TransactionRequest};
use stylus_upgrades::build::Artifact;
use stylus_upgrades_harness::{home, step};
use stylus_upgrades_interface::complex::IComplexMigration::{
    Batch, BudgetTooSmall, ContractPaused, MigrationIncomplete, NotHandler, NothingLeft,
    endMigrationCall, migrateNextCall, progressCall, reversibleCall, setHandlerCall,
    startMigrationCall, turnBackCall,
};
use stylus_upgrades_interface::migratable::IMigratable::{Migrated, NotInUpgrade};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{UpgradeInProgress, Upgraded};
use stylus_upgrades_interface::reasons::{invalid_step, not_runnable};
use stylus_upgrades_interface::registry::IRegistry::{
    InstanceUpgraded, MigrationEnded, MigrationStarted,
};
use stylus_upgrades_tests::examples;

use super::points::{CURSOR, Done, IPoints, member, register};
use crate::registry::errors::{bad_step, cannot_run};
use crate::tools::set_code;

fn paused() -> ContractPaused {
    ContractPaused {
        from: "1.0".into(),
        to: "2.0".into(),
    }
}

#[tokio::test]
async fn complex_migration_runs_from_start_to_end() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 5).await?;
    let (proxy, definition) = (fixture.register.address(), keccak256("Points"));

    let started = fixture.register.upgrade("2.0").await?;
    let (from, to) = (String::from("1.0"), String::from("2.0"));
    let event = MigrationStarted {
        definition,
        proxy,
        from: from.clone(),
        to: to.clone(),
        handler: harness.account(5),
    };
    started.assert_emitted(harness.registry(), &event);
    let implementation = fixture.program.address;
    started.assert_emitted(proxy, &Upgraded { implementation });
    started.assert_not_emitted::<InstanceUpgraded>();
    assert_eq!(fixture.register.implementation().await?, implementation);
    assert_eq!(fixture.register.version().await?, "1.0");
    assert_eq!(fixture.state().await?, instance_state::MIGRATING);
    assert_eq!(fixture.progress().await?, (0, 5));
    assert!(fixture.register.read(&reversibleCall {}).await?);

    let total = U256::from(5);
    let done = U256::ZERO;
    assert_reverts(fixture.end().await, MigrationIncomplete { done, total });
    let receipt = fixture.next(30_000).await?;
    let [Batch { done, .. }] = receipt.events::<Batch>(proxy)[..] else {
        panic!("one event: {receipt:?}");
    };
    assert_eq!(fixture.progress().await?, (done.to(), 5));
    assert!(
        done >= U256::ONE && done < total,
        "{done} of 5 within 30,000 gas"
    );
    fixture.next(1_000_000).await?;
    assert_eq!(fixture.progress().await?, (5, 5));
    let sent = fixture.next(1_000_000).await;
    assert_reverts(sent, NothingLeft { done: total, total });

    let ended = fixture.end().await?;
    let migrated = Migrated {
        from: from.clone(),
        to: to.clone(),
    };
    ended.assert_emitted(proxy, &migrated);
    let implementation = fixture.second.address;
    ended.assert_emitted(proxy, &Upgraded { implementation });
    let event = MigrationEnded {
        definition,
        proxy,
        from: from.clone(),
        to: to.clone(),
    };
    ended.assert_emitted(harness.registry(), &event);
    let [moved] = &ended.events::<InstanceUpgraded>(harness.registry())[..] else {
        panic!("one event: {ended:?}");
    };
    assert_eq!((&moved.from, &moved.to), (&from, &to));
    assert_eq!(fixture.state().await?, instance_state::LIVE);
    assert_eq!(fixture.register.version().await?, "2.0");
    let found = fixture.register.read(&IPoints::unitCall {}).await?;
    assert_eq!(found, U256::from(10));
    fixture.assert_points(5, 10).await?;
    let left = fixture.register.storage(slots::COMPLEX).await?;
    assert_eq!(left, B256::ZERO, "nothing of the migration is left");
    Ok(())
}

#[tokio::test]
async fn complex_migration_pauses_everything_else() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 2).await?;
    fixture.register.upgrade("2.0").await?;
    let stranger = fixture.register.by(harness.account(8));

    let points = IPoints::pointsCall { member: member(0) };
    assert_reverts(stranger.read(&points).await, paused());
    let award = calls::award(vec![member(0)], 1);
    assert_reverts(fixture.register.send(&award).await, paused());
    let next = migrateNextCall { gasBudget: 100_000 };
    assert_reverts(fixture.handler.send_with(&next, U256::ONE).await, paused());
    for input in [
        Bytes::new(),
        vec![1].into(),
        vec![0xff; 4].into(),
        vec![7; 1_000].into(),
    ] {
        for value in [U256::ZERO, U256::ONE] {
            let request = TransactionRequest::default()
                .from(harness.account(8))
                .to(fixture.register.address())
                .value(value)
                .input(TransactionInput::new(input.clone()));
            assert_reverts(harness.chain().call(request).await, paused());
        }
    }
    Ok(())
}

#[tokio::test]
async fn complex_migration_is_its_handlers() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 2).await?;
    let (caller, handler) = (harness.account(8), harness.account(5));
    let stranger = fixture.register.by(caller);
    fixture.register.upgrade("2.0").await?;

    let not_handler = NotHandler { caller, handler };
    let next = migrateNextCall { gasBudget: 100_000 };
    assert_reverts(stranger.send(&next).await, not_handler);
    let sent = stranger.send(&endMigrationCall {}).await;
    assert_reverts(sent, NotHandler { caller, handler });
    for governor in [caller, handler, harness.account(0)] {
        let instance = fixture.register.by(governor);
        let registry = NotHandler {
            caller: governor,
            handler: harness.registry(),
        };
        let set = setHandlerCall { handler: governor };
        assert_reverts(instance.send(&set).await, registry.clone());
        assert_reverts(instance.send(&turnBackCall {}).await, registry);
        let start = startMigrationCall { handler: governor };
        assert_reverts(instance.send(&start).await, NotInUpgrade {});
    }
    Ok(())
}

#[tokio::test]
async fn complex_program_does_nothing_by_itself() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 1).await?;
    let (chain, program) = (harness.chain(), fixture.program.address);
    let handler = harness.account(0);
    let sent = chain.read(program, &startMigrationCall { handler }).await;
    assert_reverts(sent, NotInUpgrade {});
    let sent = chain.read(program, &migrateNextCall { gasBudget: 1 }).await;
    assert_reverts(sent, NotInUpgrade {});
    let sent = chain.read(program, &endMigrationCall {}).await;
    assert_reverts(sent, NotInUpgrade {});
    assert_reverts(chain.read(program, &turnBackCall {}).await, NotInUpgrade {});
    Ok(())
}

/// A program that was linked to code which nobody has put on this chain.
#[tokio::test]
async fn complex_program_neither_begins_nor_ends_without_the_code_that_ends_it() -> Done {
    let harness = Harness::start().await?;
    let it = examples::points(&harness).await?;
    let register = &it.instance;
    register.send(&calls::award(vec![member(0)], 3)).await?;
    let implementation = Address::repeat_byte(0x5a);
    let built = harness.builder().path(&home().join(CURSOR));
    let built = built.expect("the program builds");
    let linked = harness.framework().storage.address;
    let artifact = Artifact::from_wasm("elsewhere", &replaced(&built.wasm, linked, implementation));
    let program = harness.deploy(artifact.expect("a module")).await?;
    let handler = harness.account(5);
    it.add_second(step::complex("1.0", &program, handler))
        .await?;
    let missing = || cannot_run(implementation, not_runnable::NO_CODE);
    assert_reverts(register.upgrade("2.0").await, missing());
    assert_eq!(register.version().await?, "1.0");
    let points = IPoints::pointsCall { member: member(0) };
    register.read(&points).await?;

    // what was there when it began, and is gone now
    let set = |code: &'static [u8]| set_code(harness.chain(), implementation, code);
    set(&[0]).await?;
    register.upgrade("2.0").await?;
    let by_handler = register.by(handler);
    let next = calls::migrate_next(1_000_000);
    by_handler.send(&next).await?;
    set(&[]).await?;
    assert_reverts(by_handler.send(&endMigrationCall {}).await, missing());
    let left = register.storage(slots::COMPLEX).await?;
    assert_ne!(left, B256::ZERO, "the migration is still under way");
    Ok(())
}

/// A module that has another address in the place of `was`.
fn replaced(module: &[u8], was: Address, now: Address) -> Vec<u8> {
    let mut module = module.to_vec();
    let found = module
        .windows(20)
        .position(|window| window == was.as_slice());
    let at = found.expect("the module names the address");
    module[at..at + 20].copy_from_slice(now.as_slice());
    module
}

#[tokio::test]
async fn complex_migration_refuses_every_other_upgrade() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 1).await?;
    let points = IPoints::unitCall {};
    let with_data = fixture.register.upgrade_and_call("2.0", &points).await;
    let reason = invalid_step::DATA_WITH_COMPLEX;
    assert_reverts(with_data, bad_step("1.0", "2.0", reason));

    fixture.register.upgrade("2.0").await?;
    for version in ["1.0", "2.0", "9.9"] {
        let sent = fixture.register.upgrade(version).await;
        assert_reverts(sent, UpgradeInProgress {});
        assert_reverts(fixture.handler.upgrade(version).await, UpgradeInProgress {});
    }
    fixture.next(100_000).await?;
    fixture.end().await?;
    assert_eq!(fixture.register.version().await?, "2.0");
    Ok(())
}

#[tokio::test]
async fn complex_migration_with_too_small_a_budget_does_nothing() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 1).await?;
    fixture.register.upgrade("2.0").await?;
    for budget in [0, 1_000, 20_000] {
        let Err(HarnessError::Reverted(revert)) = fixture.next(budget).await else {
            panic!("{budget} gas are not enough");
        };
        let small = revert.decode::<BudgetTooSmall>().expect("a typed error");
        assert!(small.budget == budget && small.needed > budget, "{small:?}");
    }
    assert_eq!(fixture.progress().await?, (0, 1));
    Ok(())
}

/// Two cold words of which one is changed: 2,100 to find the member, 5,000 for the points.
const FLOOR: u64 = 2_100 + 5_000;

#[tokio::test]
async fn complex_cursor_stays_in_its_budget_and_costs_little_more_than_its_stores() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 60).await?;
    fixture.register.upgrade("2.0").await?;
    // what the call costs besides: the transaction, the proxy, programs that are not cached
    let besides = fixture.handler.send(&progressCall {}).await?.gas();
    let mut gas = Vec::new();
    for budget in [100_000, 200_000, 300_000] {
        let before = fixture.progress().await?.0;
        let used = fixture.next(budget).await?.gas();
        let items = fixture.progress().await?.0 - before;
        assert!(
            used <= besides + budget,
            "{used} gas, {besides} besides {budget}"
        );
        gas.push((used, items));
    }
    let [(less, few), _, (more, many)] = gas[..] else {
        panic!("three batches");
    };
    let each = (more - less) / (many - few);
    println!("complex, cursor: {each} gas per item, floor {FLOOR}; {gas:?}");
    assert!(each * 10 <= FLOOR * 12, "{each} gas per item");
    Ok(())
}
