//! Upgradeable as a contract of its own: the smallest implementation that can be born, does
//! nothing, and can be upgraded. A place for a proxy to wait at before its first real version.
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
pub struct UpgradeableContract {}

#[upgradeable]
#[public]
impl UpgradeableContract {
    /// Marks the birth, once; there is nothing else to initialise.
    #[initializer("1.0")]
    pub fn initialize(&mut self) -> Result<(), MigratableError> {
        Ok(())
    }
}
