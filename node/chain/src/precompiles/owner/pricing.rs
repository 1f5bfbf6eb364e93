//! Setters of L1 and L2 pricing.

use super::off;
use crate::{
    arbos::{L1_FUNDS, LAYOUT, Store, word},
    precompiles::call::{Call, Methods, Purity::*, Stop},
    session::load_account,
};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface Pricing {
        function setL1PricePerUnit(uint256 wei_) external;
        function setL1BaseFeeEstimateInertia(uint64 inertia) external;
        function setL1PricingInertia(uint64 inertia) external;
        function setL1PricingRewardRate(uint64 weiPerUnit) external;
        function setL1PricingRewardRecipient(address recipient) external;
        function setL1PricingEquilibrationUnits(uint256 units) external;
        function setPerBatchGasCharge(int64 cost) external;
        function setAmortizedCostCapBips(uint64 cap) external;
        function setParentGasFloorPerToken(uint64 gas) external;
        function setL2BaseFee(uint256 wei_) external;
        function setMinimumL2BaseFee(uint256 wei_) external;
        function setL2GasPricingInertia(uint64 seconds_) external;
        function setL2GasBacklogTolerance(uint64 seconds_) external;
        function setSpeedLimit(uint64 limit) external;
        function setMaxTxGasLimit(uint64 limit) external;
        function setMaxBlockGasLimit(uint64 limit) external;
        function releaseL1PricerSurplusFunds(uint256 maxWei) external returns (uint256);
        function setGasBacklog(uint64 backlog) external;
        function setGasPricingConstraints(uint64[3][] constraints) external;
    }
}
use Pricing::*;

/// First ArbOS version with a backlog that owners set, and with constraints of the gas price.
const CONSTRAINTS: u64 = 50;

/// Counts ether that the account of L1's funds has beside what was counted, and returns how much of it, at most `most`
/// (wei).
fn release_surplus(call: &mut Call<'_, '_>, most: U256) -> Result<U256, Stop> {
    let balance = load_account(call.ctx, L1_FUNDS).balance;
    let counted = call.read(LAYOUT.l1_fees_available)?;
    let Some(surplus) = balance.checked_sub(counted) else {
        return Ok(U256::ZERO);
    };
    let released = surplus.min(most);
    let counted = call.read(LAYOUT.l1_fees_available)?;
    call.write(LAYOUT.l1_fees_available, counted.saturating_add(released))?;
    Ok(released)
}

/// Setters that only write one word. Without an L1 and without congestion nothing reads most of
/// them but the views of ArbGasInfo.
pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let number = U256::from::<u64>;
    let tx_gas_limit = match call.version {
        50.. => LAYOUT.l2_tx_gas_limit,
        _ => LAYOUT.l2_block_gas_limit,
    };
    Methods::of(call)
        .set::<setL1BaseFeeEstimateInertiaCall>(0, LAYOUT.l1_inertia, |a| number(a.inertia))
        .set::<setL1PricingInertiaCall>(0, LAYOUT.l1_inertia, |a| number(a.inertia))
        .set::<setL1PricingRewardRateCall>(0, LAYOUT.l1_reward_rate, |a| number(a.weiPerUnit))
        .set::<setL1PricingRewardRecipientCall>(0, LAYOUT.l1_reward_recipient, |a| {
            word(a.recipient)
        })
        .set::<setL1PricingEquilibrationUnitsCall>(0, LAYOUT.l1_equilibration_units, |a| a.units)
        .set::<setPerBatchGasChargeCall>(0, LAYOUT.l1_per_batch_gas, |a| {
            number(a.cost.cast_unsigned())
        })
        .set::<setAmortizedCostCapBipsCall>(0, LAYOUT.l1_amortized_cap, |a| number(a.cap))
        .set::<setParentGasFloorPerTokenCall>(50, LAYOUT.l1_gas_floor, |a| number(a.gas))
        .on::<setL2GasPricingInertiaCall>(Write, 0, |c, a| {
            if a.seconds_ == 0 {
                return Err(Stop::Plain("price inertia must be nonzero".into()));
            }
            c.write(LAYOUT.l2_pricing_inertia, number(a.seconds_))?;
            Ok(().into())
        })
        .set::<setL2GasBacklogToleranceCall>(0, LAYOUT.l2_backlog_tolerance, |a| number(a.seconds_))
        .set::<setL1PricePerUnitCall>(0, LAYOUT.l1_price_per_unit, |a| a.wei_)
        .set::<setL2BaseFeeCall>(0, LAYOUT.l2_base_fee, |a| a.wei_)
        .on::<setMinimumL2BaseFeeCall>(Write, 0, |c, a| {
            // Only calls and estimates refuse it, in Nitro too.
            if a.wei_.is_zero() && !c.ctx.chain.is_transaction {
                return Err(Stop::Plain("minimum base fee must be nonzero".into()));
            }
            c.write(LAYOUT.l2_min_base_fee, a.wei_)?;
            // The base fee of a chain without congestion is its minimum: the next block's start sets it.
            crate::arbos::fine(c.ctx.write(LAYOUT.l2_base_fee, a.wei_));
            Ok(().into())
        })
        .on::<setSpeedLimitCall>(Write, 0, |c, a| {
            if a.limit == 0 {
                return Err(Stop::Plain("speed limit must be nonzero".into()));
            }
            c.write(LAYOUT.l2_speed_limit, number(a.limit))?;
            Ok(().into())
        })
        .set::<setMaxTxGasLimitCall>(0, tx_gas_limit, |a| number(a.limit))
        .on::<releaseL1PricerSurplusFundsCall>(Write, 10, |c, a| release_surplus(c, a.maxWei))
        .set::<setGasBacklogCall>(CONSTRAINTS, LAYOUT.l2_gas_backlog, |a| number(a.backlog))
        .on::<setGasPricingConstraintsCall>(Write, CONSTRAINTS, |_, a| {
            if !a.constraints.is_empty() {
                let without = "gas has one price, without constraints";
                return Err(off("setGasPricingConstraints", without));
            }
            Ok(().into())
        })
        .set::<setMaxBlockGasLimitCall>(50, LAYOUT.l2_block_gas_limit, |a| number(a.limit))
        .or(super::params::run)
}
