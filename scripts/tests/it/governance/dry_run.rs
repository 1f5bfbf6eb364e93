//! A dry run does everything on a copy of the chain, and leaves chain and folder as they were.

use crate::governance::sandbox::{CREATE_SAVED, MIGRATE, Sandbox, text};
use serde_json::json;

/// Every file below the sandbox's folder, but for what builds and layouts are remembered by.
fn files(sandbox: &Sandbox) -> Vec<(String, Vec<u8>)> {
    let all = std::fs::read_dir(sandbox.folder.path()).expect("a folder");
    let paths = all.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = paths
        .filter(|path| path.is_file())
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read(path).expect("a file"),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_dry_run_does_all_of_it_on_a_copy_and_neither_chain_nor_folder_changes() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let (before, kept) = (sandbox.block(), files(&sandbox));
    let tried = sandbox.done("Admin", &[&MIGRATE[..], &["--dry-run"]].concat());
    assert_eq!(
        (&tried["dry_run"], &tried["executed"]),
        (&json!(true), &json!(true))
    );
    let sent = tried["transactions"].as_array().expect("transactions");
    let names: Vec<&str> = sent.iter().map(|one| text(one, "name")).collect();
    for part in [
        "deploy ",
        "activate ",
        "publish the layout",
        "migrate A to 2.0",
    ] {
        assert!(
            names.iter().any(|name| name.contains(part)),
            "{part}: {names:?}"
        );
    }
    assert_eq!((sandbox.block(), files(&sandbox)), (before, kept));
    let status = sandbox.done("Other", "status A");
    assert_eq!(status["definitions"][0]["current"], "1.0");
    // What refuses the command refuses its dry run, and what it would write is not written.
    let saved = [&CREATE_SAVED[..], &["--dry-run"]].concat();
    let refused = sandbox.run("Admin", &saved);
    refused.is(2, "Usage");
    let wrong = "migrate A 2.0 counter-v2 --dry-run";
    let refused = sandbox.run("Admin", &wrong);
    refused.is(1, "MigrationOmitted");
    assert_eq!(sandbox.block(), before);
    sandbox.done("Admin", &MIGRATE);
}
