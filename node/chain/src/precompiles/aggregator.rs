//! ArbAggregator (0x6d): who posts batches. Nothing is posted here, but the list can be read and changed.

use super::call::{Call, Methods, Purity::*, Stop};
use crate::arbos::{LAYOUT, SEQUENCER, Store, address_of, word};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbAggregator {
        function getPreferredAggregator(address account) external view returns (address, bool);
        function getDefaultAggregator() external view returns (address);
        function getBatchPosters() external view returns (address[] memory);
        function addBatchPoster(address poster) external;
        function getFeeCollector(address poster) external view returns (address);
        function setFeeCollector(address poster, address collector) external;
        function getTxBaseFee(address aggregator) external view returns (uint256);
        function setTxBaseFee(address aggregator, uint256 fee) external;
    }
}
use ArbAggregator::*;

/// The slots of a poster's own values.
const DUE: u64 = 0;
const COLLECTOR: u64 = 1;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<getPreferredAggregatorCall>(View, 0, |_, _| Ok((SEQUENCER, true).into()))
        .on::<getDefaultAggregatorCall>(View, 0, |_, _| Ok(SEQUENCER))
        .on::<getBatchPostersCall>(View, 0, |c, _| LAYOUT.batch_posters.all(c))
        .on::<addBatchPosterCall>(Write, 0, |c, a| {
            let caller = c.caller;
            if !LAYOUT.owners.contains(c, caller)? {
                return Err(Stop::Plain("must be called by chain owner".into()));
            }
            if !LAYOUT.batch_posters.contains(c, a.poster)? {
                add(c, a.poster)?;
            }
            Ok(().into())
        })
        .on::<getFeeCollectorCall>(View, 0, |c, a| {
            known(c, a.poster)?;
            let slot = LAYOUT.batch_poster(a.poster).at(COLLECTOR);
            Ok(address_of(c.read(slot)?))
        })
        .on::<setFeeCollectorCall>(Write, 0, |c, a| {
            known(c, a.poster)?;
            let (caller, slot) = (c.caller, LAYOUT.batch_poster(a.poster).at(COLLECTOR));
            let collector = address_of(c.read(slot)?);
            let may = caller == a.poster || caller == collector;
            if !may && !LAYOUT.owners.contains(c, caller)? {
                return Err(Stop::Plain(
                    "only a batch poster (or its fee collector / chain owner) may change its fee collector"
                        .into(),
                ));
            }
            c.write(slot, word(a.collector))?;
            Ok(().into())
        })
        .on::<getTxBaseFeeCall>(View, 0, |_, _| Ok(U256::ZERO))
        .on::<setTxBaseFeeCall>(Write, 0, |_, _| Ok(().into()))
        .end()
}

fn known(call: &mut Call<'_, '_>, poster: Address) -> Result<(), Stop> {
    if LAYOUT.batch_posters.contains(call, poster)? {
        Ok(())
    } else {
        Err(Stop::Plain(
            "tried to open a batch poster that does not exist".into(),
        ))
    }
}

/// Adds a poster that collects its own fees. Nitro asks once more whether it is there.
fn add(call: &mut Call<'_, '_>, poster: Address) -> Result<(), Stop> {
    LAYOUT.batch_posters.contains(call, poster)?;
    call.write(LAYOUT.batch_poster(poster).at(DUE), U256::ZERO)?;
    call.write(LAYOUT.batch_poster(poster).at(COLLECTOR), word(poster))?;
    LAYOUT.batch_posters.add(call, poster)
}
