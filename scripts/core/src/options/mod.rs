//! Arguments that several commands take.

mod export;
mod global;
mod place;
mod review;
mod snapshot;
mod step;
mod upgrade;

pub use export::ExportArgs;
pub use global::Global;
pub(crate) use place::place;
pub use review::ReviewArgs;
pub use snapshot::SnapshotArgs;
pub use step::{StepArgs, StorageArgs};
pub use upgrade::UpgradeArgs;
pub use upgrade::{BATCHES, INSTANCES};

use crate::ids::WORD;
use crate::text::{number, seconds};
use alloy::primitives::{B256, U256};
use std::time::Duration;

/// Chains without explorers: the local ones of Nitro, Foundry and Hardhat.
pub(crate) const LOCAL_CHAINS: [u64; 4] = [412_346, 31_337, 1_337, 333_333];

/// An amount of ether.
pub(crate) fn wei(text: &str) -> Result<U256, &'static str> {
    number(text).ok_or("expected a whole number of wei, such as 1000000000000000000 for one ether")
}

/// A time span with its unit.
///
/// # Errors
/// How one is written.
pub fn time(text: &str) -> Result<Duration, String> {
    let time = seconds(text).filter(|seconds| *seconds > 0);
    time.map(Duration::from_secs)
        .ok_or_else(|| "write it as 30s, 5m or 2h".to_owned())
}

/// A word, such as a hash.
///
/// # Errors
/// What one is.
pub fn word(text: &str) -> Result<B256, &'static str> {
    text.parse().map_err(|_| WORD)
}
