//! Why expectations are none that a check on chain could ask.

use super::{LONGEST, MOST};
use crate::error::{Exit, Explain};
use crate::own_file::FileError;
use alloy::primitives::B256;
use std::fmt;
use thiserror::Error;

/// A part of what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    File,
    /// One expectation.
    Line,
    /// What is asked.
    Getter,
    /// What it must answer.
    Value,
    /// By how much it must differ.
    Difference,
}

impl Part {
    /// How it is written.
    fn form(self) -> &'static str {
        match self {
            Self::File => "unchanged, nonzero, equal and delta in TOML",
            Self::Line => "unchanged, nonzero, equal or delta, a getter, and a value",
            Self::Getter => {
                "name(type,…), and its arguments with one space before each; words only"
            }
            Self::Value => "a number, true, false, an address, or 0x and 64 digits",
            Self::Difference => "+ or - and a number",
        }
    }

    /// That this text is none.
    pub(super) fn refused(self, text: &str, reason: impl Into<String>) -> ExpectError {
        ExpectError::Syntax {
            what: self,
            text: text.into(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file of expectations",
            Self::Line => "expectation",
            Self::Getter => "getter",
            Self::Value => "word that a getter answers",
            Self::Difference => "difference",
        })
    }
}

/// Why expectations are not used.
#[derive(Debug, Error, Explain)]
pub enum ExpectError {
    /// The file is not read or written.
    #[error(transparent)]
    #[explain(of = _0)]
    File(#[from] FileError),
    /// What the file says, or a part of it, is no expectation.
    #[error("{text:?} is no {what}: {reason}")]
    #[explain(
        name = "ExpectationsSyntax",
        exit = Exit::Usage,
        expected = what.form().to_owned(),
        found = "{reason}",
        next = "correct it; stylus-upgrades plan … --write-expect FILE writes such a file"
    )]
    Syntax {
        /// What it should be.
        what: Part,
        /// What stands there.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing is expected.
    #[error("nothing is expected")]
    #[explain(
        name = "ExpectationsEmpty",
        exit = Exit::Usage,
        expected = "one expectation or more",
        found = "none",
        next = "leave --expect out, or write what must hold"
    )]
    Empty,
    /// One getter has two expectations of one kind.
    #[error("{0} stands there twice")]
    #[explain(
        name = "ExpectationTwice",
        exit = Exit::Usage,
        expected = "one expectation of a kind for each getter",
        found = "{_0}",
        next = "remove one of them"
    )]
    Duplicate(String),
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
    /// It has no answer that could be compared.
    #[error("{getter} of {proxy} answers nothing before the upgrade: {reason}")]
    #[explain(
        name = "ExpectationUnanswered",
        expected = "a getter that answers before the upgrade, as `unchanged` and `delta` compare with that",
        found = "{reason}",
        next = "nothing was sent: remove that expectation, or write nonzero or equal"
    )]
    Unanswered {
        /// What was asked.
        getter: String,
        /// The instance.
        proxy: String,
        /// What came instead.
        reason: String,
    },
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
