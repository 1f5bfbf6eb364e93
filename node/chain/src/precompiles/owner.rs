//! ArbOwner (0x70): chain settings, for chain owners only and free of gas for them.

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
        function setL1PricePerUnit(uint256 wei_) external;
        function setL2BaseFee(uint256 wei_) external;
        function setMinimumL2BaseFee(uint256 wei_) external;
        function setSpeedLimit(uint64 limit) external;
        function setMaxTxGasLimit(uint64 limit) external;
        function setMaxBlockGasLimit(uint64 limit) external;
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
        function setMaxStylusContractFragments(uint8 count) external;
        function setWasmActivationGas(uint64 gas) external;
        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
    }
}
use ArbOwner::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let (gas, caller) = (call.gas, call.caller);
    call.free = true;
    if !LAYOUT.owners.contains(call, caller)? {
        return Err(Stop::Fault(
            "unauthorized caller to access-controlled method".into(),
        ));
    }
    let output = dispatch(call);
    call.gas = gas;
    let output = output.map_err(|stop| match stop {
        Stop::All => Stop::Plain("ArbOwner refused the call".into()),
        Stop::Unknown => Stop::Plain("ArbOwner has no such method here".into()),
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

/// Divides rounding up into one byte.
fn units(amount: u64, unit: u64) -> Result<u8, &'static str> {
    u8::try_from(amount.div_ceil(unit)).map_err(|_| "the value is too large for its field")
}

fn dispatch(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let number = U256::from::<u64>;
    match call.selector() {
        addChainOwnerCall::SELECTOR => call.method::<addChainOwnerCall>(Write, 0, |c, a| {
            LAYOUT.owners.add(c, a.account)?;
            Ok(addChainOwnerReturn {})
        }),
        removeChainOwnerCall::SELECTOR => call.method::<removeChainOwnerCall>(Write, 0, |c, a| {
            if !LAYOUT.owners.contains(c, a.account)? {
                return Err(Stop::Plain("tried to remove non-owner".into()));
            }
            LAYOUT.owners.remove(c, a.account)?;
            Ok(removeChainOwnerReturn {})
        }),
        isChainOwnerCall::SELECTOR => {
            call.method::<isChainOwnerCall>(View, 0, |c, a| LAYOUT.owners.contains(c, a.account))
        }
        getAllChainOwnersCall::SELECTOR => {
            call.method::<getAllChainOwnersCall>(View, 0, |c, _| LAYOUT.owners.all(c))
        }
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
        _ => dispatch_params(call),
    }
}

fn dispatch_params(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    match call.selector() {
        setInkPriceCall::SELECTOR => {
            change::<setInkPriceCall>(call, 30, setInkPriceReturn {}, |p, a| {
                if a.price == 0 || a.price >= 1 << 24 {
                    return Err("ink price must be a positive uint24");
                }
                p.ink_price = a.price;
                Ok(())
            })
        }
        setWasmMaxStackDepthCall::SELECTOR => {
            change::<setWasmMaxStackDepthCall>(call, 30, setWasmMaxStackDepthReturn {}, |p, a| {
                p.max_stack_depth = a.depth;
                Ok(())
            })
        }
        setWasmFreePagesCall::SELECTOR => {
            change::<setWasmFreePagesCall>(call, 30, setWasmFreePagesReturn {}, |p, a| {
                p.free_pages = a.pages;
                Ok(())
            })
        }
        setWasmPageGasCall::SELECTOR => {
            change::<setWasmPageGasCall>(call, 30, setWasmPageGasReturn {}, |p, a| {
                p.page_gas = a.gas;
                Ok(())
            })
        }
        setWasmPageLimitCall::SELECTOR => {
            change::<setWasmPageLimitCall>(call, 30, setWasmPageLimitReturn {}, |p, a| {
                p.page_limit = a.limit;
                Ok(())
            })
        }
        setWasmMaxSizeCall::SELECTOR => {
            change::<setWasmMaxSizeCall>(call, 40, setWasmMaxSizeReturn {}, |p, a| {
                p.max_wasm_size = a.size;
                Ok(())
            })
        }
        setWasmMinInitGasCall::SELECTOR => {
            change::<setWasmMinInitGasCall>(call, 30, setWasmMinInitGasReturn {}, |p, a| {
                p.min_init_gas = units(a.gas.into(), 128)?;
                p.min_cached_init_gas = units(a.cached.into(), 32)?;
                Ok(())
            })
        }
        setWasmInitCostScalarCall::SELECTOR => {
            change::<setWasmInitCostScalarCall>(call, 30, setWasmInitCostScalarReturn {}, |p, a| {
                p.init_cost_scalar = units(a.percent, 2)?;
                Ok(())
            })
        }
        setWasmExpiryDaysCall::SELECTOR => {
            change::<setWasmExpiryDaysCall>(call, 30, setWasmExpiryDaysReturn {}, |p, a| {
                p.expiry_days = a.days_;
                Ok(())
            })
        }
        setWasmKeepaliveDaysCall::SELECTOR => {
            change::<setWasmKeepaliveDaysCall>(call, 30, setWasmKeepaliveDaysReturn {}, |p, a| {
                p.keepalive_days = a.days_;
                Ok(())
            })
        }
        setWasmBlockCacheSizeCall::SELECTOR => {
            change::<setWasmBlockCacheSizeCall>(call, 30, setWasmBlockCacheSizeReturn {}, |p, a| {
                p.block_cache_size = a.count;
                Ok(())
            })
        }
        setMaxStylusContractFragmentsCall::SELECTOR => change::<setMaxStylusContractFragmentsCall>(
            call,
            60,
            setMaxStylusContractFragmentsReturn {},
            |p, a| {
                p.max_fragments = a.count;
                Ok(())
            },
        ),
        _ => call.unknown(),
    }
}
