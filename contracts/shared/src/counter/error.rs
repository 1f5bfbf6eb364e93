//! What the counter refuses.

use stylus_sdk::prelude::*;
use stylus_upgradeable::prelude::*;

use super::state::Overflow;

/// What the counter refuses.
#[derive(SolidityError, Debug)]
pub enum CounterError {
    /// The value would leave its range.
    Overflow(Overflow),
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}
