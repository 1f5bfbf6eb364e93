//! Progress of an action, as the registry returns it.

use alloy::primitives::Bytes;
use alloy::sol_types::SolValue;
use stylus_upgrades_interface::registry::Progress;

/// Bytes of an encoded [`Progress`].
const PROGRESS: usize = 4 * 32;

/// Decodes the progress of an action at the start of what a governed call returns.
pub(super) fn progress_in(answer: &Bytes) -> Option<Progress> {
    Progress::abi_decode_params(answer.get(..PROGRESS)?).ok()
}
