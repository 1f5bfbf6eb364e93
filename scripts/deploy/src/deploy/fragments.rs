//! The fragments of programs that one account cannot hold (ArbOS 60).

use super::create2;
use crate::build::{Artifact, evm};
use crate::client::{ChainError, Client, Sent};
use crate::ids::CodeHash;
use stylus_upgrades_interface::chain::{ARB_OWNER_PUBLIC, IArbOwnerPublic};

/// Refuses a program of more fragments than the chain takes, before anything is sent.
///
/// # Errors
/// [`ChainError::TooManyFragments`], and what the endpoint says.
pub async fn require_fragments(client: &Client, artifact: &Artifact) -> Result<(), ChainError> {
    let needed = artifact.fragments.len();
    if needed == 0 {
        return Ok(());
    }
    let call = IArbOwnerPublic::getMaxStylusContractFragmentsCall {};
    let most = match client.call(ARB_OWNER_PUBLIC, &call).await {
        Ok(most) => usize::from(most),
        Err(ChainError::Refused { .. }) => 0, // before ArbOS 60
        Err(error) => return Err(error),
    };
    match needed > most {
        true => Err(ChainError::TooManyFragments {
            name: artifact.name.clone(),
            size: artifact.size(),
            needed,
            most,
        }),
        false => Ok(()),
    }
}

/// Puts the fragments on the chain that are not there yet. Does nothing for a program in one piece.
///
/// # Errors
/// As [`require_fragments`], and whatever the chain refuses.
pub async fn deploy_fragments(
    client: &Client,
    artifact: &Artifact,
) -> Result<Vec<Sent>, ChainError> {
    require_fragments(client, artifact).await?;
    let count = artifact.fragments.len();
    let mut all = Vec::new();
    for (number, code) in (1_usize..).zip(&artifact.fragments) {
        let address = evm::create2_address(&evm::creation_code(code));
        if client.codehash(address).await? != Some(CodeHash::of(code)) {
            let name = format!("fragment {number} of {count} of {}", artifact.name);
            let (_, sent) = create2(client, &name, code).await?;
            all.extend(sent);
        }
    }
    Ok(all)
}
