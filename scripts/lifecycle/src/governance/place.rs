//! The account that holds the code of a governed call. Two approvers who each start from source must
//! send the same bytes, hence name the same account. If an open action or a registered version names
//! an account with that code, it is used. Otherwise the CREATE2 deployer creates one, and its address
//! follows from the code alone.

use super::calls::Call;
use super::pending::PendingAction;
use super::policy::require_approver;
use crate::build::{Artifact, evm};
use crate::client::{ChainError, Client, Sent};
use crate::deploy;
use crate::ids::CodeHash;
use crate::registry::Registry;
use alloy::primitives::Address;

/// Code on the chain, active.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The account that holds it.
    pub address: Address,
    /// The reason for this account, in a few words.
    pub because: &'static str,
    /// The transactions that it took.
    pub sent: Vec<Sent>,
}

/// Finds an account with the code of `artifact`, or makes one, and activates it. `open` are the
/// open actions of the definition `name`.
///
/// # Errors
/// What the chain says, and `NotAnApprover` where code would be made or activated for a key without a part in
/// the policy.
pub async fn place(
    registry: Registry<'_>,
    name: &str,
    open: &[PendingAction],
    artifact: &Artifact,
    bump_percent: u32,
) -> Result<Placed, ChainError> {
    let found = find(registry, name, open, artifact).await?;
    let is_free = match &found {
        Some((address, _)) => deploy::is_active(registry.client, *address).await?,
        None => false,
    };
    if !is_free {
        require_approver(registry, "a new version", (name, "migrate"), &[]).await?;
    }
    let (address, because, mut sent) = match found {
        Some((address, because)) => (address, because, Vec::new()),
        None => {
            let (address, sent) = create(registry.client, artifact).await?;
            (address, "it is new", sent)
        }
    };
    sent.extend(deploy::activate(registry.client, &artifact.name, address, bump_percent).await?);
    Ok(Placed {
        address,
        because,
        sent,
    })
}

/// Finds the account that holds the code of `artifact` already, if any where others would look for it, and the reason for
/// that account.
///
/// # Errors
/// What the chain says.
pub async fn find(
    registry: Registry<'_>,
    name: &str,
    open: &[PendingAction],
    artifact: &Artifact,
) -> Result<Option<(Address, &'static str)>, ChainError> {
    let hash = artifact.codehash();
    if let Some(known) = known(registry, name, open, hash).await? {
        return Ok(Some(known));
    }
    let address = evm::create2_address(&artifact.creation_code());
    let found = registry.client.codehash(address).await?;
    Ok((found == Some(hash)).then_some((address, "it was deployed before")))
}

/// An account that people have decided on already, if it still holds that code.
async fn known(
    registry: Registry<'_>,
    name: &str,
    open: &[PendingAction],
    hash: CodeHash,
) -> Result<Option<(Address, &'static str)>, ChainError> {
    let named = open.iter().flat_map(|action| &action.says);
    let named = named.flat_map(Call::subjects);
    let named = named.filter(|(_, _, codehash)| *codehash == hash);
    let mut all: Vec<(Address, &'static str)> = named
        .map(|(_, account, _)| (account, "an open action names it"))
        .collect();
    for version in registry.versions(name).await? {
        let code = (version.code.implementation, version.code.codehash);
        let steps = version.steps.into_iter();
        let scripts = steps.map(|step| (step.script, step.scriptCodehash.into()));
        let named = std::iter::once(code).chain(scripts);
        let same = named.filter(|(_, named)| *named == hash);
        all.extend(same.map(|(account, _)| (account, "a registered version names it")));
    }
    for known in all {
        if registry.client.codehash(known.0).await? == Some(hash) {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// By the CREATE2 deployer with salt 0: the first caller deploys it for everybody.
async fn create(client: &Client, artifact: &Artifact) -> Result<(Address, Vec<Sent>), ChainError> {
    let mut sent = deploy::deploy_fragments(client, artifact).await?;
    let (address, created) = deploy::create2(client, &artifact.name, &artifact.code).await?;
    sent.extend(created);
    Ok((address, sent))
}
