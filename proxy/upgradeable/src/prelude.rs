//! `use stylus_upgradeable::prelude::*;`

pub use crate::{
    Migratable, MigratableError, Proof, initializer, initializing, migration, upgradeable,
};
