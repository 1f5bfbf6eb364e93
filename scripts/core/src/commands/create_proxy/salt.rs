//! The salt of a proxy that was typed without one.

use crate::context::prelude::*;
use crate::governance::created_by;
use alloy::primitives::keccak256;

/// The salt of the definition's instance that the manifest has under that alias.
pub(super) async fn of_alias(
    session: Session<'_>,
    alias: Option<&str>,
    name: &str,
) -> Result<Option<B256>> {
    let aliases = &session.context.manifest.aliases;
    let Some(proxy) = alias.and_then(|alias| aliases.get(alias)) else {
        return Ok(None);
    };
    let created = created_by(session.registry, name, *proxy).await?;
    Ok(created.map(|(call, _)| call.salt))
}

/// The salt of a call without one. If the sender alone satisfies the role, it is the first free number from the number
/// of instances on. Otherwise it follows from the arguments alone: approvers who type the same arguments mean the same
/// proxy, at any time.
pub(super) async fn choose(session: Session<'_>, call: &abi::createProxyCall) -> Result<B256> {
    let client = session.registry.client;
    let (registry, name) = (session.registry, call.name.as_str());
    let sender = client.caller("create-proxy")?;
    if !registry.satisfies(name, "create", vec![sender]).await? {
        return Ok(keccak256(call.abi_encode()));
    }
    let mut salt = U256::from(registry.head(name).await?.instances);
    loop {
        let address = registry.proxy_address(name, call.kind.into(), salt.into());
        if client.code(address.await?).await?.is_empty() {
            return Ok(salt.into());
        }
        salt += U256::ONE;
    }
}
