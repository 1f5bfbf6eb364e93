//! The L1 block number and the hashes of the last 256 L1 blocks, as ArbOS keeps them.

use super::{LAYOUT, STATE, Store, fine};
use crate::state_db::StateDb;
use alloy_primitives::{B256, U256, keccak256};

/// Hashes that are kept.
const RING: u64 = 256;

/// Returns the slot of an L1 block's hash.
pub(crate) fn slot(number: u64) -> U256 {
    LAYOUT.l1_blocks.at(1 + number % RING)
}

/// Makes `number` what NUMBER gives: the block before it has become known. It gets `hash`, the hash
/// of this chain's newest block; blocks that were skipped get hashes made of the ones before them.
pub(crate) fn begin(state_db: &mut StateDb, number: u64, hash: B256) {
    let known = current(state_db);
    if let Some(newest) = number.checked_sub(1).filter(|newest| *newest >= known) {
        let mut last =
            B256::from(state_db.slot(STATE, slot(known.wrapping_sub(1)), crate::state_db::NOW));
        for skipped in known.max(newest.saturating_sub(RING - 1))..newest {
            last = keccak256([last.as_slice(), &skipped.to_le_bytes()].concat());
            fine(state_db.write(slot(skipped), last.into()));
        }
        fine(state_db.write(slot(newest), hash.into()));
    }
    fine(state_db.write(LAYOUT.l1_block_number, U256::from(number)));
}

/// Returns the number that NUMBER gives.
pub(crate) fn current(state_db: &StateDb) -> u64 {
    let number = state_db.slot(STATE, LAYOUT.l1_block_number, crate::state_db::NOW);
    number.saturating_to()
}
