//! The recipe that builds an implementation: that of cargo-stylus, which explorers know, or the framework's.

use crate::address;
use crate::build::{Artifact, BuildError};
use crate::client::{Client, Sent};
use crate::context::prelude::*;
use crate::layout::Deployment;
use crate::publication::Sources;

/// The implementation that `source` names, by the recipe for that chain; built now if `rebuild`.
pub(crate) fn implementation(
    context: &Context,
    chain_id: u64,
    source: &str,
    rebuild: bool,
) -> Result<Artifact> {
    let built = match rebuild {
        true => context.rebuilt_artifact(source)?,
        false => context.artifact(source)?,
    };
    let args = &context.global.verifiable;
    if !args.wanted(chain_id) || address::is_address(source) {
        return Ok(built);
    }
    if let Some(uri) = &args.source_code_snapshot {
        let repository = uri.strip_prefix("git+").and_then(|uri| uri.split_once('#'));
        Sources::public(repository.map_or("", |(url, _)| url))?;
    }
    let builder = context.builder()?;
    let Some(folder) = builder.folder_of(source)? else {
        let reason = format!("{source} is a file, and cargo-stylus builds from sources");
        return Err(BuildError::not_verifiable(&built.name, reason).into());
    };
    let other = built.codehash();
    let artifact = builder.verifiable(
        built,
        &folder.path,
        args.initcode.as_deref(),
        args.source_code_snapshot.as_deref(),
    )?;
    context.note_built(&artifact, other);
    Ok(artifact)
}

/// Where this machine created exactly that code for others to verify, if it is still there.
pub(crate) async fn created_before(
    context: &Context,
    client: &Client,
    artifact: &Artifact,
) -> Result<Option<Address>> {
    if artifact.info.recipe.is_none() {
        return Ok(None);
    }
    let codehash = artifact.codehash();
    for deployment in context.store().deployments(codehash)? {
        let is_here = deployment.chain_id == client.chain_id();
        if is_here && client.codehash(deployment.address).await? == Some(codehash) {
            return Ok(Some(deployment.address));
        }
    }
    Ok(None)
}

/// Keeps the transaction that created an implementation, and prints how others verify it.
pub(crate) async fn keep_deployment(
    context: &Context,
    client: &Client,
    artifact: &Artifact,
    sent: &[Sent],
) -> Result<()> {
    let created = sent
        .iter()
        .find_map(|sent| Some((sent.receipt.contract_address?, sent.tx)));
    let (Some(recipe), Some((address, tx))) = (&artifact.info.recipe, created) else {
        return Ok(());
    };
    if context.is_fork(client).await? {
        return Ok(());
    }
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
