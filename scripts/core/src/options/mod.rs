//! Arguments that several commands take.

mod export;
mod given_module;
mod global;
mod place;
mod review;
mod snapshot;
mod step;
mod upgrade;

pub use export::ExportArgs;
pub use given_module::GivenModuleArgs;
pub use global::Global;
pub(crate) use place::place;
pub use review::ReviewArgs;
pub use snapshot::SnapshotArgs;
pub use step::{StepArgs, StorageArgs};
pub use upgrade::UpgradeArgs;
pub use upgrade::{BATCHES, INSTANCES};

use crate::ids::WORD;
use crate::text::{number, seconds};
use alloy::primitives::utils::{ParseUnits, Unit};
use alloy::primitives::{B256, U256};
use std::str::FromStr;
use std::time::Duration;

/// Chains without explorers: the local ones of Nitro, Foundry and Hardhat.
pub(crate) const LOCAL_CHAINS: [u64; 4] = [412_346, 31_337, 1_337, 333_333];

/// The units of ether that an amount may name.
const UNITS: [&str; 3] = ["ether", "gwei", "wei"];

/// An amount of ether in wei: a number of them, or one with its unit, such as `0.5ether`.
pub(crate) fn wei(text: &str) -> Result<U256, &'static str> {
    number(text).or_else(|| with_unit(text)).ok_or(
        "expected a whole number of wei, or an amount with its unit, such as 0.5ether or 2gwei",
    )
}

/// An amount with its unit in wei, and nothing where that would be a part of one.
fn with_unit(text: &str) -> Option<U256> {
    let mut units = UNITS.iter();
    let (amount, unit) = units.find_map(|unit| Some((text.strip_suffix(unit)?, unit)))?;
    let (amount, unit) = (amount.trim_end(), Unit::from_str(unit).ok()?);
    let (whole, decimals) = amount.split_once('.').unwrap_or((amount, ""));
    let mut digits = whole.bytes().chain(decimals.bytes());
    let is_amount = digits.all(|byte| byte.is_ascii_digit()) && !whole.is_empty();
    let is_whole = decimals.len() <= unit.get().into();
    let parsed = (is_amount && is_whole).then(|| ParseUnits::parse_units(amount, unit))?;
    Some(parsed.ok()?.get_absolute())
}

/// A time span with its unit.
///
/// # Errors
/// The accepted forms, in words.
pub fn time(text: &str) -> Result<Duration, String> {
    let time = seconds(text).filter(|seconds| *seconds > 0);
    time.map(Duration::from_secs)
        .ok_or_else(|| "write it as 30s, 5m or 2h".to_owned())
}

/// A word, such as a hash.
///
/// # Errors
/// The expected form, in words.
pub fn word(text: &str) -> Result<B256, &'static str> {
    text.parse().map_err(|_| WORD)
}
