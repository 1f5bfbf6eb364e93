//! The differences of two calls or two states.

use crate::functions::Functions;
use crate::plan::Abis;
use alloy::primitives::{Address, Bytes, Log, U256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The kind of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A call succeeds with the version before, and fails with the new one.
    FailsNow,
    /// It fails with the version before, and succeeds with the new one.
    SucceedsNow,
    /// It fails for another reason.
    OtherReason,
    /// It returns other data.
    Returns,
    /// It emits other events.
    Emits,
    /// A variable holds something else afterwards, or its getter answers something else.
    Variable,
    /// An account owns another amount of ether afterwards.
    Balance,
    /// An invariant does not hold with the new version.
    Broken,
}

impl DifferenceKind {
    /// Returns what is said of the subject.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::FailsNow => "fails with the new version",
            Self::SucceedsNow => "succeeds with the new version, and failed before",
            Self::OtherReason => "fails for another reason",
            Self::Returns => "returns other data",
            Self::Emits => "emits other events",
            Self::Variable => "holds something else",
            Self::Balance => "owns another amount of ether",
            Self::Broken => "does not hold with the new version",
        }
    }
}

/// The key of a difference, the same whatever the values are.
pub(super) type DifferenceKey = (DifferenceKind, String);

/// A difference between the two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BehaviorDifference {
    pub(super) kind: DifferenceKind,
    /// The function, the variable or the account.
    pub(super) subject: String,
    /// The call that differs; none where it is seen after all of them.
    pub(super) at: Option<usize>,
    /// With the version before.
    pub(super) before: String,
    /// With the new one.
    pub(super) after: String,
    /// The exact behavior of the version before.
    pub(super) expected: ExpectedBehavior,
}

/// The behavior of the version before, as a test asserts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExpectedBehavior {
    /// The last call succeeds, and returns that.
    Returns(Bytes),
    /// It fails, with that data.
    Reverts(Bytes),
    /// It emits these.
    Emits(Vec<Log>),
    /// Asked that, the instance answers so, or fails.
    Answers(Bytes, Option<Bytes>),
    /// These bytes of a slot, the high-order ones first.
    Holds {
        /// The slot, as the new version has it.
        slot: U256,
        /// The first byte.
        begin: usize,
        /// The bytes.
        bytes: Bytes,
    },
    /// An account owns this amount of wei.
    Owns(Address, U256),
}

impl BehaviorDifference {
    pub(super) fn key(&self) -> DifferenceKey {
        (self.kind, self.subject.clone())
    }
}

/// The effects of a call.
#[derive(Debug)]
pub(super) struct CallEffects {
    pub(super) success: bool,
    pub(super) output: Bytes,
    pub(super) logs: Vec<Log>,
    pub(super) gas: u64,
    /// The reason why it failed, where it returned no data.
    pub(super) note: Option<String>,
    /// True if it used up all its gas.
    pub(super) is_spent: bool,
}

impl CallEffects {
    /// Returns what it did, where another call does something else of that kind.
    pub(super) fn expected(&self, kind: DifferenceKind) -> ExpectedBehavior {
        if kind == DifferenceKind::Emits {
            ExpectedBehavior::Emits(self.logs.clone())
        } else if self.success {
            ExpectedBehavior::Returns(self.output.clone())
        } else {
            ExpectedBehavior::Reverts(self.output.clone())
        }
    }
}

/// The beginning of the name for the ether of an account where it is meant to differ.
pub(super) const BALANCE: &str = "balance of ";

/// The differences that are meant, as people write it: `fee() differs`.
#[derive(Debug, Clone, Default)]
pub(super) struct IntendedDifferences(BTreeSet<String>);

impl IntendedDifferences {
    pub(super) fn parse(declared: &[String]) -> Self {
        let subject = |text: &String| {
            let text = text.trim();
            let subject = text.strip_suffix("differs").unwrap_or(text);
            subject.trim().to_owned()
        };
        Self(declared.iter().map(subject).collect())
    }

    /// Finds the first that is neither one of these subjects nor an account's ether.
    pub(super) fn find_unknown(&self, subjects: &[String]) -> Option<&str> {
        let is_known = |declared: &String| {
            let alone = Self(BTreeSet::from([declared.clone()]));
            declared.starts_with(BALANCE) || subjects.iter().any(|subject| alone.has(subject))
        };
        let unknown = self.0.iter().find(|declared| !is_known(declared));
        unknown.map(String::as_str)
    }

