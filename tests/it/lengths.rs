//! A source file has one job and at most 400 lines. Files that were longer when this was written are
//! listed; none is added, and one that was cut leaves the list.

use std::collections::BTreeSet;
use std::path::Path;

use crate::folders::collect;

const LINES_MAX: usize = 400;

/// Files that are longer.
const LONGER: [&str; 30] = [
    "interface/src/registry_storage.rs",
    "layout/tests/derive.rs",
    "layout/tests/pairs.rs",
    "migratable/macros/src/tests.rs",
    "node/chain/src/ledger/mod.rs",
    "node/chain/src/state_db.rs",
    "node/chain/tests/arbos_59_to_61.rs",
    "node/chain/tests/frames.rs",
    "node/chain/tests/rules.rs",
    "node/vm/src/engine/wasmi.rs",
    "registry/core/src/action.rs",
    "registry/core/src/policy/tests.rs",
    "scripts/src/build/error.rs",
    "scripts/src/client/error.rs",
    "scripts/src/commands/mod.rs",
    "scripts/src/commands/rollout.rs",
    "scripts/src/layout/check.rs",
    "tests/harness/src/chain.rs",
    "tests/it/differential/points.rs",
    "tests/it/migrations/full.rs",
    "tests/it/own_project.rs",
    "tests/it/registry/approvals.rs",
    "tests/it/registry/model/contract.rs",
    "tests/it/registry/model/mod.rs",
    "tests/it/registry/model/request.rs",
    "tests/it/registry/policies.rs",
    "tests/it/registry/rivals.rs",
    "tests/it/registry/scale.rs",
    "tests/it/registry/transfer.rs",
    "tests/it/registry/versions.rs",
];

#[test]
fn no_source_file_is_longer_than_it_may_be() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let home = home.canonicalize().expect("the workspace");
    let mut files = Vec::new();
    collect(&home, &mut files);
    assert!(files.len() > 500, "only {} files were found", files.len());
    let longer: BTreeSet<String> = files
        .iter()
        .filter(|file| {
            let text = std::fs::read_to_string(file).expect("a source");
            text.lines().count() > LINES_MAX
        })
        .map(|file| {
            let path = file.strip_prefix(&home).expect("below the workspace");
            path.display().to_string()
        })
        .collect();
    let listed: BTreeSet<String> = LONGER.iter().map(ToString::to_string).collect();
    let new: Vec<_> = longer.difference(&listed).collect();
    assert!(new.is_empty(), "longer than {LINES_MAX} lines: {new:?}");
    let cut: Vec<_> = listed.difference(&longer).collect();
    assert!(cut.is_empty(), "no longer than {LINES_MAX} lines: {cut:?}");
}
