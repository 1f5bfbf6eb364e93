//! The base fee under load: gas beyond the speed limit is a backlog, and the fee grows with it exponentially.

use super::{LAYOUT, Store};
use alloy_primitives::U256;

/// 100 % in basis points.
const ONE: u128 = 10_000;
/// Terms of the exponential function that Nitro adds up.
const TERMS: u128 = 4;

/// At the start of a block, so many seconds after the one before it: the backlog shrinks by what the limit lets
/// through, and the base fee of the next block follows it.
pub(crate) fn begin_block<S: Store>(store: &mut S, passed: u64) -> Result<(), S::Fail> {
    let mut read = |slot| Ok(store.read(slot)?.saturating_to::<u64>());
    let limit = read(LAYOUT.l2_speed_limit)?;
    let tolerance = read(LAYOUT.l2_backlog_tolerance)?;
    let inertia = read(LAYOUT.l2_pricing_inertia)?;
    let backlog = read(LAYOUT.l2_gas_backlog)?.saturating_sub(passed.saturating_mul(limit));
    let least = store.read(LAYOUT.l2_min_base_fee)?;
    let excess = backlog.saturating_sub(tolerance.saturating_mul(limit));
    let speed = u128::from(inertia.saturating_mul(limit).max(1));
    let factor = exponential(u128::from(excess) * ONE / speed);
    let fee = least.saturating_mul(U256::from(factor)) / U256::from(ONE);
    store.write(LAYOUT.l2_gas_backlog, U256::from(backlog))?;
    store.write(LAYOUT.l2_base_fee, fee)
}

/// Adds the gas of a transaction to the backlog.
pub(crate) fn spend<S: Store>(store: &mut S, gas: u64) -> Result<(), S::Fail> {
    let backlog = store.read(LAYOUT.l2_gas_backlog)?;
    store.write(
        LAYOUT.l2_gas_backlog,
        backlog.saturating_add(U256::from(gas)),
    )
}

/// e to the power of `exponent`, both in basis points.
fn exponential(exponent: u128) -> u128 {
    let first = ONE + exponent / TERMS;
    (1..TERMS).rev().fold(first, |sum, term| {
        ONE + sum.saturating_mul(exponent) / (term * ONE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_function_has_nitros_terms() {
        // 1, 1 + 1 + 1/2 + 1/6 + 1/24, and 1 + 2 + 2 + 8/6 + 16/24.
        for (exponent, power) in [(0, 10_000), (10_000, 27_083), (20_000, 70_000)] {
            assert!(exponential(exponent).abs_diff(power) <= 2, "{exponent}");
        }
    }
}
