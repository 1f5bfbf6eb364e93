//! The console in a real browser, installed here at a pinned version: Chromium with wallets that sign
//! with the chain's own accounts. Every run has the short suite; an ignored test has all of
//! it, and notes the day in `tests/snapshots/console.json`. Both compare pages with the pictures in
//! `tests/browser/pictures`; with `STYLUS_UPGRADES_UPDATE=1` they write them, and the long one writes
//! those of the book.

use crate::prelude::*;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use stylus_upgrades_harness::{HarnessError, Lines, Npm, Report, home};
use stylus_upgrades_test_support::update;

use super::process::{Console, with_open_action};
use crate::layouts::project::{Project, V1, home as home_of};

/// Markup where a name should be.
const HOSTILE: &str = "<img/src=x/onerror=globalThis.hacked=1>";
/// When every page was opened last, and what passed then.
const RECORD: &str = "tests/snapshots/console.json";

/// Pictures that pages are compared with.
const PICTURES: &str = "tests/browser/pictures";
/// Bytes of all of them, at most.
const PICTURES_BYTES_MAX: u64 = 1_000_000;
/// Pictures of the book.
const BOOK: &str = "docs/pictures";
/// Bytes of one of those, at most.
const BOOK_PICTURE_BYTES_MAX: u64 = 120_000;

/// The last long run in which everything passed.
#[derive(Debug, Deserialize, Serialize)]
struct Record {
    at: String,
    passed: Vec<String>,
}

/// Runs a suite of `tests/browser` against a console; gives what passed.
fn passed(
    suite: &str,
    project: &Project,
    action: &str,
    more: &[(&str, &str)],
) -> Result<Vec<String>, HarnessError> {
    let npm = Npm::install_browser(&Lines)?;
    let console = Console::of(project);
    let accounts = project.node.addresses();
    let accounts = [accounts[0], accounts[1], accounts[5]].map(|one| one.to_string());
    let pictures = npm.folder().join("pictures");
    println!("pictures in {}", pictures.display());
    let mut command = Command::new("node");
    command
        .arg(home().join("tests/browser").join(suite))
        .current_dir(npm.folder())
        .env("CONSOLE", console.url())
        .env("NODE", project.node.endpoint())
        .env("ACTION", action)
        .env("ACCOUNTS", accounts.join(","))
        .env("PICTURES", &pictures)
        .env("EXPECTED", home().join(PICTURES))
        .env("BOOK", home().join(BOOK))
        .env("UPDATE", if update() { "1" } else { "0" })
        .envs(more.iter().copied());
    let report = Report::of(&format!("{suite} in Chromium"), &mut command)?;
    println!("{}", report.errors);
    report.checks();
    Ok(report.passed)
}

#[test]
fn two_wallets_approve_a_migration_and_everybody_else_is_answered() -> Result<(), HarnessError> {
    let (project, action) = with_open_action();
    project.done(&format!("define {} --migrate Admin", HOSTILE));
    let passed = passed("console.mjs", &project, &action, &[("HOSTILE", HOSTILE)])?;
    assert_eq!(passed.len(), 4, "{passed:?}");
    let status = project.done("status Note");
    assert_eq!(status["definitions"][0]["current"], "2.0");
    Ok(())
}

#[test]
fn what_time_changes_is_noticed_and_what_is_long_fits() -> Result<(), HarnessError> {
    let project = Project::with_note();
    let together = project.together();
    project.done("define Later --migrate AND(Admin,AFTER(2d))");
    let later = project.run(&["register", "Later", "1.0", &home_of(V1)]);
    later.ends_with(3);
    project.done(&format!("policy update Note --role policy {together}"));
    let accounts = project.node.addresses();
    let accounts = accounts.iter().take(10).map(ToString::to_string);
    let accounts: Vec<String> = accounts.collect();
    let policy = format!("OutOf(2,{})", accounts.join(","));
    let long = project.run(&format!("policy update Note --role migrate {policy}"));
    long.ends_with(3);
    let more = [
        ("LATER", text(&later.document, "action")),
        ("LONG", text(&long.document, "action")),
    ];
    let passed = passed("later.mjs", &project, "", &more)?;
    assert_eq!(passed.len(), 6, "{passed:?}");
    Ok(())
}

#[test]
#[ignore = "nightly: every page in Chromium, about 120 s"]
fn every_page_works_in_a_browser() -> Result<(), HarnessError> {
    let (project, action) = with_open_action();
    let create = "create-proxy Note 1.0 --salt 7";
    let second = project.run(&format!("{create} --init initialize(uint256) 9"));
    second.ends_with(3);
    let proxy = project.done("status note")["instance"]["proxy"].clone();
    let more = [
        ("SECOND", text(&second.document, "action")),
        ("PROXY", proxy.as_str().expect("an address")),
    ];
    let passed = passed("long.mjs", &project, &action, &more)?;
    assert_eq!(passed, tests_of("long.mjs"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let at = stylus_upgrades::text::utc(now.expect("a date").as_secs());
    let record = serde_json::to_string_pretty(&Record { at, passed }).expect("JSON");
    std::fs::write(home().join(RECORD), record + "\n").expect("written");
    Ok(())
}

#[test]
fn committed_pictures_are_small() {
    let sizes = |folder: &str| -> Vec<(String, u64)> {
        let entries = std::fs::read_dir(home().join(folder)).expect("a folder");
        let entries = entries.map(|entry| entry.expect("an entry"));
        let size = |entry: std::fs::DirEntry| {
            let bytes = entry.metadata().expect("its size").len();
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        };
        entries.map(size).collect()
    };
    let expected: u64 = sizes(PICTURES).iter().map(|(_, bytes)| bytes).sum();
    assert!(expected < PICTURES_BYTES_MAX, "{expected} bytes");
    let of_the_book = sizes(BOOK);
    assert_eq!(of_the_book.len(), 3, "{of_the_book:?}");
    for (name, bytes) in of_the_book {
        assert!(bytes < BOOK_PICTURE_BYTES_MAX, "{name}: {bytes} bytes");
    }
}

#[test]
fn the_last_run_of_every_page_in_a_browser_had_every_test_that_there_is_now() {
    let record = std::fs::read_to_string(home().join(RECORD)).expect("the last run");
    let record: Record = serde_json::from_str(&record).expect("a record");
    let run = "run the ignored test `every_page_works_in_a_browser`";
    assert_eq!(
        record.passed,
        tests_of("long.mjs"),
        "last on {}: {run}",
        record.at
    );
}

/// The names of a suite's tests in their order, and of the last that every suite has.
fn tests_of(suite: &str) -> Vec<String> {
    let source = std::fs::read_to_string(home().join("tests/browser").join(suite));
    let source = source.expect("a suite");
    let names = source.lines().filter_map(|line| {
        let rest = line.strip_prefix("await test('")?;
        Some(rest.split_once("',")?.0.to_owned())
    });
    let last = "nothing came from elsewhere, and no page complained";
    names.chain([last.to_owned()]).collect()
}
