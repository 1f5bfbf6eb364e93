//! Whether bytes written as one type can be read as another.

use std::collections::{BTreeMap, BTreeSet};

use super::Area;
use crate::error::LayoutError;
use crate::fields::{Field, fields};
use crate::report::{Decision, FieldChange, Verdict};
use crate::shape::{Bytes, Shape, Type};

/// Two type ids and the room after the old one.
type Question = (String, String, Option<Bytes>);

/// Types within each other, beyond which a layout is no author's work.
const DEPTH: usize = 128;
/// Changes that are listed of one type.
const LISTED: usize = 256;

/// Compares types; remembers which comparisons are under way, since types may be recursive, and
/// what they found, since they may be used often.
#[derive(Debug, Default)]
pub(crate) struct Types {
    open: BTreeSet<Question>,
    known: BTreeMap<Question, Vec<FieldChange>>,
    /// How often an answer was taken for granted because it was under way.
    assumed: usize,
}

impl Types {
    /// What changed from one type to the other; nothing, if every value reads the same. A struct
    /// or an array may grow by `room` bytes, without bound if that is absent.
    pub(crate) fn change(
        &mut self,
        old: Type<'_>,
        new: Type<'_>,
        room: Option<Bytes>,
    ) -> Result<Vec<FieldChange>, LayoutError> {
        let (old, new) = (old.plain(), new.plain());
        let question = (old.id.to_owned(), new.id.to_owned(), room);
        if let Some(known) = self.known.get(&question) {
            return Ok(known.clone());
        }
        if self.open.len() >= DEPTH {
            return Ok(vec![unknown(old, new)]);
        }
        if !self.open.insert(question.clone()) {
            // Under way further up: it holds unless that one fails.
            self.assumed += 1;
            return Ok(vec![]);
        }
        let assumed = self.assumed;
        let mut changes = self.shapes(old, new, room)?;
        self.open.remove(&question);
        shorten(&mut changes);
        if self.assumed == assumed || self.open.is_empty() {
            self.known.insert(question, changes.clone());
        }
        Ok(changes)
    }

    fn shapes(
        &mut self,
        old: Type<'_>,
        new: Type<'_>,
        room: Option<Bytes>,
    ) -> Result<Vec<FieldChange>, LayoutError> {
        let same = Ok(vec![]);
        match (old.shape(), new.shape()) {
            (Shape::Unknown, _) | (_, Shape::Unknown) => Ok(vec![unknown(old, new)]),
            (Shape::Bool, Shape::Bool)
            | (Shape::Address, Shape::Address)
            | (Shape::Bytes, Shape::Bytes)
            | (Shape::String, Shape::String)
            | (Shape::ExternalFunction, Shape::ExternalFunction) => same,
            (Shape::Uint(a), Shape::Uint(b)) | (Shape::Int(a), Shape::Int(b)) if a == b => same,
            (Shape::FixedBytes(a), Shape::FixedBytes(b)) if a == b => same,
            (Shape::Opaque, Shape::Opaque) if old.id == new.id && old.size() == new.size() => same,
            (Shape::Opaque, Shape::Opaque) => Ok(vec![unknown(old, new)]),
            (Shape::Enum { members: Some(a) }, Shape::Enum { members: Some(b) }) => {
                Ok(enums(a, b, old, new))
            }
            (Shape::Enum { .. }, Shape::Enum { .. }) => Ok(vec![unknown(old, new)]),
            // Of what it is made is not known, or it fills more bytes than that.
            (Shape::Value(_), _) | (_, Shape::Value(_)) if old.size() == new.size() => {
                Ok(vec![unknown(old, new)])
            }
            (Shape::Struct(Some(a)), Shape::Struct(Some(b))) => {
                let (a, b) = (fields(old.layout(), a)?, fields(new.layout(), b)?);
                let end = || a.iter().map(Field::end).max().unwrap_or_default();
                let limit = room.map(|room| old.size().unwrap_or_else(end) + room);
                Ok(within(".", Area::members(limit).compare(self, &a, &b)?))
            }
            (Shape::Struct(_), Shape::Struct(_)) => Ok(vec![unknown(old, new)]),
            (Shape::Array { base: a, length: m }, Shape::Array { base: b, length: n }) => {
                let mut changes = within("[]", self.change(a, b, Some(Bytes::ZERO))?);
                changes.extend(lengths(m, n, old, new, room));
                Ok(changes)
            }
            (Shape::Vec(a), Shape::Vec(b)) => {
                Ok(within("[]", self.change(a, b, Some(Bytes::ZERO))?))
            }
            (Shape::Map(a), Shape::Map(b)) => {
                let mut changes = if widens_unsigned(a.key, b.key) {
                    // Each key has the same word, so each entry the same slot.
                    Vec::new()
                } else {
                    within("[key]", self.change(a.key, b.key, Some(Bytes::ZERO))?)
                };
                if changes.is_empty() && a.zero_extended != b.zero_extended {
                    changes.push(signed_keys(a.key));
                }
                changes.extend(within("[]", self.change(a.value, b.value, None)?));
                Ok(changes)
            }
            _ => Ok(vec![retype(old, new)]),
        }
    }
}

