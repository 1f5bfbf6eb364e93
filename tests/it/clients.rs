//! Clients that others wrote, installed here at pinned versions, run unmodified on our chain.

use std::collections::BTreeMap;
use std::process::Command;

use serde::Deserialize;
use stylus_upgrades_harness::{Chain, HarnessError, Lines, Npm, home};

/// What a suite prints.
#[derive(Debug, Deserialize)]
struct Report {
    passed: Vec<String>,
    failed: BTreeMap<String, String>,
}

/// Hardhat 2 with its network helpers, as a project of its own.
#[test]
fn every_network_helper_of_hardhat_2_works() -> Result<(), HarnessError> {
    let npm = Npm::install_clients(&Lines)?;
    let sources = home().join("tests").join("clients");
    for name in ["hardhat.config.js", "hardhat.js"] {
        std::fs::copy(sources.join(name), npm.folder().join(name)).expect("the suite is copied");
    }
    let chain = Chain::embedded()?;
    let output = Command::new("node")
        .arg("hardhat.js")
        .current_dir(npm.folder())
        .env("NODE_URL", chain.url())
        .env("HARDHAT_NETWORK", "node")
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
        "hardhat 2: {} of {} helpers",
        report.passed.len(),
        report.passed.len() + report.failed.len()
    );
    assert!(report.failed.is_empty(), "{:#?}", report.failed);
    assert_eq!(report.passed.len(), 20);
    Ok(())
}
