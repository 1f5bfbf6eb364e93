//! `isMigrated(string)`: routed past the SDK, whose decoder costs a contract 3 KB of code with the first
//! dynamic argument.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use stylus_sdk::ArbResult;
use stylus_upgrades_host::abi::Reader;
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{limits::LABEL_MAX, migratable::IMigratable, slots};

use crate::migratable::step::is_set;

/// The functions of Migratable, composed by `#[upgradeable]`; named in `#[implements]`.
pub trait Migratable {
    /// Returns true if the data of this instance has been brought to `version` at some time.
    fn is_migrated(&self, version: &str) -> bool {
        is_migrated(version.as_bytes())
    }
}

/// The selector of `isMigrated(string)`.
pub const IS_MIGRATED: u32 = u32::from_be_bytes(IMigratable::isMigratedCall::SELECTOR);

/// Answers `selector` if it is one of this module's; `input` is the calldata after it.
///
/// # Errors
/// Empty revert data on calldata that is no `(string)`, as the SDK's router has it.
#[inline(never)]
pub fn route(selector: u32, input: &[u8]) -> Option<ArbResult> {
    if selector != IS_MIGRATED {
        return None;
    }
    let Ok(label) = Reader::new(input).bytes(0) else {
        return Some(Err(Vec::new()));
    };
    let mut answer = [0; 32];
    answer[31] = is_migrated(label).into();
    Some(Ok(answer.into()))
}

/// Reads the flag of a label.
fn is_migrated(label: &[u8]) -> bool {
    let mut preimage = [0; LABEL_MAX + 32];
    let Some(location) = preimage.get_mut(..label.len() + 32) else {
        return false;
    };
    let (text, root) = location.split_at_mut(label.len());
    text.copy_from_slice(label);
    root.copy_from_slice(&slots::MIGRATED.0);
    is_set(&B256::new(context::keccak256(location)))
}

#[cfg(feature = "export-abi")]
pub mod export;
#[cfg(test)]
mod tests;
