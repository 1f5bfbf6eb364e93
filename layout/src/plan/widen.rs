//! Which types hold every value of which.

use super::leaves::Leaf;
use crate::bytes::Bytes;
use crate::compare::Types;
use crate::report::Decision;
use crate::storage::{TypeKind, TypeRef};

/// The conversion of an old value into the new one.
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

/// Returns the conversion of a value, if the new type holds every value of the old one.
pub(super) fn widen(old: &Leaf<'_>, new: &Leaf<'_>) -> Option<Conversion> {
    let is_declared = new.is_declared_from(old) && old.bytes == new.bytes;
    if is_declared || unchanged(old.ty, new.ty) {
        return Some(Conversion::Same);
    }
    let is_larger = old.bytes < new.bytes;
    match (old.ty.kind(), new.ty.kind()) {
        (TypeKind::Int(a), TypeKind::Int(b)) if a < b && is_larger => Some(Conversion::Signed {
            from: old.bytes,
            to: new.bytes,
        }),
        (TypeKind::FixedBytes(a), TypeKind::FixedBytes(b)) if a < b && is_larger => {
            Some(Conversion::Left(new.bytes - old.bytes))
        }
        (TypeKind::Enum(Some(a)), TypeKind::Enum(Some(b))) => {
            (b.starts_with(a) && old.bytes <= new.bytes).then_some(Conversion::Same)
        }
        (from, to) => is_same_number(from, to).then_some(Conversion::Same),
    }
}

/// Returns true if every number of the one type, filled up with zeros, is the same number of the other, which has no
/// fewer bytes.
fn is_same_number(from: &TypeKind, to: &TypeKind) -> bool {
    match (from, to) {
        (TypeKind::Uint(a), TypeKind::Uint(b)) => a <= b,
        (TypeKind::Uint(a), TypeKind::Int(b)) => a < b,
        (TypeKind::Bool, TypeKind::Uint(_)) => true,
        _ => false,
    }
}

/// Returns true if a map's values become wider where they are: a number alone in its word is already the
/// wider number, if its sign is not at stake.
pub(super) fn in_place(old: TypeRef<'_>, new: TypeRef<'_>) -> bool {
    let (TypeKind::Mapping(a), TypeKind::Mapping(b)) = (old.kind(), new.kind()) else {
        return false;
    };
    let (before, after) = (old.at(a.value), new.at(b.value));
    let is_wider = is_same_number(before.kind(), after.kind()) || in_place(before, after);
    is_wider && a.is_zero_extended == b.is_zero_extended && unchanged(old.at(a.key), new.at(b.key))
}

/// Returns true if every value reads the same in place.
pub(super) fn unchanged(old: TypeRef<'_>, new: TypeRef<'_>) -> bool {
    let changes = Types::default().change(old, new, Some(Bytes::ZERO));
    let mut changes = changes.iter();
    changes.all(|change| change.decision == Decision::Safe)
}
