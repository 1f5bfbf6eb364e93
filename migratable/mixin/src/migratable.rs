//! `isMigrated(string)`: routed and decoded by hand, because the first dynamic argument of a
//! contract costs 3 KB of code with the SDK's decoder.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use stylus_sdk::ArbResult;
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{limits::LABEL_MAX, migratable::IMigratable, slots};

use crate::{step::is_set, words};

/// The functions of Migratable, composed by `#[upgradeable]`; named in `#[implements]`.
pub trait Migratable {
    /// Whether the data of this instance has been brought to `version` at some time.
    fn is_migrated(&self, version: &str) -> bool {
        is_migrated(version.as_bytes())
    }
}

/// The selector of `isMigrated(string)`.
pub const IS_MIGRATED: u32 = u32::from_be_bytes(IMigratable::isMigratedCall::SELECTOR);

/// Answers `selector` if it is one of ours; `input` is the calldata behind it.
///
/// # Errors
/// Empty revert data on calldata that is no `(string)`, as the SDK's router has it.
#[inline(never)]
pub fn route(selector: u32, input: &[u8]) -> Option<ArbResult> {
    if selector != IS_MIGRATED {
        return None;
    }
    let Some(label) = only_text(input) else {
        return Some(Err(Vec::new()));
    };
    Some(Ok(words::word(is_migrated(label).into()).into()))
}

/// Reads the flag of a label.
fn is_migrated(label: &[u8]) -> bool {
    let mut preimage = [0; LABEL_MAX + 32];
    let Some(place) = preimage.get_mut(..label.len() + 32) else {
        return false;
    };
    let (text, root) = place.split_at_mut(label.len());
    text.copy_from_slice(label);
    root.copy_from_slice(&slots::MIGRATED.0);
    is_set(&B256::new(context::keccak256(place)))
}

/// The bytes of the one argument of `(string)`.
fn only_text(input: &[u8]) -> Option<&[u8]> {
    let tail = input.get(small(input)?..)?;
    let len = small(tail)?;
    tail.get(32..)?.get(..len)
}

/// The first word as a number, if it is one that calldata can have as a length.
fn small(input: &[u8]) -> Option<usize> {
    let (head, low) = input.get(..32)?.split_at(28);
    if head.iter().any(|byte| *byte != 0) {
        return None;
    }
    usize::try_from(u32::from_be_bytes(low.try_into().ok()?)).ok()
}

#[cfg(feature = "export-abi")]
pub mod export;
#[cfg(test)]
mod tests;
