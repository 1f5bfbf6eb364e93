//! The interface of a layout document: made of what callers can use, and read as that.

use super::Callable;
use alloy::json_abi::{
    Error as AbiError, Event, EventParam, Fallback, Function, JsonAbi, Param, Receive,
    StateMutability,
};
use stylus_layout::{Document, Entry, Mutability, NOTE_MAX, NOTES_MAX, PublicInterface};

/// What ends a note that is too long.
const CUT: &str = "...";

/// The interface that a compiler wrote, as the layout document publishes it; nothing of one that is too
/// large for it.
pub fn published(abi: &JsonAbi) -> Option<PublicInterface> {
    PublicInterface::new(entries(abi), Vec::new()).ok()
}

impl Callable {
    /// As the layout document publishes it; nothing of an interface that is too large for it, or has
    /// two functions that one selector calls.
    pub fn published(&self) -> Option<PublicInterface> {
        PublicInterface::new(entries(&self.abi), notes(&self.unseen)).ok()
    }

    /// Whether a layout document says of it what it is.
    pub fn is_published_as(&self, said: &PublicInterface) -> bool {
        self.published().is_some_and(|own| own == *said)
    }

    /// What a layout document says that callers can use; nothing where it says nothing.
    pub fn of_document(document: &Document) -> Option<Self> {
        let interface = document.interface.as_ref()?;
        Some(Self::of_published(interface, document.steps.as_deref()))
    }
}

/// A published interface as JSON of compilers, and what of it is not known.
pub(super) fn abi(interface: &PublicInterface) -> (JsonAbi, Vec<String>) {
    let (mut abi, mut unknown) = (JsonAbi::new(), Vec::new());
    for entry in interface.entries() {
        unknown.extend(add(&entry, &mut abi).err());
    }
    (abi, unknown)
}

/// Whether a document can have a function.
pub(super) fn has_spelling(function: &Function) -> bool {
    PublicInterface::new([entry(function)], []).is_ok()
}

fn types(all: &[Param]) -> String {
    let all = all.iter().map(|one| one.selector_type().into_owned());
    all.collect::<Vec<_>>().join(",")
}

fn entry(function: &Function) -> String {
    let promise = match function.state_mutability {
        StateMutability::Pure => " pure",
        StateMutability::View => " view",
        StateMutability::NonPayable => "",
        StateMutability::Payable => " payable",
    };
    let returns = match function.outputs.as_slice() {
        [] => String::new(),
        outputs => format!(" returns ({})", types(outputs)),
    };
    let (name, inputs) = (&function.name, types(&function.inputs));
    format!("function {name}({inputs}){promise}{returns}")
}

fn entries(abi: &JsonAbi) -> Vec<String> {
    let mut entries: Vec<String> = abi.functions().map(entry).collect();
    for event in abi.events() {
        let inputs = event.inputs.iter().map(|one| match one.indexed {
            true => format!("{} indexed", one.selector_type()),
            false => one.selector_type().into_owned(),
        });
        let inputs = inputs.collect::<Vec<_>>().join(",");
        let anonymous = if event.anonymous { " anonymous" } else { "" };
        entries.push(format!("event {}({inputs}){anonymous}", event.name));
    }
    for AbiError { name, inputs } in abi.errors() {
        entries.push(format!("error {name}({})", types(inputs)));
    }
    entries.extend(abi.receive.map(|_| "receive".to_owned()));
    entries.extend(abi.fallback.map(|one| match one.state_mutability {
        StateMutability::Payable => "fallback payable".to_owned(),
        _ => "fallback".to_owned(),
    }));
    entries
}

/// Notes in printable ASCII, none of them long, and not too many.
fn notes(unseen: &[String]) -> Vec<String> {
    let mut notes: Vec<String> = unseen.iter().map(|text| plain(text)).collect();
    notes.sort();
    notes.dedup();
    if notes.len() > NOTES_MAX {
        let more = notes.len() - (NOTES_MAX - 1);
        notes.truncate(NOTES_MAX - 1);
        notes.push(format!("{more} more"));
    }
    notes
}

fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            ' '..='~' => plain.push(letter),
            other => plain.extend(other.escape_unicode()),
        }
    }
    if plain.len() > NOTE_MAX {
        plain.truncate(NOTE_MAX - CUT.len());
        plain.push_str(CUT);
    }
    plain
}

/// Adds an entry; what of it is not known.
fn add(entry: &Entry<'_>, abi: &mut JsonAbi) -> Result<(), String> {
    match entry {
        Entry::Error { name, inputs } => {
            let (name, inputs) = ((*name).to_owned(), params(inputs)?);
            let error = AbiError { name, inputs };
            abi.errors
                .entry(error.name.clone())
                .or_default()
                .push(error);
        }
        Entry::Event {
            name,
            inputs,
            anonymous,
        } => {
            let of = |(ty, indexed): &(&str, bool)| -> Result<EventParam, String> {
                let Param { ty, components, .. } = param(ty)?;
                Ok(EventParam {
                    ty,
                    name: String::new(),
                    indexed: *indexed,
                    components,
                    internal_type: None,
                })
            };
            let event = Event {
                name: (*name).to_owned(),
                inputs: inputs.iter().map(of).collect::<Result<_, String>>()?,
                anonymous: *anonymous,
            };
            abi.events
                .entry(event.name.clone())
                .or_default()
                .push(event);
        }
        Entry::Fallback { payable } => {
            let state_mutability = match payable {
                true => StateMutability::Payable,
                false => StateMutability::NonPayable,
            };
            abi.fallback = Some(Fallback { state_mutability });
        }
        Entry::Function {
            name,
            inputs,
            outputs,
            mutability,
        } => {
            let function = Function {
                name: (*name).to_owned(),
                inputs: params(inputs)?,
                outputs: params(outputs)?,
                state_mutability: match mutability {
                    Mutability::Pure => StateMutability::Pure,
                    Mutability::View => StateMutability::View,
                    Mutability::NonPayable => StateMutability::NonPayable,
                    Mutability::Payable => StateMutability::Payable,
                },
            };
            let same = abi.functions.entry(function.name.clone());
            same.or_default().push(function);
        }
        Entry::Receive => {
            let state_mutability = StateMutability::Payable;
            abi.receive = Some(Receive { state_mutability });
        }
    }
    Ok(())
}

fn params(types: &[&str]) -> Result<Vec<Param>, String> {
    types.iter().map(|ty| param(ty)).collect()
}

fn param(ty: &str) -> Result<Param, String> {
    Param::parse(ty).map_err(|_| format!("the type {ty} is not known"))
}

#[cfg(test)]
mod tests;