    /// Returns true if a function, an event or a variable is meant: by its signature, or by its name, of a member of a
    /// struct without that of the struct.
    pub(super) fn has(&self, subject: &str) -> bool {
        let name = subject.split('(').next().unwrap_or(subject);
        let name = name.rsplit(['.', ' ']).next().unwrap_or(name);
        let variable = format!("{name}()");
        [subject, name, &variable]
            .iter()
            .any(|declared| self.0.contains(*declared))
    }
}

/// Finds what two executions of a call differ in, and describes each of them; nothing where they do the same.
pub(super) fn compare(
    before: &CallEffects,
    after: &CallEffects,
    input: &[u8],
    abis: &Abis,
    intended: &IntendedDifferences,
) -> Option<(DifferenceKind, String, String)> {
    let is_same_end = before.success == after.success;
    if is_same_end && before.output == after.output {
        let old = compared_logs(&before.logs, &abis.before, intended);
        let new = compared_logs(&after.logs, &abis.after, intended);
        return (old != new).then(|| {
            (
                DifferenceKind::Emits,
                describe_logs(&old, &abis.before),
                describe_logs(&new, &abis.after),
            )
        });
    }
    let kind = if is_same_end && before.success {
        DifferenceKind::Returns
    } else if is_same_end {
        DifferenceKind::OtherReason
    } else if before.success {
        DifferenceKind::FailsNow
    } else {
        DifferenceKind::SucceedsNow
    };
    Some((
        kind,
        describe_end(before, input, &abis.before),
        describe_end(after, input, &abis.after),
    ))
}

/// The events that are not meant to differ.
fn compared_logs<'a>(
    logs: &'a [Log],
    known: &Functions,
    intended: &IntendedDifferences,
) -> Vec<&'a Log> {
    let is_intended = |log: &&Log| known.event_name(log).is_some_and(|name| intended.has(name));
    logs.iter().filter(|log| !is_intended(log)).collect()
}

/// Describes how a call ended.
fn describe_end(call: &CallEffects, input: &[u8], known: &Functions) -> String {
    let output = &call.output;
    if call.success && output.is_empty() {
        return "it succeeds".into();
    }
    if call.success {
        let values = known.returned(input, output);
        let values = values.unwrap_or_else(|| output.to_string());
        return format!("it returns {values}");
    }
    if !output.is_empty() {
        return format!("it reverts: {}", known.revert(output));
    }
    match &call.note {
        Some(note) => format!("it fails: {note}"),
        None => "it reverts without data".into(),
    }
}

fn describe_logs(logs: &[&Log], known: &Functions) -> String {
    let describe = |log: &&Log| {
        let by_bytes = || {
            let topics: Vec<String> = log.topics().iter().map(ToString::to_string).collect();
            format!("[{}] {}", topics.join(", "), log.data.data)
        };
        known.event(log).unwrap_or_else(by_bytes)
    };
    match logs {
        [] => "no events".into(),
        logs => logs.iter().map(describe).collect::<Vec<_>>().join(", "),
    }
}

/// The subject of an account's ether.
pub(super) fn owner(account: Address, proxy: Address) -> String {
    if account == proxy {
        "the instance".into()
    } else {
        account.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_meant_by_signature_or_name() {
        let intended = IntendedDifferences::parse(&[
            "fee() differs".into(),
            "Paid".into(),
            "buy(uint256)".into(),
        ]);
        for meant in [
            "fee()",
            "fee",
            "Paid",
            "Paid(address,uint256)",
            "buy(uint256)",
            "state.fee",
        ] {
            assert!(intended.has(meant), "{meant}");
        }
        for other in ["fees()", "buy(uint8)", "buy", "sell(uint256)"] {
            assert!(!intended.has(other), "{other}");
        }
        let subjects = ["fee()", "Paid", "buy(uint256)"].map(String::from);
        assert_eq!(intended.find_unknown(&subjects), None);
        assert_eq!(intended.find_unknown(&subjects[..2]), Some("buy(uint256)"));
        let ether = IntendedDifferences::parse(&["balance of the instance".into()]);
        assert_eq!(ether.find_unknown(&[]), None);
    }
}
