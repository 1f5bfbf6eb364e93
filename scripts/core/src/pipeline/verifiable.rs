//! Implementations, and by what others verify them.

use crate::address;
use crate::build::Artifact;
use crate::client::{Client, Sent};
use crate::context::prelude::*;
use crate::layout::Deployment;
use crate::options::LOCAL_CHAINS;
use crate::plan::usual_initializers;
use crate::publication::Sources;

/// The implementation that `source` names; built now if `rebuild`. On a chain with explorers it is said why others
/// cannot verify it, and where its sources are those of no commit.
pub(crate) fn implementation(
    context: &Context,
    chain_id: u64,
    source: &str,
    rebuild: bool,
) -> Result<Artifact> {
    let artifact = if rebuild {
        context.rebuilt_artifact(source)?
    } else {
        context.artifact(source)?
    };
    let is_public = is_public(chain_id);
    let artifact = if is_public {
        artifact.for_public_chain()
    } else {
        artifact
    };
    let snapshot = &context.global.snapshot.source_code_snapshot;
    if let Some(uri) = snapshot.as_ref().filter(|_| !address::is_address(source)) {
        let repository = uri.strip_prefix("git+").and_then(|uri| uri.split_once('#'));
        Sources::public(repository.map_or("", |(url, _)| url))?;
        return Ok(artifact.with_snapshot(uri)?);
    }
    let name = &artifact.name;
    if let Some(reason) = artifact.info.unverifiable.as_ref().filter(|_| is_public) {
        context.note(format!("others cannot verify {name}: {reason}"));
    }
    if artifact.has_sources() && artifact.source_hash().is_zero() {
        context.note(format!(
            "the source hash of {name} is zero: its sources are not those of a commit"
        ));
    }
    Ok(artifact)
}

/// Returns true if a chain has explorers, and approvers on other machines.
pub(crate) fn is_public(chain_id: u64) -> bool {
    !LOCAL_CHAINS.contains(&chain_id)
}

/// Keeps the transaction that created an implementation, and prints how others verify it.
pub(crate) async fn keep_deployment(
    context: &Context,
    client: &Client,
    artifact: &Artifact,
    (address, created): (Address, &Sent),
) -> Result<()> {
    let Some(recipe) = &artifact.info.recipe else {
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

/// Warns of initializers in the module of a program that declares none: the creation of an instance does not call them by
/// itself.
pub(crate) fn warn_unbound_initializers(context: &Context, name: &str, module: &[u8]) {
    let found = usual_initializers(module);
    if !found.is_empty() {
        context.note(format!(
            "warning: {name} answers {} and declares no #[initializer]: whoever calls it first initializes a proxy. Call \
             it in the creation (create-proxy --init)",
            found.join(", ")
        ));
    }
}

/// Builds an [`implementation`] that goes on chain: its records are kept next to the manifest.
pub(crate) fn kept_implementation(
    context: &Context,
    chain_id: u64,
    source: &str,
) -> Result<Artifact> {
    let artifact = implementation(context, chain_id, source, false)?;
    context.keep(&artifact);
    if artifact.steps.is_none() {
        warn_unbound_initializers(context, &artifact.name, &artifact.wasm);
    }
    Ok(artifact)
}
