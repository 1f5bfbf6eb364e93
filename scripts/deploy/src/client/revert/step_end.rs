//! The end of a step that a proxy reports as not applied. `MigrationNotApplied` says no more than that the mark is not
//! set and that there was no revert data; the calls say why.

use crate::call_tree::{Frame, children};
use crate::client::advice::Advice;
use crate::client::reasons::{how_to_activate, is_not_runnable};
use alloy::primitives::{Bytes, hex};
use alloy::sol_types::SolError;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::MigrationNotApplied;

/// The end of a step that is not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepEnd {
    /// A program that it calls does not run, in the chain's words.
    NotActive(String),
    /// Its program trapped, in the words of the machine.
    Panicked(String),
    /// It reverted and said nothing: nobody but the machine knows whether it trapped.
    Silent(String),
    /// Its gas did not suffice.
    OutOfGas,
    /// It failed otherwise, in the endpoint's words.
    Failed(String),
    /// It went through and set no mark: the function is no migration or initializer of that version.
    Unmarked(String),
    /// Nothing was called.
    NotCalled,
}

impl StepEnd {
    /// Finds it in the calls of a transaction that failed. `trap` is what the machine says of a program that trapped.
    pub fn of(frames: &[Frame], trap: Option<&str>) -> Option<Self> {
        let reports = |frame: &Frame| frame.output.starts_with(&MigrationNotApplied::SELECTOR);
        let reported = frames.iter().rposition(reports)?;
        let calls = children(frames, reported).into_iter().rev();
        let mut calls = calls.filter_map(|at| frames.get(at));
        let Some(step) = calls.find(|frame| frame.kind.is_delegated()) else {
            return Some(Self::NotCalled);
        };
        let selector = || selector(&step.input);
        let mut errors = frames.iter().filter_map(|frame| frame.error.as_deref());
        let not_active = errors.find(|error| is_not_runnable(error));
        Some(match (step.error.as_deref(), not_active, trap) {
            (None, ..) => Self::Unmarked(selector()),
            (Some(words), ..) if words.starts_with("out of gas") => Self::OutOfGas,
            (Some("execution reverted"), Some(words), _) => Self::NotActive(words.into()),
            (Some("execution reverted"), None, Some(trap)) => Self::Panicked(trap.into()),
            (Some("execution reverted"), None, None) => Self::Silent(selector()),
            (Some(other), ..) => Self::Failed(other.into()),
        })
    }

    /// Says what happened, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::NotActive(words) => format!("a program that it calls is not active: {words}"),
            Self::Panicked(trap) => format!("its code panicked ({trap})"),
            Self::Silent(selector) => format!(
                "its code reverted without data, as a panic does, and as code does that has no function {selector}, or \
                 whose function takes no ether"
            ),
            Self::OutOfGas => "it ran out of gas".into(),
            Self::Failed(words) => format!("it failed: {words}"),
            Self::Unmarked(selector) => {
                format!(
                    "{selector} went through and set no mark, so it is no migration or initializer of that version"
                )
            }
            Self::NotCalled => "it has no calldata, and was not called".into(),
        }
    }

    /// Returns what to do about it.
    pub(super) fn advice(&self, expected: String) -> Advice {
        let next = match self {
            Self::NotActive(_) => &how_to_activate(),
            Self::Silent(_) => {
                "leave out a --value that the function does not take; else call the function in a test with the data \
                 that the instance holds, and correct it: an overflow, an index or an unwrap panics"
            }
            Self::Panicked(_) | Self::Failed(_) => {
                "call the function in a test with the data that the instance holds, and correct it: an overflow, an \
                 index or an unwrap panics"
            }
            Self::OutOfGas => {
                "do less in one step: a complex migration works in batches (stylus-upgrades register --complex)"
            }
            Self::Unmarked(_) => {
                "call the function that has #[migration] or #[initializer], or put the attribute on this one"
            }
            Self::NotCalled => "give the calldata of the migration",
        };
        Advice::new(expected, self.words(), next)
    }
}

