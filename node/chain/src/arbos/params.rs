//! Stylus parameters: one packed storage word.

use alloy_primitives::U256;
use stylus_vm::StartParams;

/// Stylus version from ArbOS 59 on.
const STYLUS_3: u16 = 3;
/// Decompressed size limit before ArbOS 40 stored one, bytes.
const MAX_WASM_SIZE: u32 = 131_072;

/// Parameters in the order of their bytes in the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Params {
    /// Stylus version that programs must be activated for.
    pub(crate) version: u16,
    /// Ink per gas, 24 bits.
    pub(crate) ink_price: u32,
    /// Stack budget of a program in words.
    pub(crate) max_stack_depth: u32,
    /// Pages per transaction without charge.
    pub(crate) free_pages: u16,
    /// Gas per page beyond those.
    pub(crate) page_gas: u16,
    /// Pages a program may start with.
    pub(crate) page_limit: u16,
    /// Units of 128 gas.
    pub(crate) min_init_gas: u8,
    /// Units of 32 gas.
    pub(crate) min_cached_init_gas: u8,
    /// Units of 2 %.
    pub(crate) init_cost_scalar: u8,
    /// Units of 2 %.
    pub(crate) cached_cost_scalar: u8,
    pub(crate) expiry_days: u16,
    pub(crate) keepalive_days: u16,
    /// Capacity of the recent-programs list, effective from ArbOS 60.
    pub(crate) block_cache_size: u16,
    /// Decompressed bytes.
    pub(crate) max_wasm_size: u32,
    /// Fragments of one program, from ArbOS 60.
    pub(crate) max_fragments: u8,
}

impl Params {
    /// Values of ArbOS 30.
    pub(crate) const fn genesis() -> Self {
        Self {
            version: 1,
            ink_price: 10_000,
            max_stack_depth: 262_144,
            free_pages: 2,
            page_gas: 1_000,
            page_limit: 128,
            min_init_gas: 72,
            min_cached_init_gas: 11,
            init_cost_scalar: 50,
            cached_cost_scalar: 50,
            expiry_days: 365,
            keepalive_days: 31,
            block_cache_size: 32,
            max_wasm_size: 0,
            max_fragments: 0,
        }
    }

    /// Changes that come with an ArbOS version. ArbOS 60 overwrites what an owner set.
    pub(crate) fn upgrade(&mut self, arbos_version: u64) {
        match arbos_version {
            31 => (self.version, self.min_init_gas) = (2, 69),
            40 => self.max_wasm_size = MAX_WASM_SIZE,
            50 => self.max_stack_depth = self.max_stack_depth.min(22_000),
            59 => self.version = STYLUS_3,
            60 => (self.max_fragments, self.max_wasm_size) = (4, 2 * MAX_WASM_SIZE),
            _ => {}
        }
    }

    /// Most pages that all open frames together may have at run time. There is no such limit
    /// before Stylus version 3, and none with a page limit of 0.
    pub(crate) fn open_page_limit(&self) -> Option<u16> {
        (self.version >= STYLUS_3 && self.page_limit > 0).then_some(self.page_limit)
    }

    /// Decompressed size limit in bytes.
    pub(crate) fn wasm_size_limit(&self) -> usize {
        let stored = self.max_wasm_size;
        (if stored == 0 { MAX_WASM_SIZE } else { stored }) as usize
    }

    pub(crate) fn pack(&self) -> U256 {
        let mut bytes = Vec::with_capacity(32);
        bytes.extend(self.version.to_be_bytes());
        bytes.extend(&self.ink_price.to_be_bytes()[1..]);
        bytes.extend(self.max_stack_depth.to_be_bytes());
        bytes.extend(self.free_pages.to_be_bytes());
        bytes.extend(self.page_gas.to_be_bytes());
        bytes.extend(self.page_limit.to_be_bytes());
        bytes.extend([self.min_init_gas, self.min_cached_init_gas]);
        bytes.extend([self.init_cost_scalar, self.cached_cost_scalar]);
        bytes.extend(self.expiry_days.to_be_bytes());
        bytes.extend(self.keepalive_days.to_be_bytes());
        bytes.extend(self.block_cache_size.to_be_bytes());
        bytes.extend(self.max_wasm_size.to_be_bytes());
        bytes.push(self.max_fragments);
        bytes.resize(32, 0);
        U256::from_be_slice(&bytes)
    }

    pub(crate) fn unpack(word: U256) -> Self {
        let bytes = word.to_be_bytes::<32>();
        let number = |at: usize, len: usize| {
            bytes[at..at + len]
                .iter()
                .fold(0u32, |sum, byte| sum << 8 | u32::from(*byte))
        };
        let short = |at: usize| number(at, 2) as u16;
        Self {
            version: short(0),
            ink_price: number(2, 3),
            max_stack_depth: number(5, 4),
            free_pages: short(9),
            page_gas: short(11),
            page_limit: short(13),
            min_init_gas: bytes[15],
            min_cached_init_gas: bytes[16],
            init_cost_scalar: bytes[17],
            cached_cost_scalar: bytes[18],
            expiry_days: short(19),
            keepalive_days: short(21),
            block_cache_size: short(23),
            max_wasm_size: number(25, 4),
            max_fragments: bytes[29],
        }
    }

    /// Parameters of what a start costs.
    pub(crate) fn start(&self) -> StartParams {
        StartParams {
            min_init_gas: self.min_init_gas,
            min_cached_init_gas: self.min_cached_init_gas,
            init_cost_scalar: self.init_cost_scalar,
            cached_cost_scalar: self.cached_cost_scalar,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_reversible_and_has_the_documented_order() {
        let at = |version: u64| {
            let mut params = Params::genesis();
            (31..=version).for_each(|step| params.upgrade(step));
            assert_eq!(Params::unpack(params.pack()), params);
            params.pack()
        };
        let word = |digits: &str| U256::from_str_radix(digits, 16).expect("hexadecimal");
        // As read from the state of live chains at ArbOS 51 and 61.
        assert_eq!(
            at(51),
            word("0002002710000055f0000203e80080450b3232016d001f002000020000000000")
        );
        assert_eq!(
            at(59),
            word("0003002710000055f0000203e80080450b3232016d001f002000020000000000")
        );
        assert_eq!(
            at(61),
            word("0003002710000055f0000203e80080450b3232016d001f002000040000040000")
        );
    }
}
