//! Implementations, and by what others verify them.

use crate::address;
use crate::build::Artifact;
use crate::client::{Client, Sent};
use crate::context::prelude::*;
use crate::layout::Deployment;
use crate::options::LOCAL_CHAINS;
use crate::publication::Sources;

/// The implementation that `source` names; built now if `rebuild`. On a chain with explorers it is said why others
/// cannot verify it.
pub(crate) fn implementation(
    context: &Context,
    chain_id: u64,
    source: &str,
    rebuild: bool,
) -> Result<Artifact> {
    let artifact = match rebuild {
        true => context.rebuilt_artifact(source)?,
        false => context.artifact(source)?,
    };
    let snapshot = &context.global.snapshot.source_code_snapshot;
    if let Some(uri) = snapshot.as_ref().filter(|_| !address::is_address(source)) {
        let repository = uri.strip_prefix("git+").and_then(|uri| uri.split_once('#'));
        Sources::public(repository.map_or("", |(url, _)| url))?;
        return Ok(artifact.with_snapshot(uri)?);
    }
    let is_public = !LOCAL_CHAINS.contains(&chain_id);
    if let Some(reason) = artifact.info.unverifiable.as_ref().filter(|_| is_public) {
        let name = &artifact.name;
        context.note(format!("others cannot verify {name}: {reason}"));
    }
    Ok(artifact)
}

/// Keeps the transaction that created an implementation, and prints how others verify it.
pub(crate) async fn keep_deployment(
    context: &Context,
    client: &Client,
    artifact: &Artifact,
    created: &Sent,
) -> Result<()> {
    let (Some(recipe), Some(address)) = (&artifact.info.recipe, created.receipt.contract_address)
    else {
        return Ok(());
    };
    if context.is_fork(client).await? {
        return Ok(());
    }
    let tx = created.tx;
    context.store().keep_deployment(&Deployment {
        chain_id: client.chain_id(),
        address,
        codehash: artifact.codehash(),
        tx,
        tool: recipe.tool.clone(),
        project_hash: recipe.project_hash,
    })?;
    context.note(format!(
        "to verify {address}: cargo stylus verify --deployment-tx {tx}"
    ));
    Ok(())
}

/// As [`implementation`], for code that goes on chain: its records are kept next to the manifest.
pub(crate) fn kept_implementation(
    context: &Context,
    chain_id: u64,
    source: &str,
) -> Result<Artifact> {
    let artifact = implementation(context, chain_id, source, false)?;
    context.keep(&artifact);
    Ok(artifact)
}
