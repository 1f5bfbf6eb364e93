//! Findings of OpenZeppelin's validator, tags that allow them, and sources that were not judged.

use super::{best, ids};
use crate::assess::{Extent, Fact, Finding, Origin, Part, Role, Severity};
use crate::checks::{Code, Stage, Transition, check};
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::layout::{Audit, Side, ValidatorFinding};
use crate::program_code::CodeBytes;
use crate::registry::RecordedCode;
use alloy::primitives::Address;
use std::collections::BTreeSet;
use stylus_layout::Document;
use stylus_upgrades_interface::chain::PROGRAM_PREFIX;

fn finding(place: &str, is_allowed: bool) -> ValidatorFinding {
    ValidatorFinding {
        kind: "delegatecall".into(),
        place: place.into(),
        file: "Vault.sol".into(),
        words: "Use of delegatecall is not allowed".into(),
        is_allowed,
    }
}

fn judged(findings: &[ValidatorFinding]) -> Option<Fact<Audit>> {
    let judgement = Ok(findings.to_vec());
    let audit = Audit {
        judgement,
        ..Audit::default()
    };
    Some(Fact::of(audit, Origin::Build))
}

fn found(transition: &Transition, id: &str) -> Finding {
    let found = check(transition).expect("layouts").findings;
    let mut found = found.into_iter();
    found.find(|one| one.id == *id).expect("a finding")
}

#[test]
fn what_a_tag_allows_is_a_note_to_its_author_and_a_danger_to_who_judges_it() {
    let mut transition = best();
    transition.audit = judged(&[finding("run()", true), finding("Base.run()", true)]);
    let allowed = "oz-allowed:delegatecall";
    let own = found(&transition, allowed);
    let expected = (Severity::Note, Origin::Annotation);
    assert_eq!((own.severity, own.origin), expected, "{own:?}");
    // Whether it is about an action that somebody proposed, or a proxy that is adopted.
    transition.role = Role::Approver;
    let others = found(&transition, allowed);
    let expected = (Severity::Danger, Origin::Annotation);
    assert_eq!((others.severity, others.origin), expected, "{others:?}");
    assert!(others.message.contains("Base.run()"), "{others:?}");
    assert!(others.id.is_acceptable() && !others.is_accepted_by_proposer());
    // The proposer had to accept a finding that no tag allows, too.
    transition.audit = judged(&[finding("run()", false)]);
    let refused = found(&transition, "oz:delegatecall:run()");
    assert_eq!(refused.severity, Severity::Danger);
    assert!(refused.id.is_acceptable() && refused.is_accepted_by_proposer());
}

#[test]
fn what_the_live_version_has_as_well_is_a_note() {
    let with = |before: &[&str]| {
        let mut transition = best();
        transition.role = Role::Approver;
        transition.audit = judged(&[finding("Base.run()", false), finding("go()", true)]);
        let side = transition.old.clone().expect("a version before");
        let mut document: Document = side.known.value().expect("a document").clone();
        document.unsafe_code = before.iter().map(|name| (*name).to_owned()).collect();
        transition.old = Some(Side {
            known: Fact::of(document, Origin::Chain),
            ..side
        });
        let all = check(&transition).expect("layouts").findings;
        ["Base.run()", "go()"].map(|place| {
            let mut about = all.iter().filter(|finding| finding.message.contains(place));
            about.next().expect("a finding").severity
        })
    };
    let (danger, note) = (Severity::Danger, Severity::Note);
    assert_eq!(with(&[]), [danger, danger]);
    assert_eq!(with(&["delegatecall:Base.run()"]), [note, danger]);
    // The live version may be the base.
    let both = ["delegatecall:run()", "delegatecall:go()"];
    assert_eq!(with(&both), [note, note]);
    // Another kind, and another place.
    let others = ["selfdestruct:Base.run()", "delegatecall:Other.run()"];
    assert_eq!(with(&others), [danger, danger]);
}

