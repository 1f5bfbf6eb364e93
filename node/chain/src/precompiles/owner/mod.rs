//! ArbOwner (0x70): chain settings, for chain owners only. They need the gas and get it back.

mod not_built;
mod params;
mod pricing;
mod since_60;

use super::call::{Call, Methods, Purity::*, Stop};
use crate::{
    arbos::{LAYOUT, Store, address_of, word},
    bounds::LAST_SECOND,
    config::ARBOS_VERSIONS,
};
use alloy_primitives::{Bytes, FixedBytes, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbOwner {
        function addChainOwner(address account) external;
        function removeChainOwner(address account) external;
        function isChainOwner(address account) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function isNativeTokenOwner(address owner) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function setNetworkFeeAccount(address account) external;
        function getInfraFeeAccount() external view returns (address);
        function setInfraFeeAccount(address account) external;
        function scheduleArbOSUpgrade(uint64 version, uint64 timestamp) external;
        function setBrotliCompressionLevel(uint64 level) external;
        function setCalldataPriceIncrease(bool enable) external;
        function setInkPrice(uint32 price) external;
        function setWasmMaxStackDepth(uint32 depth) external;
        function setWasmFreePages(uint16 pages) external;
        function setWasmPageGas(uint16 gas) external;
        function setWasmPageLimit(uint16 limit) external;
        function setWasmMaxSize(uint32 size) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setWasmInitCostScalar(uint64 percent) external;
        function setWasmExpiryDays(uint16 days_) external;
        function setWasmKeepaliveDays(uint16 days_) external;
        function setWasmBlockCacheSize(uint16 count) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;
        function setWasmActivationGas(uint64 gas) external;
        function setNativeTokenManagementFrom(uint64 timestamp) external;
        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
        event ChainOwnerAdded(address indexed owner);
        event ChainOwnerRemoved(address indexed owner);
    }
}
use ArbOwner::*;

/// The best level of brotli.
const BROTLI_LEVELS: u64 = 11;
/// First ArbOS version with owners of the native token.
pub(super) const NATIVE_TOKEN: u64 = 41;
/// First ArbOS version with tips, filters, multi-gas constraints, and events of owners.
pub(super) const SINCE_60: u64 = 60;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let (gas, caller) = (call.gas, call.caller);
    call.open()?;
    let is_owner = LAYOUT.owners.contains(call, caller);
    if !is_owner.map_err(|_| Stop::OutOfGas)? {
        return Err(Stop::Failure(
            "unauthorized caller to access-controlled method".into(),
        ));
    }
    // An owner needs the gas of the method, and gets all of it back.
    call.gas = gas;
    let output = dispatch(call);
    let is_short = call.gas == 0;
    call.gas = gas;
    call.free = true;
    let output = output.map_err(|stop| match stop {
        Stop::All if is_short => Stop::Plain(format!(
            "ArbOwner needs more gas than {gas} for this method, and gives it back: raise the gas limit"
        )),
        Stop::All => Stop::Plain(
            "ArbOwner refused the call: its arguments do not decode, it came with value, \
             or it would write in a static call"
                .into(),
        ),
        Stop::Unknown => Stop::Plain(not_built::reason(call)),
        other => other,
    })?;
    if !call.is_static() {
        let method = FixedBytes(call.selector());
        let data = call.data.clone();
        call.emit(&OwnerActs {
            method,
            owner: caller,
            data,
        })?;
    }
    Ok(output)
}

