//! The Contract ABI, as much as programs of the framework speak: one reader for all calldata and one
//! encoder. alloy's are generic over the types, and a program of 24,576 bytes has no room for 30 calls
//! of them (they took 57 kB together). The tests compare both with alloy's, in both directions.
//!
//! Nothing here panics, whatever the data are. As Solidity does, the reader refuses a value that its type
//! cannot hold and an offset or length that leads out of the data, and ignores what lies between and
//! after.
#![forbid(unsafe_code)]

mod encode;
mod read;

pub use encode::{Value, encode};
pub use read::{Malformed, Reader, Word, arrays};

#[cfg(test)]
mod tests;
