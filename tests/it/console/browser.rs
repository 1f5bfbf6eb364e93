//! The console in a real browser, installed here at a pinned version: Chromium with wallets that sign
//! with the chain's own accounts.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

use serde::Deserialize;
use stylus_upgrades_harness::{HarnessError, Lines, Npm, home};

use super::process::{Console, with_open_action};
use crate::layouts::project::text;

/// What the suite prints.
#[derive(Debug, Deserialize)]
struct Report {
    passed: Vec<String>,
    failed: BTreeMap<String, String>,
}

#[test]
fn two_wallets_approve_a_migration_and_whoever_else_comes_is_answered() -> Result<(), HarnessError>
{
    let npm = Npm::install_browser(&Lines)?;
    let (project, action) = with_open_action();
    let create = ["create-proxy", "Note", "1.0", "--salt", "7"];
    let second = project.run(&[&create[..], &["--init", "initialize(uint256)", "9"]].concat());
    assert_eq!(second.exit, Some(3), "{second:?}");
    let second = text(&second.document, "action");
    let console = Console::of(&project);
    let proxy = project.done(&["status", "note"])["instance"]["proxy"].clone();
    let accounts = project.node.addresses();
    let accounts = [accounts[0], accounts[1], accounts[5]].map(|one| one.to_string());
    // The browser is unpacked here, and not where every user of this machine writes.
    let unpacked = npm.folder().join("unpacked");
    std::fs::create_dir_all(&unpacked).expect("made");
    let pictures = npm.folder().join("pictures");
    let began = Instant::now();
    let output = Command::new("node")
        .arg(home().join("tests/browser/console.mjs"))
        .current_dir(npm.folder())
        .env("TMPDIR", &unpacked)
        .env("CONSOLE", console.url())
        .env("NODE", project.node.endpoint())
        .env("ACTION", &action)
        .env("SECOND", second)
        .env("ACCOUNTS", accounts.join(","))
        .env("PROXY", proxy.as_str().expect("an address"))
        .env("PICTURES", &pictures)
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
        "console in Chromium: {} of {} in {:?}; pictures in {}",
        report.passed.len(),
        report.passed.len() + report.failed.len(),
        began.elapsed(),
        pictures.display()
    );
    assert!(report.failed.is_empty(), "{:#?}\n{errors}", report.failed);
    assert_eq!(report.passed.len(), 11);
    let status = project.done(&["status", "Note"]);
    assert_eq!(status["definitions"][0]["current"], "2.0");
    Ok(())
}
