//! What a path with a complex step wants, and what it refuses. `graphs` goes along such paths.

use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::complex::IComplexMigration::{endMigrationCall, startMigrationCall};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::ValueNotAccepted;
use stylus_upgrades_interface::reasons::invalid_step;

use super::points::{CURSOR, Done, register};
use crate::registry::errors::{bad_step, not_applied};
use crate::tools::set_code;

#[tokio::test]
async fn complex_path_on_which_calldata_is_missing_does_not_begin() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 1).await?;
    fixture
        .definition
        .add_version("3.0", &fixture.second, step::call_later("2.0"))
        .await?;
    let refused = fixture.register.upgrade("3.0").await;
    assert_reverts(refused, not_applied("2.0", "3.0"));
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
            assert_reverts(added, bad_step("2.0", "3.0", reason));
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
        let step = Step {
            data: data.into(),
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
    let chain = harness.chain();
    let code = chain.code(account).await?;
    set_code(chain, account, [0x60, 0x00]).await?;
    let Err(HarnessError::Reverted(revert)) = fixture.end().await else {
        panic!("the new code is not what was approved");
    };
    assert_eq!(revert.name(), Some("CodeChanged"));
    set_code(chain, account, code).await?;
    fixture.end().await?;
    fixture.assert_points(1, 10).await
}
