//! Where a slot lies within a field: `accounts["ana"].balances[3]`.

use std::fmt;

/// A step that is put into words only where it is shown.
pub(super) trait Labelled {
    /// Its words.
    fn label(&self) -> String;
}

/// A step from a field down.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Field(&'a str),
    Member(&'a str),
    Index(u64),
    /// A key of a mapping.
    Key(&'a dyn Labelled),
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
            Step::Key(key) => f.write_str(&key.label()),
        }
    }
}
