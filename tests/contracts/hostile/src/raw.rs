//! What the SDK has no words for.

use alloc::vec::Vec;

use stylus_sdk::{
    ArbResult,
    abi::Bytes,
    alloy_primitives::{Address, U256},
    function_selector,
};
use stylus_upgrades_host::call;

/// Bytes of the longest pattern: 1 MiB.
const LONGEST: u64 = 1 << 20;

/// Calldata that no public function took.
pub(crate) fn answer(calldata: &[u8]) -> ArbResult {
    const RAW: [u8; 4] = function_selector!("raw", U256);
    const REVERT_PATTERN: [u8; 4] = function_selector!("revertPattern", U256);
    match calldata.split_first_chunk() {
        Some((&RAW, input)) => Ok(pattern(input)),
        Some((&REVERT_PATTERN, input)) => Err(pattern(input)),
        _ => Ok(calldata.to_vec()),
    }
}

/// As many bytes as the first word says: 0, 1, … 250, 0, …
fn pattern(input: &[u8]) -> Vec<u8> {
    let wanted = input
        .first_chunk()
        .map_or(0, |word| U256::from_be_bytes::<32>(*word).saturating_to());
    (0..LONGEST.min(wanted)).map(|i| (i % 251) as u8).collect()
}

/// Runs the code of `target` on this storage, whatever it is.
pub(crate) fn delegate(target: Address, data: &[u8]) -> Result<Bytes, Vec<u8>> {
    let called = call::delegate_call(&target.into(), data, u64::MAX);
    let data = return_data(called.len);
    if called.ok {
        Ok(data)
    } else {
        Err(data.into())
    }
}

/// What the last call returned.
pub(crate) fn return_data(len: usize) -> Bytes {
    let mut data = alloc::vec![0; len];
    call::return_data(&mut data, 0);
    data.into()
}

/// Uses stack until there is none.
#[inline(never)]
pub(crate) fn recurse(depth: u32) -> u32 {
    let frame = core::hint::black_box([depth; 8]);
    if frame[7] == 0 {
        return 0;
    }
    recurse(depth + 1).wrapping_add(frame[0])
}
