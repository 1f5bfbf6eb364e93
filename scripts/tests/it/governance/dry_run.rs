//! A dry run does everything on a copy of the chain, and leaves chain and folder as they were.

use crate::prelude::*;

/// Every file below the sandbox's folder, but for what builds and layouts are remembered by.
fn files(sandbox: &Sandbox) -> Vec<(PathBuf, Vec<u8>)> {
    let all = std::fs::read_dir(sandbox.folder.path()).expect("a folder");
    let paths = all.map(|entry| entry.expect("an entry").path());
    let files = paths.filter(|path| path.is_file());
    let mut files: Vec<_> = files
        .map(|path| (path.clone(), std::fs::read(path).expect("a file")))
        .collect();
    files.sort();
    files
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
    assert_eq!((sandbox.block(), files(&sandbox)), (before, kept));
    assert_eq!(text(&sandbox.definition("A"), "current"), "1.0");
    // What refuses the command refuses its dry run, and what it would write is not written.
    sandbox.transcript(&format!(
        "Admin 2 Usage            | {CREATE_SAVED} --dry-run
         Admin 1 MigrationOmitted | migrate A 2.0 counter-v2 --dry-run"
    ));
    assert_eq!(sandbox.block(), before);
    sandbox.done("Admin", MIGRATE);
}
