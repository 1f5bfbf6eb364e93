//! Complex migration of the points register from whole points to tenths, cursor form: the
//! register itself knows its members, so `migrateNext` walks through them. It can turn back as
//! long as it has not ended: every slot is then as version 1 wrote it, and nothing is lost, as
//! nobody can award points meanwhile. After the end there is no way back in this program: tenths
//! may have been awarded that version 1 has no words for.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use shared::points::{PointsState, scale};
use stylus_sdk::{alloy_primitives::U256, prelude::*};
use stylus_upgradeable::complex::{ComplexMigration, Outcome, complex_program};
use stylus_upgradeable::layout::StorageLayout;

/// The register's storage; both versions have the same.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct PointsCursor {
    state: PointsState,
}

impl ComplexMigration for PointsCursor {
    const FROM: &'static str = "1.0";
    const TO: &'static str = "2.0";
    const REVERSIBLE: bool = true;
    /// Two cold words, one of them stored: 7,100, and the computation.
    const ITEM_GAS: u64 = 8_500;

    fn start(&mut self) -> Outcome<u64> {
        Ok(self.state.members.len() as u64)
    }

    fn next(&mut self, position: u64) -> Outcome<()> {
        let member = self.state.member(U256::from(position));
        scale::up(&mut self.state, member)
    }

    fn previous(&mut self, position: u64) -> Outcome<()> {
        let member = self.state.member(U256::from(position));
        scale::down(&mut self.state, member)
    }
}

complex_program!(PointsCursor);
