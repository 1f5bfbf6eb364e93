//! Where a slot lies within a field: `accounts["ana"].balances[3]`.

use super::key::KeyType;
use std::fmt;

/// A step from a field down.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Field(&'a str),
    Member(&'a str),
    Index(u64),
    /// A key of a mapping, as it is hashed.
    Key(&'a KeyType, &'a [u8]),
}

/// The steps from a field to a slot.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    above: Option<&'a Path<'a>>,
    step: Step<'a>,
}

impl<'a> Path<'a> {
    /// A field.
    pub(super) fn of(field: &'a str) -> Self {
        Self {
            above: None,
            step: Step::Field(field),
        }
    }

    /// The keys on the way, as they were hashed.
    pub(super) fn keys(&self) -> Vec<&'a [u8]> {
        let mut keys = self.above.map_or(Vec::new(), Path::keys);
        if let Step::Key(_, hashed) = self.step {
            keys.push(hashed);
        }
        keys
    }

    /// The way without its keys, as fields are named.
    pub(super) fn field(&self) -> String {
        let above = self.above.map_or(String::new(), Path::field);
        match self.step {
            Step::Key(..) => above,
            step => format!("{above}{}", Path { above: None, step }),
        }
    }

    /// One step further.
    pub(super) fn then(&'a self, step: Step<'a>) -> Self {
        Self {
            above: Some(self),
            step,
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            above.fmt(f)?;
        }
        match self.step {
            Step::Field(name) => f.write_str(name),
            Step::Member(name) => write!(f, ".{name}"),
            Step::Index(at) => write!(f, "[{at}]"),
            Step::Key(key, hashed) => write!(f, "[{}]", key.show(hashed)),
        }
    }
}
