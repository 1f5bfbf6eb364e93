//! The complex steps of the version graphs: one item each, which writes down that it was
//! migrated. One program serves several pairs of versions: the token says which one starts
//! of the step, and by a slot of its own from there on.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::{ArbResult, alloy_primitives::aliases::U8, prelude::*, storage::StorageU8};
use stylus_upgradeable::complex::{ComplexMigration, Outcome, Program, program};
use stylus_upgradeable::migratable::words;
use stylus_upgradeable::prelude::*;
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::{build, reasons::token, slots};
use trace_log::{LABELS, Log};

/// The storage of every version, and which step runs: one more than its place below.
#[storage]
#[entrypoint]
pub struct ComplexSteps {
    log: Log,
    running: StorageU8,
}

/// The step between two labels, by their numbers.
struct Between<'a, const FROM: usize, const TO: usize>(&'a mut ComplexSteps);

impl<const FROM: usize, const TO: usize> ComplexMigration for Between<'_, FROM, TO> {
    const FROM: &'static str = LABELS[FROM];
    const TO: &'static str = LABELS[TO];
    const ITEM_GAS: u64 = 60_000;

    fn start(&mut self) -> Outcome<u64> {
        Ok(1)
    }

    fn next(&mut self, _: u64) -> Outcome<()> {
        self.0.log.note(3, FROM as u8, TO as u8);
        Ok(())
    }

    #[ensures(nonzero(0.log.steps), holds(Self::is_noted))]
    fn end(&mut self) -> Outcome<()> {
        self.0.running.set(U8::ZERO);
        Ok(())
    }
}

impl<const FROM: usize, const TO: usize> Program for Between<'_, FROM, TO> {
    const UPGRADEABILITY_STORAGE: [u8; 20] =
        build::address_or_placeholder(option_env!("STYLUS_UPGRADES_STORAGE"));
}

impl<const FROM: usize, const TO: usize> Between<'_, FROM, TO> {
    /// Whether its item was the last thing that ran.
    fn is_noted(&self) -> bool {
        self.0.log.ends_with(3, FROM as u8, TO as u8)
    }

    /// Whether it is this one that the token lets begin.
    fn is_permitted() -> bool {
        let token = const { words::token(token::COMPLEX, LABELS[FROM], LABELS[TO]) };
        storage::transient_load(&slots::TOKEN.0) == token.0
    }
}

#[public]
impl ComplexSteps {
    /// Every call.
    #[fallback]
    #[payable]
    pub fn call(&mut self, calldata: &[u8]) -> ArbResult {
        if Between::<2, 5>::is_permitted() {
            self.running.set(U8::from(1));
        } else if Between::<5, 7>::is_permitted() {
            self.running.set(U8::from(2));
        }
        match self.running.get().to() {
            1u8 => program::run(&mut Between::<2, 5>(self), calldata),
            2 => program::run(&mut Between::<5, 7>(self), calldata),
            _ => Err(Vec::new()),
        }
    }
}
