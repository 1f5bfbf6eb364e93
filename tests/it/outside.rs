//! A contract of another workspace is upgraded like any other.

use alloy::primitives::U256;
use alloy::sol;
use stylus_upgrades_harness::{Harness, HarnessError, step};
use stylus_upgrades_tests::examples::example;

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
    let folders = ["tests/fixtures/outside/v1", "tests/fixtures/outside/v2"];
    let [before, after, changes] = [11, 12, 40].map(U256::from);
    let initialize = initializeCall { note: before };
    let it = example(&harness, "Note", folders, &initialize).await?;
    let count = countFromCall { changes };
    it.add_second(step::call("1.0", &count)).await?;
    let note = it.instance;
    note.upgrade("2.0").await?;
    assert_eq!(note.read(&noteCall {}).await?, before);
    note.send(&changeCall { note: after }).await?;
    assert_eq!(note.read(&noteCall {}).await?, after);
    assert_eq!(note.read(&changesCall {}).await?, U256::from(41));
    Ok(())
}
