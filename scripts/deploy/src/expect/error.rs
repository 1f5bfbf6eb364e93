//! Why expectations are none that a check on chain could ask.

use super::{LONGEST, MOST};
use crate::error::{Exit, Explain};
use crate::own_file::FileError;
use alloy::primitives::B256;
use thiserror::Error;

/// Why expectations are not used.
#[derive(Debug, Error, Explain)]
pub enum ExpectError {
    /// The file is not read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// What the file says, or a part of it, is no expectation.
    #[error("{text:?} is none of the expectations: {reason}")]
    #[explain(
        name = "ExpectationsSyntax",
        exit = Exit::Usage,
        expected = "unchanged or nonzero and a getter, or equal or delta, a getter and a value; a getter is \
                    name(type,…) and its arguments, with one space before each",
        found = "{reason}",
        next = "correct it; stylus-upgrades plan … --write-expect FILE writes such a file"
    )]
    Syntax {
        /// What stands there.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A check has no room for them.
    #[error("{0} expectations are too many, or too long, for one check")]
    #[explain(
        name = "ExpectationsTooMany",
        exit = Exit::Usage,
        expected = format!("{MOST} at most, each of {LONGEST} characters at most"),
        found = "{_0}",
        next = "keep those that matter"
    )]
    TooMany(usize),
    /// The step cannot have a check of expectations.
    #[error("a step with {0} cannot have expectations")]
    #[explain(
        name = "ExpectationsOfStep",
        exit = Exit::Usage,
        expected = "a step that runs nothing, or --call of the version's own code",
        found = "{_0}",
        next = "leave --expect out; a #[post_condition] of the migration can hold them, or plan shows the outcome"
    )]
    OtherStep(&'static str),
    /// What an action changes is not what was expected of it.
    #[error("the state difference of the action is another one")]
    #[explain(
        name = "StateDifference",
        expected = "{expected}",
        found = match found {
            Some(found) => found.to_string(),
            None => "none: it does not succeed on a copy, or its result depends on the block".to_owned(),
        },
        next = "do not approve it: compare the storage words here with those of plan"
    )]
    OtherDifference {
        /// What plan has printed.
        expected: B256,
        /// What the copy shows.
        found: Option<B256>,
    },
    /// Nothing can be derived.
    #[error("no expectations can be written: {0}")]
    #[explain(
        name = "ExpectationsNotDerived",
        expected = "an upgrade that goes through on the copy, and the functions of both versions",
        found = "{_0}",
        next = "write the file by hand, or correct what plan reports"
    )]
    NotDerived(String),
}

impl ExpectError {
    /// That this text is no expectation.
    pub(super) fn syntax(text: &str, reason: impl Into<String>) -> Self {
        Self::Syntax {
            text: text.into(),
            reason: reason.into(),
        }
    }
}
