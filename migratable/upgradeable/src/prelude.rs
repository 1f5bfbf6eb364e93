//! `use stylus_upgradeable::prelude::*;`: what nearly every contract names, of the features that are on.

pub use crate::{
    Migratable, MigratableError, Proof, ensures, inheritable, initializer, initializing, migration,
    upgradeable,
};

#[cfg(feature = "complex")]
pub use crate::complex::{ComplexMigration, complex_program};
#[cfg(feature = "layout")]
pub use crate::layout::{Erc7201, StorageLayout};
#[cfg(feature = "lazy")]
pub use crate::lazy::{Lazy, LazyCell, LazyMap, lazy_maps};
