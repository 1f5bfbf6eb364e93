//! The typed storage of a contract: areas with fields, and the kind of each type.
//!
//! [`Storage`] is made from a [`Layout`] and never written back: the layout stays the only document.
//!
//! ```
//! use stylus_layout::{Layout, Storage, TypeKind, WalkLimits};
//!
//! let layout = Layout::from_json(
//!     r#"{"storage":[{"label":"owner","offset":0,"slot":"0","type":"t_address"},
//!                    {"label":"paused","offset":20,"slot":"0","type":"t_bool"}],
//!         "types":{"t_address":{"encoding":"inplace","label":"address","numberOfBytes":"20"},
//!                  "t_bool":{"encoding":"inplace","label":"bool","numberOfBytes":"1"}}}"#,
//! )?;
//! let storage = Storage::from(&layout);
//! let walk = storage.walk(WalkLimits::default());
//! let paused = &walk.fields[1];
//! assert_eq!((paused.name.as_str(), paused.place.offset), ("paused", 20));
//! assert_eq!(storage.kind(paused.place.ty), &TypeKind::Bool);
//! # Ok::<(), stylus_layout::LayoutError>(())
//! ```

mod area;
mod compiler_id;
mod descent;
mod field;
mod read;
mod type_ref;
mod value;
mod walk;

pub(crate) use descent::{ReachedValue, StorageDescent, ValuePart, ValueVisitor};
pub(crate) use field::{Field, fields};
pub(crate) use type_ref::{TypeRef, bare_label};

pub use crate::bytes::WORD_BYTES;
pub use area::HashRoot;
pub use field::is_gap_name;
pub use value::{DecodedValue, TextLength, elements_begin, text_length};
pub use walk::{FieldPlace, FieldWalk, ValuePlace, WalkLimits};

use std::sync::Arc;

use alloy_primitives::U256;

use crate::bytes::Bytes;
use crate::report::Location;

/// The declared storage of a contract. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Storage {
    areas: Arc<[StorageArea]>,
    types: Arc<[StorageType]>,
}

/// Fields that are counted from one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageArea {
    /// `erc7201:<id>`, or [`HashRoot`]'s name; empty for what is counted from slot 0.
    pub name: String,
    /// The slot from which fields are counted; none if the name does not determine it.
    pub root: Option<U256>,
    /// The fields, in the order of their declaration.
    pub fields: Vec<StorageField>,
}

/// A declared variable, or a member of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageField {
    /// Its name.
    pub name: String,
    /// Its first slot, from the area's root or the struct's start; none if the layout has no number there.
    pub slot: Option<U256>,
    /// Its offset in that slot, in bytes from the low-order end.
    pub offset: u64,
    /// Its type.
    pub ty: TypeId,
    /// The compiler's number of its declaration; 0 if it has none.
    pub declaration: u64,
    /// The contract or struct that declares it.
    pub contract: String,
    /// The contract that declares it; none unless another variable may have the same name.
    pub base: Option<String>,
    /// The file and line of its declaration (`src/lib.rs:12`), or what the compiler writes as `src`.
    pub source: Option<String>,
    /// Its name in the previous version, if that differs.
    pub renamed_from: Option<String>,
    /// The label of its type in the previous version, if that differs.
    pub retyped_from: Option<String>,
}

/// A type of one [`Storage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeId(usize);

/// A type with its name, its size and its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageType {
    /// The name, as an author writes it.
    pub label: String,
    /// Its kind.
    pub kind: TypeKind,
    /// Its size inline, if that is known.
    bytes: Option<Bytes>,
}

