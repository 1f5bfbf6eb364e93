//! Migratable as a contract of its own: `isMigrated(string)` and nothing else.
//!
//! As an implementation it makes a proxy that only remembers its versions; it is also the
//! smallest program with the mixin, so its size is what the mixin costs.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use stylus_sdk::prelude::*;
use stylus_upgradeable::prelude::*;

/// No storage of its own.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct MigratableContract {}

#[upgradeable]
#[public]
impl MigratableContract {}
