//! Which types hold every value of which.

use super::leaves::Leaf;
use crate::error::LayoutError;
use crate::shape::{Shape, Type};

/// What turns an old value into the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// Nothing: the same number, filled up with zeros.
    Same,
    /// The sign is extended from so many bytes to so many.
    Signed {
        /// Bytes of the old type.
        from: u64,
        /// Bytes of the new type.
        to: u64,
    },
    /// Moved up by so many bytes: fixed bytes are filled up at their end.
    Left(u64),
}

/// How a value is carried over, if the new type holds every value of the old one.
pub(super) fn widen(
    from: &Shape<'_>,
    to: &Shape<'_>,
    old: &Leaf<'_>,
    new: &Leaf<'_>,
) -> Option<Conversion> {
    if new.is_declared_from(old) && old.bytes == new.bytes {
        return Some(Conversion::Same);
    }
    match (from, to) {
        (Shape::Bool, Shape::Bool | Shape::Uint(_)) | (Shape::Address, Shape::Address) => {
            Some(Conversion::Same)
        }
        (Shape::ExternalFunction, Shape::ExternalFunction) => Some(Conversion::Same),
        (Shape::Uint(a), Shape::Uint(b)) if a <= b => Some(Conversion::Same),
        (Shape::Uint(a), Shape::Int(b)) if a < b => Some(Conversion::Same),
        (Shape::Int(a), Shape::Int(b)) if a == b => Some(Conversion::Same),
        (Shape::Int(a), Shape::Int(b)) if a < b => Some(Conversion::Signed {
            from: a / 8,
            to: b / 8,
        }),
        (Shape::FixedBytes(a), Shape::FixedBytes(b)) if a == b => Some(Conversion::Same),
        (Shape::FixedBytes(a), Shape::FixedBytes(b)) if a < b => Some(Conversion::Left(b - a)),
        (Shape::Enum { members: Some(a) }, Shape::Enum { members: Some(b) }) => {
            (b.starts_with(a) && old.bytes <= new.bytes).then_some(Conversion::Same)
        }
        (
            Shape::Value {
                name: a,
                underlying: u,
            },
            Shape::Value {
                name: b,
                underlying: v,
            },
        ) => {
            let known = a == b || (u.is_some() && u == v);
            (known && old.bytes == new.bytes).then_some(Conversion::Same)
        }
        (Shape::Opaque, Shape::Opaque) => {
            (old.ty.id == new.ty.id && old.bytes == new.bytes).then_some(Conversion::Same)
        }
        _ => None,
    }
}

/// Whether a map's values become wider where they are: a number alone in its word is already the
/// wider number, if its sign is not at stake.
pub(super) fn in_place(old: Type<'_>, new: Type<'_>) -> Result<bool, LayoutError> {
    let (
        Shape::Map {
            key: a,
            value: v,
            zero_extended: x,
        },
        Shape::Map {
            key: b,
            value: w,
            zero_extended: y,
        },
    ) = (old.shape(), new.shape())
    else {
        return Ok(false);
    };
    let wider = match (v.shape(), w.shape()) {
        (Shape::Uint(a), Shape::Uint(b)) => a <= b,
        (Shape::Uint(a), Shape::Int(b)) => a < b,
        (Shape::Bool, Shape::Uint(_)) => true,
        (Shape::Map { .. }, Shape::Map { .. }) => in_place(v, w)?,
        _ => false,
    };
    Ok(wider && x == y && super::planner::unchanged(a, b)?)
}
