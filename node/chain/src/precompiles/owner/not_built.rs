//! Methods of Nitro's ArbOwner that are not built here, by name.

use crate::precompiles::call::Call;
use alloy_primitives::hex;
use alloy_sol_types::sol;

sol! {
    interface NotBuilt {
        function setChainConfig(string config) external;
        function addNativeTokenOwner(address owner) external;
        function removeNativeTokenOwner(address owner) external;
    }
}

/// Returns the reason why ArbOwner does not answer a call.
pub(super) fn reason(call: &Call<'_, '_>) -> String {
    let selector = call.selector();
    let version = call.version;
    match NotBuilt::NotBuiltCalls::signature_by_selector(selector) {
        Some(name) => format!("ArbOwner.{name} is not supported by this local chain"),
        None => format!(
            "ArbOwner has no method {} here at ArbOS {version}",
            hex::encode_prefixed(selector)
        ),
    }
}
