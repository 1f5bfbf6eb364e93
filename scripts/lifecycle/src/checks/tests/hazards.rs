//! What a tag in the sources allows, and to whom.

use super::best;
use crate::assess::{Finding, Origin, Role, Severity};
use crate::checks::{Transition, check};
use crate::layout::{Hazard, HazardKind};

fn found(transition: &Transition) -> Finding {
    let found = check(transition).expect("layouts").findings;
    let mut found = found.into_iter();
    let it = found.find(|one| one.id == *"unsafe-delegatecall:Vault.run");
    it.expect("a finding")
}

#[test]
fn what_a_tag_allows_is_a_note_to_its_author_and_a_danger_to_who_judges_it() {
    let mut transition = best();
    let hazard = |is_allowed| Hazard {
        kind: HazardKind::Delegatecall,
        place: "Vault.run".into(),
        file: "Vault.sol".into(),
        is_allowed,
    };
    transition.audit.hazards = vec![hazard(true)];
    let own = found(&transition);
    let expected = (Severity::Note, Origin::Annotation);
    assert_eq!((own.severity, own.origin), expected, "{own:?}");
    // Whether it is about an action that somebody proposed, or a proxy that is adopted.
    transition.role = Role::Approver;
    let judged = found(&transition);
    let expected = (Severity::Danger, Origin::Annotation);
    assert_eq!((judged.severity, judged.origin), expected, "{judged:?}");
    assert!(judged.id.is_acceptable() && !judged.is_accepted_by_proposer());
    // What nothing allows, the proposer had to accept as well.
    transition.audit.hazards = vec![hazard(false)];
    assert!(found(&transition).is_accepted_by_proposer());
}
