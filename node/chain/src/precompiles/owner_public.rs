//! ArbOwnerPublic (0x6b): chain settings for everyone to read.

use super::{
    call::{Call, Methods, Purity::*, READ, Stop},
    owner::{NATIVE_TOKEN, SINCE_60},
};
use crate::arbos::{LAYOUT, Store, address_of};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbOwnerPublic {
        function isChainOwner(address account) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function rectifyChainOwner(address account) external;
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function isNativeTokenOwner(address owner) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function getNativeTokenManagementFrom() external view returns (uint64);
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

/// First ArbOS version that answers since when the native token may have owners.
const NATIVE_TOKEN_FROM: u64 = 50;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<isChainOwnerCall>(View, 0, |c, a| LAYOUT.owners.contains(c, a.account))
        .on::<getAllChainOwnersCall>(View, 0, |c, _| LAYOUT.owners.all(c))
        .on::<rectifyChainOwnerCall>(Write, 11, |c, a| {
            if !LAYOUT.owners.contains(c, a.account)? {
                let reason = "RectifyMapping: Address is not an owner";
                return Err(Stop::Plain(reason.into()));
            }
            // Its position, what stands there, and the length. Lists that need the repair are older than
            // every version that is known here.
            c.burn(3 * READ)?;
            let reason = "RectifyMapping: Owner address is correctly mapped";
            Err(Stop::Plain(reason.into()))
        })
        .word::<getNetworkFeeAccountCall>(0, LAYOUT.network_fee_account, address_of)
        .word::<getInfraFeeAccountCall>(5, LAYOUT.infra_fee_account, address_of)
        .word::<getBrotliCompressionLevelCall>(20, LAYOUT.brotli_level, |v| v.saturating_to())
        .on::<isNativeTokenOwnerCall>(View, NATIVE_TOKEN, |c, a| {
            LAYOUT.native_token_owners.contains(c, a.owner)
        })
        .on::<getAllNativeTokenOwnersCall>(View, NATIVE_TOKEN, |c, _| {
            LAYOUT.native_token_owners.all(c)
        })
        .word::<getNativeTokenManagementFromCall>(
            NATIVE_TOKEN_FROM,
            LAYOUT.native_token_from,
            |v| v.saturating_to(),
        )
        .on::<getScheduledUpgradeCall>(View, 20, |c, _| {
            let version: u64 = c.read(LAYOUT.upgrade_version)?.saturating_to();
            let timestamp: u64 = c.read(LAYOUT.upgrade_timestamp)?.saturating_to();
            if version <= c.version {
                return Ok((0, 0).into());
            }
            Ok((version, timestamp).into())
        })
        .on::<isCalldataPriceIncreaseEnabledCall>(View, 40, |c, _| {
            Ok(c.read(LAYOUT.calldata_price_increase)? != U256::ZERO)
        })
        .word::<getParentGasFloorPerTokenCall>(50, LAYOUT.l1_gas_floor, |v| v.saturating_to())
        .on::<getMaxStylusContractFragmentsCall>(View, 60, |c, _| Ok(c.params()?.max_fragments))
        .on::<getCollectTipsCall>(View, SINCE_60, |c, _| {
            Ok(c.read(LAYOUT.collect_tips)? != U256::ZERO)
        })
        .word::<getTransactionFilteringFromCall>(SINCE_60, LAYOUT.filtering_from, |v| {
            v.saturating_to()
        })
        .on::<isTransactionFiltererCall>(View, SINCE_60, |c, a| {
            LAYOUT.transaction_filterers.contains(c, a.filterer)
        })
        .on::<getAllTransactionFilterersCall>(View, SINCE_60, |c, _| {
            LAYOUT.transaction_filterers.all(c)
        })
        .word::<getFilteredFundsRecipientCall>(
            SINCE_60,
            LAYOUT.filtered_funds_recipient,
            address_of,
        )
        .end()
}
