//! The cost of a frame's start.

use crate::ProgramInfo;

/// The chain's start parameters, in the units ArbOS stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartParams {
    /// Least gas of a start, in units of 128 (72 at ArbOS 30, 69 from 31).
    pub min_init_gas: u8,
    /// Least gas of a cached start, in units of 32 (11).
    pub min_cached_init_gas: u8,
    /// Scalar of the start cost, in units of 2 percent (50).
    pub init_cost_scalar: u8,
    /// Scalar of the cached start cost, in units of 2 percent (50).
    pub cached_cost_scalar: u8,
}

impl StartParams {
    /// Gas of what an uncached start adds.
    pub fn init_gas(&self, info: &ProgramInfo) -> u64 {
        u64::from(self.min_init_gas) * 128 + scaled(info.init_cost, self.init_cost_scalar)
    }

    /// Gas of a cached start.
    pub fn cached_gas(&self, info: &ProgramInfo) -> u64 {
        u64::from(self.min_cached_init_gas) * 32 + scaled(info.cached_cost, self.cached_cost_scalar)
    }

    /// Gas of a start. From Stylus version 2 on, an uncached start pays the cached part as well.
    pub fn start_gas(&self, info: &ProgramInfo, cached: bool) -> u64 {
        let mut gas = 0;
        if cached || info.version > 1 {
            gas += self.cached_gas(info);
        }
        if !cached {
            gas += self.init_gas(info);
        }
        gas
    }
}

/// A cost by a scalar in units of 2 percent, rounded up.
fn scaled(cost: u16, scalar: u8) -> u64 {
    (u64::from(cost) * u64::from(scalar) * 2).div_ceil(100)
}

/// Gas a frame spends at least for its output, as EVM memory of that size would cost
/// (from ArbOS 31 on): `3w + w²/512` for `w` words.
pub fn output_gas_floor(output_len: usize) -> u64 {
    let words = (output_len as u64).div_ceil(32);
    words
        .saturating_mul(3)
        .saturating_add(words.saturating_mul(words) / 512)
}
