//! What gas costs: the setters of L1 and L2 pricing.

use super::store;
use crate::{
    arbos::{LAYOUT, Store, word},
    precompiles::call::{Call, Purity::*, Stop},
};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, sol};

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
    }
}
use Pricing::*;

/// Setters that only write one word. Without an L1 and without congestion nothing reads most of
/// them but the views of ArbGasInfo.
pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let number = U256::from::<u64>;
    match call.selector() {
        setL1BaseFeeEstimateInertiaCall::SELECTOR => store::<setL1BaseFeeEstimateInertiaCall>(
            call,
            0,
            LAYOUT.l1_inertia,
            setL1BaseFeeEstimateInertiaReturn {},
            |a| number(a.inertia),
        ),
        setL1PricingInertiaCall::SELECTOR => store::<setL1PricingInertiaCall>(
            call,
            0,
            LAYOUT.l1_inertia,
            setL1PricingInertiaReturn {},
            |a| number(a.inertia),
        ),
        setL1PricingRewardRateCall::SELECTOR => store::<setL1PricingRewardRateCall>(
            call,
            0,
            LAYOUT.l1_reward_rate,
            setL1PricingRewardRateReturn {},
            |a| number(a.weiPerUnit),
        ),
        setL1PricingRewardRecipientCall::SELECTOR => store::<setL1PricingRewardRecipientCall>(
            call,
            0,
            LAYOUT.l1_reward_recipient,
            setL1PricingRewardRecipientReturn {},
            |a| word(a.recipient),
        ),
        setL1PricingEquilibrationUnitsCall::SELECTOR => {
            store::<setL1PricingEquilibrationUnitsCall>(
                call,
                0,
                LAYOUT.l1_equilibration_units,
                setL1PricingEquilibrationUnitsReturn {},
                |a| a.units,
            )
        }
        setPerBatchGasChargeCall::SELECTOR => store::<setPerBatchGasChargeCall>(
            call,
            0,
            LAYOUT.l1_per_batch_gas,
            setPerBatchGasChargeReturn {},
            |a| number(a.cost.cast_unsigned()),
        ),
        setAmortizedCostCapBipsCall::SELECTOR => store::<setAmortizedCostCapBipsCall>(
            call,
            0,
            LAYOUT.l1_amortized_cap,
            setAmortizedCostCapBipsReturn {},
            |a| number(a.cap),
        ),
        setParentGasFloorPerTokenCall::SELECTOR => store::<setParentGasFloorPerTokenCall>(
            call,
            50,
            LAYOUT.l1_gas_floor,
            setParentGasFloorPerTokenReturn {},
            |a| number(a.gas),
        ),
        setL2GasPricingInertiaCall::SELECTOR => {
            call.method::<setL2GasPricingInertiaCall>(Write, 0, |c, a| {
                if a.seconds_ == 0 {
                    return Err(Stop::Plain("price inertia must be nonzero".into()));
                }
                c.write(LAYOUT.l2_pricing_inertia, number(a.seconds_))?;
                Ok(setL2GasPricingInertiaReturn {})
            })
        }
        setL2GasBacklogToleranceCall::SELECTOR => store::<setL2GasBacklogToleranceCall>(
            call,
            0,
            LAYOUT.l2_backlog_tolerance,
            setL2GasBacklogToleranceReturn {},
            |a| number(a.seconds_),
        ),
        setL1PricePerUnitCall::SELECTOR => {
            call.method::<setL1PricePerUnitCall>(Write, 0, |c, a| {
                if !a.wei_.is_zero() {
                    return Err(Stop::Plain(
                        "this chain has no L1: its price per unit can only be 0".into(),
                    ));
                }
                c.write(LAYOUT.l1_price_per_unit, U256::ZERO)?;
                Ok(setL1PricePerUnitReturn {})
            })
        }
        setL2BaseFeeCall::SELECTOR => {
            store::<setL2BaseFeeCall>(call, 0, LAYOUT.l2_base_fee, setL2BaseFeeReturn {}, |a| {
                a.wei_
            })
        }
        setMinimumL2BaseFeeCall::SELECTOR => {
            call.method::<setMinimumL2BaseFeeCall>(Write, 0, |c, a| {
                c.write(LAYOUT.l2_min_base_fee, a.wei_)?;
                // The base fee of a chain without congestion is its minimum.
                c.write(LAYOUT.l2_base_fee, a.wei_)?;
                Ok(setMinimumL2BaseFeeReturn {})
            })
        }
        setSpeedLimitCall::SELECTOR => store::<setSpeedLimitCall>(
            call,
            0,
            LAYOUT.l2_speed_limit,
            setSpeedLimitReturn {},
            |a| number(a.limit),
        ),
        setMaxTxGasLimitCall::SELECTOR => {
            let from_50 = call.version >= 50;
            let slot = if from_50 {
                LAYOUT.l2_tx_gas_limit
            } else {
                LAYOUT.l2_block_gas_limit
            };
            store::<setMaxTxGasLimitCall>(call, 0, slot, setMaxTxGasLimitReturn {}, |a| {
                number(a.limit)
            })
        }
        setMaxBlockGasLimitCall::SELECTOR => store::<setMaxBlockGasLimitCall>(
            call,
            50,
            LAYOUT.l2_block_gas_limit,
            setMaxBlockGasLimitReturn {},
            |a| number(a.limit),
        ),
        _ => super::params::run(call),
    }
}
