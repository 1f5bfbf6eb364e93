//! The differences of two calls or two states.

use crate::functions::Functions;
use crate::plan::Abis;
use alloy::primitives::{Address, Bytes, Log, U256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// In what they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
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

impl Kind {
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
pub(super) type Key = (Kind, String);

/// A difference between the two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) kind: Kind,
    /// The function, the variable or the account.
    pub(super) subject: String,
    /// The call that differs; none where it is seen after all of them.
    pub(super) at: Option<usize>,
    /// With the version before.
    pub(super) before: String,
    /// With the new one.
    pub(super) after: String,
    /// The exact behavior of the version before.
    pub(super) expected: Expected,
}

/// The behavior of the version before, as a test asserts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
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

impl Difference {
    pub(super) fn key(&self) -> Key {
        (self.kind, self.subject.clone())
    }
}

/// The end of a call.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) success: bool,
    pub(super) output: Bytes,
    pub(super) logs: Vec<Log>,
    pub(super) gas: u64,
    /// The reason why it failed, where it returned no data.
    pub(super) note: Option<String>,
    /// True if it used up all its gas.
    pub(super) is_spent: bool,
}

impl Ended {
    /// Returns what it did, where another call does something else of that kind.
    pub(super) fn expected(&self, kind: Kind) -> Expected {
        match (kind, self.success) {
            (Kind::Emits, _) => Expected::Emits(self.logs.clone()),
            (_, true) => Expected::Returns(self.output.clone()),
            (_, false) => Expected::Reverts(self.output.clone()),
        }
    }
}

/// The beginning of the name for the ether of an account where it is meant to differ.
pub(super) const BALANCE: &str = "balance of ";

/// The differences that are meant, as people write it: `fee() differs`.
#[derive(Debug, Clone, Default)]
pub(super) struct Intended(BTreeSet<String>);

impl Intended {
    pub(super) fn of(declared: &[String]) -> Self {
        let subject = |text: &String| {
            let text = text.trim();
            let subject = text.strip_suffix("differs").unwrap_or(text);
            subject.trim().to_owned()
        };
        Self(declared.iter().map(subject).collect())
    }

    /// The first that means none of these subjects, and no account's ether.
    pub(super) fn stray(&self, subjects: &[String]) -> Option<&str> {
        let is_one = |one: &String| {
            let alone = Self(BTreeSet::from([one.clone()]));
            one.starts_with(BALANCE) || subjects.iter().any(|subject| alone.has(subject))
        };
        self.0.iter().find(|one| !is_one(one)).map(String::as_str)
    }

    /// Returns true if a function, an event or a variable is meant: by its signature, or by its name, of a member of a
    /// struct without that of the struct.
    pub(super) fn has(&self, subject: &str) -> bool {
        let name = subject.split('(').next().unwrap_or(subject);
        let name = name.rsplit(['.', ' ']).next().unwrap_or(name);
        let variable = format!("{name}()");
        [subject, name, &variable]
            .iter()
            .any(|one| self.0.contains(*one))
    }
}

/// Finds what two calls of the same differ in, and what each side says; nothing where they do the same.
pub(super) fn compare(
    (before, after): (&Ended, &Ended),
    input: &[u8],
    abis: &Abis,
    intended: &Intended,
) -> Option<(Kind, String, String)> {
    let kind = match (before.success, after.success) {
        (true, false) => Kind::FailsNow,
        (false, true) => Kind::SucceedsNow,
        (false, false) if before.output != after.output => Kind::OtherReason,
        (true, true) if before.output != after.output => Kind::Returns,
        _ => {
            let [old, new] = [(before, &abis.before), (after, &abis.after)]
                .map(|(side, known)| unintended(&side.logs, known, intended));
            return (old != new).then(|| {
                let words = |logs: &[&Log], known| words_of(logs, known);
                (
                    Kind::Emits,
                    words(&old, &abis.before),
                    words(&new, &abis.after),
                )
            });
        }
    };
    Some((
        kind,
        words(before, input, &abis.before),
        words(after, input, &abis.after),
    ))
}

/// The events that are not meant to differ.
fn unintended<'a>(logs: &'a [Log], known: &Functions, intended: &Intended) -> Vec<&'a Log> {
    let is_intended = |log: &&Log| known.event_name(log).is_some_and(|name| intended.has(name));
    logs.iter().filter(|log| !is_intended(log)).collect()
}

/// Says how a call ended.
fn words(ended: &Ended, input: &[u8], known: &Functions) -> String {
    match (ended.success, ended.output.is_empty()) {
        (true, true) => "it succeeds".into(),
        (true, false) => {
            let values = known.returned(input, &ended.output);
            format!(
                "it returns {}",
                values.unwrap_or_else(|| ended.output.to_string())
            )
        }
        (false, true) => match &ended.note {
            Some(note) => format!("it fails: {note}"),
            None => "it reverts without data".into(),
        },
        (false, false) => format!("it reverts: {}", known.revert(&ended.output)),
    }
}

fn words_of(logs: &[&Log], known: &Functions) -> String {
    let one = |log: &&Log| {
        let by_bytes = || {
            let topics: Vec<String> = log.topics().iter().map(ToString::to_string).collect();
            format!("[{}] {}", topics.join(", "), log.data.data)
        };
        known.event(log).unwrap_or_else(by_bytes)
    };
    match logs {
        [] => "no events".into(),
        logs => logs.iter().map(one).collect::<Vec<_>>().join(", "),
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
        let intended =
            Intended::of(&["fee() differs".into(), "Paid".into(), "buy(uint256)".into()]);
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
        assert_eq!(intended.stray(&subjects), None);
        assert_eq!(intended.stray(&subjects[..2]), Some("buy(uint256)"));
        let ether = Intended::of(&["balance of the instance".into()]);
        assert_eq!(ether.stray(&[]), None);
    }
}
