//! ArbosTest (0x69): burns gas.

use super::call::{Call, Methods, Purity::*, Stop};
use alloy_primitives::Bytes;
use alloy_sol_types::sol;

sol! {
    interface ArbosTest {
        function burnArbGas(uint256 amount) external pure;
    }
}
use ArbosTest::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<burnArbGasCall>(Pure, 0, |c, a| {
            let amount = u64::try_from(a.amount);
            let amount = amount.map_err(|_| Stop::Plain("not a uint64".into()))?;
            // More than there is burns what there is, and is no failure.
            c.gas = c.gas.saturating_sub(amount);
            Ok(().into())
        })
        .end()
}
