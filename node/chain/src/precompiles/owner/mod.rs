//! ArbOwner (0x70): chain settings, for chain owners only and free of gas for them.

mod not_built;
mod params;
mod pricing;
mod since_60;

use super::call::{Call, Purity::*, Stop};
use crate::arbos::{LAYOUT, Params, Store, address_of, versions, word};
use alloy_primitives::{Bytes, FixedBytes, U256};
use alloy_sol_types::{SolCall, sol};

sol! {
    #![sol(all_derives)]
    interface ArbOwner {
        function addChainOwner(address account) external;
        function removeChainOwner(address account) external;
        function isChainOwner(address account) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
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
        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
        event ChainOwnerAdded(address indexed owner);
        event ChainOwnerRemoved(address indexed owner);
    }
}
use ArbOwner::*;

/// First ArbOS version with tips, filters, multi-gas constraints, and events of owners.
pub(super) const SINCE_60: u64 = 60;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let (gas, caller) = (call.gas, call.caller);
    call.free = true;
    if !LAYOUT.owners.contains(call, caller)? {
        return Err(Stop::Failure(
            "unauthorized caller to access-controlled method".into(),
        ));
    }
    let output = dispatch(call);
    call.gas = gas;
    let output = output.map_err(|stop| match stop {
        Stop::All => Stop::Plain("ArbOwner refused the call: its arguments do not decode, it came with value, or it would write in a static call".into()),
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

/// Defines a setter that changes Stylus parameters.
fn change<C: SolCall>(
    call: &mut Call<'_, '_>,
    since: u64,
    result: C::Return,
    edit: impl FnOnce(&mut Params, C) -> Result<(), &'static str>,
) -> Result<Bytes, Stop> {
    call.method::<C>(Write, since, |call, arguments| {
        let mut params = call.params()?;
        edit(&mut params, arguments).map_err(|error| Stop::Plain(error.into()))?;
        call.save_params(params)?;
        Ok(result)
    })
}

/// A setter of one storage word.
fn store<C: SolCall>(
    call: &mut Call<'_, '_>,
    since: u64,
    slot: U256,
    result: C::Return,
    value: impl FnOnce(C) -> U256,
) -> Result<Bytes, Stop> {
    call.method::<C>(Write, since, |call, arguments| {
        call.write(slot, value(arguments))?;
        Ok(result)
    })
}

fn dispatch(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let number = U256::from::<u64>;
    match call.selector() {
        addChainOwnerCall::SELECTOR => call.method::<addChainOwnerCall>(Write, 0, |c, a| {
            LAYOUT.owners.add(c, a.account)?;
            if c.version >= SINCE_60 {
                c.emit(&ChainOwnerAdded { owner: a.account })?;
            }
            Ok(addChainOwnerReturn {})
        }),
        removeChainOwnerCall::SELECTOR => call.method::<removeChainOwnerCall>(Write, 0, |c, a| {
            if !LAYOUT.owners.contains(c, a.account)? {
                return Err(Stop::Plain("tried to remove non-owner".into()));
            }
            LAYOUT.owners.remove(c, a.account)?;
            if c.version >= SINCE_60 {
                c.emit(&ChainOwnerRemoved { owner: a.account })?;
            }
            Ok(removeChainOwnerReturn {})
        }),
        isChainOwnerCall::SELECTOR => {
            call.method::<isChainOwnerCall>(View, 0, |c, a| LAYOUT.owners.contains(c, a.account))
        }
        getAllChainOwnersCall::SELECTOR => {
            call.method::<getAllChainOwnersCall>(View, 0, |c, _| LAYOUT.owners.all(c))
        }
        getNetworkFeeAccountCall::SELECTOR => {
            call.method::<getNetworkFeeAccountCall>(View, 0, |c, _| {
                Ok(address_of(c.read(LAYOUT.network_fee_account)?))
            })
        }
        setNetworkFeeAccountCall::SELECTOR => {
            call.method::<setNetworkFeeAccountCall>(Write, 0, |c, a| {
                versions::set_network_fee_account(c, a.account)?;
                Ok(setNetworkFeeAccountReturn {})
            })
        }
        getInfraFeeAccountCall::SELECTOR => {
            call.method::<getInfraFeeAccountCall>(View, 5, |c, _| {
                Ok(address_of(c.read(LAYOUT.infra_fee_account)?))
            })
        }
        setInfraFeeAccountCall::SELECTOR => store::<setInfraFeeAccountCall>(
            call,
            5,
            LAYOUT.infra_fee_account,
            setInfraFeeAccountReturn {},
            |a| word(a.account),
        ),
        scheduleArbOSUpgradeCall::SELECTOR => {
            call.method::<scheduleArbOSUpgradeCall>(Write, 0, |c, a| {
                // Zero takes a scheduled upgrade back.
                if a.version != 0 && !versions::is_supported(a.version) {
                    return Err(Stop::Plain(format!(
                        "the rules of ArbOS {} are not known here, only those of {:?}",
                        a.version,
                        versions::SUPPORTED
                    )));
                }
                c.write(LAYOUT.upgrade_version, number(a.version))?;
                c.write(LAYOUT.upgrade_timestamp, number(a.timestamp))?;
                Ok(scheduleArbOSUpgradeReturn {})
            })
        }
        setBrotliCompressionLevelCall::SELECTOR => store::<setBrotliCompressionLevelCall>(
            call,
            20,
            LAYOUT.brotli_level,
            setBrotliCompressionLevelReturn {},
            |a| number(a.level),
        ),
        setCalldataPriceIncreaseCall::SELECTOR => {
            call.method::<setCalldataPriceIncreaseCall>(Write, 40, |c, a| {
                c.write(LAYOUT.calldata_price_increase, number(a.enable.into()))?;
                Ok(setCalldataPriceIncreaseReturn {})
            })
        }
        addWasmCacheManagerCall::SELECTOR => {
            call.method::<addWasmCacheManagerCall>(Write, 30, |c, a| {
                LAYOUT.cache_managers.add(c, a.manager)?;
                Ok(addWasmCacheManagerReturn {})
            })
        }
        removeWasmCacheManagerCall::SELECTOR => {
            call.method::<removeWasmCacheManagerCall>(Write, 30, |c, a| {
                if !LAYOUT.cache_managers.contains(c, a.manager)? {
                    return Err(Stop::Plain("tried to remove non-manager".into()));
                }
                LAYOUT.cache_managers.remove(c, a.manager)?;
                Ok(removeWasmCacheManagerReturn {})
            })
        }
        setWasmActivationGasCall::SELECTOR => store::<setWasmActivationGasCall>(
            call,
            super::wasm::ACTIVATION_GAS,
            LAYOUT.activation_gas,
            setWasmActivationGasReturn {},
            |a| number(a.gas),
        ),
        _ => pricing::run(call),
    }
}
