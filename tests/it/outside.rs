//! A contract of another workspace is upgraded like any other.

use alloy::primitives::U256;
use alloy::sol;
use stylus_upgrades_harness::{Harness, HarnessError, step};

sol! {
    function initialize(uint256 note);
    function note() view returns (uint256);
    function changes() view returns (uint256);
    function change(uint256 note);
    function countFrom(uint256 changes);
}

#[tokio::test]
async fn a_crate_outside_the_workspace_builds_and_upgrades() -> Result<(), HarnessError> {
    let harness = Harness::start().await?;
    let definition = harness.define("Note").await?;
    let first = harness
        .build_and_deploy("tests/fixtures/outside/v1")
        .await?;
    let second = harness
        .build_and_deploy("tests/fixtures/outside/v2")
        .await?;
    definition.add_first(&first).await?;
    let note = definition
        .create_proxy(
            "1.0",
            &initializeCall {
                note: U256::from(11),
            },
        )
        .await?;
    let count = countFromCall {
        changes: U256::from(40),
    };
    definition
        .add_version("2.0", &second, step::call("1.0", &count))
        .await?;
    note.upgrade("2.0").await?;
    assert_eq!(note.read(&noteCall {}).await?, U256::from(11));
    note.send(&changeCall {
        note: U256::from(12),
    })
    .await?;
    assert_eq!(note.read(&noteCall {}).await?, U256::from(12));
    assert_eq!(note.read(&changesCall {}).await?, U256::from(41));
    Ok(())
}
