//! The shape of an EVM proxy's code, which is the same for every registry but for its address.

/// Bytes of the code.
pub const SIZE: usize = 110;
/// Where the address of the registry stands in it, 20 bytes.
pub const REGISTRY_AT: usize = 10;
