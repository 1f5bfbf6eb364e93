//! Whether bytes written as one type can be read as another.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;

use super::Area;
use crate::bytes::Bytes;
use crate::report::{Decision, FieldChange, Verdict};
use crate::storage::{Field, TypeId, TypeKind, TypeRef};

/// The old type, the new one, and the room after the old one.
type Question = (TypeId, TypeId, Option<Bytes>);

/// Types within each other, beyond which a layout is no author's work.
const DEPTH: usize = 128;
/// Pairs of types that one comparison looks at, at most: types that lead to each other are compared anew for each way to
/// them.
const VISITS_MAX: usize = 1 << 16;
/// Changes that are listed of one type.
const LISTED: usize = 256;

/// Compares types; remembers which comparisons are under way, since types may be recursive, and
/// what they found, since they may be used often.
#[derive(Debug, Default)]
pub(crate) struct Types {
    open: BTreeSet<Question>,
    known: BTreeMap<Question, Vec<FieldChange>>,
    /// The number of answers that were assumed because their comparison was under way.
    assumed: usize,
    /// The pairs of types that were looked at.
    visits: usize,
}

impl Types {
    /// Lists the changes from one type to the other; none if every value reads the same. A struct
    /// or an array may grow by `room` bytes, without bound if that is absent.
    pub(crate) fn change(
        &mut self,
        old: TypeRef<'_>,
        new: TypeRef<'_>,
        room: Option<Bytes>,
    ) -> Vec<FieldChange> {
        let (old, new) = (old.plain(), new.plain());
        let question = (old.id, new.id, room);
        if let Some(known) = self.known.get(&question) {
            return known.clone();
        }
        self.visits += 1;
        if self.open.len() >= DEPTH || self.visits > VISITS_MAX {
            return vec![unknown(old, new)];
        }
        if !self.open.insert(question) {
            // Under way further up: it holds unless that one fails.
            self.assumed += 1;
            return vec![];
        }
        let assumed = self.assumed;
        let mut changes = self.kinds(old, new, room);
        if changes.is_empty() && is_resized(old, new) {
            changes.push(retype(old, new));
        }
        self.open.remove(&question);
        shorten(&mut changes);
        if self.assumed == assumed || self.open.is_empty() {
            self.known.insert(question, changes.clone());
        }
        changes
    }

    fn kinds(
        &mut self,
        old: TypeRef<'_>,
        new: TypeRef<'_>,
        room: Option<Bytes>,
    ) -> Vec<FieldChange> {
        let (of_old, of_new) = (|id: &TypeId| old.at(*id), |id: &TypeId| new.at(*id));
        match (old.kind(), new.kind()) {
            (TypeKind::Unknown | TypeKind::InternalFunction, _)
            | (_, TypeKind::Unknown | TypeKind::InternalFunction) => vec![unknown(old, new)],
            (TypeKind::Bool, TypeKind::Bool)
            | (TypeKind::Address, TypeKind::Address)
            | (TypeKind::Bytes, TypeKind::Bytes)
            | (TypeKind::String, TypeKind::String)
            | (TypeKind::ExternalFunction, TypeKind::ExternalFunction) => vec![],
            (TypeKind::Uint(a), TypeKind::Uint(b)) | (TypeKind::Int(a), TypeKind::Int(b))
                if a == b =>
            {
                vec![]
            }
            (TypeKind::FixedBytes(a), TypeKind::FixedBytes(b)) if a == b => vec![],
            (TypeKind::Opaque | TypeKind::Lazy(_), TypeKind::Opaque | TypeKind::Lazy(_)) => {
                // Its author answers for what has one name and one size.
                let is_same = old.label() == new.label() && old.size() == new.size();
                if is_same {
                    vec![]
                } else {
                    vec![unknown(old, new)]
                }
            }
            (TypeKind::Enum(Some(a)), TypeKind::Enum(Some(b))) => enums(a, b, old, new),
            (TypeKind::Enum(_), TypeKind::Enum(_)) => vec![unknown(old, new)],
            // Of what it is made is not known, or it fills more bytes than that.
            (TypeKind::ValueType(_), _) | (_, TypeKind::ValueType(_))
                if old.size() == new.size() =>
            {
                vec![unknown(old, new)]
            }
            (TypeKind::Struct(Some(a)), TypeKind::Struct(Some(b))) => {
                let (a, b) = (old.fields(a), new.fields(b));
                let end = || a.iter().map(Field::end).max().unwrap_or_default();
                let limit = room.map(|room| old.size().unwrap_or_else(end) + room);
                within(".", Area::members(limit).compare(self, &a, &b))
            }
            (TypeKind::Struct(_), TypeKind::Struct(_)) => vec![unknown(old, new)],
            (
                TypeKind::Array {
                    element: a,
                    length: m,
                },
                TypeKind::Array {
                    element: b,
                    length: n,
                },
            ) => {
                let elements = self.change(of_old(a), of_new(b), Some(Bytes::ZERO));
                let mut changes = within("[]", elements);
                changes.extend(lengths(*m, *n, old, new, room));
                changes
            }
            (TypeKind::Vector(a), TypeKind::Vector(b)) => {
                within("[]", self.change(of_old(a), of_new(b), Some(Bytes::ZERO)))
            }
            (TypeKind::Mapping(a), TypeKind::Mapping(b)) => {
                let (old_key, new_key) = (of_old(&a.key), of_new(&b.key));
                let mut changes = if widens_unsigned(old_key, new_key) {
                    // Each key has the same word, so each entry the same slot.
                    Vec::new()
                } else {
                    within("[key]", self.change(old_key, new_key, Some(Bytes::ZERO)))
                };
                if changes.is_empty() && a.is_zero_extended != b.is_zero_extended {
                    changes.push(signed_keys(old_key));
                }
                let values = self.change(of_old(&a.value), of_new(&b.value), None);
                changes.extend(within("[]", values));
                changes
            }
            _ => vec![retype(old, new)],
        }
    }
}

