//! What callers of a version can use, as its layout document publishes it: functions, events and
//! errors, in Solidity's words and without the names of parameters.
//!
//! | entry | |
//! |---|---|
//! | `error X(uint256)` | an error |
//! | `event X(address indexed,uint256) anonymous` | an event |
//! | `fallback`, `fallback payable` | what answers calls that no function answers |
//! | `function x(uint256) view returns (bool)` | a function; `pure`, `view`, `payable` or nothing |
//! | `receive` | what answers calls without calldata |
//!
//! A document is text from outside: an entry is one of these in exactly one spelling, or the document
//! is refused.

use std::collections::BTreeSet;

use alloy_json_abi::{AbiItem, Error, Event, Function, Param};
use serde::{Deserialize, Serialize};

use crate::error::LayoutError;

/// Entries of an interface, at most.
const ENTRIES_MAX: usize = 2_048;
/// Bytes of an entry, at most.
const ENTRY_MAX: usize = 2_048;
/// Tuples and arrays within each other, at most.
const DEPTH_MAX: usize = 16;
/// Digits of an array's length, at most.
const DIGITS_MAX: usize = 9;
/// Notes of an interface, at most.
pub const NOTES_MAX: usize = 64;
/// Bytes of a note, at most.
pub const NOTE_MAX: usize = 256;

/// The functions, events and errors that callers of a version can use, and the gaps in that knowledge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Text")]
pub struct PublicInterface {
    abi: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    library_errors: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<String>,
}

/// The same as text that nobody has looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    abi: Vec<String>,
    #[serde(default)]
    library_errors: Vec<String>,
    #[serde(default)]
    unseen: Vec<String>,
}

impl TryFrom<Text> for PublicInterface {
    type Error = LayoutError;

    fn try_from(text: Text) -> Result<Self, LayoutError> {
        let Text {
            abi,
            library_errors,
            unseen,
        } = text;
        Self::new(abi, unseen)?.with_library_errors(library_errors)
    }
}

impl PublicInterface {
    /// An interface of these entries, in their order, each once; and notes on what is not known.
    ///
    /// # Errors
    /// [`LayoutError::Interface`] for an entry in another spelling than the one above, two functions
    /// that one selector calls, two fallbacks, and what is too much.
    pub fn new(
        abi: impl IntoIterator<Item = String>,
        unseen: impl IntoIterator<Item = String>,
    ) -> Result<Self, LayoutError> {
        let list = |all: BTreeSet<String>| all.into_iter().collect();
        let found = Self {
            abi: list(abi.into_iter().collect()),
            library_errors: Vec::new(),
            unseen: list(unseen.into_iter().collect()),
        };
        found.require_plain_notes()?;
        found.require_entries()?;
        Ok(found)
    }

    /// The same interface with the list of its errors that only libraries of the code name.
    ///
    /// # Errors
    /// [`LayoutError::Interface`] if an entry is not an error of the interface.
    pub fn with_library_errors(
        self,
        errors: impl IntoIterator<Item = String>,
    ) -> Result<Self, LayoutError> {
        let errors: BTreeSet<String> = errors.into_iter().collect();
        let is_error = |entry: &&String| entry.starts_with("error ") && self.abi.contains(entry);
        if let Some(other) = errors.iter().find(|entry| !is_error(entry)) {
            return Err(refused(format!(
                "{other:?} is not an error of the interface"
            )));
        }
        Ok(Self {
            library_errors: errors.into_iter().collect(),
            ..self
        })
    }

    /// The errors among the entries that only libraries of the code name: no contract declares them or reverts with
    /// them.
    pub fn library_errors(&self) -> &[String] {
        &self.library_errors
    }

    /// The entries, in order.
    pub fn abi(&self) -> &[String] {
        &self.abi
    }

    /// Returns the parts that are not known, and why.
    pub fn unseen(&self) -> &[String] {
        &self.unseen
    }

    fn require_plain_notes(&self) -> Result<(), LayoutError> {
        if self.unseen.len() > NOTES_MAX {
            return Err(refused(format!(
                "{} notes; expected {NOTES_MAX} at most",
                self.unseen.len()
            )));
        }
        for (at, note) in self.unseen.iter().enumerate() {
            let is_plain = note.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if !is_plain || note.is_empty() || note.len() > NOTE_MAX {
                return Err(refused(format!(
                    "note {at} is not 1 to {NOTE_MAX} printable ASCII characters"
                )));
            }
        }
        Ok(())
    }

