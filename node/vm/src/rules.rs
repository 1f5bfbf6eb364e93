//! Rules that the chain prescribes for a module at activation.

/// Largest decompressed module in bytes (default of every ArbOS version before 60).
pub const DEFAULT_MAX_WASM_SIZE: usize = 131_072;
/// Largest decompressed module in bytes that ArbOS 60 sets.
pub const ARBOS_60_MAX_WASM_SIZE: usize = 262_144;
/// Largest number of initial pages a module may ask for (chain default).
pub const DEFAULT_PAGE_LIMIT: u16 = 128;

/// The rules an activation is checked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// ArbOS version (30 is the first with Stylus). 0 switches activation gas off.
    pub arbos_version: u64,
    /// Stylus version: 1 (ArbOS 30), 2 (ArbOS 31..=58), 3 (from ArbOS 59).
    pub stylus_version: u16,
    /// True if the chain is a debug chain: `console.*` and `debug.*` imports, start functions.
    pub debug: bool,
    /// Largest decompressed module, in bytes.
    pub max_wasm_size: usize,
    /// Largest number of initial memory pages: the chain's page limit less the pages already
    /// open in the transaction.
    pub page_limit: u16,
}

impl Default for Rules {
    /// ArbOS 61, Stylus 3, a production chain with default limits.
    fn default() -> Self {
        Self::for_arbos(61)
    }
}

impl Rules {
    /// The rules of a production chain of an ArbOS version with that version's defaults. A chain
    /// whose owner changed parameters sets the fields itself.
    pub fn for_arbos(arbos_version: u64) -> Self {
        let stylus_version = match arbos_version {
            0..=30 => 1,
            31..=58 => 2,
            _ => 3,
        };
        let max_wasm_size = if arbos_version >= 60 {
            ARBOS_60_MAX_WASM_SIZE
        } else {
            DEFAULT_MAX_WASM_SIZE
        };
        Self {
            arbos_version,
            stylus_version,
            debug: false,
            max_wasm_size,
            page_limit: DEFAULT_PAGE_LIMIT,
        }
    }
}
