//! Revert data, decoded by name.

use std::fmt;

use alloy::primitives::Bytes;
use alloy::sol_types::SolError;
use stylus_upgrades_deploy::client::Revert as Decoded;

use crate::error::HarnessError;

/// What a frame reverted with.
#[derive(Clone, PartialEq, Eq)]
pub struct Revert {
    data: Bytes,
}

impl Revert {
    /// Revert data as it came.
    pub fn new(data: Bytes) -> Self {
        Self { data }
    }

    /// The bytes.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The error of that type, if it is one.
    pub fn decode<E: SolError>(&self) -> Option<E> {
        E::abi_decode(&self.data).ok()
    }

    /// The error's name: one of the framework's, or Solidity's `Error` or `Panic`; `None` for any
    /// other data.
    pub fn name(&self) -> Option<&'static str> {
        Decoded::decode(&self.data).known_name()
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(_) => write!(f, "{}", Decoded::decode(&self.data)),
            None if self.data.is_empty() => f.write_str("no data"),
            None => write!(f, "{}", self.data),
        }
    }
}

impl fmt::Debug for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revert({self})")
    }
}

/// Asserts that `result` is a revert with exactly this error, and otherwise says what was returned.
///
/// # Panics
/// If it is anything else.
#[track_caller]
pub fn assert_reverts<T, E: SolError>(result: Result<T, HarnessError>, expected: E) {
    let encoded = Bytes::from(expected.abi_encode());
    match result {
        Err(HarnessError::Reverted(revert)) if *revert.data() == encoded => {}
        Err(HarnessError::Reverted(revert)) => {
            panic!(
                "expected the revert {}, found {revert}",
                Revert::new(encoded)
            )
        }
        Err(other) => panic!(
            "expected the revert {}, found: {other}",
            Revert::new(encoded)
        ),
        Ok(_) => panic!(
            "expected the revert {}, found success",
            Revert::new(encoded)
        ),
    }
}

#[cfg(test)]
mod tests;
