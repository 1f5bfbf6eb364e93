//! What callers of a contract lose with its next version: functions, events and errors that are gone
//! or mean something else.

use super::published::{error_entry, event_entry, function_entry, types};
use super::{Callable, is_reading};
use crate::assess::{Finding, FindingId, Origin, Part, Severity};
use alloy::json_abi::{Fallback, Function, JsonAbi, StateMutability};
use serde::Serialize;

/// A function, an event or an error that is not for callers what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallerChange {
    /// What it was; nothing where it is new.
    pub before: Option<String>,
    /// What it would be; nothing where it is gone.
    pub after: Option<String>,
}

/// What changes for the callers of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallersOfWay {
    /// The version that they call.
    pub from: String,
    /// The one that they would call.
    pub to: String,
    /// Whether both sides are known by more than somebody's word, and as a whole.
    pub proven: bool,
    /// Everything that changes.
    pub changes: Vec<CallerChange>,
}

impl CallerChange {
    /// The sign of it: what a colour says, without one.
    pub const fn sign(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "+",
            (_, None) => "×",
            _ => "~",
        }
    }

    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "new",
            (_, None) => "removed",
            _ => "changed",
        }
    }
}

impl CallersOfWay {
    /// What it comes to.
    pub fn words(&self) -> String {
        let Self { from, to, .. } = self;
        let doubt = match self.proven {
            true => "",
            false => "; not proven, what was found says why",
        };
        match self.changes.is_empty() {
            true => {
                format!("{to} has every function, event and error of {from}, and none more{doubt}")
            }
            false => format!("what changes for callers, {from} → {to}{doubt}"),
        }
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let changes = self.changes.iter().map(|one| {
            let sides = [&one.before, &one.after].into_iter().flatten();
            let sides: Vec<&str> = sides.map(String::as_str).collect();
            format!("  {} {:<7} {}", one.sign(), one.word(), sides.join(" → "))
        });
        std::iter::once(self.words()).chain(changes).collect()
    }
}

/// What happened to something that callers knew, and is not as it was.
fn change(code: String, signature: &str, message: String, name: &str) -> Finding {
    let id = FindingId::new(format!("{code}:{signature}"));
    Finding {
        about: Some(name.to_owned()),
        ..Finding::new(Part::Interface, Severity::Danger, id, message)
    }
}

/// A function, an event or an error of an ABI.
struct Declared<'a> {
    kind: &'static str,
    name: &'a str,
    signature: String,
    /// As a layout document has it.
    entry: String,
    function: Option<&'a Function>,
}

impl<'a> Declared<'a> {
    fn all(abi: &'a JsonAbi) -> Vec<Self> {
        let functions = abi.functions().map(|one| Self {
            function: Some(one),
            ..Self::new("function", &one.name, one.signature(), function_entry(one))
        });
        let events = abi.events();
        let events =
            events.map(|one| Self::new("event", &one.name, one.signature(), event_entry(one)));
        let errors = abi.errors();
        let errors =
            errors.map(|one| Self::new("error", &one.name, one.signature(), error_entry(one)));
        functions.chain(events).chain(errors).collect()
    }

    fn new(kind: &'static str, name: &'a str, signature: String, entry: String) -> Self {
        let function = None;
        Self {
            kind,
            name,
            signature,
            entry,
            function,
        }
    }

    fn change(&self, what: &str, words: &str) -> Finding {
        let (kind, signature) = (self.kind, &self.signature);
        let message = format!("the {kind} {signature} {words}");
        change(format!("{kind}-{what}"), signature, message, self.name)
    }
}

/// Compares. What the old code declares as an initializer or a migration nobody calls, so it may go;
/// what becomes one is lost. A layout document does not decide that: its proposer wrote it.
pub fn compare(before: &Callable, after: &Callable) -> Vec<Finding> {
    let new = Declared::all(&after.abi);
    let mut changes = Vec::new();
    for was in Declared::all(&before.abi) {
        if was.function.is_some() && before.steps.contains(&was.signature) {
            continue;
        }
        let same_kind = || new.iter().filter(|is| is.kind == was.kind);
        let is = same_kind().find(|is| match was.function {
            Some(_) => is.signature == was.signature,
            None => is.entry == was.entry,
        });
        match (is, same_kind().find(|is| is.name == was.name)) {
            (Some(is), _) => match (was.function, is.function) {
                (Some(_), Some(_)) if after.steps.contains(&is.signature) => {
                    changes.push(was.change("changed", "is an initializer or a migration now"));
                }
                (Some(was), Some(is)) => changes.extend(answers(was, is)),
                _ => {}
            },
            (None, Some(other)) => {
                let other = match other.signature == was.signature {
                    true => &other.entry,
                    false => &other.signature,
                };
                changes.push(was.change("changed", &format!("is {other} now")));
            }
            (None, None) => changes.push(was.change("removed", "is not there any more")),
        }
    }
    changes.extend(without_selector(&before.abi, &after.abi));
    changes
}

