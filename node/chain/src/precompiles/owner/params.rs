//! Stylus parameters: their setters.

use super::{ArbOwner::*, change};
use crate::precompiles::call::{Call, Stop};
use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;

/// Divides rounding up into one byte.
fn units(amount: u64, unit: u64) -> Result<u8, &'static str> {
    u8::try_from(amount.div_ceil(unit)).map_err(|_| "the value is too large for its field")
}

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
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
        _ => super::since_60::run(call),
    }
}
