//! ArbGasInfo (0x6c): prices. There is no L1: its price is what the chain was started with.

use super::call::{Call, Methods, Purity::*, READ, Stop};
use crate::arbos::{LAYOUT, Store, address_of};
use alloy_primitives::{Bytes, I256, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    struct WeightedResource { uint8 resource; uint64 weight; }
    struct ResourceConstraint {
        WeightedResource[] resources;
        uint32 adjustmentWindowSecs;
        uint64 targetPerSec;
        uint64 backlog;
    }
    interface ArbGasInfo {
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInArbGas() external view returns (uint256, uint256, uint256);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256, uint256, uint256);
        function getGasAccountingParams() external view returns (uint256, uint256, uint256);
        function getMaxTxGasLimit() external view returns (uint256);
        function getMaxBlockGasLimit() external view returns (uint64);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getL1BaseFeeEstimateInertia() external view returns (uint64);
        function getL1RewardRate() external view returns (uint64);
        function getL1RewardRecipient() external view returns (address);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getPricingInertia() external view returns (uint64);
        function getGasBacklogTolerance() external view returns (uint64);
        function getPerBatchGasCharge() external view returns (int64);
        function getAmortizedCostCapBips() external view returns (uint64);
        function getL1PricingEquilibrationUnits() external view returns (uint256);
        function getLastL1PricingUpdateTime() external view returns (uint64);
        function getL1PricingSurplus() external view returns (int256);
        function getL1FeesAvailable() external view returns (uint256);
        function getL1PricingFundsDueForRewards() external view returns (uint256);
        function getL1PricingUnitsSinceUpdate() external view returns (uint64);
        function getLastL1PricingSurplus() external view returns (int256);
        function getGasPricingConstraints() external view returns (uint64[3][] memory);
        function getMultiGasPricingConstraints() external view returns (ResourceConstraint[] memory);
        function getMultiGasBaseFee() external view returns (uint256[] memory);
    }
}
use ArbGasInfo::*;

/// Gas of one new storage slot.
const STORAGE: u64 = 20_000;
/// Bytes of calldata the price of a transaction is quoted for, times 16 units.
const TX_UNITS: u64 = 2_240;
/// First ArbOS version with constraints of the gas price.
const CONSTRAINTS: u64 = 50;
/// First ArbOS version that reports gas by kinds.
const MULTI_GAS: u64 = 60;
/// Kinds of gas, the unknown one included.
const GAS_KINDS: usize = 9;

/// L1 price per unit and base fees in wei: (l1, base fee, minimum).
fn prices(call: &mut Call<'_, '_>) -> Result<(U256, U256, U256), Stop> {
    let l1 = call.read(LAYOUT.l1_price_per_unit)?;
    let minimum = call.read(LAYOUT.l2_min_base_fee)?;
    Ok((l1, U256::from(call.ctx.chain.base_fee), minimum))
}

/// L2 transaction, L1 calldata byte, storage, and the gas price: base, congestion, together.
type InWei = (U256, U256, U256, U256, U256, U256);

fn in_wei(call: &mut Call<'_, '_>) -> Result<InWei, Stop> {
    let (l1, fee, minimum) = prices(call)?;
    let base = fee.min(minimum);
    let number = U256::from::<u64>;
    let (transaction, byte) = (l1 * number(TX_UNITS), l1 * number(16));
    Ok((
        transaction,
        byte,
        fee * number(STORAGE),
        base,
        fee - base,
        fee,
    ))
}

