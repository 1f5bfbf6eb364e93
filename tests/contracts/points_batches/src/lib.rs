//! Complex migration of the points register from whole points to tenths, batches supplied by
//! the handler: `items` is `abi.encode(address[] members)`, in any order. What the handler says
//! is checked: each has points, in the old form, so none counts twice; and it ends when there
//! were as many as the register has members. A handler can be slow, and nothing worse.
//!
//! As long as it has not ended it can turn back, by batches in any order: every slot is then as
//! version 1 wrote it, and nothing is lost, as nobody can award points meanwhile. After the end
//! there is no way back in this program.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use shared::points::{PointsState, scale};
use stylus_sdk::{
    alloy_primitives::Address,
    alloy_sol_types::{SolError, sol},
    prelude::*,
};
use stylus_upgradeable::complex::{Batch, ComplexMigration, Outcome, arrays, complex_program};

sol! {
    /// A batch is not `abi.encode(address[])`.
    #[derive(Debug)]
    error MalformedItems();
}

/// The register's storage; both versions have the same.
#[storage]
#[entrypoint]
pub struct PointsBatches {
    state: PointsState,
}

impl ComplexMigration for PointsBatches {
    const FROM: &'static str = "1.0";
    const TO: &'static str = "2.0";
    const REVERSIBLE: bool = true;

    fn start(&mut self) -> Outcome<u64> {
        Ok(self.state.members.len() as u64)
    }

    fn batch(&mut self, _: u64, items: &[u8]) -> Outcome<Batch> {
        self.each(items, scale::up)
    }

    fn back(&mut self, _: u64, items: &[u8]) -> Outcome<Batch> {
        self.each(items, scale::down)
    }
}

impl PointsBatches {
    /// Converts every member of a batch.
    fn each(
        &mut self,
        items: &[u8],
        convert: impl Fn(&mut PointsState, Address) -> Outcome<()>,
    ) -> Outcome<Batch> {
        let malformed = || -> Vec<u8> { MalformedItems {}.abi_encode() };
        let [members] = arrays(items).ok_or_else(malformed)?;
        for member in members {
            convert(&mut self.state, Address::from_word((*member).into()))?;
        }
        Ok(Batch::of(members.len() as u64))
    }
}

complex_program!(PointsBatches);