/// Returns true if values of both types are alike and take different numbers of bytes: elements of arrays would lie
/// elsewhere.
fn is_resized(old: TypeRef<'_>, new: TypeRef<'_>) -> bool {
    // An array that grew says so itself.
    let is_array = matches!(old.kind(), TypeKind::Array { .. });
    let sizes = old.size().zip(new.size());
    !is_array && sizes.is_some_and(|(before, after)| before != after)
}

/// Returns true if values of both are found alike, in place or at slots that follow from the same keys and places. Then
/// their author can say that the same bytes mean the same.
pub(crate) fn are_found_alike(old: TypeRef<'_>, new: TypeRef<'_>) -> bool {
    are_found_alike_below(old, new, &mut BTreeSet::new())
}

/// The same, where `met` has the pairs of types further up: of those nothing is asked again.
fn are_found_alike_below(
    old: TypeRef<'_>,
    new: TypeRef<'_>,
    met: &mut BTreeSet<(TypeId, TypeId)>,
) -> bool {
    if !met.insert((old.id, new.id)) {
        return true;
    }
    let (of_old, of_new) = (|id: &TypeId| old.at(*id), |id: &TypeId| new.at(*id));
    match (old.plain().kind(), new.plain().kind()) {
        // Its author answers for it.
        (TypeKind::Opaque | TypeKind::Lazy(_), _) | (_, TypeKind::Opaque | TypeKind::Lazy(_)) => {
            true
        }
        // Each build has its functions elsewhere, whatever is declared.
        (TypeKind::InternalFunction, _) | (_, TypeKind::InternalFunction) => false,
        (TypeKind::Mapping(a), TypeKind::Mapping(b)) => {
            padding(of_old(&a.key)) == padding(of_new(&b.key))
                && are_found_alike_below(of_old(&a.value), of_new(&b.value), met)
        }
        // Elements follow one another, each in its own bytes.
        (TypeKind::Vector(a), TypeKind::Vector(b))
        | (TypeKind::Array { element: a, .. }, TypeKind::Array { element: b, .. }) => {
            let (a, b) = (of_old(a), of_new(b));
            a.size() == b.size() && are_found_alike_below(a, b, met)
        }
        (TypeKind::Array { .. }, _) | (_, TypeKind::Array { .. }) => false,
        (TypeKind::Struct(Some(a)), TypeKind::Struct(Some(b))) => {
            let (a, b) = (old.fields(a), new.fields(b));
            let is_there = |field: &Field<'_>| {
                b.iter().any(|other| {
                    let is_same_place = (other.start, other.size) == (field.start, field.size);
                    is_same_place && are_found_alike_below(field.ty, other.ty, met)
                })
            };
            a.iter().all(is_there)
        }
        (TypeKind::Bytes | TypeKind::String, TypeKind::Bytes | TypeKind::String) => true,
        (TypeKind::Mapping(_) | TypeKind::Vector(_) | TypeKind::Bytes | TypeKind::String, _)
        | (_, TypeKind::Mapping(_) | TypeKind::Vector(_) | TypeKind::Bytes | TypeKind::String) => {
            false
        }
        _ => true,
    }
}

/// Returns true if a key of a mapping became a larger unsigned number.
fn widens_unsigned(old: TypeRef<'_>, new: TypeRef<'_>) -> bool {
    let kinds = (old.plain().kind(), new.plain().kind());
    matches!(kinds, (TypeKind::Uint(before), TypeKind::Uint(after)) if before < after)
}

