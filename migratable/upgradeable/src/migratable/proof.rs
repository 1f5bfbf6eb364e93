//! The argument that an `#[initializing]` function asks for.

/// Says that this frame is inside an initializer or a migration: it comes into being only where
/// one of them consumed its token. Takes no room and no gas.
///
/// An initializer or a migration takes it as an argument, which `#[upgradeable]` leaves out of the
/// ABI, and hands it to the `#[initializing]` functions of parents and mixins.
#[derive(Clone, Copy, Debug)]
pub struct Proof(());

impl Proof {
    /// Only [`crate::migratable::step`] makes one, after its checks.
    pub(crate) const fn new() -> Self {
        Self(())
    }
}
