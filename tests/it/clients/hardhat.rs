//! The network helpers of hardhat 2 and 3, each in a project of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use stylus_upgrades_harness::{Chain, HarnessError, Lines, Npm, home};

/// What a suite prints.
#[derive(Debug, Deserialize)]
struct Report {
    passed: Vec<String>,
    failed: BTreeMap<String, String>,
}

/// Runs the suite of a folder of `tests/` on a fresh chain, where its packages are installed.
fn suite(what: &str, sources: &str, packages: &Npm, node: &Path) -> Result<Report, HarnessError> {
    for name in ["hardhat.config.js", "hardhat.js"] {
        let from = home().join("tests").join(sources).join(name);
        std::fs::copy(from, packages.folder().join(name)).expect("the suite is copied");
    }
    let chain = Chain::embedded()?;
    let output = Command::new(node)
        .arg("hardhat.js")
        .current_dir(packages.folder())
        .env("NODE_URL", chain.url())
        .env("HARDHAT_DISABLE_TELEMETRY_PROMPT", "true")
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let report = said
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line).ok());
    let report: Report = report.unwrap_or_else(|| panic!("no report in {said}{errors}"));
    println!(
        "{what}: {} of {} helpers",
        report.passed.len(),
        report.passed.len() + report.failed.len()
    );
    Ok(report)
}

#[test]
fn every_network_helper_of_hardhat_2_works() -> Result<(), HarnessError> {
    let packages = Npm::install_clients(&Lines)?;
    let report = suite("hardhat 2", "clients", &packages, Path::new("node"))?;
    assert!(report.failed.is_empty(), "{:#?}", report.failed);
    assert_eq!(report.passed.len(), 20);
    Ok(())
}

#[test]
fn every_network_helper_of_hardhat_3_works() -> Result<(), HarnessError> {
    let (packages, node) = Npm::install_hardhat3(&Lines)?;
    let report = suite("hardhat 3", "hardhat3", &packages, &node.join("node"))?;
    assert!(report.failed.is_empty(), "{:#?}", report.failed);
    assert_eq!(report.passed.len(), 19);
    Ok(())
}
