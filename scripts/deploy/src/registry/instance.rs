//! The answers of an instance about itself, an adopted one in words of its own kind. An EVM proxy answers the orders
//! contract alone, so it is asked as that.

use super::Registry;
use super::adoption::owner_of;
use crate::build::evm;
use crate::client::{ChainError, Client};
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::slots;

/// The registry that an instance asks: who decides what it runs, or whose admin that is.
///
/// # Errors
/// What the chain or the account says.
pub async fn registry_of(client: &Client, proxy: Address) -> Result<Registry<'_>, ChainError> {
    let decides = decides(client, proxy).await?;
    let code = client.code(decides).await?;
    let address = evm::registry_of_admin(&code).unwrap_or(decides);
    Ok(client.registry(address))
}

/// Reads who decides what a proxy runs: what its ERC-1967 admin slot holds. Of a transparent proxy 5.x it is the
/// owner of its ProxyAdmin, of a UUPS proxy that of its code. Where there is none, the account says in its
/// own words that it is no instance.
///
/// # Errors
/// What the chain or the account says.
pub async fn decides(client: &Client, proxy: Address) -> Result<Address, ChainError> {
    let admin = client.storage(proxy, slots::ADMIN).await?;
    if admin.is_zero() {
        let answer = client.call(proxy, &proxy_abi::registryCall {}).await;
        let owner = match &answer {
            Err(error) if error.is_no_answer() => owner_of(client, proxy).await?,
            _ => None,
        };
        return owner.map_or(answer, Ok);
    }
    let admin = Address::from_word(admin);
    if admin == proxy.create(1) {
        return Ok(owner_of(client, admin).await?.unwrap_or(admin));
    }
    Ok(admin)
}

/// Asks an instance one of the questions that a proxy answers itself. An EVM proxy answers the account in its code: the
/// orders contract, or the registry that created it where that is of an earlier release.
///
/// # Errors
/// What the proxy reverts with.
pub async fn ask<C: SolCall>(
    registry: Registry<'_>,
    proxy: Address,
    question: &C,
) -> Result<C::Return, ChainError> {
    let code = registry.client.code(proxy).await?;
    let asks = evm::caller_in_proxy(&code).unwrap_or(registry.address);
    registry.client.acting_as(asks).call(proxy, question).await
}