#[test]
fn what_the_live_version_has_as_well_is_listed_in_one_note() {
    let mut transition = best();
    let side = transition.old.clone().expect("a version before");
    let mut document: Document = side.known.value().expect("a document").clone();
    let places = ["Base.run()", "Base.go()", "stop()"];
    document.unsafe_code = places.map(|place| format!("delegatecall:{place}")).into();
    transition.old = Some(Side {
        known: Fact::of(document, Origin::Chain),
        ..side
    });
    transition.audit = judged(&places.map(|place| finding(place, false)));
    let note = found(&transition, "oz:as-before");
    assert_eq!(note.severity, Severity::Note);
    assert!(
        note.message
            .ends_with("as well: delegatecall (Base.run(), Base.go(), stop())"),
        "{note:?}"
    );
    let all = check(&transition).expect("layouts").findings;
    let of_validator = all
        .iter()
        .filter(|finding| finding.id.to_string().starts_with("oz"));
    assert_eq!(of_validator.count(), 1, "{all:?}");
}

#[test]
fn a_base_does_not_take_the_place_of_a_member_that_is_still_there() {
    let before = ["delegatecall:run()".to_owned()];
    let (own, base) = (finding("run()", false), finding("Base.run()", false));
    let alone = BTreeSet::from([base.name()]);
    assert!(base.is_in(&before, &alone));
    let both = BTreeSet::from([own.name(), base.name()]);
    assert!(own.is_in(&before, &both) && !base.is_in(&before, &both));
    for other in ["Library::run()", "::run()"] {
        assert!(!finding(other, false).is_in(&before, &alone), "{other}");
    }
}

#[test]
fn that_nothing_was_judged_is_refused_by_its_own_id() {
    let absent = ["absent:code"];
    let not_run = Audit {
        judgement: Err("node is not in PATH".into()),
        ..Audit::default()
    };
    for role in [Role::Proposer, Role::Approver, Role::Ci, Role::Reader] {
        let mut transition = best();
        transition.role = role;
        assert_eq!(ids(&transition), [""; 0], "{role:?}");
        for audit in [Audit::unknown(), Fact::of(not_run.clone(), Origin::Build)] {
            transition.audit = Some(audit);
            assert_eq!(ids(&transition), absent, "{role:?}");
        }
        let seen = check(&transition).expect("layouts").coverage;
        assert_eq!(seen.of(Part::Code), Some(Extent::Absent));
        let refused = seen.refusal().expect("one");
        let finding = &refused.findings()[0];
        assert!(
            finding.message.contains("node is not in PATH"),
            "{finding:?}"
        );
        let next = finding.next.clone().expect("advice");
        assert!(
            next.contains("--layout BUILD_INFO:NAME, with its solc and node in PATH"),
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
    let said = || Fact::of(Audit::default(), Origin::Build);
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
fn a_file_that_nobody_compiled_here_hides_nothing() {
    let said = |role| {
        let audit = Audit {
            judgement: Err("the given file was not compiled here".into()),
            ..Audit::default()
        };
        let said = Fact::doubted(audit, Origin::Remembered, "the file says so");
        let mut transition = best();
        transition.role = role;
        transition.audit = code(&[0]).audited(said, role).audit;
        transition
    };
    for role in [Role::Approver, Role::Proposer] {
        assert_eq!(ids(&said(role)), ["absent:code"], "{role:?}");
    }
}

#[test]
fn code_that_was_decided_on_needs_no_judgement_and_what_a_file_shows_of_it_is_told() {
    assert_eq!(code(&[0]).decided().audit, None);
    for judgement in [Ok(Vec::new()), Err("node is not in PATH".to_owned())] {
        let audit = Audit {
            judgement,
            ..Audit::default()
        };
        let said = Fact::doubted(audit, Origin::Change, "the file says so");
        let mut transition = best();
        transition.role = Role::Approver;
        let audited = code(&[0]).audited(said, Role::Approver);
        transition.audit = audited.decided().audit;
        assert!(transition.audit.is_some());
        assert_eq!(ids(&transition), [""; 0]);
    }
}
