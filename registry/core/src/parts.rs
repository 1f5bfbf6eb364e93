//! The parts of the registry, and how a part answers. It runs by delegatecall on the registry's storage, and
//! refuses to run on its own.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_upgrades_host::{call, program::Status, storage};
use stylus_upgrades_interface::{parts, registry_storage::registry_parts};

use crate::{
    chain::{RevertData, Reverts},
    errors,
    store::StorageSlot,
};

/// Returns true if the registry was constructed: a part itself never is.
pub fn is_constructed() -> bool {
    !part(0).is_zero()
}

/// Returns true if an account is a part of the registry.
pub fn is_part(account: Address) -> bool {
    (0..parts::COUNT).any(|n| part(n) == account)
}

/// The `n`th part of the registry.
pub fn part(n: usize) -> Address {
    StorageSlot::root(n as u8).read(registry_parts::ADDRESSES)
}

/// Answers a call with a part: writes what changed and ends the frame with the result or the
/// revert data. A part that is called on its own storage reverts without data.
pub fn answer(calldata: &[u8], dispatch: fn([u8; 4], &[u8]) -> Reverts<Vec<u8>>) -> Status {
    let answered = match calldata.first_chunk() {
        Some(selector) if is_constructed() => dispatch(*selector, calldata),
        _ => Err(errors::nothing()),
    };
    match answered {
        Ok(data) => {
            storage::flush(false);
            call::write_result(&data);
            Status::Return
        }
        Err(RevertData(data)) => {
            call::write_result(&data);
            Status::Revert
        }
    }
}
