//! The price of keeping compiled programs: rises with demand, falls with time.

use super::{LAYOUT, Store};
use alloy_primitives::U256;
use stylus_vm::DataPricer;

const DEMAND: u64 = 0;
const BYTES_PER_SECOND: u64 = 1;
const LAST_UPDATE: u64 = 2;
const MIN_PRICE: u64 = 3;
const INERTIA: u64 = 4;

/// Writes the initial values.
pub(crate) fn initialize<S: Store>(store: &mut S) -> Result<(), S::Fail> {
    let genesis = DataPricer::default();
    let initial = [
        (DEMAND, u64::from(genesis.demand)),
        (BYTES_PER_SECOND, genesis.bytes_per_second.into()),
        (LAST_UPDATE, genesis.last_update_time),
        (MIN_PRICE, genesis.min_price.into()),
        (INERTIA, genesis.inertia.into()),
    ];
    for (offset, value) in initial {
        store.write(LAYOUT.data_price.at(offset), U256::from(value))?;
    }
    Ok(())
}

/// Adds `bytes` to the demand at unix second `now` and gives the fee in wei.
pub(crate) fn charge<S: Store>(store: &mut S, bytes: u32, now: u64) -> Result<U256, S::Fail> {
    let space = &LAYOUT.data_price;
    let mut read = |offset| store.read(space.at(offset));
    let mut pricer = DataPricer {
        demand: read(DEMAND)?.saturating_to(),
        bytes_per_second: read(BYTES_PER_SECOND)?.saturating_to(),
        last_update_time: read(LAST_UPDATE)?.saturating_to(),
        min_price: read(MIN_PRICE)?.saturating_to(),
        inertia: read(INERTIA)?.saturating_to(),
    };
    let fee = pricer.charge(bytes, now);
    store.write(space.at(DEMAND), U256::from(pricer.demand))?;
    store.write(space.at(LAST_UPDATE), U256::from(pricer.last_update_time))?;
    Ok(fee)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arbos::fine, state_db::StateDb};

    #[test]
    fn the_fee_on_an_idle_chain_is_the_documented_one() {
        for (bytes, fee) in [
            (512_000, 43_482_506_240_000u64),
            (600_000, 51_165_041_400_000),
            (1_000_000, 86_900_461_000_000),
        ] {
            let mut state_db = StateDb::default();
            fine(initialize(&mut state_db));
            assert_eq!(
                fine(charge(&mut state_db, bytes, 1_800_000_000)),
                U256::from(fee)
            );
        }
    }
}
