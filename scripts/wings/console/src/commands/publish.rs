//! `verify --publish`: an explorer verifies an implementation, and links the instances with it.

use crate::context::prelude::*;
use crate::publication::{Interface, Publication, PublishArgs, Sources};
use crate::publish::Explorer;
use crate::secret::Secret;

/// The environment variable with the explorer's key.
const KEY: &str = "ETHERSCAN_API_KEY";

/// Publishes a version of a definition.
pub(crate) async fn run(
    session: Session<'_>,
    (name, version): (&str, &str),
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
    let explorer = Explorer::new(interface, api, client.chain_id(), key, progress)?;
    let code = registry.code(name, version).await?;
    let refused = |found: &str| {
        let message = format!("others cannot verify the build of {name} {version}");
        let refusal = Refusal::new("NotPublishable", message).with(
            "an implementation that was deployed from here with --verifiable, from a clean commit",
            found,
            "register a version with --verifiable from a clean commit",
        );
        refusal.exiting(Exit::Usage)
    };
    let store = context.store();
    let build = store.build(code.codehash)?;
    let build = build.ok_or_else(|| refused("no build of it on this machine"))?;
    let deployments = store.deployments(code.codehash)?.into_iter();
    let deployment = deployments
        .filter(|one| one.chain_id == client.chain_id())
        .find(|one| one.address == code.implementation)
        .ok_or_else(|| refused("no deployment of it from this machine with --verifiable"))?;
    let commit = build.build.commit.filter(|commit| !commit.dirty);
    let commit = commit.ok_or_else(|| refused("sources that differ from their commit"))?;
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
        .implementation(code.implementation, &sources)
        .await?;
    let mut proxies = Vec::new();
    for proxy in registry.proxies(name).await? {
        let instance = registry.instance(proxy).await?;
        if instance.version == version {
            proxies.extend(explorer.proxy(proxy, code.implementation).await?);
        }
    }
    Ok(Publication {
        implementation,
        proxies,
        sources,
        deployment_tx: deployment.tx,
    })
}