/// The function that was called.
fn selector(input: &Bytes) -> String {
    hex::encode_prefixed(input.get(..4).unwrap_or(input))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_tree::read;
    use crate::client::Revert;
    use serde_json::value::to_raw_value;
    use serde_json::{Value, json};

    fn not_applied() -> Bytes {
        let (from, to) = ("1.0".into(), "2.0".into());
        MigrationNotApplied { from, to }.abi_encode().into()
    }

    fn frame(kind: &str, error: Option<&str>, output: &Bytes, calls: &[Value]) -> Value {
        let account = "0x0000000000000000000000000000000000000001";
        json!({"type": kind, "from": account, "to": account, "input": "0x01020304", "output": output,
            "error": error, "calls": calls})
    }

    /// The end of a step, called by the proxy's own code, which its proxy calls.
    fn end(step: Option<Value>, trap: Option<&str>) -> Option<StepEnd> {
        let (reverted, output) = (Some("execution reverted"), not_applied());
        let check = frame("STATICCALL", None, &Bytes::new(), &[]);
        let calls: Vec<Value> = [Some(check.clone()), step, Some(check)]
            .into_iter()
            .flatten()
            .collect();
        let own = frame("DELEGATECALL", reverted, &output, &calls);
        let all = frame("CALL", reverted, &output, &[own]);
        StepEnd::of(
            &read(&to_raw_value(&all).expect("JSON")).expect("a tree"),
            trap,
        )
    }

    #[test]
    fn a_step_that_is_not_applied_is_reported_as_what_its_calls_say() {
        let step = |error| Some(frame("DELEGATECALL", error, &Bytes::new(), &[]));
        let selector = || "0x01020304".to_owned();
        let reverted = Some("execution reverted");
        let expired = frame(
            "DELEGATECALL",
            Some("ProgramExpired(31622400)"),
            &Bytes::new(),
            &[],
        );
        let cases = [
            (
                step(reverted),
                Some("unreachable"),
                StepEnd::Panicked("unreachable".into()),
            ),
            (step(reverted), None, StepEnd::Silent(selector())),
            (
                step(Some("out of gas")),
                Some("unreachable"),
                StepEnd::OutOfGas,
            ),
            (
                step(Some("max call depth exceeded")),
                None,
                StepEnd::Failed("max call depth exceeded".into()),
            ),
            (step(None), None, StepEnd::Unmarked(selector())),
            (
                Some(frame("DELEGATECALL", reverted, &Bytes::new(), &[expired])),
                Some("unreachable"),
                StepEnd::NotActive("ProgramExpired(31622400)".into()),
            ),
            (None, None, StepEnd::NotCalled),
        ];
        for (step, trap, expected) in cases {
            assert_eq!(end(step, trap), Some(expected));
        }
        let other = frame(
            "CALL",
            Some("execution reverted"),
            &Bytes::from_static(&[1, 2, 3, 4]),
            &[],
        );
        assert_eq!(
            StepEnd::of(
                &read(&to_raw_value(&other).expect("JSON")).expect("a tree"),
                None
            ),
            None
        );
    }

    #[test]
    fn what_is_reported_and_advised_names_no_attribute_where_the_code_failed() {
        let of = |end| Revert::decode(&not_applied()).ended(Some(end));
        let panicked = of(StepEnd::Panicked("unreachable".into()));
        assert_eq!(
            panicked.to_string(),
            "MigrationNotApplied(\"1.0\", \"2.0\"): its code panicked (unreachable)"
        );
        assert_eq!(panicked.advice().found, "its code panicked (unreachable)");
        let silent = of(StepEnd::Silent("0x01020304".into()));
        assert!(
            silent.to_string().ends_with("takes no ether")
                && silent.advice().next.contains("--value")
        );
        for end in [StepEnd::OutOfGas, StepEnd::Silent("0x01020304".into())] {
            assert!(!of(end).advice().next.contains('#'));
        }
        assert!(
            of(StepEnd::Unmarked("0x01020304".into()))
                .advice()
                .next
                .contains("#[migration]")
        );
    }
}
