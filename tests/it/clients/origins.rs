//! Pages of a real browser that call the local chain.

use crate::prelude::*;
use std::process::Command;

use stylus_upgrades_harness::{HarnessError, Lines, Npm, Report, home};

#[test]
fn a_browser_lets_pages_of_the_developer_call_and_no_others() -> Result<(), HarnessError> {
    let npm = Npm::install_browser(&Lines)?;
    let node = spawn(NodeConfig::default()).expect("a free port");
    let mut suite = Command::new("node");
    suite
        .arg(home().join("tests/browser/origins.mjs"))
        .current_dir(npm.folder())
        .env("NODE", node.endpoint());
    let report = Report::of("origins in Chromium", &mut suite)?;
    report.checks();
    assert_eq!(report.passed.len(), 4, "{:?}", report.passed);
    Ok(())
}
