//! What the sources show, what a tag in them allows and to whom, and that nobody searched them.

use super::{best, ids};
use crate::assess::{Extent, Fact, Finding, Origin, Part, Role, Severity};
use crate::checks::{Code, Stage, Transition, check};
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::layout::{Audit, Hazard, HazardKind, Initializers};
use crate::program_code::CodeBytes;
use crate::registry::RecordedCode;
use alloy::primitives::Address;
use stylus_upgrades_interface::chain::PROGRAM_PREFIX;

/// Sources that were searched, and have nothing.
pub(super) fn nothing() -> Audit {
    Audit {
        hazards: Vec::new(),
        initializers: Initializers::default(),
    }
}

fn shown(hazard: Hazard) -> Option<Fact<Audit>> {
    let audit = Audit {
        hazards: vec![hazard],
        ..nothing()
    };
    Some(Fact::of(audit, Origin::Build))
}

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
    transition.audit = shown(hazard(true));
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
    transition.audit = shown(hazard(false));
    assert!(found(&transition).is_accepted_by_proposer());
}

#[test]
fn that_nobody_searched_new_code_is_refused_by_its_own_id() {
    let absent = ["absent:code"];
    for role in [Role::Proposer, Role::Approver, Role::Ci, Role::Reader] {
        let mut transition = best();
        transition.role = role;
        assert_eq!(ids(&transition), [""; 0], "{role:?}");
        transition.audit = Some(Audit::unknown());
        assert_eq!(ids(&transition), absent, "{role:?}");
        let seen = check(&transition).expect("layouts").coverage;
        assert_eq!(seen.of(Part::Code), Some(Extent::Absent));
        let refused = seen.refusal().expect("one");
        let next = refused.findings()[0].next.clone().expect("advice");
        assert!(
            next.contains("--layout BUILD_INFO:NAME, with its solc in PATH"),
            "{next}"
        );
        assert!(
            next.ends_with("--layout DIR; to accept it: --accept absent:code"),
            "{next}"
        );
        // An earlier decision covered it.
        transition.goes_back = true;
        assert_eq!(ids(&transition), [""; 0], "{role:?}");
        transition.goes_back = false;
        transition.stage = Stage::Registered;
        assert_eq!(ids(&transition), [""; 0], "{role:?}");
    }
}

/// Code on the chain, with those bytes.
fn code(bytes: &[u8]) -> Code {
    let bytes = CodeBytes {
        code: bytes.to_vec().into(),
        fragments: Vec::new(),
    };
    let recorded = RecordedCode {
        implementation: Address::ZERO,
        codehash: CodeHash::ZERO,
        layout: LayoutHash::ZERO,
        source: SourceHash::ZERO,
    };
    Code::there(recorded, bytes, Fact::unknown(""), false)
}

#[test]
fn the_sources_of_a_program_are_asked_for_where_nobody_described_it() {
    let said = || Fact::of(nothing(), Origin::Build);
    let program = code(&PROGRAM_PREFIX);
    assert!(
        program
            .audit
            .as_ref()
            .is_some_and(|audit| audit.value().is_none())
    );
    assert_eq!(program.clone().decided().audit, None);
    let bytes = program.bytes.clone();
    let described = Code::there(program.code, bytes, best().new.known, false);
    assert_eq!(described.audit, None);
    assert_eq!(described.audited(said(), Role::Approver).audit, None);
    let evm = code(&[0]);
    assert_eq!(evm.audit, Some(Audit::unknown()));
    assert_eq!(evm.audited(said(), Role::Approver).audit, Some(said()));
}

#[test]
fn a_file_that_nobody_compiled_here_hides_nothing_from_who_judges_it() {
    let said = |role| {
        let said = Fact::doubted(nothing(), Origin::Remembered, "the file says so");
        let mut transition = best();
        transition.role = role;
        transition.audit = code(&[0]).audited(said, role).audit;
        transition
    };
    assert_eq!(ids(&said(Role::Approver)), ["absent:code"]);
    let own = said(Role::Proposer);
    assert_eq!(ids(&own), [""; 0]);
    let seen = check(&own).expect("layouts").coverage.of(Part::Code);
    assert_eq!(seen, Some(Extent::Partial));
}

#[test]
fn code_that_was_decided_on_needs_no_search_and_what_a_file_shows_of_it_is_told() {
    assert_eq!(code(&[0]).decided().audit, None);
    let said = Fact::doubted(nothing(), Origin::Change, "the file says so");
    let mut transition = best();
    transition.role = Role::Approver;
    let audited = code(&[0]).audited(said, Role::Approver);
    transition.audit = audited.decided().audit;
    assert!(transition.audit.is_some());
    assert_eq!(ids(&transition), [""; 0]);
}
