//! What stylus-sdk before 0.10 counts otherwise. It leaves out the slot of plain fields before a field that fills slots
//! of its own (a struct, a fixed array), when it counts the slots of the struct that both are in. The fields of that
//! struct lie where they lie with 0.10; what follows it lies a slot earlier.

use std::collections::BTreeSet;

use crate::bytes::{Bytes, WORD_BYTES};
use crate::error::LayoutError;
use crate::layout::Layout;
use crate::storage::{Field, Storage, StorageField, TypeId, TypeKind, TypeRef};

impl Layout {
    /// The structs that stylus-sdk before 0.10 counts shorter than this layout does and that something follows, a field or
    /// the next element of an array: the same sources keep that elsewhere there. By their labels.
    ///
    /// # Errors
    /// [`LayoutError`] if a slot or a size is no number, an offset is no byte of a word, or a field ends beyond storage.
    pub fn counted_shorter_before_sdk_0_10(&self) -> Result<BTreeSet<String>, LayoutError> {
        let storage = Storage::from_checked_layout(self)?;
        let structs: Vec<(TypeRef<'_>, &[StorageField])> = structs(&storage).collect();
        let by_themselves = structs
            .iter()
            .filter(|(ty, members)| is_shorter_by_itself(*ty, &ty.fields(members)));
        let mut shorter: BTreeSet<TypeId> = by_themselves.map(|(ty, _)| ty.id).collect();
        loop {
            let holds = |ty: TypeRef<'_>, members: &[StorageField]| {
                let mut members = members.iter();
                members.any(|member| is_shorter(ty.at(member.ty), &shorter))
            };
            let new = structs
                .iter()
                .find(|(ty, members)| !shorter.contains(&ty.id) && holds(*ty, members));
            let Some((ty, _)) = new else {
                break;
            };
            shorter.insert(ty.id);
        }
        let lists = storage.areas().iter().map(|area| area.fields.as_slice());
        let lists = lists.chain(structs.iter().map(|(_, members)| *members));
        let followed =
            lists.flat_map(|list| list.split_last().map_or(&[][..], |(_, before)| before));
        let followed = followed.map(|field| TypeRef::new(&storage, field.ty));
        let elements = storage.refs().filter_map(|ty| match ty.kind() {
            TypeKind::Vector(element) | TypeKind::Array { element, .. } => Some(ty.at(*element)),
            _ => None,
        });
        let followed = followed.chain(elements);
        let followed = followed.filter(|ty| is_shorter(*ty, &shorter));
        Ok(followed.map(|ty| ty.bare_label()).collect())
    }
}

/// The structs whose members are known.
fn structs(storage: &Storage) -> impl Iterator<Item = (TypeRef<'_>, &[StorageField])> {
    storage.refs().filter_map(|ty| match ty.kind() {
        TypeKind::Struct(Some(members)) => Some((ty, members.as_slice())),
        _ => None,
    })
}

/// Returns true if a struct has a plain field before one that fills slots, and is counted as 0.10 counts it.
fn is_shorter_by_itself(ty: TypeRef<'_>, members: &[Field<'_>]) -> bool {
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

/// Returns true if the type takes slots of its own, which nothing shares.
fn fills_slots(ty: TypeRef<'_>) -> bool {
    let is_whole = ty
        .size()
        .is_none_or(|size| size % Bytes::from(WORD_BYTES) == Bytes::ZERO);
    is_whole && matches!(ty.kind(), TypeKind::Struct(_) | TypeKind::Array { .. })
}

/// Returns true if the type is one of these structs, or a fixed array of them.
fn is_shorter(ty: TypeRef<'_>, shorter: &BTreeSet<TypeId>) -> bool {
    match ty.kind() {
        TypeKind::Array { element, .. } => is_shorter(ty.at(*element), shorter),
        _ => shorter.contains(&ty.id),
    }
}
