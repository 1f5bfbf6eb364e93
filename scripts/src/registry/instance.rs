//! What an instance says about itself. An EVM proxy answers nobody but its registry, so it is asked
//! as that.

use crate::client::{ChainError, Client};
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::slots;

/// The registry that an instance asks: what its ERC-1967 admin slot holds. Where that is empty, the
/// account says in its own words that it is no instance.
///
/// # Errors
/// What the chain or the account says.
pub async fn registry_of(client: &Client, proxy: Address) -> Result<Address, ChainError> {
    let admin = client.storage(proxy, slots::ADMIN).await?;
    if admin.is_zero() {
        return client.call(proxy, &proxy_abi::registryCall {}).await;
    }
    Ok(Address::from_word(admin))
}

/// Asks an instance one of the questions that a proxy answers itself.
///
/// # Errors
/// What the proxy reverts with.
pub async fn ask<C: SolCall>(
    client: &Client,
    registry: Address,
    proxy: Address,
    question: &C,
) -> Result<C::Return, ChainError> {
    client.acting_as(registry).call(proxy, question).await
}
