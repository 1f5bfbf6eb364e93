//! Changes of a policy, from the old one to the new one: one description for the terminal, for the console and for who
//! signs.

use super::calls::Call;
use super::policy::{Explained, duration, explain, replaced_policy};
use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::client::ChainError;
use crate::names::Names;
use crate::registry::Registry;
use crate::text::count;
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::BTreeSet;

/// A change of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyChange {
    /// The role.
    pub role: String,
    /// Its policy until now, with names; none where the definition has no such role.
    pub was: Option<String>,
    /// Its policy afterwards.
    pub becomes: String,
    /// The differences. A warning: less is asked for than before.
    pub effects: Vec<Finding>,
}

impl PolicyChange {
    /// Describes what `call` does to a policy; `None` of a call that sets none.
    ///
    /// # Errors
    /// What the chain says; `PolicyUnreadable` where the policy in force cannot be understood.
    pub async fn of(
        registry: Registry<'_>,
        call: &Call,
        names: &Names,
    ) -> Result<Option<Self>, ChainError> {
        let Call::SetPolicy(set) = call else {
            return Ok(None);
        };
        let (name, role) = (set.name.as_str(), set.role.as_str());
        let old = replaced_policy(registry, name, role).await?;
        Self::between(role, (old.as_deref(), &set.expression), names).map(Some)
    }

    /// Compares a role's policy with the next one.
    ///
    /// # Errors
    /// `PolicyUnreadable` where the policy in force cannot be understood.
    pub fn between(
        role: &str,
        (old, new): (Option<&str>, &str),
        names: &Names,
    ) -> Result<Self, ChainError> {
        let was = old.map(|old| explain(role, old, names)).transpose()?;
        let effects = match (&was, explain(role, new, names)) {
            (_, Err(_)) => vec![warning(
                "the new policy is invalid: the registry refuses it",
            )],
            (_, Ok(new)) if new.fewest.is_none() => {
                vec![warning("nobody can ever decide it again: NONE is final")]
            }
            (Some(was), Ok(new)) => differences(was, &new, names),
            (None, Ok(_)) => Vec::new(),
        };
        Ok(Self {
            role: role.into(),
            was: was.map(|was| was.named),
            becomes: names.policy(new),
            effects,
        })
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let was = self.was.as_deref().unwrap_or("not set");
        let mut lines = vec![
            format!("{:<13} {was}", "now"),
            format!("{:<13} {}", "afterwards", self.becomes),
        ];
        lines.extend(self.effects.iter().map(Finding::line));
        lines
    }
}

fn effect(severity: Severity, says: String) -> Finding {
    Finding::named(Part::Policy, severity, FindingKind::PolicyChange, says)
}

fn warning(says: impl Into<String>) -> Finding {
    effect(Severity::Warning, says.into())
}

/// A warning where a policy asks for less than before, else a note.
fn less_or(is_less: bool, says: String) -> Finding {
    if is_less {
        warning(says)
    } else {
        effect(Severity::Note, says)
    }
}

/// Lists the differences between two policies.
fn differences(was: &Explained, new: &Explained, names: &Names) -> Vec<Finding> {
    let mut all: Vec<Finding> = delays(&was.delays, &new.delays).into_iter().collect();
    if let (Some(before), Some(after)) = (was.fewest, new.fewest)
        && before != after
    {
        let says = format!("takes at least {}, not {before}", count(after, "approval"));
        all.push(less_or(after < before, says));
    }
    // Who is removed may not have noticed, and who is new may be anybody.
    let gone = was
        .approvers
        .iter()
        .filter(|approver| !new.approvers.contains(approver));
    all.extend(
        gone.map(|approver| warning(format!("removes the approver {}", names.long(*approver)))),
    );
    let known: BTreeSet<Address> = names.accounts().collect();
    let added = new
        .approvers
        .iter()
        .filter(|approver| !was.approvers.contains(approver));
    all.extend(added.map(|approver| {
        if known.contains(approver) {
            less_or(
                false,
                format!("adds the approver {}", names.long(*approver)),
            )
        } else {
            warning(format!(
                "adds the approver {approver}, which has no name here"
            ))
        }
    }));
    let mut add =
        |before: &[Address], after: &[Address], is_less, says: &dyn Fn(String) -> String| {
            let gone = before.iter().filter(|lambda| !after.contains(lambda));
            all.extend(gone.map(|lambda| less_or(is_less, says(names.long(*lambda)))));
        };
    add(&was.lambdas, &new.lambdas, true, &|lambda| {
        format!("the policy no longer asks the contract {lambda}")
    });
    add(&new.lambdas, &was.lambdas, false, &|lambda| {
        format!("the policy also asks the contract {lambda}")
    });
    let alone = new
        .alone
        .iter()
        .filter(|approver| !was.alone.contains(approver));
    all.extend(alone.map(|approver| {
        let says = format!("{} can decide alone", names.long(*approver));
        effect(Severity::Danger, says)
    }));
    all
}

