//! A fact, and where it is known from.

use super::coverage::Evidence;
use super::origin::{Origin, Part, Writer};

/// Something that is known, where it is known from, and why it is not known better. Where nobody knows it there is
/// no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact<T> {
    value: Option<T>,
    origin: Origin,
    why: String,
}

impl<T> Fact<T> {
    /// It is known from there.
    pub fn of(value: T, origin: Origin) -> Self {
        Self::doubted(value, origin, "")
    }

    /// It is known from there, and that is why it proves no more.
    pub fn doubted(value: T, origin: Origin, why: impl Into<String>) -> Self {
        Self {
            value: Some(value),
            origin,
            why: why.into(),
        }
    }

    /// Nobody knows it, and why.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self {
            value: None,
            origin: Origin::NotKnown,
            why: why.into(),
        }
    }

    /// Returns what is known.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The same, taken out.
    pub fn into_value(self) -> Option<T> {
        self.value
    }

    /// Returns where it is known from.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Says why it is not known, or not better.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// Returns what it proves about a part.
    pub fn about(&self, part: Part) -> Evidence {
        Evidence::whole(part, self.origin, &self.why)
    }

    /// Returns true if nobody who proposes something can have written it.
    pub const fn is_proven(&self) -> bool {
        matches!(self.origin.writer(), Some(Writer::Nobody))
    }

    /// The same, known from somewhere else.
    #[must_use]
    pub fn said_by(mut self, origin: Origin, why: impl Into<String>) -> Self {
        if self.value.is_some() {
            (self.origin, self.why) = (origin, why.into());
        }
        self
    }
}
