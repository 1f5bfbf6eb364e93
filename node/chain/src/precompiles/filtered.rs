//! ArbFilteredTransactionsManager (0x74, from ArbOS 60). No account is a filterer here, so nothing is
//! filtered: what only filterers may do takes all gas.

use super::call::{Call, Methods, Purity::*, READ, Stop};
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

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    // Filterers act free of gas; whether the caller is one, everyone else pays for.
    let caller = call.caller;
    call.burn(READ)?;
    LAYOUT.transaction_filterers.contains(call, caller)?;
    Methods::of(call)
        .on::<addFilteredTransactionCall>(Write, 60, |_, _| Err(Stop::All))
        .on::<deleteFilteredTransactionCall>(Write, 60, |_, _| Err(Stop::All))
        .on::<isTransactionFilteredCall>(View, 60, |c, _| {
            c.burn(READ)?;
            Ok(false)
        })
        .end()
}
