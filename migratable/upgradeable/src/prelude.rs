//! `use stylus_upgradeable::prelude::*;`

pub use crate::{
    Migratable, MigratableError, Proof, ensures, initializer, initializing, migration, upgradeable,
};
