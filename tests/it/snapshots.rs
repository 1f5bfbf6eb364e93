//! Compares sizes and gas with `tests/snapshots`. `STYLUS_UPGRADES_UPDATE=1` records new ones.

use stylus_upgrades_harness::{HarnessError, home};
use stylus_upgrades_interface::{limits, parts::PARTS};
use stylus_upgrades_test_support::page::compare_part;
use stylus_upgrades_tests::snapshot;
use stylus_upgrades_tests::tools::figures::{
    creation_sentence, gas, governed, governed_figures, governed_table, migrations,
    package_version, sizes, tools,
};

#[tokio::test]
async fn sizes_are_as_recorded() -> Result<(), HarnessError> {
    let sizes = sizes().await?;
    snapshot::check("size", &tools()?, &sizes).unwrap_or_else(|difference| panic!("{difference}"));
    let proxy = sizes["upgradeability-proxy, bytes on chain"];
    assert!(
        proxy <= limits::PROXY_CODE_MAX as u64,
        "a WASM proxy of {proxy} bytes"
    );
    let parts = PARTS.map(|part| part.package);
    for part in parts.into_iter().chain(["registry"]) {
        let bytes = sizes[&format!("{part}, bytes on chain")];
        assert!(
            bytes <= (limits::CODE_SIZE_MAX * 9 / 10) as u64,
            "{part} has {bytes} bytes"
        );
    }
    Ok(())
}

#[tokio::test]
async fn gas_is_as_recorded() -> Result<(), HarnessError> {
    let gas = gas().await?;
    snapshot::check("gas", &tools()?, &gas).unwrap_or_else(|difference| panic!("{difference}"));
    let cached =
        gas["UpgradeabilityProxy over WASM of one page adds to the echo of 32 bytes, cached, gas"];
    assert!(
        cached * 100 <= FLOOR * 105,
        "the cached proxy adds {cached} gas"
    );
    Ok(())
}

/// What governance costs, beside its floor and beside others: the snapshot and the page.
#[tokio::test]
async fn flows_cost_what_is_recorded() -> Result<(), HarnessError> {
    const SAFE: &str = "@safe-global/safe-smart-account";
    let rows = governed().await?;
    for row in &rows {
        let (floor, cached) = (row.floor.total(), row.cached);
        println!("{:<52} {floor:>9} {cached:>9}", row.name);
        assert!(cached >= floor, "{} costs less than its floor", row.name);
        assert!(row.uncached >= cached, "{} gains by no cache", row.name);
        let percent = row.percent();
        assert!(
            percent <= FLOW_PERCENT,
            "{}: {percent} % of its floor",
            row.name
        );
    }
    let mut tools = tools()?;
    tools.insert(SAFE.into(), package_version(SAFE)?);
    let figures = governed_figures(&rows);
    snapshot::check("flows", &tools, &figures).unwrap_or_else(|difference| panic!("{difference}"));
    let path = home().join("docs/evidence/gas.md");
    compare_part(&path, "table of gas", &governed_table(&rows));
    let path = home().join("docs/kinds.md");
    compare_part(&path, "gas of create-proxy", &creation_sentence(&rows));
    Ok(())
}

#[tokio::test]
async fn migrations_of_one_transaction_cost_little_more_than_their_stores()
-> Result<(), HarnessError> {
    for (sentence, number) in migrations().await? {
        println!("{sentence:<40} {number:>8}");
        let is_share = sentence.ends_with("percent of the floor");
        assert!(!is_share || number <= 120, "{sentence}: {number}");
    }
    Ok(())
}

/// What a governed flow costs at most with every program in the cache, in hundredths of its floor. The smallest flow, one
/// instance that a rollout resumes, has a floor of 70,000 gas and enters eight programs, which take 37,000 more.
const FLOW_PERCENT: u64 = 160;
/// What the rules of the chain take for one more program in a call, in gas: cold account 2,600,
/// cold slot 2,105, cached init 352 and its size terms, 30 of ink.
const FLOOR: u64 = 5_100;