/// The kind of a type, with the types of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeKind {
    /// An unsigned integer of so many bits.
    Uint(usize),
    /// A signed integer of so many bits.
    Int(usize),
    /// `bool`.
    Bool,
    /// An address, payable or not, or a contract.
    Address,
    /// `bytes1` to `bytes32`, left-aligned.
    FixedBytes(usize),
    /// An enum, with its members if the compiler lists them.
    Enum(Option<Vec<String>>),
    /// A user-defined value type, with its underlying type if the compiler lists it.
    ValueType(Option<TypeId>),
    /// An external function: address and selector.
    ExternalFunction,
    /// An internal function: a position in the code.
    InternalFunction,
    /// `bytes`.
    Bytes,
    /// `string`.
    String,
    /// An array of a fixed length.
    Array {
        /// The type of its elements.
        element: TypeId,
        /// The number of its elements.
        length: U256,
    },
    /// An array that grows.
    Vector(TypeId),
    /// A mapping.
    Mapping(MappingType),
    /// A struct, with its members if the compiler lists them.
    Struct(Option<Vec<StorageField>>),
    /// A lazy map or cell: each value has the form of one of several versions.
    Lazy(LazyType),
    /// A type of which only the name and the size are known.
    Opaque,
    /// A type that the layout does not describe.
    Unknown,
}

/// A mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MappingType {
    /// The type of its keys.
    pub key: TypeId,
    /// The type of its values.
    pub value: TypeId,
    /// True if signed keys are filled up with zeros (stylus-sdk) instead of their sign (Solidity).
    pub is_zero_extended: bool,
}

/// A lazy map or cell of a Stylus contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LazyType {
    /// The name of the type of its keys; none for a cell.
    pub key: Option<String>,
    /// Its forms, the oldest first.
    pub forms: Vec<LazyForm>,
}

/// A form of a lazy value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LazyForm {
    /// Its name.
    pub label: String,
    /// The size of a value in bytes, if the name determines it.
    pub size: Option<u64>,
}

impl Storage {
    /// The areas, that of slot 0 first.
    pub fn areas(&self) -> &[StorageArea] {
        &self.areas
    }

    /// The area of that name.
    pub fn area(&self, name: &str) -> Option<&StorageArea> {
        self.areas.iter().find(|area| area.name == name)
    }

    /// The field of an area that begins at a place of a report.
    pub fn field_at(&self, area: &str, place: &Location) -> Option<&StorageField> {
        let slot: U256 = place.slot.parse().ok()?;
        let mut fields = self.area(area)?.fields.iter();
        fields.find(|field| field.slot == Some(slot) && field.offset == place.offset)
    }

    /// All types.
    pub fn types(&self) -> &[StorageType] {
        &self.types
    }

    /// A type of this storage; an unknown one for an id of another storage.
    pub fn ty(&self, id: TypeId) -> &StorageType {
        const UNKNOWN: &StorageType = &StorageType {
            label: String::new(),
            kind: TypeKind::Unknown,
            bytes: None,
        };
        self.types.get(id.0).unwrap_or(UNKNOWN)
    }

    /// The kind of a type.
    pub fn kind(&self, id: TypeId) -> &TypeKind {
        &self.ty(id).kind
    }

    /// The size of a value in bytes, by the label of its type; for a mapping, of the value that it maps to. None if the
    /// label does not determine it.
    pub fn size_of(&self, label: &str) -> Option<u64> {
        let label = read::value_label(label)?;
        let known = self.types.iter().find(|ty| ty.label == label);
        known
            .and_then(StorageType::size)
            .or_else(|| read::plain_size(label))
    }

    /// The underlying type of a user-defined value type that has its size; any other type itself.
    pub fn plain(&self, id: TypeId) -> TypeId {
        let mut plain = id;
        // Each step names another type, or the layout names one in a circle.
        for _ in 0..self.types.len() {
            match self.kind(plain) {
                TypeKind::ValueType(Some(beneath))
                    if self.ty(*beneath).bytes == self.ty(plain).bytes =>
                {
                    plain = *beneath;
                }
                _ => break,
            }
        }
        plain
    }
}

impl StorageType {
    /// Its inline size in bytes, at most `u64::MAX`; none if unknown.
    pub fn size(&self) -> Option<u64> {
        Some(self.bytes?.saturating_to())
    }

    /// Returns true if a value takes at most one word, and nothing elsewhere.
    pub const fn is_word(&self) -> bool {
        matches!(
            self.kind,
            TypeKind::Uint(_)
                | TypeKind::Int(_)
                | TypeKind::Bool
                | TypeKind::Address
                | TypeKind::FixedBytes(_)
                | TypeKind::Enum(_)
                | TypeKind::ValueType(_)
                | TypeKind::ExternalFunction
        )
    }
}

#[cfg(test)]
mod tests;
