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

mod entry;

use std::collections::BTreeSet;

use alloy_primitives::keccak256;
use serde::{Deserialize, Serialize};

use entry::Entry;

use crate::error::LayoutError;

/// Entries of an interface, at most.
const ENTRIES_MAX: usize = 2_048;
/// Bytes of an entry, at most.
const ENTRY_MAX: usize = 2_048;
/// Notes of an interface, at most.
pub const NOTES_MAX: usize = 64;
/// Bytes of a note, at most.
pub const NOTE_MAX: usize = 256;

/// What callers of a version can use, and what of it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Text")]
pub struct PublicInterface {
    abi: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<String>,
}

/// The same as text that nobody has looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    abi: Vec<String>,
    #[serde(default)]
    unseen: Vec<String>,
}

impl TryFrom<Text> for PublicInterface {
    type Error = LayoutError;

    fn try_from(Text { abi, unseen }: Text) -> Result<Self, LayoutError> {
        Self::new(abi, unseen)
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
            unseen: list(unseen.into_iter().collect()),
        };
        found.require_plain_notes()?;
        found.require_entries()?;
        Ok(found)
    }

    /// The entries, in order.
    pub fn abi(&self) -> &[String] {
        &self.abi
    }

    /// What is not known of it, and why.
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
            let entry = Entry::read(text);
            let entry = entry.map_err(|reason| refused(format!("entry {at}: {reason}")))?;
            let is_new = match entry {
                Entry::Function(signature) => selectors.insert(keccak256(signature)[..4].to_vec()),
                Entry::Fallback => !std::mem::replace(&mut has_fallback, true),
                Entry::Other => true,
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

fn refused(reason: impl Into<String>) -> LayoutError {
    LayoutError::Interface {
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
