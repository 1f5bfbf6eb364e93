//! An implementation, and a migration script, whose every step writes down that it ran. Which
//! versions a step connects comes as its argument, so that one program serves any graph of
//! versions: what the attributes derive at compile time is derived at run time here, by the same functions.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::prelude::*;
use stylus_upgradeable::migratable::{Initializer, Migration};
use stylus_upgradeable::prelude::*;
use trace_log::{LABELS, Log};

/// The label with that number.
fn label(number: u8) -> Result<&'static str, Vec<u8>> {
    LABELS
        .get(usize::from(number))
        .copied()
        .ok_or_else(Vec::new)
}

/// What ran.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Trace {
    #[layout(opaque = "log")]
    log: Log,
}

#[upgradeable]
#[public]
impl Trace {
    /// The initializer of label `to`.
    pub fn initialize(&mut self, to: u8) -> Result<(), Vec<u8>> {
        Initializer::new(label(to)?).consume()?;
        self.log.note(u8::MAX, u8::MAX, to);
        Ok(())
    }

    /// The migration between two labels.
    pub fn migrate(&mut self, from: u8, to: u8) -> Result<(), Vec<u8>> {
        Migration::new(label(from)?, label(to)?).consume()?;
        self.log.note(1, from, to);
        Ok(())
    }

    /// A step that the proxy marks: a script, or a call on foreign code.
    pub fn note(&mut self, kind: u8, from: u8, to: u8) {
        self.log.note(kind, from, to);
    }

    /// A step that always fails, after it has written.
    pub fn fail(&mut self, from: u8, to: u8) -> Result<(), Vec<u8>> {
        self.log.note(0, from, to);
        Err([from, to].to_vec())
    }
}
