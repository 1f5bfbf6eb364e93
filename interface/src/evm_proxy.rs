//! The shapes of our EVM programs, which are the same for every registry but for its address.

/// The shape of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of the code.
    pub size: usize,
    /// Where the address of the registry stands in it, 20 bytes.
    pub registry_at: usize,
}

/// An EVM proxy.
pub const EVM: Shape = Shape {
    size: 110,
    registry_at: 10,
};
/// The pause stub of UUPS proxies.
pub const UUPS_STUB: Shape = Shape {
    size: 174,
    registry_at: 16,
};
/// The admin of a definition's adopted proxies.
pub const ADMIN: Shape = Shape {
    size: 87,
    registry_at: 1,
};
/// The longest of them.
pub const SIZE_MAX: usize = UUPS_STUB.size;
