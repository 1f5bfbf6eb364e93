//! What one part of the registry asks of another, by delegatecall on the registry's storage.
//! The front routes none of it, and a part refuses to run on its own storage.

use alloc::vec::Vec;

use alloy_sol_types::sol;
use stylus_upgrades_host::{call, program::Status, storage};

use crate::{
    chain::{Fault, Reverts},
    state,
};

sol! {
    /// The factory, for the governance part. (Of `IRegistry` it also executes `createProxy`,
    /// once that is approved.)
    interface IFactory {
        /// Upgrades every instance that lags behind, all or nothing.
        function upgradeLagging(bytes32 definition) external;
    }
}

/// Answers a call with a part: writes what changed and ends the frame with the result or the
/// revert data. A part that is called on its own storage reverts without data.
pub fn answer(calldata: &[u8], dispatch: fn([u8; 4], &[u8]) -> Reverts<Vec<u8>>) -> Status {
    let answered = match calldata.first_chunk() {
        Some(selector) if state::parts().is_some() => dispatch(*selector, calldata),
        _ => Err(Fault(Vec::new())),
    };
    match answered {
        Ok(data) => {
            storage::flush(false);
            call::write_result(&data);
            Status::Return
        }
        Err(Fault(data)) => {
            call::write_result(&data);
            Status::Revert
        }
    }
}
