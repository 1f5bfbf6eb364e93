//! The price of keeping compiled programs: rises with demand, falls with time.

use super::{LAYOUT, Store};
use alloy_primitives::U256;

const DEMAND: u64 = 0;
const BYTES_PER_SECOND: u64 = 1;
const LAST_UPDATE: u64 = 2;
const MIN_PRICE: u64 = 3;
const INERTIA: u64 = 4;

/// Writes the initial values.
pub(crate) fn initialise<S: Store>(store: &mut S) -> Result<(), S::Fail> {
    let initial = [
        (DEMAND, 0),
        (BYTES_PER_SECOND, 34_865),
        (LAST_UPDATE, super::EPOCH),
        (MIN_PRICE, 82_928_201),
        (INERTIA, 21_360_419),
    ];
    for (offset, value) in initial {
        store.write(LAYOUT.data_price.at(offset), U256::from(value))?;
    }
    Ok(())
}

/// Adds `bytes` to the demand at unix second `now` and gives the fee in wei.
pub(crate) fn charge<S: Store>(store: &mut S, bytes: u32, now: u64) -> Result<U256, S::Fail> {
    let space = &LAYOUT.data_price;
    let mut read = |offset| Ok(store.read(space.at(offset))?.saturating_to::<u64>());
    let (demand, per_second) = (read(DEMAND)? as u32, read(BYTES_PER_SECOND)? as u32);
    let (last_update, min_price, inertia) = (read(LAST_UPDATE)?, read(MIN_PRICE)?, read(INERTIA)?);

    let passed = u32::try_from(now.saturating_sub(last_update)).unwrap_or(u32::MAX);
    let demand = demand
        .saturating_sub(per_second.saturating_mul(passed))
        .saturating_add(bytes);
    store.write(space.at(DEMAND), U256::from(demand))?;
    store.write(space.at(LAST_UPDATE), U256::from(now))?;

    let exponent = 10_000 * u64::from(demand) / inertia.max(1);
    let per_byte = min_price.saturating_mul(exp_bips(exponent)) / 10_000;
    Ok(U256::from(per_byte.saturating_mul(bytes.into())))
}

/// e^x in basis points, by the twelve terms Nitro takes.
fn exp_bips(x: u64) -> u64 {
    let result = 10_000 + x / 12;
    (1..12)
        .rev()
        .fold(result, |r, i| 10_000 + r.saturating_mul(x) / (i * 10_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arbos::fine, world::World};

    #[test]
    fn the_fee_on_an_idle_chain_is_the_documented_one() {
        for (bytes, fee) in [
            (512_000, 43_482_506_240_000u64),
            (600_000, 51_165_041_400_000),
            (1_000_000, 86_900_461_000_000),
        ] {
            let mut world = World::default();
            fine(initialise(&mut world));
            assert_eq!(
                fine(charge(&mut world, bytes, 1_800_000_000)),
                U256::from(fee)
            );
        }
    }
}
