//! The interface of a layout document: made of what callers can use, and read as that.

use super::{Callable, signatures};
use alloy::json_abi::{AbiItem, Fallback, Function, JsonAbi, Receive, StateMutability};
use stylus_layout::{
    DeclaredStep, Document, NOTE_MAX, NOTES_MAX, PublicInterface, error_entry, event_entry,
    function_entry,
};

/// The end of a note that was too long.
const CUT: &str = "...";

/// The interface of a compiler's ABI for a layout document, with those of its errors that only libraries name; nothing
/// if it is too large for the document.
pub fn published(abi: &JsonAbi, library_errors: Vec<String>) -> Option<PublicInterface> {
    let interface = PublicInterface::new(entries(abi), Vec::new()).ok()?;
    interface.with_library_errors(library_errors).ok()
}

impl Callable {
    /// Returns the interface as the layout document publishes it; nothing of an interface that is too large for it, or
    /// has two functions that one selector calls.
    pub fn published(&self) -> Option<PublicInterface> {
        let interface = PublicInterface::new(entries(&self.abi), notes(&self.unseen)).ok()?;
        interface
            .with_library_errors(self.library_errors.clone())
            .ok()
    }

    /// Returns true if a layout document says of it what it is.
    pub fn is_published_as(&self, said: &PublicInterface) -> bool {
        self.published().is_some_and(|own| {
            let mut of_libraries = said.library_errors().iter();
            let is_same = own.abi() == said.abi() && own.unseen() == said.unseen();
            // A document of an earlier release lists none. Listing fewer is safe: the removal of the others is refused.
            is_same && of_libraries.all(|error| own.library_errors().contains(error))
        })
    }

    /// Reads an interface that somebody published, with the steps among its functions.
    pub fn of_published(interface: &PublicInterface, steps: Option<&[DeclaredStep]>) -> Self {
        let (known, unknown): (Vec<&String>, Vec<&String>) = interface
            .abi()
            .iter()
            .partition(|entry| item(entry).is_some());
        let unknown = unknown
            .into_iter()
            .map(|entry| format!("{entry}: it cannot be read"));
        Self {
            abi: known.into_iter().filter_map(|entry| item(entry)).collect(),
            steps: signatures(steps.unwrap_or_default()),
            library_errors: interface.library_errors().to_vec(),
            unseen: interface.unseen().iter().cloned().chain(unknown).collect(),
        }
    }

    /// Reads what a layout document says that callers can use; nothing where it says nothing.
    pub fn of_document(document: &Document) -> Option<Self> {
        let interface = document.interface.as_ref()?;
        Some(Self::of_published(interface, document.steps.as_deref()))
    }
}

/// Returns true if a document can have a function.
pub(super) fn has_spelling(function: &Function) -> bool {
    PublicInterface::new([function_entry(function)], []).is_ok()
}

pub(super) fn fallback_entry(fallback: &Fallback) -> &'static str {
    match fallback.state_mutability {
        StateMutability::Payable => "fallback payable",
        _ => "fallback",
    }
}

fn entries(abi: &JsonAbi) -> Vec<String> {
    let mut entries: Vec<String> = abi.functions().map(function_entry).collect();
    entries.extend(abi.events().map(event_entry));
    entries.extend(abi.errors().map(error_entry));
    entries.extend(abi.receive.map(|_| "receive".to_owned()));
    entries.extend(
        abi.fallback
            .iter()
            .map(|one| fallback_entry(one).to_owned()),
    );
    entries
}

/// An entry as JSON of compilers, with or without the names of parameters; nothing of one that cannot be read.
pub(super) fn item(entry: &str) -> Option<AbiItem<'static>> {
    let fallback = |state_mutability| Some(Fallback { state_mutability }.into());
    match entry {
        "receive" => {
            let state_mutability = StateMutability::Payable;
            Some(Receive { state_mutability }.into())
        }
        "fallback" => fallback(StateMutability::NonPayable),
        "fallback payable" => fallback(StateMutability::Payable),
        other => AbiItem::parse(other).ok(),
    }
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

#[cfg(test)]
mod tests;
