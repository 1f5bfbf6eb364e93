//! ArbOwnerPublic (0x6b): chain settings for everyone to read.

use super::{
    call::{Call, Purity::*, Stop},
    owner::SINCE_60,
};
use crate::arbos::{LAYOUT, Store, address_of};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, sol};

sol! {
    #![sol(all_derives)]
    interface ArbOwnerPublic {
        function isChainOwner(address account) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function rectifyChainOwner(address account) external;
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 version, uint64 timestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool);
        function getParentGasFloorPerToken() external view returns (uint64);
        function getMaxStylusContractFragments() external view returns (uint8);
        function getCollectTips() external view returns (bool);
        function getTransactionFilteringFrom() external view returns (uint64);
        function isTransactionFilterer(address filterer) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[] memory);
        function getFilteredFundsRecipient() external view returns (address);
    }
}
use ArbOwnerPublic::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    match call.selector() {
        isChainOwnerCall::SELECTOR => {
            call.method::<isChainOwnerCall>(View, 0, |c, a| LAYOUT.owners.contains(c, a.account))
        }
        getAllChainOwnersCall::SELECTOR => {
            call.method::<getAllChainOwnersCall>(View, 0, |c, _| LAYOUT.owners.all(c))
        }
        rectifyChainOwnerCall::SELECTOR => {
            call.method::<rectifyChainOwnerCall>(Write, 11, |c, a| {
                // Lists that need it are older than every version that is known here.
                let reason = match LAYOUT.owners.contains(c, a.account)? {
                    true => "RectifyMapping: Owner address is correctly mapped",
                    false => "RectifyMapping: Address is not an owner",
                };
                Err(Stop::Plain(reason.into()))
            })
        }
        getNetworkFeeAccountCall::SELECTOR => {
            call.method::<getNetworkFeeAccountCall>(View, 0, |c, _| {
                Ok(address_of(c.read(LAYOUT.network_fee_account)?))
            })
        }
        getInfraFeeAccountCall::SELECTOR => {
            call.method::<getInfraFeeAccountCall>(View, 5, |c, _| {
                Ok(address_of(c.read(LAYOUT.infra_fee_account)?))
            })
        }
        getBrotliCompressionLevelCall::SELECTOR => {
            call.method::<getBrotliCompressionLevelCall>(View, 20, |c, _| {
                Ok(c.read(LAYOUT.brotli_level)?.saturating_to())
            })
        }
        getScheduledUpgradeCall::SELECTOR => {
            call.method::<getScheduledUpgradeCall>(View, 20, |c, _| {
                let version: u64 = c.read(LAYOUT.upgrade_version)?.saturating_to();
                let timestamp: u64 = c.read(LAYOUT.upgrade_timestamp)?.saturating_to();
                if version <= c.version {
                    return Ok(getScheduledUpgradeReturn {
                        version: 0,
                        timestamp: 0,
                    });
                }
                Ok(getScheduledUpgradeReturn { version, timestamp })
            })
        }
        isCalldataPriceIncreaseEnabledCall::SELECTOR => call
            .method::<isCalldataPriceIncreaseEnabledCall>(View, 40, |c, _| {
                Ok(c.read(LAYOUT.calldata_price_increase)? != U256::ZERO)
            }),
        getParentGasFloorPerTokenCall::SELECTOR => {
            call.method::<getParentGasFloorPerTokenCall>(View, 50, |c, _| {
                Ok(c.read(LAYOUT.l1_gas_floor)?.saturating_to())
            })
        }
        getMaxStylusContractFragmentsCall::SELECTOR => call
            .method::<getMaxStylusContractFragmentsCall>(View, 60, |c, _| {
                Ok(c.params()?.max_fragments)
            }),
        getCollectTipsCall::SELECTOR => {
            call.method::<getCollectTipsCall>(View, SINCE_60, |c, _| {
                Ok(c.read(LAYOUT.collect_tips)? != U256::ZERO)
            })
        }
        getTransactionFilteringFromCall::SELECTOR => call
            .method::<getTransactionFilteringFromCall>(View, SINCE_60, |c, _| {
                Ok(c.read(LAYOUT.filtering_from)?.saturating_to())
            }),
        isTransactionFiltererCall::SELECTOR => {
            call.method::<isTransactionFiltererCall>(View, SINCE_60, |c, a| {
                LAYOUT.transaction_filterers.contains(c, a.filterer)
            })
        }
        getAllTransactionFilterersCall::SELECTOR => {
            call.method::<getAllTransactionFilterersCall>(View, SINCE_60, |c, _| {
                LAYOUT.transaction_filterers.all(c)
            })
        }
        getFilteredFundsRecipientCall::SELECTOR => {
            call.method::<getFilteredFundsRecipientCall>(View, SINCE_60, |c, _| {
                Ok(address_of(c.read(LAYOUT.filtered_funds_recipient)?))
            })
        }
        _ => call.unknown(),
    }
}
