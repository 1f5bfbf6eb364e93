//! EIP-2935 on Arbitrum: a contract that keeps the hashes of this chain's own blocks (ArbOS 40).
//!
//! Its storage is read from the list of blocks (`Ledger::history`) and is no part of the state, so
//! that an empty block changes nothing.

use crate::state_db::StateDb;
use alloy_primitives::{Address, Bytes, address, hex};

/// The address of the contract.
pub(crate) const ADDRESS: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");
/// Takes a block number as calldata and returns its hash, or reverts outside the ring. The current
/// number comes from ArbSys, because NUMBER is that of L1. Our own code with the behavior of
/// Arbitrum's:
///
/// ```text
/// CALLDATASIZE == 32 or fail
/// current = staticcall(0x64, arbBlockNumber())
/// number < current and current - number <= 393168 or fail
/// return sload(number % 393168)
/// ```
const CODE: [u8; 71] = hex!(
    "60203614600a575f5ffd5b63a3b1b31d60e01b5f5260205f60045f60645afa505f515f3581811015"
    "6043578082036205ffd0106043576205ffd09006545f5260205ff35b5f5ffd"
);

/// Writes the contract.
pub(crate) fn install(state_db: &mut StateDb) {
    let code_hash = state_db.add_code(Bytes::from_static(&CODE));
    state_db.edit_account(ADDRESS, |account| {
        (account.nonce, account.code_hash) = (1, code_hash);
    });
}
