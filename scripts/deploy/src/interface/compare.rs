//! The losses of a contract's callers with its next version: functions, events and errors that are gone
//! or mean something else.

use super::published::fallback_entry;
use super::{Callable, is_reading};
use crate::assess::{Finding, FindingId, FindingKind, Origin, Part, Severity};
use alloy::json_abi::{Function, StateMutability};
use serde::Serialize;
use stylus_layout::{error_entry, event_entry, function_entry, types};

/// A function, an event or an error that is not for callers what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallerChange {
    /// Its declaration before; nothing where it is new.
    pub before: Option<String>,
    /// Its declaration after; nothing where it is gone.
    pub after: Option<String>,
}

/// The changes for the callers of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallersOfWay {
    /// The version that they call.
    pub from: String,
    /// The one that they would call.
    pub to: String,
    /// True if both sides are known by more than somebody's word, and as a whole.
    pub proven: bool,
    /// Everything that changes.
    pub changes: Vec<CallerChange>,
}

impl CallerChange {
    /// The sign of it: what a color says, without one.
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
    /// Says what it comes to.
    pub fn words(&self) -> String {
        let Self { from, to, .. } = self;
        let doubt = if self.proven {
            ""
        } else {
            "; not proven, the findings say why"
        };
        if self.changes.is_empty() {
            format!("{to} has every function, event and error of {from}, and none more{doubt}")
        } else {
            format!("what changes for callers, {from} → {to}{doubt}")
        }
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let changes = self.changes.iter().map(|change| {
            let sides = [&change.before, &change.after].into_iter().flatten();
            let sides: Vec<&str> = sides.map(String::as_str).collect();
            format!(
                "  {} {:<7} {}",
                change.sign(),
                change.word(),
                sides.join(" → ")
            )
        });
        std::iter::once(self.words()).chain(changes).collect()
    }
}

/// An element of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Function,
    Event,
    Error,
    /// The function that answers calls without calldata.
    Receive,
    /// The function that answers every other call.
    Fallback,
}

impl Element {
    const fn added(self) -> FindingKind {
        match self {
            Self::Function => FindingKind::FunctionAdded,
            Self::Event => FindingKind::EventAdded,
            Self::Error => FindingKind::ErrorAdded,
            Self::Receive => FindingKind::ReceiveAdded,
            Self::Fallback => FindingKind::FallbackAdded,
        }
    }

    const fn changed(self) -> FindingKind {
        match self {
            Self::Function => FindingKind::FunctionChanged,
            Self::Event => FindingKind::EventChanged,
            Self::Error => FindingKind::ErrorChanged,
            Self::Receive => FindingKind::ReceiveChanged,
            Self::Fallback => FindingKind::FallbackChanged,
        }
    }

    const fn removed(self) -> FindingKind {
        match self {
            Self::Function => FindingKind::FunctionRemoved,
            Self::Event => FindingKind::EventRemoved,
            Self::Error => FindingKind::ErrorRemoved,
            Self::Receive => FindingKind::ReceiveRemoved,
            Self::Fallback => FindingKind::FallbackRemoved,
        }
    }

    /// Its subject in a message.
    fn subject(self, signature: &str) -> String {
        match self {
            Self::Function => format!("the function {signature}"),
            Self::Event => format!("the event {signature}"),
            Self::Error => format!("the error {signature}"),
            Self::Receive => "receive, which answers calls without calldata,".to_owned(),
            Self::Fallback => "fallback, which answers every other call,".to_owned(),
        }
    }
}

/// A function, an event or an error, or what answers calls that no function answers.
struct Declared<'a> {
    element: Element,
    name: &'a str,
    signature: String,
    /// The entry as a layout document has it.
    entry: String,
    function: Option<&'a Function>,
    /// True for an error that only libraries of the code name.
    is_of_libraries: bool,
}

impl<'a> Declared<'a> {
    /// Lists what callers can use. Initializers and migrations are none of it: only an upgrade calls those.
    fn all(of: &'a Callable) -> Vec<Self> {
        let abi = &of.abi;
        let functions = abi.functions().map(|one| Self {
            function: Some(one),
            ..Self::new(
                Element::Function,
                &one.name,
                one.signature(),
                function_entry(one),
            )
        });
        let functions = functions.filter(|function| !of.steps.contains(&function.signature));
        let events = abi.events();
        let events = events
            .map(|one| Self::new(Element::Event, &one.name, one.signature(), event_entry(one)));
        let errors = abi.errors();
        let errors = errors.map(|error| {
            let entry = error_entry(error);
            Self {
                is_of_libraries: of.library_errors.contains(&entry),
                ..Self::new(Element::Error, &error.name, error.signature(), entry)
            }
        });
        let other = |element: Element, name: &'static str, entry: &str| {
            Self::new(element, name, format!("{name}()"), entry.to_owned())
        };
        let receive = abi
            .receive
            .map(|_| other(Element::Receive, "receive", "receive"));
        let fallback = abi.fallback.as_ref();
        let fallback =
            fallback.map(|one| other(Element::Fallback, "fallback", fallback_entry(one)));
        let all = functions.chain(events).chain(errors);
        all.chain(receive).chain(fallback).collect()
    }

    fn new(element: Element, name: &'a str, signature: String, entry: String) -> Self {
        Self {
            element,
            name,
            signature,
            entry,
            function: None,
            is_of_libraries: false,
        }
    }

    /// Returns the finding about what happened to it.
    fn change(&self, kind: FindingKind, message: String) -> Finding {
        let id = FindingId::about(kind, &self.signature);
        Finding {
            about: Some(self.name.to_owned()),
            ..Finding::new(Part::Interface, Severity::Danger, id, message)
        }
    }

    /// Returns the finding about what happened to it as a whole.
    fn became(&self, kind: FindingKind, words: &str) -> Finding {
        let subject = self.element.subject(&self.signature);
        self.change(kind, format!("{subject} {words}"))
    }
}

