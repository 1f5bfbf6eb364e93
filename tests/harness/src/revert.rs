//! Revert data, decoded by name.

use std::fmt;

use alloy::primitives::Bytes;
use alloy::sol_types::{Panic, SolError, SolInterface};
use stylus_upgrades_interface::chain::IArbWasm::IArbWasmErrors;
use stylus_upgrades_interface::complex::IComplexMigration::IComplexMigrationErrors;
use stylus_upgrades_interface::migratable::IMigratable::IMigratableErrors;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::IUpgradeabilityProxyErrors;
use stylus_upgrades_interface::registry::IRegistry::IRegistryErrors;

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

    /// The error's name: one of the framework's, `Error(string)`'s text in quotes, or a number
    /// of Solidity's `Panic`; `None` for any other data.
    pub fn name(&self) -> Option<String> {
        let told = self.told()?;
        Some(
            told.split(['(', '{', ' '])
                .next()
                .unwrap_or_default()
                .to_owned(),
        )
    }

    /// Name and fields of a known error.
    fn told(&self) -> Option<String> {
        let data = &self.data;
        known::<IUpgradeabilityProxyErrors>(data)
            .or_else(|| known::<IRegistryErrors>(data))
            .or_else(|| known::<IMigratableErrors>(data))
            .or_else(|| known::<IComplexMigrationErrors>(data))
            .or_else(|| known::<IArbWasmErrors>(data))
            .or_else(|| {
                Some(format!(
                    "Error({:?})",
                    alloy::sol_types::Revert::abi_decode(data).ok()?.reason
                ))
            })
            .or_else(|| Some(format!("Panic({})", Panic::abi_decode(data).ok()?.code)))
    }
}

/// `Variant(Fields { … })` of an interface's error enum, without the outer repetition.
fn known<E: SolInterface + fmt::Debug>(data: &[u8]) -> Option<String> {
    let told = format!("{:?}", E::abi_decode(data).ok()?);
    let (name, fields) = told.split_once('(')?;
    let fields = fields.strip_suffix(')').unwrap_or(fields);
    Some(
        fields
            .strip_prefix(name)
            .map_or(told.clone(), |rest| format!("{name}{rest}")),
    )
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.told() {
            Some(told) => f.write_str(&told),
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

/// Asserts that `result` is a revert with exactly this error, and says what came otherwise.
///
/// # Panics
/// If it is anything else.
#[track_caller]
pub fn assert_reverts<T: fmt::Debug, E: SolError + fmt::Debug>(
    result: Result<T, HarnessError>,
    expected: E,
) {
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
        Ok(value) => panic!(
            "expected the revert {}, found success: {value:?}",
            Revert::new(encoded)
        ),
    }
}

#[cfg(test)]
mod tests;