    fn require_entries(&self) -> Result<(), LayoutError> {
        if self.abi.len() > ENTRIES_MAX {
            return Err(refused(format!(
                "{} entries; expected {ENTRIES_MAX} at most",
                self.abi.len()
            )));
        }
        let (mut selectors, mut has_fallback) = (BTreeSet::new(), false);
        for (at, text) in self.abi.iter().enumerate() {
            if text.len() > ENTRY_MAX {
                return Err(refused(format!(
                    "entry {at} has {} bytes; expected {ENTRY_MAX} at most",
                    text.len()
                )));
            }
            let is_new = match text.as_str() {
                "receive" => true,
                "fallback" | "fallback payable" => !std::mem::replace(&mut has_fallback, true),
                text => match read(text) {
                    Some(AbiItem::Function(function)) => selectors.insert(function.selector()),
                    Some(_) => true,
                    None => {
                        return Err(refused(format!(
                            "entry {at} is none, or in another spelling"
                        )));
                    }
                },
            };
            if !is_new {
                return Err(refused(format!(
                    "entry {at} answers the calls of another entry"
                )));
            }
        }
        Ok(())
    }
}

/// An entry in the one spelling that it has.
fn read(text: &str) -> Option<AbiItem<'static>> {
    let item = AbiItem::parse(text).ok()?;
    let (written, inputs, outputs) = match &item {
        AbiItem::Function(function) => (
            function_entry(function),
            &function.inputs,
            function.outputs.as_slice(),
        ),
        AbiItem::Error(error) => (error_entry(error), &error.inputs, [].as_slice()),
        AbiItem::Event(event) => {
            let mut types = event
                .inputs
                .iter()
                .map(|input| (&input.ty, &input.components));
            let is_known = types.all(|(ty, inner)| is_type(ty, inner, DEPTH_MAX));
            return (is_known && event_entry(event) == text).then_some(item);
        }
        _ => return None,
    };
    let mut types = inputs.iter().chain(outputs);
    let is_known = types.all(|param| is_type(&param.ty, &param.components, DEPTH_MAX));
    (is_known && written == text).then_some(item)
}

/// Returns true if `ty` is a type as selectors spell it.
fn is_type(ty: &str, components: &[Param], depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let mut parts = ty.split('[');
    let stem = parts.next().unwrap_or_default();
    let sizes: Vec<&str> = parts.collect();
    let is_size = |part: &&str| {
        let digits = part.strip_suffix(']').unwrap_or(part);
        !digits.starts_with('0') && digits.len() <= DIGITS_MAX
    };
    let sized = |name: &str, unit: usize| {
        let digits = stem.strip_prefix(name).unwrap_or_default();
        let is_size =
            |size: usize| size > 0 && size.is_multiple_of(unit) && size.to_string() == digits;
        digits
            .parse()
            .is_ok_and(|size| is_size(size) && size <= 32 * unit)
    };
    let is_known = match stem {
        "tuple" => {
            let mut inner = components.iter();
            inner.all(|param| is_type(&param.ty, &param.components, depth))
        }
        "address" | "bool" | "string" | "bytes" => true,
        _ => sized("uint", 8) || sized("int", 8) || sized("bytes", 1),
    };
    is_known && sizes.len() <= DEPTH_MAX && sizes.iter().all(is_size)
}

/// The entry of a function.
pub fn function_entry(function: &Function) -> String {
    let promise = function.state_mutability.as_str();
    let promise = promise.map_or_else(String::new, |promise| format!(" {promise}"));
    let returns = match function.outputs.as_slice() {
        [] => String::new(),
        outputs => format!(" returns ({})", types(outputs)),
    };
    let (name, inputs) = (&function.name, types(&function.inputs));
    format!("function {name}({inputs}){promise}{returns}")
}

/// The entry of an event.
pub fn event_entry(event: &Event) -> String {
    let inputs = event.inputs.iter().map(|input| {
        if input.indexed {
            format!("{} indexed", input.selector_type())
        } else {
            input.selector_type().into_owned()
        }
    });
    let inputs = inputs.collect::<Vec<_>>().join(",");
    let anonymous = if event.anonymous { " anonymous" } else { "" };
    format!("event {}({inputs}){anonymous}", event.name)
}

/// The entry of an error.
pub fn error_entry(error: &Error) -> String {
    format!("error {}({})", error.name, types(&error.inputs))
}

/// Types as selectors spell them, with commas between.
pub fn types(all: &[Param]) -> String {
    let all = all.iter().map(|param| param.selector_type().into_owned());
    all.collect::<Vec<_>>().join(",")
}

fn refused(reason: impl Into<String>) -> LayoutError {
    LayoutError::Interface {
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
