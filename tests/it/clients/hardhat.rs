//! The network helpers of hardhat 2 and 3, each in a project of its own.

use crate::prelude::*;
use stylus_upgrades_harness::Report;

use super::{Kept, left_out_where, table};

/// Runs the suite of a folder of `tests/`, where its packages are installed, on a fresh chain or the one
/// in `RPC_URL`.
async fn suite(
    (what, test): (&str, &str),
    sources: &str,
    packages: &Npm,
    node: &Path,
) -> Result<Option<Report>, HarnessError> {
    packages.copy(&[
        &format!("{sources}/hardhat.config.js"),
        &format!("{sources}/hardhat.js"),
        "clients/helpers.cjs",
        "clients/report.cjs",
    ])?;
    let chain = Chain::start().await?;
    let has_none = !chain.is_test_chain().await;
    if left_out_where(has_none, test, "the endpoint is no test chain")? {
        return Ok(None);
    }
    let kept = Kept::of(&chain).await?;
    let mut suite = Command::new(node);
    suite
        .arg("hardhat.js")
        .current_dir(packages.folder())
        .env("NODE_URL", chain.url())
        .env("HARDHAT_DISABLE_TELEMETRY_PROMPT", "true");
    if chain.is_remote() {
        suite.env("REMOTE", "1");
    }
    let report = Report::of(what, &mut suite)?;
    kept.end().await?;
    Ok(Some(report))
}

#[tokio::test]
#[ignore = "nightly: clients of others against a chain, about 39 s"]
async fn every_network_helper_of_hardhat_2_works() -> Result<(), HarnessError> {
    let packages = Npm::install_clients(&Lines)?;
    let it = ("hardhat 2", "every_network_helper_of_hardhat_2_works");
    if let Some(report) = suite(it, "clients", &packages, Path::new("node")).await? {
        table::assert_passed("hardhat 2", &report);
    }
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: clients of others against a chain, about 52 s"]
async fn every_network_helper_of_hardhat_3_works() -> Result<(), HarnessError> {
    let (packages, node) = Npm::install_hardhat3(&Lines)?;
    let it = ("hardhat 3", "every_network_helper_of_hardhat_3_works");
    if let Some(report) = suite(it, "hardhat3", &packages, &node.join("node")).await? {
        table::assert_passed("hardhat 3", &report);
    }
    Ok(())
}
