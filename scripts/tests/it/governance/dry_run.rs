//! A dry run does everything on a copy of the chain, and leaves chain and folder as they were.

use crate::prelude::*;
use std::collections::BTreeMap;
use stylus_upgrades_test_support::files_below;

/// Every file of the sandbox's folder.
fn files(sandbox: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = files_below(sandbox.folder.path()).into_iter();
    all.map(|path| (path.clone(), std::fs::read(path).expect("a file")))
        .collect()
}

#[test]
fn a_dry_run_does_all_of_it_on_a_copy_and_neither_chain_nor_folder_changes() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let (before, kept) = (sandbox.block(), files(&sandbox));
    let tried = sandbox.done("Admin", &format!("{MIGRATE} --dry-run"));
    tried.has(json!({"dry_run": true, "executed": true}));
    let names = texts(list(&tried, "transactions"), "name").join("\n");
    let parts = [
        "deploy ",
        "activate ",
        "publish the layout",
        "migrate A to 2.0",
    ];
    contains(&names, &parts);
    assert_eq!(text(&sandbox.definition("A"), "current"), "1.0");
    sandbox.done("Admin", "deploy counter-v2 --dry-run");
    // What refuses the command refuses its dry run, and what it would write is not written.
    sandbox.transcript(&format!(
        "Admin 2 Usage            | {CREATE_SAVED} --dry-run
         Admin 2 Usage            | {PLAN} --write-expect file --dry-run
         Admin 2 Usage            | new folder --framework-path . --dry-run
         Admin 2 Usage            | init . --yes --dry-run
         Admin 2 Usage            | man . --dry-run
         Admin 2 Usage            | node --dry-run
         Admin 2 Usage            | status A --report file.html --dry-run
         Admin 2 Usage            | registry descriptors --dry-run
         Admin 2 Usage            | layout show counter-v2 --keep --dry-run
         Admin 1 MigrationOmitted | migrate A 2.0 counter-v2 --dry-run"
    ));
    #[cfg(feature = "laboratory")]
    sandbox
        .run("Admin", "census counter --dry-run")
        .is(2, "Usage");
    assert_eq!((sandbox.block(), files(&sandbox)), (before, kept));
    sandbox.done("Admin", MIGRATE);
}