/// The padding of a mapping's key before it is hashed.
#[derive(PartialEq, Eq)]
enum Padding {
    /// Zeros before it.
    Before,
    /// Its sign before it.
    Sign,
    /// Zeros behind it.
    Behind,
    /// Nothing: text has any length.
    Nothing,
}

fn padding(key: TypeRef<'_>) -> Padding {
    match key.plain().kind() {
        TypeKind::Bytes | TypeKind::String => Padding::Nothing,
        TypeKind::FixedBytes(_) => Padding::Behind,
        TypeKind::Int(_) => Padding::Sign,
        _ => Padding::Before,
    }
}

/// Keeps the list readable, and its decision.
fn shorten(changes: &mut Vec<FieldChange>) {
    if changes.len() > LISTED {
        changes.sort_by_key(|change| std::cmp::Reverse(change.decision));
        changes.truncate(LISTED);
    }
}

fn within(step: &str, changes: Vec<FieldChange>) -> Vec<FieldChange> {
    changes
        .into_iter()
        .map(|change| FieldChange {
            field: format!("{step}{}", change.field),
            ..change
        })
        .collect()
}

fn retype(old: TypeRef<'_>, new: TypeRef<'_>) -> FieldChange {
    let widened = match (old.size(), new.size()) {
        (Some(a), Some(b)) if a == b => "; if the bytes mean the same, declare the old type",
        _ => "; a migration can carry the value over",
    };
    let (was, is) = describe_types(old, new);
    let note = format!("was {was}, is {is}{widened}");
    FieldChange::of(Verdict::Retype, Decision::Refused, "", note)
}

/// Both in words, with what they are made of where their names do not say it.
fn describe_types(old: TypeRef<'_>, new: TypeRef<'_>) -> (String, String) {
    let is_value = |ty: TypeRef<'_>| matches!(ty.kind(), TypeKind::ValueType(_));
    let is_unsaid = old.label() == new.label() || is_value(old) || is_value(new);
    let describe = |ty: TypeRef<'_>| {
        let Some(size) = ty.size().filter(|_| is_unsaid) else {
            return ty.label().to_owned();
        };
        if let TypeKind::ValueType(Some(below)) = ty.kind() {
            let below = ty.at(*below);
            return format!("{} ({} in {size} bytes)", ty.label(), below.label());
        }
        format!("{} ({size} bytes)", ty.label())
    };
    (describe(old), describe(new))
}

fn unknown(old: TypeRef<'_>, new: TypeRef<'_>) -> FieldChange {
    let is_internal = |ty: TypeRef<'_>| matches!(ty.kind(), TypeKind::InternalFunction);
    let is_value = |ty: TypeRef<'_>| matches!(ty.kind(), TypeKind::ValueType(None));
    let (was, is) = (old.label(), new.label());
    let note = if is_internal(old) || is_internal(new) {
        format!(
            "{was} is a place in the old code, which is another place in the new code: such a value is wrong \
             after every upgrade"
        )
    } else if is_value(old) || is_value(new) {
        format!(
            "of what type {was} or {is} is made is not known: give the compiler's build-info with its AST"
        )
    } else {
        format!("too little is known of {was} and {is} to compare them")
    };
    FieldChange::of(Verdict::Unknown, Decision::Undecided, "", note)
}

fn signed_keys(key: TypeRef<'_>) -> FieldChange {
    let note = format!(
        "stylus-sdk fills {} keys up with zeros, Solidity with the sign: entries under negative keys are in other slots",
        key.label()
    );
    FieldChange::of(Verdict::Unknown, Decision::Undecided, "[key]", note)
}

/// Members of an enum may only be added after the others, within the same number of bytes.
fn enums(old: &[String], new: &[String], from: TypeRef<'_>, to: TypeRef<'_>) -> Vec<FieldChange> {
    if from.size() == to.size() && new.starts_with(old) {
        return vec![];
    }
    let note = format!(
        "members were {}, are {}; members may only be added at the end",
        old.join(" "),
        new.join(" ")
    );
    vec![FieldChange {
        note,
        ..retype(from, to)
    }]
}

/// An array in place may grow into free room and never shrink.
fn lengths(
    old: U256,
    new: U256,
    from: TypeRef<'_>,
    to: TypeRef<'_>,
    room: Option<Bytes>,
) -> Option<FieldChange> {
    let grown = || Some(to.size()?.saturating_sub(from.size()?));
    let fits =
        || room.is_none() || grown().is_some_and(|grown| room.is_some_and(|room| grown <= room));
    match old.cmp(&new) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less if fits() => Some(FieldChange::of(
            Verdict::SafeAppend,
            Decision::Safe,
            "[]",
            format!("grew from {old} to {new} elements, on bytes that nothing used"),
        )),
        _ => Some(FieldChange {
            note: format!("had {old} elements, has {new}"),
            ..retype(from, to)
        }),
    }
}
