//! The two units that a program is charged in. Both are counts, and neither is the other: a frame's
//! ink price converts them ([`crate::frame::Frame`]). All arithmetic saturates.

use std::ops::{Add, Mul};

/// Gas, the chain's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gas(pub(crate) u64);

/// Ink, the unit of a program's own meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ink(pub(crate) u64);

impl Gas {
    /// Converts it to ink, at a price in ink per gas.
    pub(crate) fn to_ink(self, price: u32) -> Ink {
        Ink(self.0.saturating_mul(u64::from(price)))
    }
}

impl Ink {
    /// Converts it to whole gas, at a price in ink per gas; without end where ink is free.
    pub(crate) fn to_gas(self, price: u32) -> Gas {
        Gas(self.0.checked_div(u64::from(price)).unwrap_or(u64::MAX))
    }

    pub(crate) fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl Add for Gas {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Add for Ink {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<Ink> for u64 {
    type Output = Ink;

    fn mul(self, price: Ink) -> Ink {
        Ink(self.saturating_mul(price.0))
    }
}
