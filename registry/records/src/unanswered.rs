//! Calls that no part answers. Those of other authorities over a proxy revert with what to use
//! instead, in words that every tool shows; all others without data.

use alloc::string::String;

use alloy_sol_types::{Revert, SolError};
use stylus_registry_core::{abi::encode, chain::RevertData, errors};
use stylus_upgrades_interface::other_admins::OTHER_ADMINS;

/// What such a call reverts with.
pub(crate) fn revert(selector: [u8; 4]) -> RevertData {
    let mut known = OTHER_ADMINS.iter();
    let Some(other) = known.find(|other| other.call.selector == selector) else {
        return errors::nothing();
    };
    let mut reason = String::from("NotSupported: ");
    for part in [other.call.name(), ": ", other.instead] {
        reason.push_str(part);
    }
    RevertData(encode(&Revert::SELECTOR, &[reason.as_bytes().into()]))
}
