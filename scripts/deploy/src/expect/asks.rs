//! The questions of a step's check. A script, other code and an account with another code than the step names ask
//! nothing that could be told: there is no other way to read expectations from code.

use super::Expectations;
use crate::ids::CodeHash;
use crate::model::{Named, named};
use serde::{Serialize, Serializer};
use stylus_upgrades_interface::registry::Step;

/// The questions of a step's check about each instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// These.
    Expectations(Expectations),
    /// Nobody knows: the check is code of others, or not the code that the step names.
    Unknown,
}

impl Asks {
    /// Returns what a step asks whose contract has this code; `None` where that contract is no check.
    pub fn of(step: &Step, code: &[u8]) -> Option<Self> {
        let Named::Check(_) = named(step) else {
            return None;
        };
        let found = Expectations::of_code(code);
        let same = found.filter(|found| found.codehash() == CodeHash::from(step.scriptCodehash));
        Some(same.map_or(Self::Unknown, Self::Expectations))
    }

    /// The expectations, where they are known.
    pub fn known(&self) -> Option<&Expectations> {
        match self {
            Self::Expectations(all) => Some(all),
            Self::Unknown => None,
        }
    }

    /// Each in words, or that nobody knows.
    pub fn words(&self) -> Vec<String> {
        let unknown = || vec!["NOT KNOWN: code of others".to_owned()];
        self.known().map_or_else(unknown, Expectations::words)
    }

    /// Lines for people.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let words = self.words().into_iter();
        words.map(|word| format!("{:<13} {word}", "expects"))
    }
}

impl Serialize for Asks {
    /// The expectations in words; null where nobody knows.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.known().map(Expectations::words).serialize(serializer)
    }
}
