//! ArbFilteredTransactionsManager (0x74, from ArbOS 60). No account is a filterer here, so nothing is
//! filtered: what only filterers may do is refused.

use super::call::{Call, Methods, Purity::*, Stop};
use crate::arbos::LAYOUT;
use alloy_primitives::Bytes;
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbFilteredTransactionsManager {
        function addFilteredTransaction(bytes32 hash) external;
        function deleteFilteredTransaction(bytes32 hash) external;
        function isTransactionFiltered(bytes32 hash) external view returns (bool);
    }
}
use ArbFilteredTransactionsManager::*;

const NO_FILTERER: &str = "unauthorized caller to access-controlled method";

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let caller = call.caller;
    call.open()?;
    let known = LAYOUT.transaction_filterers.contains(call, caller);
    known.map_err(|_| Stop::OutOfGas)?;
    // Whether the caller is a filterer is all that it pays for.
    let left = std::mem::replace(&mut call.gas, u64::MAX);
    let refused = |reason: &str| Stop::Plain(reason.into());
    let outcome = Methods::of(call)
        .on::<addFilteredTransactionCall>(Write, 60, |_, _| Err(refused(NO_FILTERER)))
        .on::<deleteFilteredTransactionCall>(Write, 60, |_, _| Err(refused(NO_FILTERER)))
        .on::<isTransactionFilteredCall>(View, 60, |_, _| Ok(false))
        .end();
    call.gas = left;
    outcome.map_err(|stop| match stop {
        Stop::All | Stop::Unknown => {
            refused("the method is unknown, or its arguments do not decode")
        }
        other => other,
    })
}
