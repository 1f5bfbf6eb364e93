//! The decision that follows from findings, from what was accepted, and from who asks.

use super::accepted::Accepted;
use super::finding::{Finding, Severity};
use super::kind::FindingKind;
use super::origin::{Origin, Part, Writer};
use serde::Serialize;

/// The role of who asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The account that sends it first, or alone.
    #[default]
    Proposer,
    /// The account that judges what somebody else proposed.
    Approver,
    /// The account that sends what its approvers decided: they answered for what could be accepted then.
    Executor,
    /// A reader who looks and decides nothing.
    Reader,
    /// A check of a change before it is merged.
    Ci,
}

/// The consent that it takes to continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// Nothing: nothing refuses it.
    NotNeeded,
    /// Each id that is in the way, accepted.
    Needed,
    /// It cannot be given.
    Refused,
}

/// The decision about findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Findings that would refuse it and were accepted.
    pub accepted: Vec<Finding>,
    /// Findings that refuse it.
    pub refused: Vec<Finding>,
    /// The consent that it takes to continue.
    pub consent: Consent,
}

impl Role {
    /// Returns true if what is proposed is the word of who asks.
    pub const fn proposes(self) -> bool {
        matches!(self, Self::Proposer | Self::Ci)
    }

    /// Returns what each role believes of what somebody wrote: the one table of it. The proposer's word is their own to
    /// the proposer, and that of the change to all others.
    pub const fn believes(self, writer: Writer) -> Origin {
        match (self, writer) {
            (_, Writer::Nobody) => Origin::Chain,
            (_, Writer::Me) => Origin::Remembered,
            (Self::Proposer | Self::Ci, Writer::Proposer) => Origin::Remembered,
            (Self::Approver | Self::Executor | Self::Reader, Writer::Proposer) => Origin::Change,
            (_, Writer::Author) => Origin::Annotation,
        }
    }

    /// Returns true if somebody has answered for a finding: who asks accepted it, or those whose decision they send had
    /// to.
    pub fn is_answered(self, finding: &Finding, accepted: &Accepted) -> bool {
        match self {
            Self::Approver => accepted.covers(&finding.id),
            Self::Executor => {
                accepted.is_of_approvers(&finding.id) || accepted.answers(&finding.id)
            }
            Self::Proposer | Self::Reader | Self::Ci => accepted.answers(&finding.id),
        }
    }

    /// Returns true if a finding is in the way of who asks.
    fn is_refused(self, finding: &Finding) -> bool {
        let is_absent = finding.severity == Severity::Unknown && finding.id.is(FindingKind::Absent);
        match (self, finding.severity) {
            (_, Severity::Danger) => true,
            // Who only looks is told that nobody compared or searched it.
            (Self::Reader, _) => {
                is_absent && ![Part::Interface, Part::Code].contains(&finding.part)
            }
            (Self::Proposer | Self::Approver | Self::Executor | Self::Ci, _) => is_absent,
        }
    }
}

/// Decides.
pub fn decide(findings: &[Finding], accepted: &Accepted, role: Role) -> Decision {
    let is_taken = |finding: &Finding| role.is_answered(finding, accepted);
    let (taken, other): (Vec<_>, Vec<_>) = findings.iter().cloned().partition(is_taken);
    let in_the_way = |mut all: Vec<Finding>| {
        all.retain(|finding| role.is_refused(finding));
        all
    };
    let (taken, refused) = (in_the_way(taken), in_the_way(other));
    let consent = if refused.is_empty() {
        Consent::NotNeeded
    } else if refused.iter().all(|finding| finding.id.is_acceptable()) {
        Consent::Needed
    } else {
        Consent::Refused
    };
    Decision {
        accepted: taken.iter().map(Finding::taken).collect(),
        refused,
        consent,
    }
}

#[cfg(test)]
mod tests {
    use super::super::id::FindingId;
    use super::*;

