//! How far an action is, as the registry returns it.

use alloy::primitives::Bytes;
use alloy::sol_types::SolValue;
use stylus_upgrades_interface::registry::Progress;

/// Bytes of an encoded [`Progress`].
const PROGRESS: usize = 4 * 32;

/// How far the registry says that an action is, at the start of what a governed call returns.
pub(super) fn progress_in(answer: &Bytes) -> Option<Progress> {
    Progress::abi_decode_params(answer.get(..PROGRESS)?).ok()
}
