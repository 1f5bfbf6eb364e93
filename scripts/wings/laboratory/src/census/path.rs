//! The path of a slot within a field: `accounts["ana"].balances[3]`.

use crate::layout::KeyType;
use std::fmt;

/// A segment of the path below a field.
#[derive(Clone, Copy)]
pub(super) enum PathSegment<'a> {
    /// A field, or a member of what is above.
    Name(&'a str),
    Index(u64),
    /// A key of a mapping, as it is hashed.
    Key(&'a KeyType, &'a [u8]),
}

/// The segments from a field to a slot.
#[derive(Clone, Copy)]
pub(super) struct SlotPath<'a> {
    above: Option<&'a SlotPath<'a>>,
    segment: PathSegment<'a>,
}

impl<'a> SlotPath<'a> {
    /// The path of a field.
    pub(super) fn new(field: &'a str) -> Self {
        Self {
            above: None,
            segment: PathSegment::Name(field),
        }
    }

    /// The path with one segment more.
    pub(super) fn then(&'a self, segment: PathSegment<'a>) -> Self {
        Self {
            above: Some(self),
            segment,
        }
    }

    /// Renders the path, in which a key is what `show` makes of it.
    fn render(&self, show: &mut dyn FnMut(&KeyType, &[u8]) -> String) -> String {
        let above = self.above.map(|above| above.render(show));
        let segment = match self.segment {
            PathSegment::Name(name) if above.is_some() => format!(".{name}"),
            PathSegment::Name(name) => name.to_owned(),
            PathSegment::Index(at) => format!("[{at}]"),
            PathSegment::Key(key, hashed) => show(key, hashed),
        };
        above.unwrap_or_default() + &segment
    }

    /// The path without its keys, as fields are named, and the keys on it, as they were hashed.
    pub(super) fn field_and_keys(&self) -> (String, Vec<u8>) {
        let mut keys = Vec::new();
        let field = self.render(&mut |_, hashed| {
            keys.extend(hashed);
            String::new()
        });
        (field, keys)
    }
}

impl fmt::Display for SlotPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&mut |key, hashed| format!("[{}]", key.show(hashed))))
    }
}
