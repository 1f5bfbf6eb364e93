//! The recipe that builds an implementation: that of cargo-stylus, which explorers know, or the framework's.

use super::prelude::*;
use crate::address;
use crate::build::{Artifact, BuildError};
use crate::client::{Client, Sent};
use crate::layout::Deployment;
use crate::publish::Sources;
use clap::Args;
use std::path::PathBuf;

/// Chains without explorers: the local ones of Nitro, Foundry and Hardhat.
pub(super) const LOCAL_CHAINS: [u64; 4] = [412_346, 31_337, 1_337, 333_333];

/// Whether others can verify an implementation.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Verifiable by others")]
pub struct VerifiableArgs {
    /// Build implementations with cargo-stylus and create them in a transaction of their own, so
    /// that explorers verify them [default: on every chain that is not a local one]
    #[arg(long, global = true, conflicts_with = "not_verifiable")]
    pub verifiable: bool,
    /// Build implementations with this program's own recipe, at an address that follows from the
    /// code; explorers cannot verify them
    #[arg(long, global = true)]
    pub not_verifiable: bool,
    /// Use the init code that `cargo stylus get-initcode` wrote, for example in its container
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        conflicts_with = "not_verifiable"
    )]
    pub initcode: Option<PathBuf>,
    /// The repository and commit of a verifiable implementation, published with its layout. All
    /// approvers must give the same
    #[arg(
        long,
        value_name = "git+URL#COMMIT",
        global = true,
        conflicts_with = "not_verifiable"
    )]
    pub source_code_snapshot: Option<String>,
}

impl VerifiableArgs {
    /// Whether it is wanted on that chain.
    pub(super) fn wanted(&self, chain_id: u64) -> bool {
        let is_public = !LOCAL_CHAINS.contains(&chain_id);
        let is_requested =
            self.verifiable || self.initcode.is_some() || self.source_code_snapshot.is_some();
        !self.not_verifiable && (is_requested || is_public)
    }
}

/// The implementation that `source` names, by the recipe for that chain; built now if `rebuild`.
pub(super) fn implementation(
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
        context.output.is_public(uri); // a commit is no key
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
pub(super) async fn created_before(
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
pub(super) async fn keep_deployment(
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
pub(super) fn kept_implementation(
    context: &Context,
    chain_id: u64,
    source: &str,
) -> Result<Artifact> {
    let artifact = implementation(context, chain_id, source, false)?;
    context.keep(&artifact);
    Ok(artifact)
}
