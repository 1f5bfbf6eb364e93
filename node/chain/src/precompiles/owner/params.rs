//! Stylus parameters: their setters.

use super::ArbOwner::*;
use crate::precompiles::call::{Call, Methods, Stop};
use alloy_primitives::Bytes;

/// Divides rounding up into one byte, which is full at 255.
fn units(amount: u64, unit: u64) -> u8 {
    u8::try_from(amount.div_ceil(unit)).unwrap_or(u8::MAX)
}

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .try_change::<setInkPriceCall>(30, |p, a| {
            if a.price == 0 || a.price >= 1 << 24 {
                return Err("ink price must be a positive uint24");
            }
            p.ink_price = a.price;
            Ok(())
        })
        .change::<setWasmMaxStackDepthCall>(30, |p, a| p.max_stack_depth = a.depth)
        .change::<setWasmFreePagesCall>(30, |p, a| p.free_pages = a.pages)
        .change::<setWasmPageGasCall>(30, |p, a| p.page_gas = a.gas)
        .change::<setWasmPageLimitCall>(30, |p, a| p.page_limit = a.limit)
        .change::<setWasmMaxSizeCall>(40, |p, a| p.max_wasm_size = a.size)
        .change::<setWasmMinInitGasCall>(30, |p, a| {
            p.min_init_gas = units(a.gas.into(), 128);
            p.min_cached_init_gas = units(a.cached.into(), 32);
        })
        .change::<setWasmInitCostScalarCall>(30, |p, a| {
            p.init_cost_scalar = units(a.percent, 2);
        })
        .change::<setWasmExpiryDaysCall>(30, |p, a| p.expiry_days = a.days_)
        .change::<setWasmKeepaliveDaysCall>(30, |p, a| p.keepalive_days = a.days_)
        .change::<setWasmBlockCacheSizeCall>(30, |p, a| p.block_cache_size = a.count)
        .or(super::since_60::run)
}
