//! Which types hold every value of which.

use super::leaves::Leaf;
use super::planner::unchanged;
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
pub(super) fn widen(old: &Leaf<'_>, new: &Leaf<'_>) -> Result<Option<Conversion>, LayoutError> {
    let is_declared = new.is_declared_from(old) && old.bytes == new.bytes;
    if is_declared || unchanged(old.ty, new.ty)? {
        return Ok(Some(Conversion::Same));
    }
    Ok(match (old.ty.shape(), new.ty.shape()) {
        (Shape::Int(a), Shape::Int(b)) if a < b => Some(Conversion::Signed {
            from: a / 8,
            to: b / 8,
        }),
        (Shape::FixedBytes(a), Shape::FixedBytes(b)) if a < b => Some(Conversion::Left(b - a)),
        (Shape::Enum { members: Some(a) }, Shape::Enum { members: Some(b) }) => {
            (b.starts_with(a) && old.bytes <= new.bytes).then_some(Conversion::Same)
        }
        (from, to) => is_same_number(&from, &to).then_some(Conversion::Same),
    })
}

/// Whether every number of the one type is the same number of the other, which has no fewer bytes, filled up with
/// zeros.
fn is_same_number(from: &Shape<'_>, to: &Shape<'_>) -> bool {
    match (from, to) {
        (Shape::Uint(a), Shape::Uint(b)) => a <= b,
        (Shape::Uint(a), Shape::Int(b)) => a < b,
        (Shape::Bool, Shape::Uint(_)) => true,
        _ => false,
    }
}

/// Whether a map's values become wider where they are: a number alone in its word is already the
/// wider number, if its sign is not at stake.
pub(super) fn in_place(old: Type<'_>, new: Type<'_>) -> Result<bool, LayoutError> {
    let (Shape::Map(a), Shape::Map(b)) = (old.shape(), new.shape()) else {
        return Ok(false);
    };
    let is_wider =
        is_same_number(&a.value.shape(), &b.value.shape()) || in_place(a.value, b.value)?;
    Ok(is_wider && a.zero_extended == b.zero_extended && unchanged(a.key, b.key)?)
}
