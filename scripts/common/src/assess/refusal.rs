//! The refusal of a command: the findings that are in the way, told once for each check.

use super::finding::Finding;
use super::id::FindingId;
use crate::error::{Explain, Report};
use crate::ids::ActionId;
use std::fmt;

/// The findings that refuse something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    findings: Vec<Finding>,
    /// The command that was typed, where somebody may have accepted the same before.
    typed: Option<String>,
    /// The action of somebody else that it is about.
    action: Option<ActionId>,
}

/// The same findings, where each says what was expected and what to do only once for all that have it in common: the
/// last of them, of all of them.
pub fn told_once(all: &[Finding]) -> Vec<Finding> {
    let mut told = all.to_vec();
    for (at, one) in all.iter().enumerate() {
        let is_same = |other: &&Finding| other.together.is_some() && other.together == one.together;
        let same: Vec<&Finding> = all.iter().filter(is_same).collect();
        let is_last = !all[at + 1..].iter().any(|other| is_same(&other));
        if same.len() > 1 {
            let all = Some(report(&same)).filter(|_| is_last).unwrap_or_default();
            told[at].next = all.next();
            told[at].expected = all.expected;
        }
        // An id is no news beside itself.
        told[at].found = one.found.clone().filter(|found| one.id != **found);
    }
    told
}

/// Returns what findings of one check say together: all of `group` have that in common, or it is one finding.
fn report(group: &[&Finding]) -> Report {
    let first = group[0];
    let Some(together) = &first.together else {
        return first.report();
    };
    let details = group.iter().flat_map(|finding| {
        let line = format!("  {}{}  {}", finding.id, finding.places(), finding.message);
        std::iter::once(line).chain(finding.details.iter().map(|detail| format!("    {detail}")))
    });
    let found = group.iter().filter_map(|finding| finding.found.as_deref());
    let found: Vec<&str> = found.collect();
    let flag = FindingId::flag(group.iter().map(|finding| &finding.id));
    Report {
        name: together.name.into(),
        message: together.message.clone(),
        details: match together.found {
            Some(_) => Vec::new(),
            None => details.collect(),
        },
        expected: Some(together.expected.clone()),
        found: match &together.found {
            Some(found) => Some(found.clone()),
            None => (!found.is_empty()).then(|| found.join(", ")),
        },
        next: vec![format!("{}; to accept it: {flag}", together.next)],
    }
}

impl Refused {
    /// The error of these findings; nothing where there are none.
    pub fn of(findings: Vec<Finding>) -> Option<Self> {
        (!findings.is_empty()).then_some(Self {
            findings,
            typed: None,
            action: None,
        })
    }

    /// The same of an action that somebody else proposed: who approves it can refuse it.
    #[must_use]
    pub fn of_action(self, action: Option<ActionId>) -> Self {
        Self { action, ..self }
    }

    /// The same of ways that are registered. The chain does not say what was accepted then, so each command asks
    /// again: the refusal ends with the whole command, where accepting helps.
    #[must_use]
    pub fn asked_again(mut self, typed: String) -> Self {
        let helps = self
            .findings
            .iter()
            .all(|finding| finding.id.is_acceptable());
        self.typed = helps.then_some(typed);
        self
    }

    /// The findings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns what each check says. The error is named after the first.
    fn told(&self) -> Vec<Report> {
        let mut groups: Vec<Vec<&Finding>> = Vec::new();
        for one in &self.findings {
            let is_same = |group: &&mut Vec<&Finding>| {
                one.together.is_some() && group[0].together == one.together
            };
            match groups.iter_mut().find(is_same) {
                Some(group) => group.push(one),
                None => groups.push(vec![one]),
            }
        }
        groups.iter().map(|group| report(group)).collect()
    }
}

/// Says what approvers do about an action that their checks refuse.
fn refuse(action: &ActionId) -> String {
    format!(
        "to refuse the action, so that everybody sees it: stylus-upgrades revoke {action}. The rest is for who proposed \
         it, or accepts it"
    )
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.told().first() {
            Some(first) if !first.details.is_empty() => {
                write!(f, "{}:\n{}", first.message, first.details.join("\n"))
            }
            Some(first) => f.write_str(&first.message),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refused {}

impl Explain for Refused {
    fn report(&self) -> Report {
        let mut told = self.told().into_iter();
        let first = told.next().unwrap_or_default();
        // What to do about each check that refuses.
        let mut next: Vec<String> = self.action.iter().map(refuse).collect();
        next.extend(first.next);
        next.extend(told.map(|other| {
            let (name, what) = (&other.name, &other.message);
            let next = other.next().unwrap_or_default();
            format!("{name} refuses it too ({what}): {next}")
        }));
        next.extend(self.typed.as_ref().map(|typed| {
            let flag = FindingId::flag(self.findings.iter().map(|finding| &finding.id));
            format!(
                "what was accepted at registration is not on chain, so every upgrade asks again; the whole command: \
                 {typed} {flag}"
            )
        }));
        Report {
            message: self.to_string(),
            next,
            ..first
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::together::Together;
    use crate::assess::{FindingId, FindingKind, Part};
    use std::sync::Arc;

    #[test]
    fn findings_of_one_check_are_told_together() {
        let together = Arc::new(Together {
            message: "2.0 would misread 1.0".into(),
            ..Together::default()
        });
        let finding = |id: &str, field: &str| {
            let kind = FindingKind::from_name(id).expect("a kind");
            let id = FindingId::about(kind, field);
            Finding::of_several(
                Part::Layout,
                (id, field),
                format!("{field}: why"),
                &together,
            )
        };
        let one = |moved: &[&str]| {
            let moved = moved.iter().map(|field| finding("shift", field));
            let all = std::iter::once(finding("insert", "x"))
                .chain(moved)
                .collect();
            Refused::of(all).expect("a refusal")
        };
        let refused = one(&["a", "b", "c"]);
        let expected = "2.0 would misread 1.0:\n  insert:x  x: why\n  shift:a  a: why\n  shift:b  b: why\n  shift:c  c: why";
        assert_eq!(refused.to_string(), expected);
        let found = "insert:x, shift:a, shift:b, shift:c";
        assert_eq!(refused.found().as_deref(), Some(found));
        assert!(
            refused
                .next()
                .is_some_and(|next| next.contains("insert:x,shift:a,shift:b,shift:c"))
        );
        assert!(one(&["a"]).to_string().ends_with("shift:a  a: why"));
        let lines: Vec<String> = told_once(refused.findings())
            .iter()
            .flat_map(Finding::lines)
            .collect();
        let count = |word: &str| {
            lines
                .iter()
                .filter(|line| line.trim_start().starts_with(word))
                .count()
        };
        assert_eq!(
            [count("expected"), count("found"), count("next")],
            [1, 0, 1],
            "{lines:?}"
        );
        assert!(
            lines
                .last()
                .is_some_and(|last| last.ends_with("--accept insert:x,shift:a,shift:b,shift:c"))
        );
    }
}
