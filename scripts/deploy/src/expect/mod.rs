//! Expectations that must hold of an instance when an upgrade has moved it, as a file says it, and the contract that
//! checks it on chain.
//!
//! The contract is a check of a step ([`IUpgradeCheck`](stylus_upgrades_interface::check)). Its code is compiled
//! from the expectations alone and carries them as text, so everybody can read what it asks
//! ([`Asks`]): other code is never taken for one.

mod asks;
mod checker;
mod file;
mod getter;
mod value;

pub use asks::Asks;
pub use file::Suggested;
pub use getter::Getter;
pub use value::Value;

use alloy::primitives::{Address, Bytes, I256};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::build::evm;
use crate::error::Refusal;
use crate::ids::CodeHash;

/// The name of the check where it is deployed.
pub const CHECK: &str = "the check of expectations";
/// Expectations of one check, at most.
const MOST: usize = 64;
/// Characters of one expectation, at most.
const LONGEST: usize = 512;
/// Bytes of code that an account can have.
const CODE_MAX: usize = 24_576;

/// The name of a refusal of more than a check has room for.
const TOO_MANY: &str = "ExpectationsTooMany";

/// The error that this text is no expectation.
fn syntax(text: &str, reason: impl Into<String>) -> Refusal {
    let reason = reason.into();
    Refusal::new(
        "ExpectationsSyntax",
        format!("{text:?} is no expectation: {reason}"),
    )
    .with(
        "unchanged or nonzero and a getter, or equal or delta, a getter and a value; \
         a getter is name(type,…) and its arguments, with one space before each",
        reason,
        "correct it; stylus-upgrades plan … --write-expect FILE writes such a file",
    )
    .usage()
}

/// A condition that must hold of one getter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// It answers the same bytes as before.
    Unchanged,
    /// It answers one word, which is not zero.
    Nonzero,
    /// It answers this word.
    Equal(Value),
    /// It answers one word: that of before plus this. Like the chain it counts modulo 2²⁵⁶.
    Delta(I256),
}

impl Holds {
    /// The word that begins the expectation's text.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Nonzero => "nonzero",
            Self::Equal(_) => "equal",
            Self::Delta(_) => "delta",
        }
    }

    /// Returns true if the answer before the upgrade counts.
    pub fn compares(&self) -> bool {
        matches!(self, Self::Unchanged | Self::Delta(_))
    }
}

/// A condition that must hold of an instance when an upgrade has moved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The getter that is asked.
    pub getter: Getter,
    /// The condition that must hold of the answer.
    pub holds: Holds,
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.holds.name(), self.getter)?;
        match &self.holds {
            Holds::Unchanged | Holds::Nonzero => Ok(()),
            Holds::Equal(value) => write!(f, " {value}"),
            Holds::Delta(by) if by.is_negative() => write!(f, " {by}"),
            Holds::Delta(by) => write!(f, " +{by}"),
        }
    }
}

impl FromStr for Expectation {
    type Err = Refusal;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let unreadable = || syntax(text, "it has another form");
        let (name, rest) = text.split_once(' ').ok_or_else(unreadable)?;
        let (getter, holds) = match name {
            "unchanged" => (rest, Holds::Unchanged),
            "nonzero" => (rest, Holds::Nonzero),
            "equal" | "delta" => {
                let (getter, value) = rest.rsplit_once(' ').ok_or_else(unreadable)?;
                let holds = match name {
                    "equal" => Holds::Equal(value.parse()?),
                    _ => Holds::Delta(value::delta(value)?),
                };
                (getter, holds)
            }
            _ => return Err(unreadable()),
        };
        let getter = getter.parse()?;
        Ok(Self { getter, holds })
    }
}

/// The expectations of one check, in the order of their text, with its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectations {
    all: Vec<Expectation>,
    code: Bytes,
}

impl Expectations {
    /// The check of these.
    ///
    /// # Errors
    /// None at all, one twice, or too many.
    pub fn new(mut all: Vec<Expectation>) -> Result<Self, Refusal> {
        if all.is_empty() {
            return Err(syntax("", "nothing is expected"));
        }
        all.sort_by_cached_key(Expectation::to_string);
        let mut seen = BTreeSet::new();
        for one in &all {
            if !seen.insert((one.holds.name(), one.getter.to_string())) {
                return Err(syntax(&one.to_string(), "it stands there twice"));
            }
        }
        let longest = all.iter().map(|one| one.to_string().len()).max();
        let is_bounded = all.len() <= MOST && longest <= Some(LONGEST);
        let code = if is_bounded {
            checker::code(&all)
        } else {
            Vec::new()
        };
        if !is_bounded || code.len() > CODE_MAX {
            let count = all.len();
            return Err(Refusal::new(
                TOO_MANY,
                format!("{count} expectations are too many, or too long, for one check"),
            )
            .with(
                format!("{MOST} at most, each of {LONGEST} characters at most"),
                count.to_string(),
                "keep those that matter",
            )
            .usage());
        }
        let code = code.into();
        Ok(Self { all, code })
    }

    /// Reads the expectations that this code checks; nothing where it is not exactly the check of some.
    fn of_code(code: &[u8]) -> Option<Self> {
        let lines = checker::text_in(code)?.lines();
        let all = lines.map(str::parse).collect::<Result<_, _>>().ok()?;
        let same = Self::new(all).ok()?;
        (*same.code == *code).then_some(same)
    }

    /// The expectations, in the order of their text.
    pub fn all(&self) -> &[Expectation] {
        &self.all
    }

    /// The code of the check.
    pub fn code(&self) -> &Bytes {
        &self.code
    }

    /// Returns the address of the check on every chain: its code decides that alone.
    pub fn account(&self) -> Address {
        evm::create2_address(&evm::creation_code(&self.code))
    }

    /// keccak256 of the check's code.
    pub fn codehash(&self) -> CodeHash {
        CodeHash::of(&self.code)
    }

    /// Each in words.
    pub fn words(&self) -> Vec<String> {
        self.all.iter().map(Expectation::to_string).collect()
    }
}

#[cfg(test)]
mod tests;
