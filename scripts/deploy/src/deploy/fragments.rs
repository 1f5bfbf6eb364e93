//! The fragments of programs that one account cannot hold (ArbOS 60).

use super::create2;
use crate::build::{Artifact, evm};
use crate::client::{ChainError, Client, Sent};
use crate::error::Refusal;
use crate::ids::CodeHash;
use stylus_upgrades_interface::chain::{ARB_OWNER_PUBLIC, IArbOwnerPublic};

/// The name of a refusal of a program in more fragments than the chain takes.
pub const TOO_MANY_FRAGMENTS: &str = "TooManyFragments";

/// Refuses a program of more fragments than the chain takes, before anything is sent.
///
/// # Errors
/// [`TOO_MANY_FRAGMENTS`], and what the endpoint says.
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
    if needed > most {
        Err(Refusal::new(
            TOO_MANY_FRAGMENTS,
            format!(
                "{} takes {needed} fragments, and the chain takes {most}: nothing was sent",
                artifact.name
            ),
        )
        .with(
            format!(
                "a program of at most 24,576 bytes on chain, \
                 or in at most {most} fragments of that size"
            ),
            format!("{} bytes in {needed} fragments", artifact.size()),
            "make the contract smaller (opt-level = \"z\", lto = true) or split it; chains \
             of ArbOS 60 and later take 4 fragments, unless their owner sets another number",
        )
        .into())
    } else {
        Ok(())
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