/// Whether values of both are found in one way, so that their author can say that the same bytes mean the same: in place,
/// or at slots that follow from the same keys and places.
pub(crate) fn are_found_alike(old: Type<'_>, new: Type<'_>) -> bool {
    match (old.plain().shape(), new.plain().shape()) {
        // Its author answers for it.
        (Shape::Opaque, _) | (_, Shape::Opaque) => true,
        (Shape::Map(a), Shape::Map(b)) => {
            padding(a.key) == padding(b.key) && are_found_alike(a.value, b.value)
        }
        (Shape::Vec(a), Shape::Vec(b)) => a.size() == b.size() && are_found_alike(a, b),
        // Elements follow one another, each in its own bytes.
        (Shape::Array { base: a, .. }, Shape::Array { base: b, .. }) => {
            a.size() == b.size() && are_found_alike(a, b)
        }
        (Shape::Array { .. }, _) | (_, Shape::Array { .. }) => false,
        (Shape::Struct(Some(a)), Shape::Struct(Some(b))) => {
            let members = (fields(old.layout(), a), fields(new.layout(), b));
            let (Ok(a), Ok(b)) = members else {
                return false;
            };
            let is_there = |one: &Field<'_>| {
                let mut all = b.iter();
                all.any(|other| {
                    let is_same_place = (other.start, other.size) == (one.start, one.size);
                    is_same_place && are_found_alike(one.ty, other.ty)
                })
            };
            a.iter().all(is_there)
        }
        (Shape::Bytes | Shape::String, Shape::Bytes | Shape::String) => true,
        (Shape::Map(_) | Shape::Vec(_) | Shape::Bytes | Shape::String, _)
        | (_, Shape::Map(_) | Shape::Vec(_) | Shape::Bytes | Shape::String) => false,
        _ => true,
    }
}

/// Whether a key of a mapping became a larger unsigned number.
fn widens_unsigned(old: Type<'_>, new: Type<'_>) -> bool {
    let shapes = (old.plain().shape(), new.plain().shape());
    matches!(shapes, (Shape::Uint(before), Shape::Uint(after)) if before < after)
}

/// What a key of a mapping is filled up with before it is hashed.
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

fn padding(key: Type<'_>) -> Padding {
    match key.plain().shape() {
        Shape::Bytes | Shape::String => Padding::Nothing,
        Shape::FixedBytes(_) => Padding::Behind,
        Shape::Int(_) => Padding::Sign,
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

fn retype(old: Type<'_>, new: Type<'_>) -> FieldChange {
    let widened = match (old.size(), new.size()) {
        (Some(a), Some(b)) if a == b => "; if the bytes mean the same, declare the old type",
        _ => "; a migration can carry the value over",
    };
    let (was, is) = told(old, new);
    let note = format!("was {was}, is {is}{widened}");
    FieldChange::of(Verdict::Retype, Decision::Refused, "", note)
}

/// Both in words, with what they are made of where their names do not say it.
fn told(old: Type<'_>, new: Type<'_>) -> (String, String) {
    let is_value = |one: Type<'_>| matches!(one.shape(), Shape::Value(_));
    let is_unsaid = old.label() == new.label() || is_value(old) || is_value(new);
    let one = |of: Type<'_>| match (is_unsaid, of.shape(), of.size()) {
        (true, Shape::Value(Some(below)), Some(size)) => {
            format!("{} ({} in {size} bytes)", of.label(), below.label())
        }
        (true, _, Some(size)) => format!("{} ({size} bytes)", of.label()),
        _ => of.label().to_owned(),
    };
    (one(old), one(new))
}

fn unknown(old: Type<'_>, new: Type<'_>) -> FieldChange {
    let is_internal = |one: Type<'_>| one.id.starts_with("t_function_internal");
    let is_value = |one: Type<'_>| matches!(one.shape(), Shape::Value(None));
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

fn signed_keys(key: Type<'_>) -> FieldChange {
    let note = format!(
        "stylus-sdk fills {} keys up with zeros, Solidity with the sign: entries under negative keys are in other slots",
        key.label()
    );
    FieldChange::of(Verdict::Unknown, Decision::Undecided, "[key]", note)
}

/// Members of an enum may only be added after the others, within the same number of bytes.
fn enums(old: &[String], new: &[String], from: Type<'_>, to: Type<'_>) -> Vec<FieldChange> {
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
    old: Bytes,
    new: Bytes,
    from: Type<'_>,
    to: Type<'_>,
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