fn dispatch(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let number = U256::from::<u64>;
    Methods::of(call)
        .on::<addChainOwnerCall>(Write, 0, |c, a| {
            LAYOUT.owners.add(c, a.account)?;
            if c.version >= SINCE_60 {
                c.emit(&ChainOwnerAdded { owner: a.account })?;
            }
            Ok(().into())
        })
        .on::<removeChainOwnerCall>(Write, 0, |c, a| {
            if !LAYOUT.owners.contains(c, a.account)? {
                return Err(Stop::Plain("tried to remove non-owner".into()));
            }
            LAYOUT.owners.remove(c, a.account)?;
            if c.version >= SINCE_60 {
                c.emit(&ChainOwnerRemoved { owner: a.account })?;
            }
            Ok(().into())
        })
        .on::<isChainOwnerCall>(View, 0, |c, a| LAYOUT.owners.contains(c, a.account))
        .on::<isNativeTokenOwnerCall>(View, NATIVE_TOKEN, |c, a| {
            LAYOUT.native_token_owners.contains(c, a.owner)
        })
        .on::<getAllNativeTokenOwnersCall>(View, NATIVE_TOKEN, |c, _| {
            LAYOUT.native_token_owners.all(c)
        })
        .on::<getAllChainOwnersCall>(View, 0, |c, _| LAYOUT.owners.all(c))
        .word::<getNetworkFeeAccountCall>(0, LAYOUT.network_fee_account, address_of)
        .set::<setNetworkFeeAccountCall>(0, LAYOUT.network_fee_account, |a| word(a.account))
        .word::<getInfraFeeAccountCall>(5, LAYOUT.infra_fee_account, address_of)
        .set::<setInfraFeeAccountCall>(5, LAYOUT.infra_fee_account, |a| word(a.account))
        .on::<scheduleArbOSUpgradeCall>(Write, 0, |c, a| {
            // A version that is not newer than the chain's never comes, nor one after the last block; zero takes an upgrade
            // back.
            let comes = a.version > c.version && a.timestamp <= LAST_SECOND;
            if comes && !ARBOS_VERSIONS.contains(&a.version) {
                return Err(Stop::Plain(format!(
                    "the rules of ArbOS {} are not known here, only those of {:?}",
                    a.version, ARBOS_VERSIONS
                )));
            }
            c.write(LAYOUT.upgrade_version, number(a.version))?;
            c.write(LAYOUT.upgrade_timestamp, number(a.timestamp))?;
            Ok(().into())
        })
        .on::<setBrotliCompressionLevelCall>(Write, 20, |c, a| {
            if a.level > BROTLI_LEVELS {
                return Err(Stop::Plain("invalid brotli compression level".into()));
            }
            c.write(LAYOUT.brotli_level, number(a.level))?;
            Ok(().into())
        })
        .on::<setCalldataPriceIncreaseCall>(Write, 40, |c, a| {
            // It is one bit among others: the word is read before.
            c.read(LAYOUT.calldata_price_increase)?;
            c.write(LAYOUT.calldata_price_increase, number(a.enable.into()))?;
            Ok(().into())
        })
        .on::<addWasmCacheManagerCall>(Write, 30, |c, a| {
            LAYOUT.cache_managers.add(c, a.manager)?;
            Ok(().into())
        })
        .on::<removeWasmCacheManagerCall>(Write, 30, |c, a| {
            if !LAYOUT.cache_managers.contains(c, a.manager)? {
                return Err(Stop::Plain("tried to remove non-manager".into()));
            }
            LAYOUT.cache_managers.remove(c, a.manager)?;
            Ok(().into())
        })
        .set::<setWasmActivationGasCall>(super::wasm::ACTIVATION_GAS, LAYOUT.activation_gas, |a| {
            number(a.gas)
        })
        .on::<setNativeTokenManagementFromCall>(Write, NATIVE_TOKEN, |c, a| {
            set_feature_time(c, LAYOUT.native_token_from, a.timestamp, || {
                off(
                    "setNativeTokenManagementFrom",
                    "nobody owns the native token",
                )
            })?;
            Ok(().into())
        })
        .or(pricing::run)
}

/// Sets the time from which a feature works that is not built, in unix seconds: 0, or one that no block has.
///
/// # Errors
/// What `refusal` gives for other times.
fn set_feature_time(
    call: &mut Call<'_, '_>,
    slot: U256,
    timestamp: u64,
    refusal: impl FnOnce() -> Stop,
) -> Result<(), Stop> {
    if (1..=LAST_SECOND).contains(&timestamp) {
        return Err(refusal());
    }
    if timestamp != 0 {
        call.read(slot)?;
    }
    call.write(slot, U256::from(timestamp))
}

/// The refusal of a setter that would switch on what is not built.
fn off(method: &str, state: &str) -> Stop {
    Stop::Plain(format!(
        "ArbOwner.{method} is not supported by this local chain: {state} here, as on every public chain"
    ))
}
