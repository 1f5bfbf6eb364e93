//! Fields that a struct was put around, or that came out of one: under the same names, at the same places.

use super::index::FieldIndex;
use super::types::Types;
use crate::bytes::Bytes;
use crate::report::FieldChange;
use crate::storage::{Field, TypeKind};

/// Structs within each other that are opened.
const DEPTH: usize = 8;

/// Both lists, with its members in place of each struct that only one of them has around fields of the other.
pub(super) fn opened<'o, 'n>(
    types: &mut Types,
    old: &[Field<'o>],
    new: &[Field<'n>],
) -> (Vec<Field<'o>>, Vec<Field<'n>>) {
    let after = open(new, old, |members, before| {
        holds_all(members, before, |member, field| {
            types.change(field.ty, member.ty, Some(Bytes::ZERO))
        })
    });
    let before = open(old, &after, |members, after| {
        // What nothing has any more is a field that is gone.
        let is_whole = members.len() == after.len();
        is_whole
            && holds_all(members, after, |member, field| {
                types.change(member.ty, field.ty, Some(Bytes::ZERO))
            })
    });
    (before, after)
}

/// A list, with the members in place of each struct for which `holds` that they are what the other list has there.
fn open<'l, 'm>(
    all: &[Field<'l>],
    others: &[Field<'m>],
    mut holds: impl FnMut(&[Field<'l>], &[&Field<'m>]) -> bool,
) -> Vec<Field<'l>> {
    let index = FieldIndex::new(others);
    let mut found = Vec::new();
    for (at, field) in all.iter().enumerate() {
        let is_named = !index.find_named(field.label()).is_empty();
        let there = if is_named {
            Vec::new()
        } else {
            index.find_overlaps(field)
        };
        let members = if there.is_empty() {
            None
        } else {
            members(field, &there, DEPTH)
        };
        let Some(members) = members else {
            found.push(field.clone());
            continue;
        };
        // Beside another field of its name nobody knows which of them is meant.
        let mut beside = all.iter().enumerate().filter(|(other, _)| *other != at);
        let is_alone =
            beside.all(|(_, other)| !members.iter().any(|member| is_one_name(member, other)));
        if is_alone && holds(&members, &there) {
            found.extend(members)
        } else {
            found.push(field.clone())
        }
    }
    found
}

/// The members of a struct, each where it lies; of structs among them that the others do not have, theirs.
fn members<'l>(of: &Field<'l>, others: &[&Field<'_>], depth: usize) -> Option<Vec<Field<'l>>> {
    let TypeKind::Struct(Some(items)) = of.ty.plain().kind() else {
        return None;
    };
    let mut all = Vec::new();
    for member in of.ty.fields(items) {
        let start = of.start + member.start;
        let member = Field { start, ..member };
        let is_there = others.iter().any(|other| is_at(&member, other));
        let is_met = others.iter().any(|other| other.overlaps(&member));
        let inner = match depth.checked_sub(1).filter(|_| is_met && !is_there) {
            Some(depth) => members(&member, others, depth),
            None => None,
        };
        match inner {
            Some(inner) => all.extend(inner),
            None => all.push(member),
        }
    }
    Some(all)
}

/// Returns true if each of these fields is one of these members, and reads the same.
fn holds_all<'l, 'm>(
    members: &[Field<'l>],
    all: &[&Field<'m>],
    mut changes: impl FnMut(&Field<'l>, &Field<'m>) -> Vec<FieldChange>,
) -> bool {
    for field in all {
        let Some(member) = members.iter().find(|member| is_at(member, field)) else {
            return false;
        };
        if !changes(member, field).is_empty() {
            return false;
        }
    }
    true
}

/// Returns true if both are fields of one name at one place.
fn is_at(one: &Field<'_>, other: &Field<'_>) -> bool {
    let is_there = one.start == other.start && one.size == other.size;
    is_there && one.label() == other.label() && !one.is_gap() && !other.is_gap()
}

/// Returns true if both have one name, whatever their case and their underscores.
fn is_one_name(one: &Field<'_>, other: &Field<'_>) -> bool {
    let name = |field: &Field<'_>| field.label().replace('_', "").to_lowercase();
    name(one) == name(other)
}
