//! Arguments that several commands take.

mod export;
mod global;
mod place;
mod review;
mod step;
mod upgrade;
mod verifiable;

pub use export::ExportArgs;
pub use global::Global;
pub(crate) use place::place;
pub use review::ReviewArgs;
pub use step::{StepArgs, StorageArgs};
pub(crate) use upgrade::INSTANCES;
pub use upgrade::UpgradeArgs;
pub(crate) use verifiable::LOCAL_CHAINS;
pub use verifiable::VerifiableArgs;

use crate::ids::WORD;
use crate::text::number;
use alloy::primitives::{B256, U256};

/// An amount of ether.
pub(crate) fn wei(text: &str) -> Result<U256, &'static str> {
    number(text).ok_or("expected a whole number of wei, such as 1000000000000000000 for one ether")
}

/// A word, such as a hash.
pub(crate) fn word(text: &str) -> Result<B256, &'static str> {
    text.parse().map_err(|_| WORD)
}