    #[test]
    fn what_the_project_answers_for_is_asked_of_approvers_alone() {
        let proxy = alloy::primitives::Address::repeat_byte(7);
        let id = FindingId::at(FindingKind::Arrival, proxy);
        let finding = Finding::new(Part::Instances, Severity::Danger, id.clone(), "it came");
        let accepted = Accepted::default().with_project([id]);
        for (role, is_answered) in [
            (Role::Proposer, true),
            (Role::Approver, false),
            (Role::Executor, true),
            (Role::Reader, true),
            (Role::Ci, true),
        ] {
            assert_eq!(
                role.is_answered(&finding, &accepted),
                is_answered,
                "{role:?}"
            );
        }
        assert!(accepted.unfit().is_empty());
    }

    #[test]
    fn nobody_believes_more_than_the_writer_could_know() {
        for role in [
            Role::Proposer,
            Role::Approver,
            Role::Executor,
            Role::Reader,
            Role::Ci,
        ] {
            for writer in [Writer::Nobody, Writer::Me, Writer::Proposer, Writer::Author] {
                let origin = role.believes(writer);
                let is_own = role.proposes() && writer == Writer::Proposer;
                let expected = if is_own { Writer::Me } else { writer };
                assert_eq!(origin.writer(), Some(expected), "{role:?} {writer:?}");
            }
        }
    }

    #[test]
    fn what_is_in_the_way_of_whom() {
        let unseen = |kind, part| (FindingId::of_part(kind, part), part, Severity::Unknown);
        let all = [
            unseen(FindingKind::Absent, Part::Source),
            unseen(FindingKind::Absent, Part::Interface),
            unseen(FindingKind::Absent, Part::Code),
            unseen(FindingKind::NotSeen, Part::Layout),
            unseen(FindingKind::Partial, Part::Layout),
            (
                FindingId::about(FindingKind::Reorder, "owner"),
                Part::Layout,
                Severity::Danger,
            ),
            (
                FindingKind::SelectorClash.id(),
                Part::Simulation,
                Severity::Danger,
            ),
            (
                FindingId::error("ExpiresSoon"),
                Part::Code,
                Severity::Warning,
            ),
        ];
        let all = all.map(|(id, part, severity)| Finding::named(part, severity, id, "found"));
        let of = |ids: &[&str], role| {
            let accepted = ids
                .iter()
                .map(|id| FindingId::parse(id).expect("an id"))
                .collect();
            let Decision {
                accepted,
                refused,
                consent,
            } = decide(&all, &accepted, role);
            let named = |all: Vec<Finding>| {
                all.into_iter()
                    .map(|one| one.id.to_string())
                    .collect::<Vec<_>>()
            };
            (named(accepted), named(refused), consent)
        };
        let none = Vec::<String>::new();
        for role in [Role::Proposer, Role::Approver, Role::Ci] {
            let every = [
                "absent:source",
                "absent:interface",
                "absent:code",
                "reorder:owner",
                "SelectorClash",
            ];
            assert_eq!(
                of(&[], role),
                (
                    none.clone(),
                    every.map(String::from).into(),
                    Consent::Refused
                )
            );
        }
        // Its approvers answered for the others.
        let (_, refused, _) = of(&[], Role::Executor);
        assert_eq!(refused, ["SelectorClash"]);
        let (_, refused, _) = of(&[], Role::Reader);
        assert_eq!(refused, ["absent:source", "reorder:owner", "SelectorClash"]);
        let (accepted, refused, consent) = of(&["absent:source", "reorder:owner"], Role::Reader);
        assert_eq!(
            (accepted.len(), refused.len(), consent),
            (2, 1, Consent::Refused)
        );
        let only_acceptable = decide(&all[..1], &Accepted::default(), Role::Ci);
        assert_eq!(only_acceptable.consent, Consent::Needed);
        assert_eq!(
            decide(&all[3..5], &Accepted::default(), Role::Ci).consent,
            Consent::NotNeeded
        );
    }
}
