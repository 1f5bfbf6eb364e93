//! Variables and members with their positions in bytes.

use super::{Storage, StorageField, TypeRef, bare_label};
use crate::bytes::{Bytes, WORD_BYTES, byte_of, offset_of};
use crate::report::Location;

/// A variable of an area, or a member of a struct.
#[derive(Debug, Clone)]
pub(crate) struct Field<'s> {
    pub(crate) declared: &'s StorageField,
    pub(crate) ty: TypeRef<'s>,
    /// Its first byte, from the start of the area or of the struct.
    pub(crate) start: Bytes,
    /// Its size inline; a word if its type does not determine it.
    pub(crate) size: Bytes,
}

impl StorageField {
    /// The type that it is declared to have had, as [`TypeRef::bare_label`] has it.
    pub(crate) fn bare_retyped_from(&self) -> Option<String> {
        self.retyped_from.as_deref().map(bare_label)
    }
}

impl<'s> Field<'s> {
    /// The byte after its last.
    pub(crate) fn end(&self) -> Bytes {
        self.start + self.size
    }

    pub(crate) fn label(&self) -> &'s str {
        &self.declared.name
    }

    /// Returns true if it only reserves its bytes.
    pub(crate) fn is_gap(&self) -> bool {
        self.ty.is_gap(self.label())
    }

    pub(crate) fn overlaps(&self, other: &Field<'_>) -> bool {
        self.start < other.end() && other.start < self.end()
    }

    /// Position and type, for a report.
    pub(crate) fn location(&self) -> Location {
        Location {
            slot: (self.start / Bytes::from(WORD_BYTES)).to_string(),
            offset: offset_of(self.start),
            kind: self.ty.label().into(),
            source: self.declared.source.clone(),
        }
    }
}

/// Returns true if a name marks reserved room: `__gap` or `__gap_…`, with two or more leading underscores.
pub fn is_gap_name(name: &str) -> bool {
    let bare = name.trim_start_matches('_');
    let rest = bare.strip_prefix("gap");
    let is_name = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    is_name && name.len() - bare.len() >= 2
}

/// Lists the fields in declaration order, without those that have no slot ([`Storage::from_checked_layout`] refuses them).
pub(crate) fn fields<'s>(storage: &'s Storage, declared: &'s [StorageField]) -> Vec<Field<'s>> {
    let fields = declared.iter().filter_map(|declared| {
        let ty = TypeRef::new(storage, declared.ty);
        Some(Field {
            declared,
            ty,
            start: byte_of(declared.slot?) + Bytes::from(declared.offset),
            size: ty.inline_size(),
        })
    });
    fields.collect()
}
