//! Upgradeable as a contract of its own: the smallest implementation. It can be initialized and
//! upgraded, and does nothing else: a proxy can run it until its first real version is ready.
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
pub struct UpgradeableContract {}

#[upgradeable]
#[public]
impl UpgradeableContract {
    /// Marks the instance as initialized, once; there is nothing else to initialize.
    #[initializer("1.0")]
    pub fn initialize(&mut self) -> Result<(), MigratableError> {
        Ok(())
    }
}