fn in_gas(call: &mut Call<'_, '_>) -> Result<(U256, U256, U256), Stop> {
    let l1 = call.read(LAYOUT.l1_price_per_unit)?;
    let fee = U256::from(call.ctx.chain.base_fee);
    let gas = |units: u64| {
        (l1 * U256::from(units))
            .checked_div(fee)
            .unwrap_or_default()
    };
    Ok((gas(TX_UNITS), gas(16), U256::from(STORAGE)))
}

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<getPricesInWeiCall>(View, 0, |c, _| Ok(in_wei(c)?.into()))
        .on::<getPricesInWeiWithAggregatorCall>(View, 0, |c, _| Ok(in_wei(c)?.into()))
        .on::<getPricesInArbGasCall>(View, 0, |c, _| Ok(in_gas(c)?.into()))
        .on::<getPricesInArbGasWithAggregatorCall>(View, 0, |c, _| Ok(in_gas(c)?.into()))
        .on::<getGasAccountingParamsCall>(View, 0, |c, _| {
            let speed = c.read(LAYOUT.l2_speed_limit)?;
            let block = c.read(LAYOUT.l2_block_gas_limit)?;
            Ok((speed, block, block).into())
        })
        .word::<getMaxTxGasLimitCall>(50, LAYOUT.l2_tx_gas_limit, |v| v)
        .word::<getMaxBlockGasLimitCall>(50, LAYOUT.l2_block_gas_limit, |v| v.saturating_to())
        .word::<getMinimumGasPriceCall>(0, LAYOUT.l2_min_base_fee, |v| v)
        .word::<getL1BaseFeeEstimateCall>(0, LAYOUT.l1_price_per_unit, |v| v)
        .word::<getL1GasPriceEstimateCall>(0, LAYOUT.l1_price_per_unit, |v| v)
        .word::<getGasBacklogCall>(0, LAYOUT.l2_gas_backlog, |v| v.saturating_to())
        .word::<getPricingInertiaCall>(0, LAYOUT.l2_pricing_inertia, |v| v.saturating_to())
        .word::<getGasBacklogToleranceCall>(0, LAYOUT.l2_backlog_tolerance, |v| v.saturating_to())
        .word::<getL1BaseFeeEstimateInertiaCall>(0, LAYOUT.l1_inertia, |v| v.saturating_to())
        .word::<getL1RewardRateCall>(0, LAYOUT.l1_reward_rate, |v| v.saturating_to())
        .word::<getL1RewardRecipientCall>(0, LAYOUT.l1_reward_recipient, address_of)
        .on::<getCurrentTxL1GasFeesCall>(View, 0, |c, _| {
            let session = &c.ctx.chain;
            Ok(U256::from(session.base_fee) * U256::from(session.posting.gas))
        })
        .word::<getPerBatchGasChargeCall>(0, LAYOUT.l1_per_batch_gas, |v| {
            v.wrapping_to::<u64>().cast_signed()
        })
        .word::<getAmortizedCostCapBipsCall>(0, LAYOUT.l1_amortized_cap, |v| v.saturating_to())
        .word::<getL1PricingEquilibrationUnitsCall>(0, LAYOUT.l1_equilibration_units, |v| v)
        .on::<getMultiGasPricingConstraintsCall>(View, MULTI_GAS, |c, _| {
            c.burn(READ)?;
            Ok(Vec::new())
        })
        .on::<getGasPricingConstraintsCall>(View, CONSTRAINTS, |c, _| {
            c.burn(READ)?;
            Ok(Vec::new())
        })
        // Without constraints every kind costs the base fee.
        .on::<getMultiGasBaseFeeCall>(View, MULTI_GAS, |c, _| {
            let fee = c.read(LAYOUT.l2_base_fee)?;
            c.burn(GAS_KINDS as u64 * READ)?;
            Ok(vec![fee; GAS_KINDS])
        })
        .fixed::<getLastL1PricingUpdateTimeCall>(0)
        // What is there: nothing is due for refunds and for rewards.
        .on::<getL1PricingSurplusCall>(View, 0, |c, _| {
            c.burn(2 * READ)?;
            Ok(I256::from_raw(c.read(LAYOUT.l1_fees_available)?))
        })
        .word::<getL1FeesAvailableCall>(0, LAYOUT.l1_fees_available, |v| v)
        .fixed::<getL1PricingFundsDueForRewardsCall>(U256::ZERO)
        .word::<getL1PricingUnitsSinceUpdateCall>(0, LAYOUT.l1_units_since_update, |v| {
            v.saturating_to()
        })
        .fixed::<getLastL1PricingSurplusCall>(Default::default())
        .end()
}
