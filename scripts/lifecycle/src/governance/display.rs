//! A governed call as its approvers read it. Everything shown is decoded from the very bytes that
//! are sent, and decoding is strict: bytes that would not be written again in exactly this way are
//! shown to nobody.

use super::arguments::{arguments, named_function};
use super::calls::{Call, Governed, ambiguous, not_governed};
use crate::client::ChainError;
use crate::error::Refusal;
use crate::ids::CalldataHash;
use crate::model::of_whom;
use crate::names::Names;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

/// The text that an approver reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// The function of the registry.
    pub function: String,
    /// The definition whose role is asked for; empty for the registry itself.
    pub definition: String,
    /// The role.
    pub role: String,
    /// keccak256 of the bytes.
    pub payload: CalldataHash,
    /// Name and value of each argument, in order.
    pub fields: Vec<Field>,
}

/// An argument as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name of the argument.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Display {
    /// Returns true if it creates a definition.
    pub fn is_definition(&self) -> bool {
        self.function == CREATE_DEFINITION
    }

    /// Decodes `calldata` and describes what it does.
    ///
    /// # Errors
    /// As [`Call::decode`].
    pub fn of(calldata: &[u8], names: &Names) -> Result<Self, ChainError> {
        let call = Call::decode(calldata)?;
        let of = Governed::of(calldata).zip(named_function(calldata));
        let (governed, function) = of.ok_or_else(|| not_governed(calldata))?;
        let arguments =
            arguments(calldata).map_err(|reason| ambiguous(governed.intent, &reason))?;
        let fields = governed.values(&arguments, names).into_iter();
        let fields = fields.map(|(name, value)| Field {
            name: name.into(),
            value,
        });
        Ok(Self {
            function: function.name,
            definition: call.definition().into(),
            role: call.role().into(),
            payload: CalldataHash::of(calldata),
            fields: fields.collect(),
        })
    }

    /// Refuses a display that is not what these bytes say.
    ///
    /// # Errors
    /// `DisplayDiffers`, with the first difference.
    pub fn require_same_text(&self, calldata: &[u8], names: &Names) -> Result<(), ChainError> {
        let actual = Self::of(calldata, names)?;
        if *self == actual {
            return Ok(());
        }
        let (shown, real) = (self.lines(), actual.lines());
        let pairs = shown
            .iter()
            .zip(&real)
            .filter(|(shown_line, other)| shown_line != other);
        let (shown_line, other) = pairs
            .map(|(shown_line, other)| (shown_line.trim(), other.trim()))
            .next()
            .unwrap_or(("a different number of lines", "the lines of the calldata"));
        let message = "the reviewed text does not match the calldata";
        let next = "do not approve it: find out who changed it";
        Err(Refusal::new("DisplayDiffers", message)
            .with(other, shown_line, next)
            .into())
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        [self.what_it_does(), self.hashes()].concat()
    }

    /// Describes the call, with the arguments that mean something to people.
    pub fn what_it_does(&self) -> Vec<String> {
        let of = of_whom(&self.definition);
        let instead = match self.role.as_str() {
            "pause" => ", or migrate if pause is not set",
            "create" => ", or migrate if the version has other code than the current one",
            _ => "",
        };
        let Self { function, role, .. } = self;
        let typed = command(function);
        let named = if typed == function {
            String::new()
        } else {
            format!("{function}, ")
        };
        let mut lines = vec![format!(
            "{typed} of {of}  ({named}decided by {role}{instead})"
        )];
        let fields = self.fields.iter().filter(|field| !field.is_bytes());
        lines.extend(fields.map(Field::line));
        lines
    }

    /// Its arguments that are hashes or other bytes, and the hash of all of its bytes.
    pub fn hashes(&self) -> Vec<String> {
        let payload = Field {
            name: "payload".into(),
            value: self.payload.to_string(),
        };
        let all = self.fields.iter().filter(|field| field.is_bytes());
        all.chain([&payload]).map(Field::line).collect()
    }
}

impl Field {
    /// Returns true if it is a hash or other bytes, which people compare and do not read.
    fn is_bytes(&self) -> bool {
        let begins = self.value.strip_prefix("0x");
        begins.is_some_and(|digits| digits.len() > 2 * Address::len_bytes())
    }

    fn line(&self) -> String {
        format!("  {:<13} {}", self.name, self.value)
    }
}

/// The function that creates a definition.
const CREATE_DEFINITION: &str = "createDefinition";

/// Returns the command that people type for a function of the registry.
fn command(function: &str) -> &str {
    match function {
        "addVersion" | "addStep" => "register",
        CREATE_DEFINITION => "define",
        "createProxy" => "create-proxy",
        "setPolicy" => "policy update",
        "setHandler" => "run-migration --handler",
        "abortMigration" => "run-migration --abort",
        other => other,
    }
}

#[cfg(test)]
mod tests;
