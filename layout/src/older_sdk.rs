//! What stylus-sdk before 0.10 counts otherwise. It leaves out the slot of plain fields before a field that fills slots
//! of its own (a struct, a fixed array), when it counts the slots of the struct that both are in. The fields of that
//! struct lie where they lie with 0.10; what follows it lies a slot earlier.

use std::collections::BTreeSet;

use crate::error::LayoutError;
use crate::fields::{Field, WORD, fields};
use crate::layout::{Item, Layout, Members};
use crate::shape::{Bytes, Shape, Type};

impl Layout {
    /// The structs that stylus-sdk before 0.10 counts shorter than this layout does and that something follows, a field or
    /// the next element of an array: the same sources keep that elsewhere there. By their labels.
    ///
    /// # Errors
    /// [`LayoutError`] if a position is no number.
    pub fn counted_shorter_before_sdk_0_10(&self) -> Result<BTreeSet<String>, LayoutError> {
        let mut shorter = BTreeSet::new();
        for (id, members) in self.structs() {
            if is_shorter_by_itself(Type::new(self, id), &fields(self, members)?) {
                shorter.insert(id);
            }
        }
        loop {
            let holds = |members: &[Item]| {
                let mut all = members.iter();
                all.any(|one| is_shorter(Type::new(self, &one.type_id), &shorter))
            };
            let new = self
                .structs()
                .find(|(id, of)| !shorter.contains(id) && holds(of));
            let Some((id, _)) = new else {
                break;
            };
            shorter.insert(id);
        }
        let mut found = BTreeSet::new();
        let mut tell = |ty: Type<'_>| {
            if is_shorter(ty, &shorter) {
                found.insert(ty.bare_label());
            }
        };
        let lists = self.namespaces.values().chain([&self.storage]);
        let lists = lists.map(Vec::as_slice);
        for list in lists.chain(self.structs().map(|(_, members)| members)) {
            let followed = list.split_last().map_or(&[][..], |(_, before)| before);
            followed
                .iter()
                .for_each(|one| tell(Type::new(self, &one.type_id)));
        }
        for id in self.types.keys() {
            match Type::new(self, id).shape() {
                Shape::Vec(base) | Shape::Array { base, .. } => tell(base),
                _ => {}
            }
        }
        Ok(found)
    }

    /// The structs whose members are known, by their ids.
    fn structs(&self) -> impl Iterator<Item = (&str, &[Item])> {
        self.types
            .iter()
            .filter_map(|(id, item)| match &item.members {
                Some(Members::Struct(members)) => Some((id.as_str(), members.as_slice())),
                _ => None,
            })
    }
}

/// Whether a struct has a plain field before one that fills slots, and is counted as 0.10 counts it.
fn is_shorter_by_itself(ty: Type<'_>, members: &[Field<'_>]) -> bool {
    let end = members.iter().map(Field::end).max().unwrap_or_default();
    let counts_all = ty.size().is_none_or(|size| size >= end);
    let mut before: Option<&Field<'_>> = None;
    let mut is_left_out = false;
    for field in members {
        let is_after_plain = before.is_some_and(|before| !fills_slots(before.ty));
        is_left_out |= is_after_plain && fills_slots(field.ty);
        before = Some(field);
    }
    counts_all && is_left_out
}

/// Whether it takes slots of its own, which nothing shares.
fn fills_slots(ty: Type<'_>) -> bool {
    let is_whole = ty
        .size()
        .is_none_or(|size| size % Bytes::from(WORD) == Bytes::ZERO);
    is_whole && matches!(ty.shape(), Shape::Struct(_) | Shape::Array { .. })
}

/// Whether it is one of these structs, or a fixed array of them.
fn is_shorter(ty: Type<'_>, shorter: &BTreeSet<&str>) -> bool {
    match ty.shape() {
        Shape::Array { base, .. } => is_shorter(base, shorter),
        _ => shorter.contains(ty.id),
    }
}
