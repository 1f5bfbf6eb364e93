//! The network helpers of hardhat 2 and 3, each in a project of its own.

use std::path::Path;
use std::process::Command;

use stylus_upgrades_harness::{Chain, HarnessError, Lines, Npm, Report};

/// Runs the suite of a folder of `tests/` on a fresh chain, where its packages are installed.
fn suite(what: &str, sources: &str, packages: &Npm, node: &Path) -> Result<Report, HarnessError> {
    packages.copy(&[
        &format!("{sources}/hardhat.config.js"),
        &format!("{sources}/hardhat.js"),
        "clients/helpers.cjs",
        "clients/report.cjs",
    ])?;
    let chain = Chain::embedded()?;
    let mut suite = Command::new(node);
    suite
        .arg("hardhat.js")
        .current_dir(packages.folder())
        .env("NODE_URL", chain.url())
        .env("HARDHAT_DISABLE_TELEMETRY_PROMPT", "true");
    Report::of(what, &mut suite)
}

#[test]
fn every_network_helper_of_hardhat_2_works() -> Result<(), HarnessError> {
    let packages = Npm::install_clients(&Lines)?;
    suite("hardhat 2", "clients", &packages, Path::new("node"))?.assert_passed(20);
    Ok(())
}

#[test]
fn every_network_helper_of_hardhat_3_works() -> Result<(), HarnessError> {
    let (packages, node) = Npm::install_hardhat3(&Lines)?;
    suite("hardhat 3", "hardhat3", &packages, &node.join("node"))?.assert_passed(19);
    Ok(())
}
