//! Simple migration of the points register from whole points to tenths: every member in one
//! call, for registers with few of them. `points_cursor` does the same in batches.
//!
//! A migration script: the proxy delegatecalls it, once, in a step of kind 2, whatever the
//! calldata; the proxy sets the marks. It has no way back: `points_cursor` has one while it runs.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use shared::points::{PointsState, scale};
use stylus_sdk::{alloy_primitives::U256, prelude::*};

/// The register's storage; both versions have the same.
#[storage]
#[entrypoint]
pub struct PointsAtOnce {
    state: PointsState,
}

#[public]
impl PointsAtOnce {
    /// Converts every member.
    #[fallback]
    pub fn convert(&mut self, _calldata: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
        for position in 0..self.state.members.len() {
            let member = self.state.member(U256::from(position));
            scale::up(&mut self.state, member)?;
        }
        Ok(Vec::new())
    }
}
