//! Keys that hold two numbers.

use alloy_primitives::B256;

use super::{KeyWord, number};
use crate::ids::{Authority, VersionIndex};

/// Second key of a [`step`](super::step): `index << 8 | position`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepKey {
    /// Index of the version that it leads to.
    pub version: VersionIndex,
    /// Position among the steps into that version, from 0 on.
    pub position: u8,
}

impl KeyWord for StepKey {
    #[inline(always)]
    fn word(self) -> B256 {
        number((self.version.0 as u64) << 8 | self.position as u64)
    }
}

/// Second key of a list of [`pending`](super::pending) actions: who decides in the first byte, the epoch in the last
/// eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingKey {
    /// The authority that decides.
    pub authority: Authority,
    /// The epoch that the actions are bound to.
    pub epoch: u64,
}

impl KeyWord for PendingKey {
    #[inline(always)]
    fn word(self) -> B256 {
        let mut word = number(self.epoch);
        word[0] = self.authority.0;
        word
    }
}