fn delays(before: &[u64], after: &[u64]) -> Option<Finding> {
    let sorted = |delays: &[u64]| {
        let mut delays = delays.to_vec();
        delays.sort_unstable_by(|delay, other| other.cmp(delay));
        delays
    };
    let (before, after) = (sorted(before), sorted(after));
    let words = |delays: &[u64]| {
        let words: Vec<String> = delays.iter().map(|seconds| duration(*seconds)).collect();
        words.join(", ")
    };
    let (was, new) = (words(&before), words(&after));
    let mut both = before.iter().enumerate();
    let is_less = both.any(|(at, old)| after.get(at).is_none_or(|new| new < old));
    (before != after).then(|| {
        if after.is_empty() {
            warning(format!("removes the delay of {was}"))
        } else if before.is_empty() {
            less_or(false, format!("adds a delay of {new}"))
        } else {
            less_or(is_less, format!("the delay becomes {new}, and was {was}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The effects of a change, with `!` before what is a warning.
    fn effects(old: Option<&str>, new: &str) -> Vec<String> {
        let names = [(1, "ana"), (2, "ben"), (3, "cleo")];
        let addresses = names.map(|(byte, name)| (Address::with_last_byte(byte), name.to_owned()));
        let full = |text: &str| {
            addresses
                .iter()
                .fold(text.to_owned(), |text, (account, name)| {
                    text.replace(name, &account.to_string())
                })
        };
        let (old, new) = (old.map(full), full(new));
        let names = addresses.clone().into_iter().collect();
        let change =
            PolicyChange::between("migrate", (old.as_deref(), &new), &names).expect("a change");
        assert_eq!(change.lines().len(), 2 + change.effects.len());
        let marks = change.effects.into_iter();
        let lines = marks.map(|effect| match effect.severity {
            Severity::Warning => format!("! {}", effect.message),
            Severity::Danger => format!("✗ {}", effect.message),
            _ => effect.message,
        });
        let shorter = |text: String| {
            addresses.iter().fold(text, |text, (account, _)| {
                text.replace(&format!(" ({account})"), "")
            })
        };
        lines.map(shorter).collect()
    }

    #[test]
    fn a_change_is_told_from_the_old_policy_to_the_new_one() {
        // The old policy, the new one, and what is said of it.
        for case in [
            "AND(ana,ben,AFTER(172800)) | AND(ana,ben) | ! removes the delay of 2 days",
            "AND(ana,ben) | AND(ana,ben,AFTER(3600)) | adds a delay of 1 hour",
            "AND(ana,AFTER(7200)) | AND(ana,AFTER(3600)) | ! the delay becomes 1 hour, and was 2 hours",
            "AND(ana,AFTER(3600)) | AND(ana,AFTER(7200)) | the delay becomes 2 hours, and was 1 hour",
            "AND(ana,ben) | OR(ana,ben) | ! takes at least 1 approval, not 2 | ✗ ana can \
             decide alone | ✗ ben can decide alone",
            "AND(ana,ben) | AND(ana,cleo) | ! removes the approver ben | adds the approver cleo",
            "AND(ana,ben) | AND(ana,0x0000000000000000000000000000000000000009) | ! removes the approver ben \
             | ! adds the approver 0x0000000000000000000000000000000000000009, which has no name here",
            "AND(ana,CALL(ben)) | AND(ana,CALL(cleo)) | ! the policy no longer asks \
             the contract ben | the policy also asks the contract cleo",
            "ana | NONE | ! nobody can ever decide it again: NONE is final",
        ] {
            let parts: Vec<&str> = case.split(" | ").collect();
            assert_eq!(effects(Some(parts[0]), parts[1]), parts[2..], "{case}");
        }
        assert_eq!(effects(None, "ana"), [""; 0]);
        assert_eq!(
            effects(Some("ana"), "AND("),
            ["! the new policy is invalid: the registry refuses it"]
        );
    }
}
