//! Whether the key may propose at all, before it pays for a deployment.

use super::calls::Call;
use super::policy_change::current_policy;
use crate::client::{ChainError, Client, Revert};
use alloy::primitives::Address;
use alloy::sol_types::SolError;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The role that decides instead of `pause` while that is not set: any one address of it pauses, and
/// its whole policy resumes.
const DEFAULT_OF_PAUSE: &str = "migrate";

/// The role whose policy decides a call that asks for `role`, by what is set.
pub fn role_of(role: &str, is_set: impl Fn(&str) -> bool) -> &str {
    if role == "pause" && !is_set(role) {
        DEFAULT_OF_PAUSE
    } else {
        role
    }
}

/// The policy that decides a call that asks for `role`, and the role that it is of.
///
/// # Errors
/// What the registry or the chain says.
pub async fn deciding_policy(
    client: &Client,
    registry: Address,
    name: &str,
    role: &str,
) -> Result<(String, String), ChainError> {
    if let Some(text) = current_policy(client, registry, name, role).await? {
        return Ok((role.into(), text));
    }
    let instead = role_of(role, |_| false);
    let text = client.registry(registry).policy(name, instead).await?;
    Ok((instead.into(), text))
}

/// Whether the caller has a part in what `call` asks for: the policy names it, or asks contracts alone.
///
/// # Errors
/// What the chain says; that there is no key.
pub async fn is_approver(
    client: &Client,
    registry: Address,
    call: &Call,
) -> Result<bool, ChainError> {
    let caller = client.caller("approve")?;
    let (name, role) = (call.definition(), call.role());
    let (_, text) = deciding_policy(client, registry, name, role).await?;
    Ok(parse(text.as_bytes()).is_ok_and(|policy| {
        let is_named = policy.approvers.iter().any(|leaf| leaf.address == caller);
        is_named || policy.approvers.is_empty() && !policy.lambdas.is_empty()
    }))
}

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
    let text = client.registry(registry).policy(name, "migrate").await?;
    let is_refused = parse(text.as_bytes()).is_ok_and(|policy| {
        let is_named = policy.approvers.iter().any(|leaf| leaf.address == caller);
        !is_named && policy.lambdas.is_empty() && !policy.is_none()
    });
    match is_refused {
        false => Ok(()),
        true => Err(ChainError::Refused {
            what: what.into(),
            revert: Revert::decode(&abi::NotAnApprover { caller }.abi_encode()),
        }),
    }
}
