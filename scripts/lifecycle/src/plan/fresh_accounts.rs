//! Accounts that were made for the trials of this process. They have no rights anywhere, and no contract foresees them: one
//! that does could behave well for them alone. They stay the same in a process, so that what a trial reads can be foreseen.

use alloy::primitives::{Address, B256, keccak256};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// An account without rights anywhere.
pub(super) static STRANGER: LazyLock<Address> = LazyLock::new(|| fresh_account("stranger"));
/// Somebody else without rights.
pub(super) static OTHER: LazyLock<Address> = LazyLock::new(|| fresh_account("other"));
/// Code of the stranger. Whoever runs it by delegatecall has the stranger as its implementation.
pub(super) static PROBE: LazyLock<Address> = LazyLock::new(|| fresh_account("probe"));

/// Bytes that only this process knows.
static SEED: LazyLock<B256> = LazyLock::new(|| {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = time.map_or(0, |time| time.as_nanos());
    let process = std::process::id();
    keccak256([time.to_be_bytes().as_slice(), &process.to_be_bytes()].concat())
});

fn fresh_account(name: &str) -> Address {
    let hash = keccak256([SEED.as_slice(), name.as_bytes()].concat());
    Address::from_word(hash)
}
