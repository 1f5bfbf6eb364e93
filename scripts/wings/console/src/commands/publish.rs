//! `verify --publish`: an explorer verifies an implementation, and links the instances with it.

use crate::build::{Recipe, evm};
use crate::client::{ChainError, Client};
use crate::context::prelude::*;
use crate::ids::CodeHash;
use crate::layout::Deployment;
use crate::publication::{Interface, Publication, PublishArgs, Sources};
use crate::publish::ExplorerClient;
use crate::secret::Secret;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;

/// The environment variable with the explorer's key.
const KEY: &str = "ETHERSCAN_API_KEY";

/// Publishes a version of a definition.
pub(crate) async fn run(
    session: Session<'_>,
    name: &str,
    version: &str,
    interface: Interface,
    args: &PublishArgs,
) -> Result<Publication> {
    let context = session.context;
    let client = session.registry.client;
    let registry = session.registry;
    let repository = Sources::public(args.repository.as_deref().unwrap_or_default())?;
    let key = std::env::var(KEY).ok().filter(|key| !key.is_empty());
    let key = key.map(Secret::new);
    if let Some(key) = &key {
        context.output.hide(key.expose());
    }
    let api = args.explorer_api.as_deref();
    let progress = &*context.output;
    let explorer = ExplorerClient::new(interface, api, client.chain_id(), key, progress)?;
    let code = registry.code(name, version).await?;
    let refused = |found: &str| {
        let message = format!("others cannot verify the build of {name} {version}");
        let refusal = Refusal::new("NotPublishable", message).with(
            "an implementation that was built here from a clean commit of a workspace that cargo-stylus builds",
            found,
            "register a version from such a commit; docs/verifiable.md lists what cargo-stylus needs",
        );
        refusal.exiting(Exit::Usage)
    };
    let store = context.store();
    let build = store.build(code.codehash)?;
    let build = build.ok_or_else(|| refused("no build of it on this machine"))?;
    let recipe = build.build.recipe.as_ref();
    let recipe = recipe
        .ok_or_else(|| refused("a build that others cannot make"))?
        .clone();
    let commit = build.build.commit.filter(|commit| !commit.dirty);
    let commit = commit.ok_or_else(|| refused("sources that differ from their commit"))?;
    let deployment =
        find_deployment(context, client, code.codehash, code.implementation, &recipe).await?;
    let tool = deployment.tool.split_whitespace().last();
    let sources = Sources {
        repository: repository.into(),
        commit: commit.id,
        path: args.repository_path.clone().unwrap_or_default(),
        contract: build.name.replace('-', "_"),
        cargo_stylus: tool.unwrap_or_default().into(),
        license: args.license_type,
    };
    let implementation = explorer
        .verify_implementation(deployment.address, &sources)
        .await?;
    let mut proxies = Vec::new();
    for instance in registry.instances(name).await? {
        if instance.version == version {
            let linked = explorer.link_proxy(instance.proxy, code.implementation);
            proxies.extend(linked.await?);
        }
    }
    Ok(Publication {
        implementation,
        proxies,
        sources,
        deployment_tx: deployment.tx,
    })
}

/// Finds the transaction that created such code and did nothing else: cargo-stylus takes no other, and the
/// implementation was created by the CREATE2 deployer. Sends it now if this machine sent none.
async fn find_deployment(
    context: &Context,
    client: &Client,
    codehash: CodeHash,
    implementation: Address,
    recipe: &Recipe,
) -> Result<Deployment> {
    let store = context.store();
    let mut known = store.deployments(codehash)?.into_iter();
    if let Some(known) = known.find(|deployment| deployment.chain_id == client.chain_id()) {
        return Ok(known);
    }
    let code = client.code(implementation).await?;
    let request = TransactionRequest::default().with_deploy_code(evm::creation_code(&code));
    context.note(
        "cargo-stylus verifies only a transaction that creates the code itself: the same code is created once more",
    );
    let what = "deploy the same code for the explorer";
    let sent = client.transact(what, request).await?;
    let address = sent.receipt.contract_address;
    let address = address.ok_or_else(|| ChainError::no_event(what, sent.tx, "contractAddress"))?;
    let deployment = Deployment {
        chain_id: client.chain_id(),
        address,
        codehash,
        tx: sent.tx,
        tool: recipe.tool.clone(),
        project_hash: recipe.project_hash,
    };
    store.keep_deployment(&deployment)?;
    Ok(deployment)
}
