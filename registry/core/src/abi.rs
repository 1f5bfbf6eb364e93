//! The Contract ABI of the registry's calls: [`stylus_upgrades_host::abi`] with the registry's reverts.

pub use stylus_upgrades_host::abi::{Malformed, Reader, Value, encode};

use alloc::vec::Vec;

use crate::chain::RevertData;

/// Data that do not decode revert without data, as in Solidity.
impl From<Malformed> for RevertData {
    fn from(_: Malformed) -> Self {
        Self(Vec::new())
    }
}

#[cfg(test)]
mod tests;
