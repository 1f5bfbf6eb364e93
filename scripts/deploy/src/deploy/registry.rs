//! The registry onto a chain: created, activated and constructed in one transaction, so that
//! nobody can come between, at an address that follows from what it was made of.

use super::{fee_before_creation, with_margin_within_limit};
use crate::build::Artifact;
use crate::client::{ChainError, Client, Sent};
use crate::error::Refusal;
use crate::registry::origin;
use crate::registry::{Origin, Release, Salt};
use alloy::primitives::{Address, U256};
use stylus_upgrades_interface::chain::{IStylusDeployer, STYLUS_DEPLOYER};

/// A registry on chain.
#[derive(Debug, Clone)]
pub struct NewRegistry {
    /// Its address.
    pub address: Address,
    /// The origin that the address follows from.
    pub origin: Origin,
    /// The transaction that deployed it; `None` where the same was there, by whomever.
    pub sent: Option<Sent>,
}

/// Deploys a registry whose roles `define` and `policy` follow `define_policy`. The deployers and its parts must be
/// there ([`super::ensure_deployers`], [`super::ensure_framework`]). Without a salt one of [`origin::SALTS`] is taken whose
/// address has no code: the first, where they were taken in order. What is at that address is the same registry, no
/// matter who sent the transaction.
///
/// # Errors
/// Where all addresses are taken; whatever the chain refuses.
pub async fn deploy_registry(
    client: &Client,
    registry: &Artifact,
    define_policy: &str,
    salt: Option<Salt>,
    bump_percent: u32,
) -> Result<NewRegistry, ChainError> {
    let release = registry_release(registry);
    let origin = match salt {
        Some(salt) => Origin::new(define_policy, salt),
        None => first_free(client, release, define_policy).await?,
    };
    let address = origin.address(release);
    let sent = if client.code(address).await?.is_empty() {
        match create(client, registry, &origin, bump_percent).await {
            Ok(sent) => Some(sent),
            // Somebody else was first, between the look and the block: it is the same registry.
            Err(error) if error.was_not_done() && !client.code(address).await?.is_empty() => None,
            Err(error) => return Err(error),
        }
    } else {
        None
    };
    super::require_code(client, address, registry.codehash()).await?;
    Ok(NewRegistry {
        address,
        origin,
        sent,
    })
}

/// The release that these programs are, or would be.
pub fn registry_release(registry: &Artifact) -> Release {
    origin::release(&registry.code, &registry.creation_code())
}

/// Returns what [`deploy_registry`] sends to the Stylus deployer.
pub fn registry_call(registry: &Artifact, origin: &Origin) -> IStylusDeployer::deployCall {
    IStylusDeployer::deployCall {
        bytecode: registry.creation_code(),
        initData: origin.constructor_data(),
        initValue: U256::ZERO,
        salt: origin.salt.into(),
    }
}

/// An origin with a free address, of which the one before is taken: looked for in steps that double, then halve.
async fn first_free(
    client: &Client,
    release: Release,
    define_policy: &str,
) -> Result<Origin, ChainError> {
    let (first, last) = (*origin::SALTS.start(), *origin::SALTS.end());
    let free_one = async |number: u64| {
        let Some(salt) = Salt::counted(number) else {
            return Ok::<_, ChainError>(None);
        };
        let origin = Origin::new(define_policy, salt);
        let code = client.code(origin.address(release)).await?;
        Ok(code.is_empty().then_some(origin))
    };
    let (mut taken, mut looked_at) = (first - 1, first);
    let mut found = free_one(looked_at).await?;
    while found.is_none() && looked_at < last {
        taken = looked_at;
        looked_at = looked_at.saturating_mul(2).min(last);
        found = free_one(looked_at).await?;
    }
    while found.is_some() && looked_at - taken > 1 {
        let middle = taken + (looked_at - taken) / 2;
        match free_one(middle).await? {
            Some(free) => (looked_at, found) = (middle, Some(free)),
            None => taken = middle,
        }
    }
    if let Some(free) = found {
        return Ok(free);
    }
    Err(Refusal::new(
        "SaltsUsed",
        format!("no free address was found for a registry of the policy {define_policy:?}"),
    )
    .with(
        format!("a salt from {first} to {last} whose address has no code"),
        "code at each address that was looked at",
        "give --salt 0x and 64 hexadecimal digits of your own",
    )
    .into())
}

async fn create(
    client: &Client,
    registry: &Artifact,
    origin: &Origin,
    bump_percent: u32,
) -> Result<Sent, ChainError> {
    let fee = fee_before_creation(client, registry).await?;
    let value = with_margin_within_limit(client, "the registry", fee, bump_percent)?;
    let call = registry_call(registry, origin);
    client
        .send("deploy registry", STYLUS_DEPLOYER, &call, value)
        .await
}
