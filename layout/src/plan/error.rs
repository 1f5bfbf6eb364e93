//! Why there is no generated migration.

use thiserror::Error;

use crate::error::LayoutError;

/// The reason why no migration can be generated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unsupported {
    /// A layout that cannot be read.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// An override for a field that does not exist.
    #[error("{field} is no field of the {version} layout; see `layout` for the paths")]
    NoSuchField {
        /// The path that was given.
        field: String,
        /// `old` or `new`.
        version: &'static str,
    },
    /// Several fields of this name.
    #[error("several fields are named {field}; rename all but one, or override those below")]
    Ambiguous {
        /// The name.
        field: String,
    },
    /// A type that does not hold every value of the old one.
    #[error(
        "{field}: {to} does not hold every value of {from}; override it with code, or keep the type"
    )]
    Narrower {
        /// The field.
        field: String,
        /// The old type.
        from: String,
        /// The new type.
        to: String,
    },
    /// A map whose entries would have to move.
    #[error(
        "{field}: {from} -> {to}: a map's keys are not known on chain; keep it in its slot, or convert its entries lazily (LazyMap) or in batches (ComplexMigration)"
    )]
    Map {
        /// The field.
        field: String,
        /// The old type.
        from: String,
        /// The new type.
        to: String,
    },
    /// A dynamic array whose elements would have to move.
    #[error(
        "{field}: {from} -> {to}: an array of any length does not fit into one call; keep it in its slot, or move it in batches (ComplexMigration)"
    )]
    Array {
        /// The field.
        field: String,
        /// The old type.
        from: String,
        /// The new type.
        to: String,
    },
    /// Data that nothing takes over.
    #[error(
        "{field} ({kind}) of the old version is taken over by nothing; say that it is dropped, or override a field with it"
    )]
    Lost {
        /// The field.
        field: String,
        /// Its type.
        kind: String,
    },
    /// A map or array on the slot of a dropped one.
    #[error(
        "{field} would lie on the slot of {old}, whose entries stay in storage and would show through; put it elsewhere"
    )]
    ShowsThrough {
        /// The new field.
        field: String,
        /// The old field.
        old: String,
    },
    /// A type that nothing is known of.
    #[error(
        "{field}: too little is known of the type {kind} to move it; keep it in its slot, or override it with code"
    )]
    Unknown {
        /// The field.
        field: String,
        /// Its type.
        kind: String,
    },
    /// More values than fit into one call.
    #[error(
        "{field}: expected at most {max} values in all, found more; migrate it in batches (ComplexMigration)"
    )]
    TooLarge {
        /// The field that goes beyond.
        field: String,
        /// The limit.
        max: usize,
    },
    /// Code was given where it cannot be used.
    #[error("{field}: code can give a value of up to 32 bytes; this field is larger")]
    Code {
        /// The field.
        field: String,
    },
}
