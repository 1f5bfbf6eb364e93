//! What the tests of a process share: the framework and a registry on chain, deployed
//! once; every embedded chain of a test begins after that.

use std::sync::{Mutex, PoisonError};

use alloy::primitives::Address;
use stylus_devnode::{NodeError, NodeHandle};
use stylus_upgrades_common::progress::Silent;
use stylus_upgrades_deploy::build::Framework;
use stylus_upgrades_deploy::deploy::{
    DATA_FEE_BUMP_PERCENT, deploy_registry, ensure_deployers, ensure_framework,
};
use tokio::sync::OnceCell;

use crate::chain::Chain;
use crate::error::HarnessError;
use crate::home::builder;

static DEPLOYED: OnceCell<Deployed> = OnceCell::const_new();

struct Deployed {
    chain: Mutex<stylus_chain::Chain>,
    framework: Framework,
    registry: Address,
}

/// Lets the chain of a node that nobody used yet begin after the deployment of the framework and
/// of a registry that account 0 governs.
pub(crate) async fn begin(node: &NodeHandle) -> Result<(Framework, Address), HarnessError> {
    let deployed = DEPLOYED.get_or_try_init(deploy_once).await?;
    let common = deployed
        .chain
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .branch();
    node.with_chain(move |chain| *chain = common)?;
    Ok((deployed.framework.clone(), deployed.registry))
}

async fn deploy_once() -> Result<Deployed, HarnessError> {
    let chain = Chain::embedded()?;
    let framework = builder()?.framework()?;
    let registry = deploy(&chain, &framework).await?;
    let node = chain.node().ok_or(NodeError::Stopped)?;
    let common = node.with_chain(|chain| chain.branch())?;
    Ok(Deployed {
        chain: Mutex::new(common),
        framework,
        registry,
    })
}

/// Deploys the framework, and a registry that account 0 governs; the registry's address.
pub(crate) async fn deploy(chain: &Chain, framework: &Framework) -> Result<Address, HarnessError> {
    let client = chain.client().await?;
    ensure_deployers(&client, &Silent).await?;
    ensure_framework(&client, framework, DATA_FEE_BUMP_PERCENT, &Silent).await?;
    let policy = chain.account(0).to_string();
    let bump = DATA_FEE_BUMP_PERCENT;
    let deployed = deploy_registry(&client, &framework.registry, &policy, None, bump).await?;
    Ok(deployed.address)
}
