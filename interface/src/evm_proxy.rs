//! The shapes of our EVM programs that take orders from one account: whoever creates one is written into its code.

/// The shape of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of the code.
    pub size: usize,
    /// The place in it of the account that created it, 20 bytes: it takes orders from that one alone.
    pub caller_at: usize,
}

/// An EVM proxy. The orders contract creates all of them, so all have one code.
pub const EVM: Shape = Shape {
    size: 110,
    caller_at: 10,
};
/// The pause stub of a registry's UUPS proxies.
pub const UUPS_STUB: Shape = Shape {
    size: 174,
    caller_at: 16,
};
/// The admin of a definition's adopted proxies. Their registry creates it.
pub const ADMIN: Shape = Shape {
    size: 70,
    caller_at: 1,
};
/// The longest of them.
pub const SIZE_MAX: usize = UUPS_STUB.size;
