//! The console in a real browser, installed here at a pinned version: Chromium with wallets that sign
//! with the chain's own accounts.

use std::process::Command;

use stylus_upgrades_harness::{HarnessError, Lines, Npm, Report, home};

use super::process::{Console, with_open_action};
use crate::layouts::project::text;

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
    println!("pictures in {}", pictures.display());
    let mut suite = Command::new("node");
    suite
        .arg(home().join("tests/browser/console.mjs"))
        .current_dir(npm.folder())
        .env("TMPDIR", &unpacked)
        .env("CONSOLE", console.url())
        .env("NODE", project.node.endpoint())
        .env("ACTION", &action)
        .env("SECOND", second)
        .env("ACCOUNTS", accounts.join(","))
        .env("PROXY", proxy.as_str().expect("an address"))
        .env("PICTURES", &pictures);
    Report::of("console in Chromium", &mut suite)?.assert_passed(11);
    let status = project.done(&["status", "Note"]);
    assert_eq!(status["definitions"][0]["current"], "2.0");
    Ok(())
}
