//! Reasons why an initializer or a migration refuses to run, or to have run.

use alloc::vec::Vec;

use alloy_sol_types::SolError;
use stylus_upgrades_interface::migratable::IMigratable;

use crate::migratable::encode;

/// The reason why an initializer or a migration refuses to run, or to have run. A contract gives it one variant in
/// its own error enum, `Migratable(MigratableError)`, and derives `SolidityError` as always: the derive brings the
/// conversion that the attributes' `?` needs, and the ABI names all five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigratableError {
    /// The proxy's creation or upgrade did not permit this step: it is called by somebody else,
    /// on the bare implementation, a second time, or the wrong one. Only the registry's
    /// `createProxy`, `migrate` and `rollout`, and the proxy's `upgradeTo`, lead here.
    NotInUpgrade,
    /// Some version has initialized this instance already.
    AlreadyInitialized {
        /// The version whose initializer was called.
        version: &'static str,
    },
    /// The data has been at `to` before.
    AlreadyMigrated {
        /// The version that the migration starts from.
        from: &'static str,
        /// The version that it reaches.
        to: &'static str,
    },
    /// The data never was at the version that the migration starts from.
    PredecessorMissing {
        /// The version that is missing.
        version: &'static str,
    },
    /// A condition does not hold that was declared to hold after the step.
    PostConditionFailed {
        /// The condition, as it stands in the attribute.
        condition: &'static str,
    },
}

impl MigratableError {
    /// The revert data: selector and arguments, as Solidity encodes them.
    pub fn abi_encode(self) -> Vec<u8> {
        match self {
            Self::NotInUpgrade => encode::texts(&IMigratable::NotInUpgrade::SELECTOR, &[]),
            Self::AlreadyInitialized { version } => {
                encode::texts(&IMigratable::AlreadyInitialized::SELECTOR, &[version])
            }
            Self::AlreadyMigrated { from, to } => {
                encode::texts(&IMigratable::AlreadyMigrated::SELECTOR, &[from, to])
            }
            Self::PredecessorMissing { version } => {
                encode::texts(&IMigratable::PredecessorMissing::SELECTOR, &[version])
            }
            Self::PostConditionFailed { condition } => {
                encode::texts(&IMigratable::PostConditionFailed::SELECTOR, &[condition])
            }
        }
    }
}

impl From<MigratableError> for Vec<u8> {
    fn from(error: MigratableError) -> Self {
        error.abi_encode()
    }
}

#[cfg(not(feature = "export-abi"))]
impl stylus_sdk::stylus_core::errors::MethodError for MigratableError {
    fn encode(self) -> Vec<u8> {
        self.abi_encode()
    }
}

#[cfg(feature = "export-abi")]
mod export;
#[cfg(test)]
mod tests;
