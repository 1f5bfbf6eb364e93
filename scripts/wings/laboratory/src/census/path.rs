//! The path of a slot within a field: `accounts["ana"].balances[3]`.

use crate::layout::KeyType;
use std::fmt;

/// A step from a field down.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// A field, or a member of what is above.
    Name(&'a str),
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
            step: Step::Name(field),
        }
    }

    /// One step further.
    pub(super) fn then(&'a self, step: Step<'a>) -> Self {
        Self {
            above: Some(self),
            step,
        }
    }

    /// The way, in which a key is what `show` makes of it.
    fn written(&self, show: &mut dyn FnMut(&KeyType, &[u8]) -> String) -> String {
        let above = self.above.map(|above| above.written(show));
        let step = match self.step {
            Step::Name(name) if above.is_some() => format!(".{name}"),
            Step::Name(name) => name.to_owned(),
            Step::Index(at) => format!("[{at}]"),
            Step::Key(key, hashed) => show(key, hashed),
        };
        above.unwrap_or_default() + &step
    }

    /// The way without its keys, as fields are named, and the keys on it, as they were hashed.
    pub(super) fn field_and_keys(&self) -> (String, Vec<u8>) {
        let mut keys = Vec::new();
        let field = self.written(&mut |_, hashed| {
            keys.extend(hashed);
            String::new()
        });
        (field, keys)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(&mut |key, hashed| format!("[{}]", key.show(hashed))))
    }
}
