//! Why expectations are none that a check on chain could ask.

use super::{LONGEST, MOST};
use crate::error::{Exit, Explain};
use crate::own_file::FileError;
use alloy::primitives::B256;
use std::path::PathBuf;
use thiserror::Error;

/// How expectations are written.
const FORM: &str = "unchanged = [\"totalSupply()\"], nonzero = [\"root()\"], equal = { \"owner()\" = \"0x…\" }, \
                    delta = { \"fee()\" = \"+5\" }";

/// Why expectations are not used.
#[derive(Debug, Error, Explain)]
pub enum ExpectError {
    /// The file is not read or written.
    #[error(transparent)]
    #[explain(of = _0)]
    File(#[from] FileError),
    /// There is no such file.
    #[error("there is no file {}", .0.display())]
    #[explain(
        name = "ExpectationsMissing",
        exit = Exit::Usage,
        expected = "a file of expectations",
        found = "none",
        next = format!("stylus-upgrades plan … --write-expect {} writes one", _0.display())
    )]
    Missing(PathBuf),
    /// It is no TOML of that form.
    #[error("{} is no file of expectations: {reason}", path.display())]
    #[explain(
        name = "ExpectationsSyntax",
        exit = Exit::Usage,
        expected = FORM.to_owned(),
        found = "{reason}",
        next = "correct it; stylus-upgrades plan … --write-expect FILE writes one"
    )]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser says.
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
    /// A line is no expectation.
    #[error("{0:?} is no expectation")]
    #[explain(
        name = "ExpectationUnknown",
        exit = Exit::Usage,
        expected = FORM.to_owned(),
        found = "{_0}",
        next = "correct it"
    )]
    Unreadable(String),
    /// What is asked is no call that a check can make.
    #[error("{text:?} is no getter: {reason}")]
    #[explain(
        name = "ExpectationGetter",
        exit = Exit::Usage,
        expected = "name(), or name(type,…) and its arguments, with one space before each; words only",
        found = "{text}",
        next = "correct it"
    )]
    BadGetter {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No word.
    #[error("{0:?} is no word that a getter answers")]
    #[explain(
        name = "ExpectationValue",
        exit = Exit::Usage,
        expected = "a number, true, false, an address, or 0x and 64 digits",
        found = "{_0}",
        next = "correct it"
    )]
    BadValue(String),
    /// No difference.
    #[error("{0:?} is no difference")]
    #[explain(
        name = "ExpectationDelta",
        exit = Exit::Usage,
        expected = "+ or - and a number",
        found = "{_0}",
        next = "correct it"
    )]
    BadDelta(String),
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
    /// The version that comes has no such function.
    #[error("{getter} is no function of the new version")]
    #[explain(
        name = "ExpectationLost",
        expected = "getters of the new version",
        found = "{getter}, which it has not",
        next = "nothing was sent: remove that expectation, or give the function back to the code"
    )]
    Lost {
        /// What would be asked.
        getter: String,
    },
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
    /// Something else than an action was to be compared.
    #[error("only one action can be compared with a hash")]
    #[explain(
        name = "StateDifferenceOfWhat",
        exit = Exit::Usage,
        expected = "an action, 0x and 8 or more digits",
        found = "a definition",
        next = "stylus-upgrades pending lists the actions"
    )]
    NoAction,
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
    pub(super) fn unreadable(text: &str) -> Self {
        Self::Unreadable(text.into())
    }
}
