//! What callers of a contract lose with its next version: functions, events and errors that are gone
//! or mean something else.

use super::{Callable, is_reading};
use crate::assess::{Finding, FindingId, Part, Severity};
use alloy::json_abi::{Fallback, Function, JsonAbi, Param, StateMutability};
use serde::Serialize;

/// Something that callers knew and that is not there any more as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened, stable: `function-removed`.
    pub code: &'static str,
    /// The signature as it was.
    pub signature: String,
    /// What happened, in words.
    pub message: String,
    /// The name of the function, event or error.
    #[serde(skip)]
    pub name: String,
}

impl Change {
    /// As `--accept` takes it.
    pub fn id(&self) -> FindingId {
        FindingId::new(format!("{}:{}", self.code, self.signature))
    }

    /// That callers lose it.
    pub fn finding(&self) -> Finding {
        Finding::new(Part::Interface, Severity::Danger, self.id(), &self.message)
    }
}

/// Compares. What the old code declares as an initializer or a migration nobody calls, so it may go;
/// what becomes one is lost. A layout document does not decide that: its proposer wrote it.
pub fn compare(before: &Callable, after: &Callable) -> Vec<Change> {
    let (old, abi) = (&before.abi, &after.abi);
    let mut changes = Vec::new();
    for was in old
        .functions()
        .filter(|one| !before.steps.contains(&one.signature()))
    {
        let is = abi.functions().find(|one| one.selector() == was.selector());
        match is {
            Some(is) if after.steps.contains(&is.signature()) => changes.push(Change {
                code: "function-changed",
                signature: was.signature(),
                message: format!(
                    "the function {} is an initializer or a migration now",
                    was.signature()
                ),
                name: was.name.clone(),
            }),
            Some(is) => changes.extend(answers(was, is)),
            None => changes.push(gone(
                ("function-removed", "function-changed"),
                ("function", was.signature(), &was.name),
                abi.functions
                    .get(&was.name)
                    .and_then(|all| all.first())
                    .map(Function::signature),
            )),
        }
    }
    changes.extend(without_selector(old, abi));
    for was in old.events() {
        let described = |event: &alloy::json_abi::Event| {
            let indexed: Vec<bool> = event.inputs.iter().map(|input| input.indexed).collect();
            (event.selector(), indexed, event.anonymous)
        };
        if abi.events().any(|is| described(is) == described(was)) {
            continue;
        }
        let other = abi.events.get(&was.name).and_then(|all| all.first());
        changes.push(gone(
            ("event-removed", "event-changed"),
            ("event", was.signature(), &was.name),
            other.map(|other| other.full_signature()),
        ));
    }
    for was in old.errors() {
        if abi.errors().any(|is| is.selector() == was.selector()) {
            continue;
        }
        let other = abi.errors.get(&was.name).and_then(|all| all.first());
        changes.push(gone(
            ("error-removed", "error-changed"),
            ("error", was.signature(), &was.name),
            other.map(|other| other.signature()),
        ));
    }
    changes
}

/// What callers can use from the next version on: functions, events and errors that were not there.
pub fn added(old: &JsonAbi, abi: &JsonAbi) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |code, kind: &str, signature: String, name: &str| {
        changes.push(Change {
            code,
            message: format!("the {kind} {signature} is new"),
            signature,
            name: name.to_owned(),
        });
    };
    for is in abi.functions() {
        if !old.functions().any(|was| was.selector() == is.selector()) {
            add("function-added", "function", is.signature(), &is.name);
        }
    }
    for is in abi.events() {
        if !old.events().any(|was| was.selector() == is.selector()) {
            add("event-added", "event", is.signature(), &is.name);
        }
    }
    for is in abi.errors() {
        if !old.errors().any(|was| was.selector() == is.selector()) {
            add("error-added", "error", is.signature(), &is.name);
        }
    }
    changes
}

/// What answers calls that no function answers.
fn without_selector(old: &JsonAbi, abi: &JsonAbi) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |code, name: &str, message: &str| {
        changes.push(Change {
            code,
            signature: format!("{name}()"),
            message: message.to_owned(),
            name: name.to_owned(),
        });
    };
    if old.receive.is_some() && abi.receive.is_none() {
        let message = "receive, which answers calls without calldata, is not there any more";
        add("receive-removed", "receive", message);
    }
    let is_payable = |one: &Fallback| one.state_mutability == StateMutability::Payable;
    match (&old.fallback, &abi.fallback) {
        (Some(_), None) => {
            let message = "fallback, which answers every other call, is not there any more";
            add("fallback-removed", "fallback", message);
        }
        (Some(was), Some(is)) if is_payable(was) && !is_payable(is) => {
            let message = "fallback was payable and is nonpayable now";
            add("mutability-changed", "fallback", message);
        }
        _ => {}
    }
    changes
}

fn gone(
    (removed, changed): (&'static str, &'static str),
    (kind, signature, name): (&str, String, &str),
    other: Option<String>,
) -> Change {
    let (code, message) = match other {
        Some(other) => (changed, format!("the {kind} {signature} is {other} now")),
        None => (
            removed,
            format!("the {kind} {signature} is not there any more"),
        ),
    };
    Change {
        code,
        signature,
        message,
        name: name.to_owned(),
    }
}

/// What a function of the same selector answers.
fn answers(was: &Function, is: &Function) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |code, message| {
        changes.push(Change {
            code,
            signature: was.signature(),
            message,
            name: was.name.clone(),
        });
    };
    let list = |outputs: &[Param]| {
        let all: Vec<_> = outputs
            .iter()
            .map(|one| one.selector_type().into_owned())
            .collect();
        format!("({})", all.join(","))
    };
    let (old, new) = (list(&was.outputs), list(&is.outputs));
    if old != new {
        let message = format!("{} returned {old} and returns {new} now", was.signature());
        add("returns-changed", message);
    }
    let (before, after) = (was.state_mutability, is.state_mutability);
    let loses_value = before == StateMutability::Payable && after != StateMutability::Payable;
    if loses_value || (is_reading(before) && !is_reading(after)) {
        let words = |mutability| match mutability {
            StateMutability::Pure => "pure",
            StateMutability::View => "view",
            StateMutability::NonPayable => "nonpayable",
            StateMutability::Payable => "payable",
        };
        let message = format!(
            "{} was {} and is {} now",
            was.signature(),
            words(before),
            words(after)
        );
        add("mutability-changed", message);
    }
    changes
}