/// The declaration before, and the one now.
type Pair<'a> = (Option<Declared<'a>>, Option<Declared<'a>>);

/// Everything that is not for callers what it was: gone, changed, new.
fn pairs<'a>(before: &'a Callable, after: &'a Callable) -> Vec<Pair<'a>> {
    let mut new = Declared::all(after);
    let mut pairs = Vec::new();
    let mut gone = Vec::new();
    for was in Declared::all(before) {
        let same = |is: &Declared<'_>| (is.element, &is.signature) == (was.element, &was.signature);
        match new.iter().position(same).map(|at| new.remove(at)) {
            Some(is) if is.entry != was.entry => pairs.push((Some(was), Some(is))),
            Some(_) => {}
            None => gone.push(was),
        }
    }
    for was in gone {
        let same = |is: &Declared<'_>| (is.element, is.name) == (was.element, was.name);
        let is = new.iter().position(same).map(|at| new.remove(at));
        pairs.push((Some(was), is));
    }
    pairs.extend(new.into_iter().map(|is| (None, Some(is))));
    pairs
}

/// The functions, events and errors that callers lose. Nobody calls initializers and migrations of the old code, so
/// those may go; a function that becomes one is lost. A layout document does not decide that: its proposer wrote it.
/// Errors that only libraries named are one note.
pub fn compare(before: &Callable, after: &Callable) -> Vec<Finding> {
    let (mut lost, mut of_libraries) = (Vec::new(), Vec::new());
    for (was, is) in pairs(before, after) {
        let Some(was) = was else { continue };
        match is {
            _ if was.is_of_libraries => of_libraries.push(was.signature),
            _ if after.steps.contains(&was.signature) => {
                let words = "is an initializer or a migration now";
                lost.push(was.became(was.element.changed(), words));
            }
            None => lost.push(was.became(was.element.removed(), "is not there any more")),
            Some(is) if is.signature != was.signature => {
                let words = format!("is {} now", is.signature);
                lost.push(was.became(was.element.changed(), &words));
            }
            Some(is) => match (was.function, is.function) {
                (Some(old), Some(new)) => answers(&was, (old, new), &mut lost),
                _ if was.element != Element::Fallback => {
                    let words = format!("is {} now", is.entry);
                    lost.push(was.became(was.element.changed(), &words));
                }
                _ if is.entry == "fallback" => {
                    let message = "fallback was payable and is nonpayable now";
                    lost.push(was.change(FindingKind::MutabilityChanged, message.into()));
                }
                _ => {}
            },
        }
    }
    lost.extend(lost_of_libraries(&of_libraries));
    lost
}

/// The note that errors were removed with which only libraries reverted.
fn lost_of_libraries(signatures: &[String]) -> Option<Finding> {
    if signatures.is_empty() {
        return None;
    }
    let message = format!(
        "errors that only libraries name are not there any more: {}",
        signatures.join(", ")
    );
    let id = FindingKind::LibraryErrors.id();
    Some(Finding::new(Part::Interface, Severity::Note, id, message))
}

/// Finds what callers can use from the next version on that was not there.
pub fn added(before: &Callable, after: &Callable) -> Vec<Finding> {
    let pairs = pairs(before, after).into_iter();
    let new = pairs.filter_map(|(was, is)| {
        is.filter(|is| was.is_none_or(|was| was.signature != is.signature))
    });
    let note = |added: Finding| Finding {
        severity: Severity::Note,
        ..added.from(Origin::Build)
    };
    new.map(|is| note(is.became(is.element.added(), "is new")))
        .collect()
}

/// Everything that is not for callers what it was: gone, changed, new.
pub fn changes(before: &Callable, after: &Callable) -> Vec<CallerChange> {
    let entry = |side: Option<Declared<'_>>| side.map(|one| one.entry);
    let changes = pairs(before, after).into_iter();
    let changes = changes.map(|(was, is)| CallerChange {
        before: entry(was),
        after: entry(is),
    });
    changes.collect()
}

/// Compares what a function of the same selector answers.
fn answers(declared: &Declared<'_>, (was, is): (&Function, &Function), lost: &mut Vec<Finding>) {
    let signature = &declared.signature;
    let (old, new) = (types(&was.outputs), types(&is.outputs));
    if old != new {
        let message = format!("{signature} returned ({old}) and returns ({new}) now");
        lost.push(declared.change(FindingKind::ReturnsChanged, message));
    }
    let (before, after) = (was.state_mutability, is.state_mutability);
    let loses_value = before == StateMutability::Payable && after != StateMutability::Payable;
    if loses_value || (is_reading(before) && !is_reading(after)) {
        let (before, after) = (before.as_json_str(), after.as_json_str());
        let message = format!("{signature} was {before} and is {after} now");
        lost.push(declared.change(FindingKind::MutabilityChanged, message));
    }
}
