//! Branches of which a test runs some: it sends `choose(1)`, `choose(4)`, `sum([3, 4])` and `refuse(2)`, and nothing
//! else. Lines that end in `ran` run there, and lines that end in `dead` do not; on lines above `one way` a branch
//! is never taken.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::{vec, vec::Vec};
use stylus_sdk::{
    alloy_primitives::U256,
    crypto::keccak,
    prelude::*,
    storage::{StorageBool, StorageMap, StorageU256, StorageVec},
};

mod arithmetic;
mod pure;

/// Slots 0 to 4.
#[storage]
#[entrypoint]
pub struct Branches {
    numbers: StorageVec<StorageU256>,
    by_key: StorageMap<U256, StorageU256>,
    total: StorageU256,
    last: StorageU256,
    is_closed: StorageBool,
}

#[public]
impl Branches {
    /// One of many ways.
    pub fn choose(&mut self, number: U256) -> Result<U256, Vec<u8>> {
        if number.is_zero() {
            // one way
            self.total.set(U256::MAX); // dead
            self.is_closed.set(true); // dead
        }
        if number > U256::from(1_000) {
            // one way
            return Err(b"too large".to_vec()); // dead
        }
        match number.to::<u64>() {
            1 => self.numbers.push(number),                          // ran
            2 => self.total.set(number),                             // dead
            3 => self.by_key.setter(number).set(U256::MAX),          // dead
            4 => self.close(),                                       // ran
            5 => self.open(),                                        // dead
            6 => self.numbers.setter(0).ok_or(vec![6])?.set(number), // dead
            7 => drop(self.numbers.pop()),                           // dead
            8 => self.last.set(keccak([8]).into()),                  // dead
            9 => {
                let before = self.last.get(); // dead
                self.last.set(before + number); // dead
                self.numbers.push(before); // dead
            }
            _ => self.by_key.setter(number).set(number), // dead
        }
        Ok(number)
    }

    /// The sum of numbers, and of each that is odd once more.
    pub fn sum(&mut self, numbers: Vec<U256>) -> U256 {
        let mut sum = U256::ZERO;
        for number in numbers {
            sum += number; // ran
            self.last.set(number); // ran
            if number.bit(0) {
                // both ways
                self.total.set(sum); // ran
            }
            if number.bit(200) {
                // one way
                self.total.set(number); // dead
                self.numbers.push(number); // dead
                break;
            }
            if let Some(of) = self.numbers.get(7) {
                self.by_key.setter(of).set(sum); // dead
            }
        }
        while self.numbers.len() > 20 {
            // one way
            let _ = self.numbers.pop(); // dead
        }
        sum
    }

    /// Refuses even numbers, in a frame that reverts.
    pub fn refuse(&mut self, number: U256) -> Result<(), Vec<u8>> {
        self.total.set(number); // ran
        self.require_odd(number)?; // ran
        self.last.set(number); // dead
        self.numbers.push(number); // dead
        Ok(())
    }

    /// A function of numbers alone, by its number.
    pub fn pure(&self, which: u64, number: u64) -> u64 {
        pure::call(which, number)
    }

    /// Nobody calls it.
    pub fn never(&mut self, number: U256) -> U256 {
        self.by_key.setter(number).set(arithmetic::root(number)); // dead
        self.total.set(arithmetic::fibonacci(number)); // dead
        self.total.get() // dead
    }
}

impl Branches {
    #[inline(never)]
    fn close(&mut self) {
        match self.is_closed.get() {
            true => self.open(),               // dead
            false => self.is_closed.set(true), // ran
        }
    }

    fn open(&mut self) {
        self.is_closed.set(false); // dead
        self.total.set(U256::from(5)); // dead
    }

    #[inline(never)]
    fn require_odd(&mut self, number: U256) -> Result<(), Vec<u8>> {
        if !number.bit(0) {
            // one way
            return Err(b"even".to_vec()); // ran
        }
        self.by_key.setter(number).set(U256::from(1)); // dead
        Ok(())
    }
}
