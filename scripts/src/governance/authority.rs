//! Whether the key may propose at all, before it pays for a deployment.

use crate::client::{ChainError, Client, Revert};
use alloy::primitives::Address;
use alloy::sol_types::SolError;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Refuses a key that the policy of `migrate` does not name. Where the policy asks contracts, the
/// registry alone decides.
///
/// # Errors
/// [`ChainError::Refused`] with `NotAnApprover`, as the registry would answer afterwards.
pub(super) async fn require_approver(
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<(), ChainError> {
    let what = "a new version";
    let caller = client.caller(what)?;
    let query = abi::policyCall {
        name: name.into(),
        role: "migrate".into(),
    };
    let text = client.call(registry, &query).await?;
    let Ok(policy) = parse(text.as_bytes()) else {
        return Ok(());
    };
    let is_named = policy.approvers.iter().any(|leaf| leaf.address == caller);
    if is_named || !policy.lambdas.is_empty() || policy.is_none() {
        return Ok(());
    }
    let refusal = abi::NotAnApprover { caller };
    Err(ChainError::Refused {
        what: what.into(),
        revert: Revert::decode(&refusal.abi_encode()),
    })
}
