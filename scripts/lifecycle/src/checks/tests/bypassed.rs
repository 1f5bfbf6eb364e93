//! `bypassed` and `lost_paths`.

use super::{best, found, ids};
use crate::assess::{Role, Severity, decide};
use crate::checks::{Built, LostPath, Runs, Stage, Transition};
use crate::ids::CodeHash;
use crate::model::{MigrationBypass, MigrationCode, StepKind};
use alloy::primitives::Bytes;

/// The step 1.0 → 3.0, which leaves out these migrations.
fn around(labels: &[&str]) -> Transition {
    let mut transition = best();
    (transition.from, transition.to) = ("1.0".into(), "3.0".into());
    transition.runs = super::step(StepKind::None);
    let bypasses = labels.iter().map(|label| MigrationBypass {
        label: (*label).into(),
        migration: MigrationCode {
            kind: StepKind::Complex,
            code: CodeHash::of("the program"),
            data: Bytes::from_static(b"start"),
        },
        with: ["1.0", label, "3.0"].map(String::from).to_vec(),
        without: ["1.0", "3.0"].map(String::from).to_vec(),
    });
    transition.bypasses = bypasses.collect();
    transition
}

#[test]
fn each_migration_that_is_left_out_is_accepted_by_its_own_id_by_everybody_who_decides() {
    let transition = around(&["2.0", "2.1", "2.0"]);
    assert_eq!(
        ids(&transition),
        ["migration-bypassed:2.0", "migration-bypassed:2.1"]
    );
    let findings = found(&transition).findings;
    let code = CodeHash::of("the program").to_string();
    for part in ["1.0 → 3.0", "the migration into 2.0", &code, "0x7374617274"] {
        assert!(
            findings[0].message.contains(part),
            "{}",
            findings[0].message
        );
    }
    assert_eq!(findings[0].details.len(), 1, "the second pair of ways");
    let next = findings[0].next.as_deref().unwrap_or_default();
    assert!(next.contains("--accept migration-bypassed:2.0"), "{next}");
    for role in [Role::Proposer, Role::Approver, Role::Ci] {
        for (accepted, refused) in [
            ("migration-omitted", 2),
            ("migration-bypassed:2.0", 1),
            ("migration-bypassed:2.0,migration-bypassed:2.1", 0),
        ] {
            let accepted = accepted.parse().expect("ids");
            let decision = decide(&findings, &accepted, role);
            assert_eq!(decision.refused.len(), refused, "{role:?}");
        }
    }
}

#[test]
fn a_step_that_is_registered_was_asked_about_when_it_was_added() {
    for (stage, expected) in [
        (Stage::Proposed, 1),
        (
            Stage::Judged(Built {
                document: true,
                code: true,
                program: true,
            }),
            1,
        ),
        (Stage::Registered, 0),
    ] {
        let mut transition = around(&["2.0"]);
        transition.stage = stage;
        let of_ways = |id: &String| id.starts_with("migration-bypassed");
        assert_eq!(
            ids(&transition).iter().filter(|id| of_ways(id)).count(),
            expected
        );
    }
}

#[test]
fn who_loses_a_path_is_warned_of_and_nothing_stops() {
    let lost = |label: &str, upgrades, instances, is_current| LostPath {
        label: label.into(),
        upgrades,
        instances,
        is_current,
    };
    for (lost, expected) in [
        (
            lost("2.0", None, 0, true),
            &[
                "instances that are created at 2.0",
                "no path to A 3.0",
                "register A 3.0 --from 2.0",
            ][..],
        ),
        (
            lost("2.0", None, 1, true),
            &[
                "1 instance at 2.0, and those that are created there",
                "no path",
            ],
        ),
        (
            lost("1.0", None, 2, false),
            &[
                "2 instances at 1.0 will have no path to A 3.0",
                "register A 3.0 --from 1.0",
            ],
        ),
        (
            lost("0.1", Some(2), 5, false),
            &[
                "5 instances at 0.1 will need 2 upgrades",
                "stylus-upgrades upgrade A",
            ],
        ),
    ] {
        let mut transition = around(&[]);
        transition.lost_paths = vec![lost.clone()];
        transition.runs = Runs::Nothing;
        let findings = found(&transition).findings;
        let [finding] = findings.as_slice() else {
            panic!("{findings:?}");
        };
        assert_eq!(finding.id.to_string(), format!("path-lost:{}", lost.label));
        assert_eq!(finding.severity, Severity::Warning);
        let says = finding.short_lines().join(" ");
        for part in expected {
            assert!(says.contains(part), "{part}: {says}");
        }
    }
}
