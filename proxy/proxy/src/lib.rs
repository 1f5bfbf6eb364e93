//! Proxy: forwards every call, whatever its selector, to the implementation in the ERC-1967
//! slot and ends with exactly what came back. It emits nothing and writes nothing; its
//! creator writes the slot in its init code.
//!
//! | step | host call | price |
//! |---|---|---|
//! | read the calldata | `read_args` | 8,400 ink + 30 per byte above 32 |
//! | read the slot | `storage_load_bytes32` | 18,480 ink + 2,105 gas cold |
//! | forward | `delegate_call_contract` | 83,193 ink + 55 per byte twice + 2,600 gas cold |
//! | fetch and return | `read_return_data`, `write_result` | 76,473 ink + 140 per byte above 32 |
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]

use stylus_upgrades_host::forward::{read, to_implementation};
use stylus_upgrades_host::program::{Calldata, Scratch, Status};

stylus_upgrades_host::program!(proxy);

/// Reads, then forwards.
#[inline(always)]
fn proxy(calldata: Calldata, scratch: &mut Scratch) -> Status {
    let len = read(&calldata, scratch).len();
    to_implementation(len, scratch)
}
