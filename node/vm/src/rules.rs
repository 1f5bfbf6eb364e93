//! What the chain prescribes for a module at activation.

/// Largest decompressed module in bytes (default of every ArbOS version before 60).
pub const DEFAULT_MAX_WASM_SIZE: usize = 131_072;
/// Largest number of initial pages a module may ask for (chain default).
pub const DEFAULT_PAGE_LIMIT: u16 = 128;

/// The rules an activation is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// ArbOS version (30 is the first with Stylus). 0 switches activation gas off.
    pub arbos_version: u64,
    /// Stylus version: 1 (ArbOS 30), 2 (ArbOS 31..=58), 3 (from ArbOS 59).
    pub stylus_version: u16,
    /// Whether the chain is a debug chain: `console.*` and `debug.*` imports, start functions.
    pub debug: bool,
    /// Largest decompressed module, in bytes.
    pub max_wasm_size: usize,
    /// Largest number of initial memory pages: the chain's page limit less the pages already
    /// open in the transaction.
    pub page_limit: u16,
}

impl Default for Rules {
    /// ArbOS 51, Stylus 2, a production chain with default limits.
    fn default() -> Self {
        Self {
            arbos_version: 51,
            stylus_version: 2,
            debug: false,
            max_wasm_size: DEFAULT_MAX_WASM_SIZE,
            page_limit: DEFAULT_PAGE_LIMIT,
        }
    }
}
