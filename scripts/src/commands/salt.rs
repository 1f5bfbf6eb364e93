//! The salt of `create-proxy` where none is given. Who types the same words as others means the same
//! proxy, so it must not depend on when they are typed.

use crate::app_error::Error;
use crate::client::{ChainError, Client};
use crate::governance::proposed;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The salt of the open action that says the same. Without one: for who alone satisfies the role,
/// the first that is free from the number of instances on; where others have to agree, one that
/// follows from the words alone.
pub(super) async fn choose(
    client: &Client,
    registry: Address,
    call: &abi::createProxyCall,
) -> Result<B256, Error> {
    if let Some(open) = of_open_action(client, registry, call).await? {
        return Ok(open);
    }
    if client
        .registry(registry)
        .satisfies(&call.name, "create", vec![client.caller("create-proxy")?])
        .await?
    {
        return Ok(first_free(client, registry, call).await?);
    }
    Ok(of_words(call))
}

/// Whether two calls create the same, but for the address.
pub(super) fn is_same_but_for_salt(
    one: &abi::createProxyCall,
    other: &abi::createProxyCall,
) -> bool {
    let salt = one.salt;
    *one == abi::createProxyCall {
        salt,
        ..other.clone()
    }
}

async fn of_open_action(
    client: &Client,
    registry: Address,
    call: &abi::createProxyCall,
) -> Result<Option<B256>, Error> {
    for action in client.registry(registry).open_actions(&call.name).await? {
        let event = proposed(client, registry, action).await?;
        if let Ok(open) = abi::createProxyCall::abi_decode(&event.call)
            && is_same_but_for_salt(&open, call)
        {
            return Ok(Some(open.salt));
        }
    }
    Ok(None)
}

async fn first_free(
    client: &Client,
    registry: Address,
    call: &abi::createProxyCall,
) -> Result<B256, ChainError> {
    let mut salt = U256::from(client.registry(registry).head(&call.name).await?.instances);
    loop {
        let address = client
            .registry(registry)
            .proxy_address(&call.name, call.kind.into(), salt.into())
            .await?;
        if client.code(address).await?.is_empty() {
            return Ok(salt.into());
        }
        salt += U256::from(1);
    }
}

/// The registry's names, labels and calldata in one hash; name and kind are part of every address.
fn of_words(call: &abi::createProxyCall) -> B256 {
    let words = abi::createProxyCall {
        salt: B256::ZERO,
        ..call.clone()
    };
    keccak256(words.abi_encode())
}
