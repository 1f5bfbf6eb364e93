//! A type with the storage that knows its parts.

use super::field::{Field, fields};
use super::{Storage, StorageField, StorageType, TypeId, TypeKind};
use crate::bytes::{Bytes, WORD_BYTES};

/// A type of a storage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypeRef<'s> {
    storage: &'s Storage,
    pub(crate) id: TypeId,
}

impl<'s> TypeRef<'s> {
    pub(crate) fn new(storage: &'s Storage, id: TypeId) -> Self {
        Self { storage, id }
    }

    /// Another type of the same storage.
    pub(crate) fn at(&self, id: TypeId) -> Self {
        Self::new(self.storage, id)
    }

    pub(crate) fn kind(&self) -> &'s TypeKind {
        &self.ty().kind
    }

    /// The name, as an author writes it.
    pub(crate) fn label(&self) -> &'s str {
        &self.ty().label
    }

    /// The name without `contract`, `struct` and `enum`.
    pub(crate) fn bare_label(&self) -> String {
        bare_label(self.label())
    }

    /// Its size inline, if that is known.
    pub(crate) fn size(&self) -> Option<Bytes> {
        self.ty().bytes
    }

    /// Its size inline; a word if it is not known.
    pub(crate) fn inline_size(&self) -> Bytes {
        self.size().unwrap_or(Bytes::from(WORD_BYTES))
    }

    /// The underlying type of a user-defined value type, if it has the same size; else this type.
    pub(crate) fn plain(&self) -> Self {
        self.at(self.storage.plain(self.id))
    }

    /// The members of a struct of this storage.
    pub(crate) fn fields(&self, members: &'s [StorageField]) -> Vec<Field<'s>> {
        fields(self.storage, members)
    }

    /// Returns true if a value is more than its own bytes: it has parts, or keeps something at hashed slots.
    pub(crate) fn is_composite(&self) -> bool {
        matches!(
            self.kind(),
            TypeKind::Struct(Some(_))
                | TypeKind::Mapping(_)
                | TypeKind::Vector(_)
                | TypeKind::Array { .. }
                | TypeKind::Bytes
                | TypeKind::String
        )
    }

    /// Returns true if a field of this type and this name is a gap.
    pub(crate) fn is_gap(&self, name: &str) -> bool {
        self.storage.is_gap(name, self.id)
    }

    fn ty(&self) -> &'s StorageType {
        self.storage.ty(self.id)
    }
}

impl Storage {
    /// All types.
    pub(crate) fn refs(&self) -> impl Iterator<Item = TypeRef<'_>> {
        (0..self.types.len()).map(|at| TypeRef::new(self, TypeId(at)))
    }
}

/// The label of a type without `contract`, `struct` and `enum`, as it is written in declarations.
pub(crate) fn bare_label(label: &str) -> String {
    label
        .trim()
        .replace("contract ", "")
        .replace("struct ", "")
        .replace("enum ", "")
}
