//! The call that created a proxy, as the events of its registry tell it.

use super::pending::proposed;
use crate::client::ChainError;
use crate::ids::TxHash;
use crate::registry::Registry;
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The call that created a proxy in that transaction. Approvals may have executed it, so it is that of an action. The
/// proxy's address must follow from it; nothing if no event that the endpoint shows has such a call.
///
/// # Errors
/// What the chain says.
pub async fn creation(
    registry: Registry<'_>,
    proxy: Address,
    tx: TxHash,
) -> Result<Option<abi::createProxyCall>, ChainError> {
    let sent = registry.client.mined(tx, "a creation").await?;
    for executed in sent.events_of::<abi::Executed>(registry.address) {
        let proposed = proposed(registry, executed.action.into()).await?;
        let call =
            proposed.and_then(|proposal| abi::createProxyCall::abi_decode(&proposal.call).ok());
        let Some(call) = call else {
            continue;
        };
        let address = registry.proxy_address(&call.name, call.kind.into(), call.salt);
        if address.await? == proxy {
            return Ok(Some(call));
        }
    }
    Ok(None)
}