/// What callers can use from the next version on: functions, events and errors that were not there. Initializers and
/// migrations are none of them: only an upgrade calls those.
pub fn added(before: &Callable, after: &Callable) -> Vec<Finding> {
    let (old, abi) = (Declared::all(&before.abi), &after.abi);
    let is_new = |is: &Declared<'_>| {
        let mut old = old.iter();
        old.all(|was| was.kind != is.kind || was.signature != is.signature)
    };
    let new = Declared::all(abi).into_iter().filter(is_new);
    let new = new.filter(|is| is.kind != "function" || !after.steps.contains(&is.signature));
    let note = |added: Finding| Finding {
        severity: Severity::Note,
        ..added.from(Origin::Build)
    };
    new.map(|is| note(is.change("added", "is new"))).collect()
}

/// Everything that is not for callers what it was: gone, changed, new. Initializers and migrations are none of it:
/// only an upgrade calls those.
pub fn changes(before: &Callable, after: &Callable) -> Vec<CallerChange> {
    let (old, mut new) = (called(before), called(after));
    let mut changes = Vec::new();
    let mut gone = Vec::new();
    let mut change = |was: Option<Declared<'_>>, is: Option<Declared<'_>>| {
        let [before, after] = [was, is].map(|side| side.map(|one| one.entry));
        changes.push(CallerChange { before, after });
    };
    for was in old {
        let same = |is: &Declared<'_>| (is.kind, &is.signature) == (was.kind, &was.signature);
        match new.iter().position(same).map(|at| new.remove(at)) {
            Some(is) if is.entry != was.entry => change(Some(was), Some(is)),
            Some(_) => {}
            None => gone.push(was),
        }
    }
    for was in gone {
        let same = |is: &Declared<'_>| (is.kind, is.name) == (was.kind, was.name);
        let is = new.iter().position(same).map(|at| new.remove(at));
        change(Some(was), is);
    }
    new.into_iter().for_each(|is| change(None, Some(is)));
    changes
}

/// What callers can use, with what answers calls that no function answers.
fn called(of: &Callable) -> Vec<Declared<'_>> {
    let mut all = Declared::all(&of.abi);
    all.retain(|one| one.function.is_none() || !of.steps.contains(&one.signature));
    let add = |name: &'static str, entry: &str| {
        Declared::new(name, name, format!("{name}()"), entry.to_owned())
    };
    all.extend(of.abi.receive.map(|_| add("receive", "receive")));
    let fallback = of.abi.fallback.as_ref();
    all.extend(fallback.map(|one| match one.state_mutability {
        StateMutability::Payable => add("fallback", "fallback payable"),
        _ => add("fallback", "fallback"),
    }));
    all
}

/// What answers calls that no function answers.
fn without_selector(old: &JsonAbi, abi: &JsonAbi) -> Vec<Finding> {
    let mut changes = Vec::new();
    let mut add = |code: &str, name: &str, message: &str| {
        let signature = format!("{name}()");
        changes.push(change(code.into(), &signature, message.into(), name));
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

/// What a function of the same selector answers.
fn answers(was: &Function, is: &Function) -> Vec<Finding> {
    let mut changes = Vec::new();
    let signature = was.signature();
    let mut add = |code: &str, words: String| {
        let message = format!("{signature} {words}");
        changes.push(change(code.into(), &signature, message, &was.name));
    };
    let (old, new) = (types(&was.outputs), types(&is.outputs));
    if old != new {
        add(
            "returns-changed",
            format!("returned ({old}) and returns ({new}) now"),
        );
    }
    let (before, after) = (was.state_mutability, is.state_mutability);
    let loses_value = before == StateMutability::Payable && after != StateMutability::Payable;
    if loses_value || (is_reading(before) && !is_reading(after)) {
        let (before, after) = (before.as_json_str(), after.as_json_str());
        add(
            "mutability-changed",
            format!("was {before} and is {after} now"),
        );
    }
    changes
}
