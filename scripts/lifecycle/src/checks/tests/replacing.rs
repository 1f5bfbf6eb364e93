//! `replacing`.

use super::{best, found};
use crate::assess::{FindingKind, Severity};
use crate::checks::{Runs, Stage};

#[test]
fn functions_that_replace_the_code_of_a_proxy_are_warned_of_where_they_are_new() {
    let is_warned = |with: fn(&mut crate::checks::Transition)| {
        let mut transition = best();
        transition.replacing = vec!["upgradeToAndCall(address,bytes)".into()];
        with(&mut transition);
        let found = found(&transition).findings;
        let warnings = found
            .iter()
            .filter(|one| one.id == FindingKind::ReplacingFunctions.id());
        let warnings: Vec<_> = warnings.collect();
        assert!(warnings.iter().all(|one| one.severity == Severity::Warning));
        !warnings.is_empty()
    };
    // The version before has none.
    assert!(is_warned(|_| {}));
    assert!(is_warned(|first| {
        first.old = None;
        first.runs = Runs::Nothing;
    }));
    for quiet in [
        (|none| none.replacing.clear()) as fn(&mut crate::checks::Transition),
        |registered| registered.stage = Stage::Registered,
        |unknown| {
            if let Some(old) = &mut unknown.old {
                old.known = crate::assess::Fact::unknown("nobody published it");
            }
        },
    ] {
        assert!(!is_warned(quiet));
    }
}
